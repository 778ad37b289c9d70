//! One market under one set of options: duties priced, cases asked, lines over the horizon.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::{
    Asked, Basis, Calls, Decided, Line, OverBudget, Reason, StageEvaluation, Undetermined,
    duty::{self, Applies, Duty},
    facts::{Chosen, Facts},
    lines::{costs_something, obligation_of, with_undetermined},
    linking,
    pricing::{self, NoPrice, Priced},
};
use crate::{
    generation::{BoundPlugin, BoundStage},
    id::{Name, QualifiedId, Stage},
    money::Spread,
    rules::expression::Missing,
    source::At,
};

/// What one set of options comes to.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    pub(super) stages: BTreeMap<Stage, StageEvaluation>,
    pub(super) undetermined: Vec<Undetermined>,
    pub(super) reasons: BTreeSet<Reason>,
    /// Σ of every line that could be computed; none where it cannot be held.
    pub(super) sums: Option<Sums>,
    /// The choices on which something depends that failed or is undetermined.
    pub(super) clouded: BTreeSet<Name>,
    /// Whether something failed, so that the total lacks a part.
    pub(super) failed: bool,
}

/// The sums of one market.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Sums {
    pub(super) total: Spread,
    pub(super) weighted: Spread,
}

/// A duty with its price, if it has one.
pub(super) struct Known {
    pub(super) duty: Duty,
    pub(super) price: Option<(Priced, Arc<Decided>)>,
    /// For the lines of a plugin that it feeds and that does not cost it: its price is no part of them.
    pub(super) fed: Arc<Decided>,
}

impl Known {
    pub(super) const fn is_sure(&self) -> bool {
        matches!(self.duty.applies, Applies::Yes)
    }
}

/// Evaluates one set of options.
pub(super) fn evaluate(
    asked: &Asked<'_>,
    chosen: &Chosen,
    calls: &mut Calls<'_>,
) -> Result<Outcome, OverBudget> {
    let facts = Facts { asked, chosen };
    let mut outcome = Outcome::default();
    let (duties, unknown) = known_duties(&facts, &mut outcome);
    outcome.clouded.extend(linking::clouded_by(&unknown, asked.closure));
    for stage in Stage::ALL {
        let evaluated = match asked.closure.stages.get(&stage) {
            None => outcome.unbound(stage),
            Some(BoundStage::Plugins(plugins)) if plugins.is_empty() => outcome.unbound(stage),
            Some(BoundStage::None { reason, by, at }) => StageEvaluation {
                total: Some(Spread::ZERO),
                weighted: Some(Spread::ZERO),
                lines: Vec::new(),
                none: Some((Arc::clone(reason), Arc::clone(by), at.clone())),
            },
            Some(BoundStage::Plugins(plugins)) => {
                let asking = Asking { facts: &facts, stage, duties: &duties };
                asking.stage(plugins, &mut outcome, calls)?
            }
        };
        outcome.stages.insert(stage, evaluated);
    }
    outcome.sum(chosen);
    Ok(outcome)
}

impl Outcome {
    fn fail(&mut self, reason: Reason) {
        self.reasons.insert(reason);
        self.failed = true;
    }

    fn unbound(&mut self, stage: Stage) -> StageEvaluation {
        let message =
            format!("no plugin is bound to {stage}: bind one, or write `{stage}: {{none: why, by: who}}`");
        self.fail(Reason { stage: Some(stage), kind: "unbound_stage", message, at: None });
        StageEvaluation::default()
    }

    /// A sum that cannot be held is no sum: nothing may look cheap because of it, whatever is chosen.
    fn sum(&mut self, chosen: &Chosen) {
        let lines = || self.stages.values().flat_map(|stage| &stage.lines);
        let total = Spread::sum(lines().map(|line| line.total));
        let weighted = Spread::sum(lines().map(|line| line.weighted));
        if let (Ok(total), Ok(weighted)) = (total, weighted) {
            self.sums = Some(Sums { total, weighted });
        } else {
            self.clouded.extend(chosen.keys().cloned());
            self.fail(overflow(None));
        }
    }
}

pub(super) fn overflow(stage: Option<Stage>) -> Reason {
    let message = "a sum is too large to be held exactly".to_owned();
    Reason { stage, kind: "overflow", message, at: None }
}

/// Prices every duty; what has no price is a reason or an undetermined obligation.
///
/// Also the obligations of which something is not known: whether they apply, or what they cost.
fn known_duties(
    facts: &Facts<'_>,
    outcome: &mut Outcome,
) -> (BTreeMap<QualifiedId, Known>, BTreeSet<QualifiedId>) {
    let mut known = BTreeMap::new();
    let mut unknown = BTreeSet::new();
    for duty in duty::duties(facts) {
        let obligation = Arc::clone(&duty.obligation);
        let mut missing: Vec<Missing> = Vec::new();
        let at = Some(obligation.at.clone());
        match &duty.applies {
            Applies::Yes => {}
            Applies::Perhaps(why) => missing.extend(why.iter().cloned()),
            Applies::Overflow => {
                let message = format!(
                    "the condition of `{}` needs a number too large to be held exactly",
                    obligation.id
                );
                unknown.insert(obligation.id.clone());
                outcome.fail(Reason { stage: None, kind: "overflow", message, at });
                continue;
            }
        }
        let price = match pricing::price(facts, &obligation) {
            Ok(priced) => {
                let decided = Decided {
                    obligation: Arc::clone(&obligation),
                    leaves: duty.leaves.clone(),
                    pricing: priced.steps.clone(),
                    basis: priced.basis,
                };
                Some((priced, Arc::new(decided)))
            }
            Err(NoPrice::Missing(why)) => {
                missing.extend(why);
                None
            }
            Err(NoPrice::Reason(reason)) => {
                unknown.insert(obligation.id.clone());
                outcome.fail(reason);
                None
            }
        };
        if !missing.is_empty() {
            unknown.insert(obligation.id.clone());
            let needs = duty::needs(&missing);
            let what =
                if price.is_some() { "undetermined" } else { "undetermined, and its cost is not known" };
            let why: BTreeSet<_> = missing.iter().map(|missing| missing.reason.as_str()).collect();
            let why: Vec<_> = why.into_iter().collect();
            let message = format!("`{}` is {what}: {}", obligation.id, why.join("; "));
            outcome.reasons.insert(Reason { stage: None, kind: "undetermined", message, at });
            outcome.failed |= price.is_none();
            outcome.undetermined.push(Undetermined {
                obligation: Arc::clone(&obligation),
                needs,
                if_applies: None,
            });
        }
        let fed = Decided {
            obligation: Arc::clone(&obligation),
            leaves: duty.leaves.clone(),
            pricing: Vec::new(),
            basis: Basis::Plugin,
        };
        known.insert(obligation.id.clone(), Known { duty, price, fed: Arc::new(fed) });
    }
    (known, unknown)
}
/// One plugin of one stage being asked under one set of options.
pub(super) struct Asking<'a> {
    pub(super) facts: &'a Facts<'a>,
    pub(super) stage: Stage,
    pub(super) duties: &'a BTreeMap<QualifiedId, Known>,
}

impl Asking<'_> {
    fn stage(
        &self,
        plugins: &[BoundPlugin],
        outcome: &mut Outcome,
        calls: &mut Calls<'_>,
    ) -> Result<StageEvaluation, OverBudget> {
        let mut lines = Vec::new();
        let mut complete = true;
        for bound in plugins {
            match self.plugin(bound, outcome, calls)? {
                Ok(computed) => lines.extend(computed),
                Err(reason) => {
                    complete = false;
                    outcome.clouded.extend(linking::of_plugin(bound));
                    outcome.fail(reason);
                }
            }
        }
        let total = Spread::sum(lines.iter().map(|line: &Line| line.total));
        let weighted = Spread::sum(lines.iter().map(|line| line.weighted));
        let (Ok(total), Ok(weighted)) = (total, weighted) else {
            outcome.fail(overflow(Some(self.stage)));
            return Ok(StageEvaluation { lines, ..StageEvaluation::default() });
        };
        Ok(StageEvaluation {
            total: complete.then_some(total),
            weighted: complete.then_some(weighted),
            lines,
            none: None,
        })
    }

    /// A plugin's lines; asked a second time with every undetermined obligation, where there is one.
    fn plugin(
        &self,
        bound: &BoundPlugin,
        outcome: &mut Outcome,
        calls: &mut Calls<'_>,
    ) -> Result<Result<Vec<Line>, Reason>, OverBudget> {
        let sure = match self.ask(bound, false, calls)? {
            Ok(lines) => lines,
            Err(reason) => return Ok(Err(reason)),
        };
        let undetermined =
            bound.obligations.keys().any(|id| self.duties.get(id).is_some_and(|known| !known.is_sure()));
        if !undetermined {
            return Ok(Ok(sure));
        }
        let all = match self.ask(bound, true, calls)? {
            Ok(lines) => lines,
            Err(reason) => {
                // What is sure is still sure; what may come on top of it is not known.
                outcome.clouded.extend(linking::of_plugin(bound));
                outcome.fail(reason);
                return Ok(Ok(sure));
            }
        };
        for undetermined in &mut outcome.undetermined {
            let id = &undetermined.obligation.id;
            let priced = self.duties.get(id).is_some_and(|known| known.price.is_some());
            if priced && bound.obligations.contains_key(id) {
                let own = all.iter().filter(|line| obligation_of(line) == Some(id)).map(|line| line.total);
                let before = undetermined.if_applies.unwrap_or(Spread::ZERO);
                undetermined.if_applies = Spread::sum(own.chain([before])).ok();
            }
        }
        Ok(Ok(with_undetermined(sure, all)))
    }

    fn ask(
        &self,
        bound: &BoundPlugin,
        undetermined: bool,
        calls: &mut Calls<'_>,
    ) -> Result<Result<Vec<Line>, Reason>, OverBudget> {
        let (case, ids) = match self.case(bound, undetermined) {
            Ok(case) => case,
            Err(reason) => return Ok(Err(reason)),
        };
        let priced: Vec<bool> = case.obligations.iter().map(costs_something).collect();
        let answer = calls.ask(&bound.plugin, case)?;
        Ok(match answer {
            Ok(estimate) => self.lines(bound, &estimate, &ids, &priced),
            Err(error) => Err(self.reason(error.kind(), error.to_string(), Some(at(bound)))),
        })
    }

    pub(super) const fn reason(&self, kind: &'static str, message: String, at: Option<At>) -> Reason {
        Reason { stage: Some(self.stage), kind, message, at }
    }
}

/// Where a plugin is bound.
pub(super) fn at(bound: &BoundPlugin) -> At {
    bound.binding.source.at(bound.binding.span)
}
