//! How far facts reach: which markets' numbers may be others once these facts are.
//!
//! A market that no rule, no plugin and no shared obligation joins to a fact has the same lines whatever the fact
//! says, so whoever asks about many values of it asks about the others alone. When in doubt a market is reached,
//! which costs work and never a wrong answer.

use std::collections::{BTreeMap, BTreeSet};

use super::{asked::Asked, choosing::references};
use crate::{
    generation::{BoundStage, Generation},
    id::{JurisdictionId, QualifiedId},
    rules::expression::{Reference, Root},
    strategy::{FactPath, FactPlace, Strategy},
};

/// For each fact the markets that it reaches, among them those that share an obligation with one that reads it.
#[must_use]
pub fn reach<'f>(
    generation: &Generation,
    strategy: &Strategy,
    facts: impl IntoIterator<Item = &'f FactPath>,
) -> BTreeMap<&'f FactPath, BTreeSet<JurisdictionId>> {
    let all: BTreeMap<&JurisdictionId, Reading> = strategy
        .markets
        .iter()
        .filter_map(|(id, market)| {
            let closure = generation.closures.get(id)?;
            Some((id, Reading::of(&Asked::market(generation, strategy, market, closure))))
        })
        .collect();
    facts.into_iter().map(|fact| (fact, reached(fact, &all))).collect()
}

/// What one market's numbers rest on.
struct Reading {
    names: BTreeSet<Reference>,
    shared: BTreeSet<QualifiedId>,
}

impl Reading {
    fn of(asked: &Asked<'_>) -> Self {
        let mut names: BTreeSet<Reference> =
            asked.places().flat_map(|(place, _)| references(asked, place)).collect();
        let shared = asked.obligations().iter().filter(|(_, obligation)| obligation.shared);
        let shared: BTreeSet<QualifiedId> = shared.map(|(_, obligation)| obligation.id.clone()).collect();
        for id in &shared {
            // It is priced, and its plugin asked, where it is defined.
            let Some(closure) = asked.generation.closures.get(&id.jurisdiction) else { continue };
            let merged = &closure.jurisdiction.merged;
            let priced = merged.obligations.get(&id.name).into_iter().flat_map(|of| of.expressions());
            names.extend(priced.flat_map(|expression| merged.references(expression)));
            let bound = closure.stages.values().flat_map(|stage| match stage {
                BoundStage::Plugins(plugins) => plugins.as_slice(),
                BoundStage::None { .. } => &[],
            });
            names.extend(bound.flat_map(|plugin| plugin.facts.iter().cloned()));
        }
        Self { names, shared }
    }
}

fn reached(fact: &FactPath, all: &BTreeMap<&JurisdictionId, Reading>) -> BTreeSet<JurisdictionId> {
    let name = |root| Reference { root, name: fact.name.clone() };
    let (of, reference) = match &fact.place {
        FactPlace::Company => (None, name(Root::Company)),
        FactPlace::Product => (None, name(Root::Product)),
        FactPlace::Market(market) | FactPlace::Region { market, .. } => {
            (Some(market), name(if fact.local { Root::Local } else { Root::Market }))
        }
    };
    let reads = |id: &JurisdictionId, reading: &Reading| {
        of.is_none_or(|of| of == id) && reading.names.contains(&reference)
    };
    let mut reached: BTreeSet<JurisdictionId> = all
        .iter()
        .filter(|(id, reading)| reads(id, reading))
        .map(|(id, _)| JurisdictionId::clone(id))
        .collect();
    loop {
        let shared: BTreeSet<&QualifiedId> =
            all.iter().filter(|(id, _)| reached.contains(**id)).flat_map(|(_, of)| &of.shared).collect();
        let joined = all.iter().filter(|(id, reading)| {
            !reached.contains(**id) && reading.shared.iter().any(|id| shared.contains(id))
        });
        let joined: Vec<JurisdictionId> = joined.map(|(id, _)| JurisdictionId::clone(id)).collect();
        if joined.is_empty() {
            return reached;
        }
        reached.extend(joined);
    }
}
