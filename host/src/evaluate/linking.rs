//! Which choices must be decided together.
//!
//! Two choices are linked when a condition reads both, or when both reach one plugin that is not
//! separable. What is not linked is minimised by itself: the sum of the minima is then the minimum of
//! the sum. When in doubt choices are linked, which costs combinations and never a wrong answer.

use std::collections::{BTreeMap, BTreeSet};

use super::asked::{Asked, Called, Seen};
use crate::{
    id::{Name, QualifiedId},
    rules::{
        book::{Choice, Efforts, Merged, Obligation},
        expression::{Expression, Root},
    },
};

/// Adds the choices an expression reads, through the open terms in it too.
fn read_by(expression: &Expression, merged: &Merged, into: &mut BTreeSet<QualifiedId>) {
    for reference in expression.references() {
        match reference.root {
            Root::Choice => into.extend(id_of(&reference.name, merged)),
            // A fill names no open term, so this ends.
            Root::Term => {
                let fill = merged.terms.get(&reference.name).and_then(|term| term.fill.as_ref());
                fill.into_iter().for_each(|fill| read_by(&fill.value, merged, into));
            }
            _ => {}
        }
    }
}

fn id_of(name: &Name, merged: &Merged) -> Option<QualifiedId> {
    merged.choices.get(name).map(|choice| choice.id.clone())
}

/// Adds the choices that bear on whether an obligation applies: through its conditions, and through those of
/// the obligations whose exceptions trigger it instead.
fn deciding(asked: &Asked<'_>, place: usize, obligation: &Obligation, into: &mut BTreeSet<QualifiedId>) {
    let merged = asked.place(place).merged();
    obligation.conditions().for_each(|condition| read_by(condition, merged, into));
    for (other, _) in asked.excepting(place, &obligation.id.name) {
        deciding(asked, place, other, into);
    }
}

/// The choices that bear on an obligation: on whether it applies, and on what it takes.
pub(super) fn of_obligation(
    asked: &Asked<'_>,
    place: usize,
    obligation: &Obligation,
) -> BTreeSet<QualifiedId> {
    let merged = asked.place(place).merged();
    let mut bearing = BTreeSet::new();
    if let Efforts::ByOption(choice, _) = &obligation.efforts {
        bearing.extend(id_of(choice, merged));
    }
    obligation.expressions().for_each(|expression| read_by(expression, merged, &mut bearing));
    deciding(asked, place, obligation, &mut bearing);
    bearing
}

/// The choices that a plugin declares.
pub(super) fn declared(called: &Called<'_>) -> impl Iterator<Item = QualifiedId> {
    called.bound.choices.iter().map(|bound| bound.choice.id.clone())
}

/// The choices that bear on a plugin's answer.
pub(super) fn of_called(asked: &Asked<'_>, called: &Called<'_>) -> BTreeSet<QualifiedId> {
    let duties =
        called.obligations.iter().flat_map(|seen| of_obligation(asked, seen.place, &seen.bound.obligation));
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
    declared(called).chain(of_obligation(asked, place, obligation)).collect()
}

/// The choices of which nobody knows the cheapest option, because something of this obligation is not known.
pub(super) fn clouded_by(asked: &Asked<'_>, place: usize, obligation: &Obligation) -> BTreeSet<QualifiedId> {
    let own = of_obligation(asked, place, obligation);
    let through = asked.called().filter(|called| called.sees(&obligation.id));
    own.into_iter().chain(through.flat_map(|called| of_duty(asked, called, place, obligation))).collect()
}

/// The choices that bear on whether an option is allowed, with the choice itself.
fn of_choice(asked: &Asked<'_>, place: usize, choice: &Choice) -> BTreeSet<QualifiedId> {
    let merged = asked.place(place).merged();
    let mut linked = BTreeSet::from([choice.id.clone()]);
    for allowed_when in choice.options.iter().filter_map(|option| option.allowed_when.as_ref()) {
        read_by(allowed_when, merged, &mut linked);
        let asked_about = allowed_when.triggered().iter().filter_map(|id| merged.obligations.get(&id.name));
        asked_about.for_each(|obligation| deciding(asked, place, obligation, &mut linked));
    }
    linked
}

/// The choices that bear on whether a block holds.
pub(super) fn of_block(block: &crate::rules::book::Block, merged: &Merged) -> BTreeSet<QualifiedId> {
    of_condition(&block.when, merged)
}

/// The choices an expression reads.
pub(super) fn of_condition(condition: &Expression, merged: &Merged) -> BTreeSet<QualifiedId> {
    let mut read = BTreeSet::new();
    read_by(condition, merged, &mut read);
    read
}

/// The places of choices among the market's.
fn places_of(asked: &Asked<'_>, linked: &BTreeSet<QualifiedId>) -> Vec<usize> {
    let choices = asked.choices().keys().enumerate();
    choices.filter(|(_, id)| linked.contains(**id)).map(|(place, _)| place).collect()
}

/// The choices that bear on an obligation from where a plugin sees it, by their places.
fn of_seen(asked: &Asked<'_>, seen: &Seen<'_>) -> Vec<usize> {
    match asked.obligations().get(seen.number) {
        Some((place, _)) if *place == seen.place => asked.bearing_on(seen.number).to_vec(),
        _ => places_of(asked, &of_obligation(asked, seen.place, &seen.bound.obligation)),
    }
}

/// The choices that bear on a stage, by their places.
pub(super) fn of_stage(asked: &Asked<'_>, called: &[Called<'_>]) -> Vec<usize> {
    let declared: BTreeSet<QualifiedId> = called.iter().flat_map(declared).collect();
    let duties = called.iter().flat_map(|called| &called.obligations).flat_map(|seen| of_seen(asked, seen));
    let all: BTreeSet<usize> = duties.chain(places_of(asked, &declared)).collect();
    all.into_iter().collect()
}

/// The groups of choices that must be decided together, each sorted, in the order of their first.
pub(super) fn groups(asked: &Asked<'_>) -> Vec<BTreeSet<QualifiedId>> {
    let ids: Vec<&QualifiedId> = asked.choices().keys().copied().collect();
    let numbers = |linked: BTreeSet<QualifiedId>| places_of(asked, &linked);
    let merged = |place: usize| asked.place(place).merged();
    let mut links: Vec<Vec<usize>> =
        asked.choices().values().map(|(place, of)| numbers(of_choice(asked, *place, of))).collect();
    links.extend((0..asked.obligations().len()).map(|number| asked.bearing_on(number).to_vec()));
    links.extend(asked.blocks().iter().map(|(place, of)| numbers(of_block(of, merged(*place)))));
    for called in asked.called() {
        let declared = numbers(declared(called).collect());
        let of_duties = called.obligations.iter().map(|seen| of_seen(asked, seen));
        if called.bound.plugin.description.separable {
            // A line depends on its own obligation only, but every line may depend on what the plugin declares.
            links.extend(of_duties.map(|of_duty| [declared.as_slice(), of_duty.as_slice()].concat()));
            links.push(declared.clone());
        } else {
            links.push(of_duties.fold(declared.clone(), |all, of_duty| [all, of_duty].concat()));
        }
    }
    let named = |group: Vec<usize>| {
        group.into_iter().filter_map(|number| ids.get(number).map(|id| QualifiedId::clone(id))).collect()
    };
    join(ids.len(), &links).into_iter().map(named).collect()
}

/// The connected groups of so many numbers under `links`.
fn join(count: usize, links: &[Vec<usize>]) -> Vec<Vec<usize>> {
    let mut group_of: Vec<usize> = (0..count).collect();
    for link in links {
        let mut groups: Vec<usize> =
            link.iter().filter_map(|number| group_of.get(*number)).copied().collect();
        groups.sort_unstable();
        groups.dedup();
        let [first, others @ ..] = groups.as_slice() else { continue };
        if !others.is_empty() {
            for group in group_of.iter_mut().filter(|group| others.contains(group)) {
                *group = *first;
            }
        }
    }
    let mut groups = BTreeMap::<usize, Vec<usize>>::new();
    for (number, group) in group_of.into_iter().enumerate() {
        groups.entry(group).or_default().push(number);
    }
    groups.into_values().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_join_transitively() {
        let links = [vec![0, 1], vec![3, 2], vec![1, 2], vec![4], vec![]];
        assert_eq!(join(5, &links), [vec![0, 1, 2, 3], vec![4]]);
    }
}
