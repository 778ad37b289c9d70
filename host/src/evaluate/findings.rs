//! What the law of one place says on the first day under given facts and options, rule by rule: also of what
//! does not apply, and of a bloc, which nobody asks for a number. Costs are not looked at.

use std::{collections::BTreeMap, sync::Arc};

use super::{
    MarketEvaluation,
    asked::Asked,
    choosing,
    duty::{self, Applies, WhyNot},
    facts::{Chosen, Facts},
};
use crate::{
    generation::Generation,
    id::{JurisdictionId, Name, QualifiedId},
    rules::{
        book::{Block, Obligation, Penalty},
        expression::{Expression, Leaf, Missing, Outcome},
        schema::jurisdiction::{InForce, LawStatus},
    },
    strategy::Strategy,
    value::Value,
};

/// Every rule of a place that a condition decides, by name.
#[derive(Debug)]
pub struct Findings {
    /// What the law makes you do.
    pub obligations: BTreeMap<Name, (Arc<Obligation>, Finding)>,
    /// What the law can take: whether it can.
    pub penalties: BTreeMap<Name, (Arc<Penalty>, Finding)>,
    /// What forbids the market.
    pub blocks: BTreeMap<Name, (Arc<Block>, Finding)>,
    /// The market without its costs: what the law can take, and what names stand for.
    pub market: MarketEvaluation,
}

/// Whether a rule applies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// It does, by these leaves.
    Applies(Vec<Leaf>),
    /// It does not, by these leaves where there are some.
    Not(WhyNot, Vec<Leaf>),
    /// Nobody knows, for want of these.
    Undetermined(Vec<Missing>),
    /// These exceptions hold at once, and say different things.
    Conflict(Vec<Name>),
    /// Its condition needs a number that cannot be held exactly.
    Overflow,
}

/// The findings for one market of a strategy under the options pinned, and those taken of its other choices;
/// a choice of which none is taken is undetermined.
#[must_use]
pub fn findings(
    generation: &Generation,
    strategy: &Strategy,
    id: &JurisdictionId,
    chosen: &Chosen,
) -> Option<Findings> {
    let (market, closure) = (strategy.markets.get(id)?, generation.closures.get(id)?);
    let asked = Asked::market(generation, strategy, market, closure);
    // What is pinned is known, also where nobody knows what would be cheapest.
    let pinned = asked.choices().keys();
    let pinned = pinned.filter_map(|id| Some((QualifiedId::clone(id), asked.pinned(id)?.clone())));
    let chosen: Chosen = chosen.clone().into_iter().chain(pinned).collect();
    let facts = Facts { asked: &asked, place: 0, chosen: &chosen, law: asked.first_law() };
    let merged = &closure.jurisdiction.merged;
    let obligations = merged.obligations.iter().map(|(name, rule)| {
        let finding = of_obligation(&facts, rule);
        (name.clone(), (Arc::clone(rule), finding))
    });
    let penalties = merged.penalties.iter().map(|(name, rule)| {
        let finding = of_rule(&facts, rule.status, rule.in_force, &rule.when);
        (name.clone(), (Arc::clone(rule), finding))
    });
    let blocks = merged.blocks.iter().map(|(name, rule)| {
        let finding = of_rule(&facts, rule.status, rule.in_force, &rule.when);
        (name.clone(), (Arc::clone(rule), finding))
    });
    Some(Findings {
        market: choosing::empty(&asked, &chosen),
        obligations: obligations.collect(),
        penalties: penalties.collect(),
        blocks: blocks.collect(),
    })
}

fn of_obligation(facts: &Facts<'_>, obligation: &Obligation) -> Finding {
    match duty::applies(facts, obligation) {
        Applies::Yes => Finding::Applies(duty::leaves(facts, obligation)),
        Applies::No(why) => {
            let condition = match &why {
                WhyNot::Condition => Some(&obligation.when),
                WhyNot::Excepted(name) => obligation.exceptions.get(name).map(|exception| &exception.when),
                WhyNot::Proposed | WhyNot::NotYet(_) | WhyNot::Ended(_) => None,
            };
            let leaves = condition.map(|condition| duty::condition_leaves(facts, condition));
            Finding::Not(why, leaves.unwrap_or_default())
        }
        Applies::Perhaps(missing) => Finding::Undetermined(missing),
        Applies::Conflict(names) => Finding::Conflict(names),
        Applies::Overflow => Finding::Overflow,
    }
}

fn of_rule(facts: &Facts<'_>, status: LawStatus, dates: InForce, when: &Expression) -> Finding {
    if let Some(why) = duty::not_law(status, dates, facts.law) {
        return Finding::Not(why, Vec::new());
    }
    let leaves = || duty::condition_leaves(facts, when);
    match when.outcome(facts) {
        Outcome::Known(Value::Flag(true)) => Finding::Applies(leaves()),
        Outcome::Known(_) => Finding::Not(WhyNot::Condition, leaves()),
        Outcome::Undetermined(missing) => Finding::Undetermined(missing),
        Outcome::Overflow => Finding::Overflow,
    }
}
