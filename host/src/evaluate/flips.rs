//! The smallest change of facts that would make an obligation apply, or not apply any more.

use std::collections::{BTreeMap, HashMap};

use super::{
    asked::{in_force, is_enacted},
    facts::Facts,
    name_at,
};
use crate::{
    id::{JurisdictionId, QualifiedId},
    rules::expression::{Change, Expression},
};

/// For every obligation that is law on the first day and that some simple change of facts decides, that
/// change in words: `market.users from 900,000 to 1,000,000`.
pub(super) fn flips(facts: &Facts<'_>) -> BTreeMap<QualifiedId, Vec<String>> {
    let mut found = BTreeMap::new();
    // Many obligations of a file have one condition.
    let mut known: HashMap<(usize, &JurisdictionId, &str), Option<Vec<String>>> = HashMap::new();
    for (place, obligation) in facts.asked.obligations().iter().copied() {
        if !is_enacted(obligation.status) || !in_force(obligation.in_force, facts.law) {
            continue;
        }
        let facts = facts.at(place);
        let holds = |condition: &Expression| super::duty::holds(condition, &facts);
        let live =
            obligation.exceptions.values().find(|of| in_force(of.in_force, facts.law) && holds(&of.when));
        // What an exception lifts applies again where the exception does not hold.
        let decides = match live {
            Some(exception) if holds(&obligation.when) => &exception.when,
            _ => &obligation.when,
        };
        let changes = known
            .entry((place, &obligation.id.jurisdiction, decides.text()))
            .or_insert_with(|| shown(&facts, decides));
        if let Some(changes) = changes {
            found.insert(obligation.id.clone(), changes.clone());
        }
    }
    found
}

/// The change that turns a condition round at a place, in words.
fn shown(facts: &Facts<'_>, condition: &Expression) -> Option<Vec<String>> {
    let changes = condition.flip(facts, &|reference| reference.root.is_fact())?;
    let region = (facts.place > 0).then(|| facts.asked.place(facts.place).id());
    let shown = |change: &Change| {
        let text = change.to_string();
        let name = change.reference.to_string();
        let rest = text.strip_prefix(&name).unwrap_or_default();
        format!("{}{rest}", name_at(region, &change.reference))
    };
    Some(changes.iter().map(shown).collect())
}
