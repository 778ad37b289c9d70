//! What a file inherits: the union of its parents, in which nothing may be defined twice.

use std::{
    collections::{BTreeMap, btree_map::Entry},
    sync::Arc,
};

use crate::{
    diagnostic::Problems,
    id::{JurisdictionId, Name, Stage},
    rules::book::{Jurisdiction, Merged, Own, StageRule},
    source::Span,
};

/// The lineage and the union of what the parents hold.
pub(super) fn inherit(
    parents: &[Arc<Jurisdiction>],
    at: Span,
    problems: &mut Problems<'_>,
) -> (BTreeMap<JurisdictionId, Arc<Own>>, Merged) {
    let mut lineage = BTreeMap::<JurisdictionId, Arc<Own>>::new();
    let mut merged = Merged::default();
    for parent in parents {
        for (id, own) in &parent.lineage {
            match lineage.entry(id.clone()) {
                Entry::Vacant(free) => {
                    free.insert(Arc::clone(own));
                }
                Entry::Occupied(taken) if taken.get().source.digest != own.source.digest => {
                    let message = format!(
                        "two versions of {id}.yaml meet here: one of the files this one extends serves its last good one"
                    );
                    problems.error_help(at, message, "mend the file that has an error");
                }
                Entry::Occupied(_) => {}
            }
        }
        union(&mut merged, parent, at, problems);
    }
    (lineage, merged)
}

fn union(merged: &mut Merged, parent: &Jurisdiction, at: Span, problems: &mut Problems<'_>) {
    let from = &parent.merged;
    let mut clash = |what: &str, name: &str, first: &JurisdictionId, second: &JurisdictionId| {
        let message = format!("the {what} `{name}` comes from both {first}.yaml and {second}.yaml");
        problems.error_help(at, message, "rename one of them, or extend one of the two files");
    };
    // Each map holds (defining jurisdiction, thing): the same definer twice is one definition that came two ways.
    merge_map(&mut merged.facts, &from.facts, |(id, _)| id, |n, a, b| clash("fact", n, a, b));
    for (name, (second, source)) in &from.sources {
        let first = merged.sources.entry(name.clone()).or_insert_with(|| (second.clone(), source.clone()));
        if first.1 != *source {
            clash("source", name.as_str(), &first.0, second);
        }
    }
    merge_map(&mut merged.params, &from.params, |p| &p.id.jurisdiction, |n, a, b| clash("param", n, a, b));
    merge_map(
        &mut merged.obligations,
        &from.obligations,
        |o| &o.id.jurisdiction,
        |n, a, b| clash("obligation", n, a, b),
    );
    merge_map(
        &mut merged.penalties,
        &from.penalties,
        |p| &p.id.jurisdiction,
        |n, a, b| clash("penalty", n, a, b),
    );
    merge_map(&mut merged.choices, &from.choices, |c| &c.id.jurisdiction, |n, a, b| clash("choice", n, a, b));
    for (stage, rule) in &from.stages {
        merge_stage(&mut merged.stages, *stage, rule, at, problems);
    }
}

fn merge_map<T: Clone>(
    into: &mut BTreeMap<Name, T>,
    from: &BTreeMap<Name, T>,
    definer: impl Fn(&T) -> &JurisdictionId,
    mut clash: impl FnMut(&str, &JurisdictionId, &JurisdictionId),
) {
    for (name, thing) in from {
        match into.entry(name.clone()) {
            Entry::Vacant(free) => {
                free.insert(thing.clone());
            }
            Entry::Occupied(taken) if definer(taken.get()) != definer(thing) => {
                clash(name.as_str(), definer(taken.get()), definer(thing));
            }
            Entry::Occupied(_) => {}
        }
    }
}

fn merge_stage(
    into: &mut BTreeMap<Stage, StageRule>,
    stage: Stage,
    rule: &StageRule,
    at: Span,
    problems: &mut Problems<'_>,
) {
    match (into.get_mut(&stage), rule) {
        (None, _) => {
            into.insert(stage, rule.clone());
        }
        (Some(StageRule::Plugins(have)), StageRule::Plugins(more)) => {
            for (plugin, binding) in more {
                let first = have.entry(plugin.clone()).or_insert_with(|| Arc::clone(binding));
                if first.source.name != binding.source.name {
                    let message = format!(
                        "`{plugin}` is bound to {stage} by both {} and {}",
                        first.source.name, binding.source.name
                    );
                    problems.error_help(at, message, "bind it in one of the two files");
                }
            }
        }
        (Some(StageRule::None { at: first, .. }), StageRule::None { at: second, .. }) if first == second => {}
        (Some(_), _) => {
            let message = format!("{stage} comes from two of the files this one extends, in different ways");
            problems.error_help(
                at,
                message,
                "a stage is computed by plugins, or declared to be nothing, once",
            );
        }
    }
}

/// Ids from this file upwards, nearest first; among equally near ones by name.
pub(super) fn nearest(own: &JurisdictionId, parents: &[Arc<Jurisdiction>]) -> Vec<JurisdictionId> {
    let mut distance = BTreeMap::<JurisdictionId, usize>::from([(own.clone(), 0)]);
    for parent in parents {
        for (steps, id) in parent.nearest.iter().enumerate() {
            let steps = steps + 1;
            distance.entry(id.clone()).and_modify(|known| *known = steps.min(*known)).or_insert(steps);
        }
    }
    let mut ids: Vec<_> = distance.into_iter().collect();
    ids.sort_by(|(a, near), (b, far)| near.cmp(far).then_with(|| a.cmp(b)));
    ids.into_iter().map(|(id, _)| id).collect()
}
