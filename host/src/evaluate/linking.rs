//! Which choices must be decided together.
//!
//! Two choices are linked when a condition reads both, or when both reach one plugin that is not
//! separable. What is not linked is minimised by itself: the sum of the minima is then the minimum of
//! the sum. When in doubt choices are linked, which costs combinations and never a wrong answer.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    generation::{BoundPlugin, BoundStage, Closure},
    id::{Name, QualifiedId},
    rules::{
        book::{Choice, Efforts, Obligation},
        expression::{Expression, Root},
    },
};

/// The choices an expression reads.
fn read_by(expression: &Expression) -> impl Iterator<Item = &Name> {
    expression
        .references()
        .iter()
        .filter(|reference| reference.root == Root::Choice)
        .map(|reference| &reference.name)
}

/// The choices that bear on an obligation: on whether it applies, and on what it takes.
pub(super) fn of_obligation(obligation: &Obligation) -> BTreeSet<Name> {
    let own = match &obligation.efforts {
        Efforts::ByOption(choice, _) => Some(choice),
        Efforts::Always(_) => None,
    };
    obligation.expressions().flat_map(read_by).chain(own).cloned().collect()
}

/// The choices that bear on a plugin's answer.
pub(super) fn of_plugin(bound: &BoundPlugin) -> BTreeSet<Name> {
    let declared = bound.choices.iter().map(|bound| bound.choice.id.name.clone());
    let duties = bound.obligations.values().flat_map(|bound| of_obligation(&bound.obligation));
    declared.chain(duties).collect()
}

/// The choices that bear on what a plugin says of one obligation.
fn of_duty(bound: &BoundPlugin, obligation: &Obligation) -> BTreeSet<Name> {
    if !bound.plugin.description.separable {
        return of_plugin(bound);
    }
    let declared = bound.choices.iter().map(|bound| bound.choice.id.name.clone());
    declared.chain(of_obligation(obligation)).collect()
}

/// The choices of which nobody knows the cheapest option, because something of these obligations is not known.
pub(super) fn clouded_by(unknown: &BTreeSet<QualifiedId>, closure: &Closure) -> BTreeSet<Name> {
    let obligations = &closure.jurisdiction.merged.obligations;
    let own =
        unknown.iter().filter_map(|id| obligations.get(&id.name)).flat_map(|found| of_obligation(found));
    let plugins = closure.stages.values().flat_map(|stage| match stage {
        BoundStage::Plugins(plugins) => plugins.as_slice(),
        BoundStage::None { .. } => &[],
    });
    let through = plugins.flat_map(|bound| {
        let seen = bound.obligations.iter().filter(|(id, _)| unknown.contains(*id));
        seen.flat_map(|(_, seen)| of_duty(bound, &seen.obligation))
    });
    own.chain(through).collect()
}

/// The choices that bear on whether an option is allowed, with the choice itself.
fn of_choice(choice: &Choice, closure: &Closure) -> BTreeSet<Name> {
    let mut linked = BTreeSet::from([choice.id.name.clone()]);
    for allowed_when in choice.options.iter().filter_map(|option| option.allowed_when.as_ref()) {
        linked.extend(read_by(allowed_when).cloned());
        for id in allowed_when.triggered() {
            if let Some(obligation) = closure.jurisdiction.merged.obligations.get(&id.name) {
                linked.extend(read_by(&obligation.when).cloned());
            }
        }
    }
    linked
}

/// The groups of choices that must be decided together, each sorted, in the order of their first.
pub(super) fn groups(closure: &Closure) -> Vec<BTreeSet<Name>> {
    let choices = &closure.jurisdiction.merged.choices;
    let mut links: Vec<BTreeSet<Name>> = choices.values().map(|choice| of_choice(choice, closure)).collect();
    links
        .extend(closure.jurisdiction.merged.obligations.values().map(|obligation| of_obligation(obligation)));
    for stage in closure.stages.values() {
        let BoundStage::Plugins(plugins) = stage else { continue };
        for bound in plugins {
            if !bound.plugin.description.separable {
                links.push(of_plugin(bound));
                continue;
            }
            // A line depends on its own obligation only, but every line may depend on what the plugin declares.
            let declared: BTreeSet<Name> =
                bound.choices.iter().map(|bound| bound.choice.id.name.clone()).collect();
            links.extend(bound.obligations.values().map(|duty| of_duty(bound, &duty.obligation)));
            links.push(declared);
        }
    }
    join(choices.keys(), &links)
}

/// The connected groups of `names` under `links`.
fn join<'a>(names: impl Iterator<Item = &'a Name>, links: &[BTreeSet<Name>]) -> Vec<BTreeSet<Name>> {
    let mut group_of: BTreeMap<Name, usize> = names.cloned().zip(0..).collect();
    for link in links {
        let groups: BTreeSet<usize> = link.iter().filter_map(|name| group_of.get(name)).copied().collect();
        let Some(first) = groups.first().copied() else { continue };
        for group in group_of.values_mut().filter(|group| groups.contains(group)) {
            *group = first;
        }
    }
    let mut groups = BTreeMap::<usize, BTreeSet<Name>>::new();
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
        assert_eq!(join(names.iter(), &links), [set(&["a", "b", "c", "d"]), set(&["e"])]);
    }
}
