//! What does not apply on any day of the horizon, with the reason, and what would change that.

use std::sync::Arc;

use super::{
    Silent,
    duty::{self, Applies, WhyNot, condition_leaves},
    facts::Facts,
};

/// Every obligation that applies on no day of the horizon.
pub(super) fn silent(facts: &Facts<'_>) -> Vec<Silent> {
    let asked = facts.asked;
    let mut found = Vec::new();
    for (place, obligation) in asked.obligations().iter().copied() {
        let mut first = None;
        let mut last = None;
        for law in asked.periods.iter().map(|period| period.law) {
            let facts = Facts { place, law, ..*facts };
            match duty::applies(&facts, obligation) {
                Applies::No(why) => {
                    first.get_or_insert_with(|| (law, why.clone()));
                    last = Some((law, why));
                }
                _ => {
                    first = None;
                    break;
                }
            }
        }
        let (Some(first), Some(last)) = (first, last) else { continue };
        // What begins inside the horizon and does not apply then says why not.
        let (law, why) = if matches!(first.1, WhyNot::NotYet(_)) { last } else { first };
        let facts = Facts { place, law, ..*facts };
        let condition = match &why {
            WhyNot::Condition => Some(&obligation.when),
            WhyNot::Excepted(name) => obligation.exceptions.get(name).map(|exception| &exception.when),
            WhyNot::Proposed | WhyNot::NotYet(_) | WhyNot::Ended(_) => None,
        };
        let leaves = condition.map(|condition| condition_leaves(&facts, condition)).unwrap_or_default();
        found.push(Silent { obligation: Arc::clone(obligation), place, why, leaves });
    }
    found
}
