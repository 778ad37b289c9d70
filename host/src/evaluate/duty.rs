//! Which obligations apply: in force on the first day, and their condition true or undetermined.

use std::{collections::BTreeSet, sync::Arc};

use jiff::civil::Date;

use super::facts::Facts;
use crate::{
    rules::{
        book::Obligation,
        expression::{Leaf, Missing, Outcome},
        schema::jurisdiction::InForce,
    },
    value::Value,
};

/// Whether an obligation applies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Applies {
    Yes,
    /// Nobody knows, for want of these.
    Perhaps(Vec<Missing>),
    /// The condition needs a number that cannot be held exactly.
    Overflow,
}

/// An obligation that applies, or may.
#[derive(Debug, Clone)]
pub(super) struct Duty {
    pub(super) obligation: Arc<Obligation>,
    pub(super) applies: Applies,
    pub(super) leaves: Vec<Leaf>,
}

/// Whether something holds on a day; days are half open.
pub(super) fn in_force(dates: InForce, day: Date) -> bool {
    dates.from.is_none_or(|from| from <= day) && dates.to.is_none_or(|to| day < to)
}

/// Every obligation that applies or may, by name.
pub(super) fn duties(facts: &Facts<'_>) -> Vec<Duty> {
    let merged = &facts.asked.closure.jurisdiction.merged;
    let on = facts.asked.strategy.as_of;
    let mut duties = Vec::new();
    for obligation in merged.obligations.values().filter(|obligation| in_force(obligation.in_force, on)) {
        let evaluated = obligation.when.evaluate(facts);
        let applies = match evaluated.outcome {
            Outcome::Known(Value::Flag(true)) => Applies::Yes,
            Outcome::Known(_) => continue,
            Outcome::Undetermined(missing) => Applies::Perhaps(missing),
            Outcome::Overflow => Applies::Overflow,
        };
        duties.push(Duty { obligation: Arc::clone(obligation), applies, leaves: evaluated.leaves });
    }
    duties
}

/// What is missing, as names where there are names.
pub(super) fn needs(missing: &[Missing]) -> BTreeSet<String> {
    missing
        .iter()
        .map(|missing| match &missing.reference {
            Some(reference) => reference.to_string(),
            None => missing.reason.clone(),
        })
        .collect()
}
