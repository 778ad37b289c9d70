//! The most the law can take: shown beside J, never in it.

use std::{collections::BTreeSet, sync::Arc};

use super::{
    PenaltyEvaluation, Reason,
    asked::{Asked, in_force, is_enacted},
    duty::{condition_leaves, needs},
    facts::Facts,
    pricing::quantity,
};
use crate::{
    money::{AMOUNT_SCALE, Amount, Exact, Money},
    rules::{
        book::Penalty,
        expression::{Expression, Leaf, Missing, Outcome},
    },
    value::Value,
};

/// Every penalty that applies or may, with what keeps an amount from being said; with the leaves that say so where
/// asked for, which are several times the work.
pub(super) fn penalties(facts: &Facts<'_>, explained: bool) -> (Vec<PenaltyEvaluation>, BTreeSet<Reason>) {
    let mut found = Vec::new();
    let mut reasons = BTreeSet::new();
    for (place, penalty) in facts.asked.penalties().iter().copied() {
        if !is_enacted(penalty.status) || !in_force(penalty.in_force, facts.law) {
            continue;
        }
        let facts = &facts.at(place);
        let applies = match penalty.when.outcome(facts) {
            Outcome::Known(Value::Flag(false)) => continue,
            Outcome::Known(_) => Ok(()),
            Outcome::Undetermined(missing) => Err(Unsaid::Missing(missing)),
            Outcome::Overflow => Err(Unsaid::overflow()),
        };
        let mut leaves = if explained { condition_leaves(facts, &penalty.when) } else { Vec::new() };
        let amount = applies.and_then(|()| amount(penalty, facts, explained.then_some(&mut leaves)));
        let mut evaluation = PenaltyEvaluation {
            penalty: Arc::clone(penalty),
            place,
            maximum: None,
            native: None,
            leaves,
            needs: BTreeSet::new(),
        };
        match amount.and_then(|native| Ok((native, in_answer(native, facts.asked)?))) {
            Ok((native, maximum)) => {
                evaluation.native = Some(native);
                evaluation.maximum = Some(maximum);
            }
            Err(unsaid) => {
                let (kind, why) = match unsaid {
                    Unsaid::Missing(missing) => {
                        evaluation.needs = needs(&missing);
                        let why: Vec<_> = missing.iter().map(|missing| missing.reason.as_str()).collect();
                        ("undetermined", why.join("; "))
                    }
                    Unsaid::Because(kind, why) => (kind, why),
                };
                let message = format!("the penalty `{}` is undetermined: {why}", penalty.id);
                reasons.insert(Reason { stage: None, kind, message, at: Some(penalty.at.clone()) });
            }
        }
        found.push(evaluation);
    }
    (found, reasons)
}

/// Why an amount cannot be said.
enum Unsaid {
    Missing(Vec<Missing>),
    Because(&'static str, String),
}

impl Unsaid {
    fn overflow() -> Self {
        Self::Because("overflow", crate::money::Overflow.to_string())
    }
}

fn amount(penalty: &Penalty, facts: &Facts<'_>, mut leaves: Option<&mut Vec<Leaf>>) -> Result<Money, Unsaid> {
    let mut explain = |expression: &Expression| {
        if let Some(leaves) = &mut leaves {
            leaves.extend(expression.evaluate(facts).leaves);
        }
    };
    explain(&penalty.maximum);
    let maximum = match penalty.maximum.outcome(facts) {
        Outcome::Known(Value::Money(money)) => money,
        Outcome::Undetermined(missing) => return Err(Unsaid::Missing(missing)),
        Outcome::Known(_) | Outcome::Overflow => return Err(Unsaid::overflow()),
    };
    let times = match &penalty.times {
        None => Exact::ONE,
        Some(times) => {
            explain(times);
            quantity(times, facts)
                .map_err(|missing| missing.map_or_else(Unsaid::overflow, Unsaid::Missing))?
        }
    };
    if times.is_negative() || maximum.value.is_negative() {
        return Err(Unsaid::Because("negative_penalty", "its amount is negative".to_owned()));
    }
    let value = maximum.value.mul(times).map_err(|_| Unsaid::overflow())?;
    Ok(Money { value, currency: maximum.currency })
}

fn in_answer(native: Money, asked: &Asked<'_>) -> Result<Amount, Unsaid> {
    let converted = asked
        .to(native, asked.strategy.currency)
        .map_err(|error| Unsaid::Because(error.kind(), error.to_string()))?;
    converted.round(AMOUNT_SCALE).map(Amount).map_err(|_| Unsaid::overflow())
}
