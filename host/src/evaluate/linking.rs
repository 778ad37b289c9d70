//! Which choices must be decided together.
//!
//! Two choices are linked when a condition reads both, or when both reach one plugin that is not
//! separable. What is not linked is minimised by itself: the sum of the minima is then the minimum of
//! the sum. When in doubt choices are linked, which costs combinations and never a wrong answer.

use std::collections::{BTreeMap, BTreeSet};

use super::asked::{Asked, Called, Place};
use crate::{
    id::{Name, QualifiedId},
    rules::{
        book::{Choice, Efforts, Merged, Obligation},
        expression::{Expression, Root},
    },
};

/// The choices an expression reads, through the open terms in it too.
fn read_by(expression: &Expression, merged: &Merged) -> BTreeSet<QualifiedId> {
    let references = merged.references(expression);
    let names = references.iter().filter(|reference| reference.root == Root::Choice);
    names.filter_map(|reference| id_of(&reference.name, merged)).collect()
}

fn id_of(name: &Name, merged: &Merged) -> Option<QualifiedId> {
    merged.choices.get(name).map(|choice| choice.id.clone())
}

/// The choices that bear on whether an obligation applies: through its conditions, and through those of
/// the obligations whose exceptions trigger it instead.
fn deciding(obligation: &Obligation, merged: &Merged) -> BTreeSet<QualifiedId> {
    let name = &obligation.id.name;
    let triggers = |other: &&Obligation| {
        other.exceptions.values().any(|exception| exception.instead.as_ref() == Some(name))
    };
    let others = merged.obligations.values().map(|other| &**other).filter(triggers);
    let own = obligation.conditions().flat_map(|condition| read_by(condition, merged));
    own.chain(others.flat_map(|other| deciding(other, merged))).collect()
}

/// The choices that bear on an obligation: on whether it applies, and on what it takes.
pub(super) fn of_obligation(obligation: &Obligation, merged: &Merged) -> BTreeSet<QualifiedId> {
    let own = match &obligation.efforts {
        Efforts::ByOption(choice, _) => id_of(choice, merged),
        Efforts::Always(_) => None,
    };
    let read = obligation.expressions().flat_map(|expression| read_by(expression, merged));
    read.chain(deciding(obligation, merged)).chain(own).collect()
}

/// The choices that a plugin declares.
fn declared(called: &Called<'_>) -> impl Iterator<Item = QualifiedId> {
    called.bound.choices.iter().map(|bound| bound.choice.id.clone())
}

/// The choices that bear on a plugin's answer.
pub(super) fn of_called(asked: &Asked<'_>, called: &Called<'_>) -> BTreeSet<QualifiedId> {
    let duties = called
        .obligations
        .values()
        .flat_map(|(place, seen)| of_obligation(&seen.obligation, asked.place(*place).merged()));
    declared(called).chain(duties).collect()
}

/// The choices that bear on what a plugin says of one obligation.
fn of_duty(
    asked: &Asked<'_>,
    called: &Called<'_>,
    place: usize,
    obligation: &Obligation,
) -> BTreeSet<QualifiedId> {
    if !called.bound.plugin.description.separable {
        return of_called(asked, called);
    }
    declared(called).chain(of_obligation(obligation, asked.place(place).merged())).collect()
}

/// The choices of which nobody knows the cheapest option, because something of this obligation is not known.
pub(super) fn clouded_by(asked: &Asked<'_>, place: usize, obligation: &Obligation) -> BTreeSet<QualifiedId> {
    let own = of_obligation(obligation, asked.place(place).merged());
    let through = asked.called().filter(|called| called.obligations.contains_key(&obligation.id));
    own.into_iter().chain(through.flat_map(|called| of_duty(asked, called, place, obligation))).collect()
}

/// The choices that bear on whether an option is allowed, with the choice itself.
fn of_choice(choice: &Choice, place: &Place<'_>) -> BTreeSet<QualifiedId> {
    let merged = place.merged();
    let mut linked = BTreeSet::from([choice.id.clone()]);
    for allowed_when in choice.options.iter().filter_map(|option| option.allowed_when.as_ref()) {
        linked.extend(read_by(allowed_when, merged));
        let asked_about = allowed_when.triggered().iter().filter_map(|id| merged.obligations.get(&id.name));
        linked.extend(asked_about.flat_map(|obligation| deciding(obligation, merged)));
    }
    linked
}

/// The choices that bear on whether a block holds.
pub(super) fn of_block(block: &crate::rules::book::Block, merged: &Merged) -> BTreeSet<QualifiedId> {
    read_by(&block.when, merged)
}

/// The groups of choices that must be decided together, each sorted, in the order of their first.
pub(super) fn groups(asked: &Asked<'_>) -> Vec<BTreeSet<QualifiedId>> {
    let choices = asked.choices();
    let mut links: Vec<BTreeSet<QualifiedId>> =
        choices.values().map(|(place, choice)| of_choice(choice, asked.place(*place))).collect();
    let merged = |place: usize| asked.place(place).merged();
    links.extend(asked.obligations().iter().map(|(place, of)| of_obligation(of, merged(*place))));
    links.extend(asked.blocks().iter().map(|(place, of)| of_block(of, merged(*place))));
    for called in asked.called() {
        if !called.bound.plugin.description.separable {
            links.push(of_called(asked, called));
            continue;
        }
        // A line depends on its own obligation only, but every line may depend on what the plugin declares.
        let duties = called.obligations.values();
        links.extend(duties.map(|(place, duty)| of_duty(asked, called, *place, &duty.obligation)));
        links.push(declared(called).collect());
    }
    join(choices.into_keys().cloned(), &links)
}

/// The connected groups of `names` under `links`.
fn join<T: Ord + Clone>(names: impl Iterator<Item = T>, links: &[BTreeSet<T>]) -> Vec<BTreeSet<T>> {
    let mut group_of: BTreeMap<T, usize> = names.zip(0..).collect();
    for link in links {
        let groups: BTreeSet<usize> = link.iter().filter_map(|name| group_of.get(name)).copied().collect();
        let Some(first) = groups.first().copied() else { continue };
        for group in group_of.values_mut().filter(|group| groups.contains(group)) {
            *group = first;
        }
    }
    let mut groups = BTreeMap::<usize, BTreeSet<T>>::new();
    for (name, group) in group_of {
        groups.entry(group).or_default().insert(name);
    }
    groups.into_values().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_join_transitively() {
        let name = |text: &str| Name::parse(text).unwrap();
        let set = |names: &[&str]| names.iter().map(|text| name(text)).collect::<BTreeSet<_>>();
        let names = ["a", "b", "c", "d", "e"].map(name);
        let links = [set(&["a", "b"]), set(&["d", "c"]), set(&["b", "c"]), set(&["e"]), set(&[])];
        assert_eq!(join(names.iter().cloned(), &links), [set(&["a", "b", "c", "d"]), set(&["e"])]);
    }
}
