//! Law that is known and not computed: it taints its stage until its owners accept that.

use std::{collections::BTreeSet, sync::Arc};

use super::{Reason, facts::Facts};
use crate::{
    rules::{book::Gap, expression::Outcome},
    value::Value,
};

/// The gaps that bear on a market, or may; those that nobody accepts today are reasons for which it is
/// incomplete.
pub(super) fn gaps(facts: &Facts<'_>, reasons: &mut BTreeSet<Reason>) -> Vec<Arc<Gap>> {
    let asked = facts.asked;
    let mut found = Vec::new();
    for (place, gap) in asked.gaps().iter().copied() {
        let bears = |law| {
            let facts = Facts { place, law, ..*facts };
            let outcome = gap.when.as_ref().map(|when| when.outcome(&facts));
            outcome != Some(Outcome::Known(Value::Flag(false)))
        };
        if !asked.periods.iter().any(|period| bears(period.law)) {
            continue;
        }
        found.push(Arc::clone(gap));
        let accepted = gap.accepted.as_ref();
        let today = asked.strategy.as_of;
        if accepted.is_some_and(|accepted| today < accepted.until) {
            continue;
        }
        let expired = accepted.map_or_else(String::new, |accepted| {
            format!("; {} accepted that until {}", accepted.by, accepted.until)
        });
        let message = format!("`{}` is not computed: {}{expired}", gap.id, gap.reason);
        reasons.insert(Reason { stage: Some(gap.stage), kind: "gap", message, at: Some(gap.at.clone()) });
    }
    found
}
