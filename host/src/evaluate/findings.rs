//! What the law of one place says under given facts and options, rule by rule: also of what does not apply,
//! and of a bloc, which nobody asks for a number. Costs are not looked at.

use std::{collections::BTreeMap, sync::Arc};

use jiff::civil::Date;

use super::{
    Asked,
    duty::in_force,
    facts::{Chosen, Facts},
};
use crate::{
    generation::Generation,
    id::{JurisdictionId, Name},
    rules::{
        book::{Block, Obligation, Penalty},
        expression::{Expression, Leaf, Missing, Outcome},
        schema::jurisdiction::InForce,
    },
    strategy::Strategy,
    value::Value,
};

/// Every rule of a place that a condition decides.
#[derive(Debug)]
pub struct Findings {
    /// What the law makes you do.
    pub obligations: BTreeMap<Name, (Arc<Obligation>, Finding)>,
    /// What the law can take: whether it can.
    pub penalties: BTreeMap<Name, (Arc<Penalty>, Finding)>,
    /// What forbids the market.
    pub blocks: BTreeMap<Name, (Arc<Block>, Finding)>,
}

/// Whether a rule applies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// It does, by these leaves.
    Applies(Vec<Leaf>),
    /// It does not.
    Not(Why),
    /// Nobody knows, for want of these.
    Undetermined(Vec<Missing>),
    /// Its condition needs a number that cannot be held exactly.
    Overflow,
}

/// Why a rule does not apply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// It begins on a later day.
    NotYet(Date),
    /// It ended before.
    Ended(Date),
    /// Its condition is false, by these leaves.
    Condition(Vec<Leaf>),
}

/// The findings for one market of a strategy under the options taken of its choices; a choice of which none
/// is taken is undetermined.
#[must_use]
pub fn findings(
    generation: &Generation,
    strategy: &Strategy,
    id: &JurisdictionId,
    chosen: &Chosen,
) -> Option<Findings> {
    let (market, closure) = (strategy.markets.get(id)?, generation.closures.get(id)?);
    let asked = Asked::new(generation, strategy, market, closure);
    let facts = Facts { asked: &asked, chosen };
    let merged = &closure.jurisdiction.merged;
    let on = strategy.as_of;
    let obligations = merged.obligations.iter().map(|(name, obligation)| {
        let finding = finding(obligation.in_force, &obligation.when, on, &facts);
        (name.clone(), (Arc::clone(obligation), finding))
    });
    let penalties = merged.penalties.iter().map(|(name, penalty)| {
        let finding = finding(penalty.in_force, &penalty.when, on, &facts);
        (name.clone(), (Arc::clone(penalty), finding))
    });
    let blocks = merged.blocks.iter().map(|(name, block)| {
        let finding = finding(block.in_force, &block.when, on, &facts);
        (name.clone(), (Arc::clone(block), finding))
    });
    Some(Findings {
        obligations: obligations.collect(),
        penalties: penalties.collect(),
        blocks: blocks.collect(),
    })
}

fn finding(dates: InForce, when: &Expression, on: Date, facts: &Facts<'_>) -> Finding {
    match dates {
        _ if in_force(dates, on) => {}
        InForce { from: Some(from), .. } if on < from => return Finding::Not(Why::NotYet(from)),
        InForce { to, .. } => return Finding::Not(Why::Ended(to.unwrap_or(on))),
    }
    let evaluated = when.evaluate(facts);
    match evaluated.outcome {
        Outcome::Known(Value::Flag(true)) => Finding::Applies(evaluated.leaves),
        Outcome::Known(_) => Finding::Not(Why::Condition(evaluated.leaves)),
        Outcome::Undetermined(missing) => Finding::Undetermined(missing),
        Outcome::Overflow => Finding::Overflow,
    }
}
