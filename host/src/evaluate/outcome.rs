//! One market under one set of options: for every period duties priced and plugins asked, then lines over
//! the horizon.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::{
    Basis, Calls, Decided, Line, OverBudget, Reason, StageEvaluation, Undetermined,
    asked::{Asked, Called, CalledStage},
    duty::{self, Applies, Duty},
    facts::{Chosen, Facts},
    horizon::Period,
    lines::{Building, costs_something, obligation_of, with_undetermined},
    linking,
    pricing::{self, NoPrice, Priced},
};
use crate::{
    generation::BoundPlugin,
    id::{QualifiedId, Stage},
    money::Spread,
    rules::expression::Missing,
    source::At,
};

/// What one set of options comes to.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    pub(super) stages: BTreeMap<Stage, StageEvaluation>,
    pub(super) undetermined: BTreeMap<QualifiedId, Undetermined>,
    pub(super) reasons: BTreeSet<Reason>,
    /// Σ of every line that could be computed; none where it cannot be held.
    pub(super) sums: Option<Sums>,
    /// The choices on which something depends that failed or is undetermined.
    pub(super) clouded: BTreeSet<QualifiedId>,
    /// Whether something failed, so that the total lacks a part.
    pub(super) failed: bool,
    /// Where shared obligations apply, or may.
    pub(super) shared: Vec<Membership>,
}

/// That a shared obligation applies in this market, or may, in one period.
#[derive(Debug, Clone)]
pub(super) struct Membership {
    pub(super) duty: Duty,
    pub(super) period: Period,
}

/// The sums of one market.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Sums {
    pub(super) total: Spread,
    pub(super) weighted: Spread,
}

/// A duty with its price, if it has one.
#[derive(Debug)]
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

/// The obligations that apply, or may, by id.
pub(super) type Duties = BTreeMap<QualifiedId, Known>;

/// Evaluates one set of options over the horizon. One that is only compared with others need not be explained.
pub(super) fn evaluate(
    asked: &Asked<'_>,
    chosen: &Chosen,
    explained: bool,
    calls: &mut Calls<'_>,
) -> Result<Outcome, OverBudget> {
    let mut outcome = Outcome::default();
    let mut periods = Vec::new();
    for period in &asked.periods {
        let facts = Facts { asked, place: 0, chosen, law: period.law };
        let duties = duty::duties(facts, explained);
        let (shared, own): (Vec<_>, Vec<_>) = duties.into_iter().partition(|duty| duty.obligation.shared);
        for duty in shared {
            outcome.member(duty, *period);
        }
        periods.push((*period, outcome.price_all(facts, own)));
    }
    outcome.ask_stages(asked, chosen, &periods, calls)?;
    Ok(outcome)
}

impl Outcome {
    /// Asks every stage in every period with that period's duties, and sums what comes back.
    pub(super) fn ask_stages(
        &mut self,
        asked: &Asked<'_>,
        chosen: &Chosen,
        periods: &[(Period, Duties)],
        calls: &mut Calls<'_>,
    ) -> Result<(), OverBudget> {
        for stage in Stage::ALL {
            let evaluated = match asked.stages.get(&stage) {
                None => self.unbound(stage),
                Some(CalledStage::Plugins(plugins)) if plugins.is_empty() => self.unbound(stage),
                Some(CalledStage::None { reason, by, at }) => StageEvaluation {
                    total: Some(Spread::ZERO),
                    weighted: Some(Spread::ZERO),
                    lines: Vec::new(),
                    none: Some((Arc::clone(reason), Arc::clone(by), At::clone(at))),
                },
                Some(CalledStage::Plugins(plugins)) => {
                    self.stage(stage, asked, chosen, plugins, periods, calls)?
                }
            };
            self.stages.insert(stage, evaluated);
        }
        self.sum(chosen);
        Ok(())
    }

    pub(super) fn stage(
        &mut self,
        stage: Stage,
        asked: &Asked<'_>,
        chosen: &Chosen,
        plugins: &[Called<'_>],
        periods: &[(Period, Duties)],
        calls: &mut Calls<'_>,
    ) -> Result<StageEvaluation, OverBudget> {
        let mut building = Building::default();
        let mut extra = BTreeMap::<QualifiedId, Building>::new();
        let mut complete = true;
        for called in plugins {
            for (period, duties) in periods {
                let facts = Facts { asked, place: called.place, chosen, law: period.law };
                let asking = Asking { facts, stage, duties };
                match asking.plugin(called, self, calls)? {
                    Ok(answered) => {
                        for (id, lines) in answered.if_applies {
                            extra.entry(id).or_default().add(*period, lines);
                        }
                        building.add(*period, answered.lines);
                    }
                    Err(reason) => {
                        complete = false;
                        self.clouded.extend(linking::of_called(asked, called));
                        self.fail(reason);
                    }
                }
            }
        }
        for (id, building) in extra {
            let Some(undetermined) = self.undetermined.get_mut(&id) else { continue };
            // What cannot be converted or held is no smaller cost: the stage says why there is none.
            undetermined.if_applies = building.lines(asked, stage).ok().and_then(|lines| {
                let before = undetermined.if_applies.unwrap_or(Spread::ZERO);
                Spread::sum(lines.iter().map(|line| line.total).chain([before])).ok()
            });
        }
        let lines = match building.lines(asked, stage) {
            Ok(lines) => lines,
            Err(reason) => {
                self.fail(reason);
                return Ok(StageEvaluation::default());
            }
        };
        let total = Spread::sum(lines.iter().map(|line: &Line| line.total));
        let weighted = Spread::sum(lines.iter().map(|line| line.weighted));
        let (Ok(total), Ok(weighted)) = (total, weighted) else {
            self.fail(overflow(Some(stage)));
            return Ok(StageEvaluation { lines, ..StageEvaluation::default() });
        };
        Ok(StageEvaluation {
            total: complete.then_some(total),
            weighted: complete.then_some(weighted),
            lines,
            none: None,
        })
    }

    pub(super) fn fail(&mut self, reason: Reason) {
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

    /// Takes in that a shared obligation applies here; it is priced where it is defined.
    fn member(&mut self, duty: Duty, period: Period) {
        match &duty.applies {
            Applies::No(_) => {}
            Applies::Yes => self.shared.push(Membership { duty, period }),
            Applies::Perhaps(why) => {
                self.undetermined(&duty.obligation, why, true);
                self.shared.push(Membership { duty, period });
            }
            Applies::Overflow | Applies::Conflict(_) => self.undecided(&duty),
        }
    }

    /// Prices every duty; what has no price is a reason or an undetermined obligation.
    pub(super) fn price_all(&mut self, facts: Facts<'_>, duties: Vec<Duty>) -> Duties {
        let mut known = BTreeMap::new();
        for duty in duties {
            if let Applies::Overflow | Applies::Conflict(_) = duty.applies {
                self.undecided(&duty);
                self.cloud(facts.asked, &duty);
                continue;
            }
            if matches!(duty.applies, Applies::No(_)) {
                continue;
            }
            let (known_duty, sure) = self.price(&facts.at(duty.place), duty);
            if !sure {
                self.cloud(facts.asked, &known_duty.duty);
            }
            known.insert(known_duty.duty.obligation.id.clone(), known_duty);
        }
        known
    }

    /// Nobody knows the cheapest option of what bears on this duty.
    fn cloud(&mut self, asked: &Asked<'_>, duty: &Duty) {
        self.clouded.extend(linking::clouded_by(asked, duty.place, &duty.obligation));
    }

    /// One duty with its price, and whether all of it is known.
    fn price(&mut self, facts: &Facts<'_>, duty: Duty) -> (Known, bool) {
        let obligation = Arc::clone(&duty.obligation);
        let decided = |pricing, basis| Decided {
            obligation: Arc::clone(&obligation),
            place: duty.place,
            leaves: duty.leaves.clone(),
            pricing,
            basis,
        };
        let mut missing: Vec<Missing> = match &duty.applies {
            Applies::Perhaps(why) => why.clone(),
            _ => Vec::new(),
        };
        let mut sure = matches!(duty.applies, Applies::Yes);
        let price = match pricing::price(facts, &obligation) {
            Ok(priced) => {
                let decided = decided(priced.steps.clone(), priced.basis);
                Some((priced, Arc::new(decided)))
            }
            Err(NoPrice::Missing(why)) => {
                sure = false;
                missing.extend(why);
                None
            }
            Err(NoPrice::Reason(reason)) => {
                self.fail(reason);
                let fed = Arc::new(decided(Vec::new(), Basis::Plugin));
                if !missing.is_empty() {
                    self.undetermined(&obligation, &missing, false);
                }
                return (Known { duty, price: None, fed }, false);
            }
        };
        if !sure {
            self.undetermined(&obligation, &missing, price.is_some());
        }
        let fed = Arc::new(decided(Vec::new(), Basis::Plugin));
        (Known { duty, price, fed }, sure)
    }

    /// Takes in that nobody knows whether an obligation applies, or what it costs.
    fn undetermined(
        &mut self,
        obligation: &Arc<crate::rules::book::Obligation>,
        missing: &[Missing],
        priced: bool,
    ) {
        let what = if priced { "undetermined" } else { "undetermined, and its cost is not known" };
        let why: BTreeSet<_> = missing.iter().map(|missing| missing.reason.as_str()).collect();
        let why: Vec<_> = why.into_iter().collect();
        let message = format!("`{}` is {what}: {}", obligation.id, why.join("; "));
        let at = Some(obligation.at.clone());
        self.reasons.insert(Reason { stage: None, kind: "undetermined", message, at });
        self.failed |= !priced;
        let entry = self.undetermined.entry(obligation.id.clone()).or_insert_with(|| Undetermined {
            obligation: Arc::clone(obligation),
            needs: BTreeSet::new(),
            if_applies: None,
        });
        entry.needs.extend(duty::needs(missing));
    }

    /// Takes in that the rules do not decide whether an obligation applies.
    fn undecided(&mut self, duty: &Duty) {
        let id = &duty.obligation.id;
        let (kind, message) = match &duty.applies {
            Applies::Conflict(names) => {
                let names: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
                let names = names.join(" and ");
                (
                    "exceptions_conflict",
                    format!(
                        "the exceptions {names} of `{id}` hold at once, and say different things: let one's condition exclude the other's"
                    ),
                )
            }
            _ => ("overflow", format!("the condition of `{id}` needs a number too large to be held exactly")),
        };
        self.fail(Reason { stage: None, kind, message, at: Some(duty.obligation.at.clone()) });
    }
}

pub(super) fn overflow(stage: Option<Stage>) -> Reason {
    let message = "a sum is too large to be held exactly".to_owned();
    Reason { stage, kind: "overflow", message, at: None }
}

/// One plugin of one stage being asked in one period under one set of options.
pub(super) struct Asking<'a> {
    /// At the place whose facts and params the plugin reads.
    pub(super) facts: Facts<'a>,
    pub(super) stage: Stage,
    pub(super) duties: &'a Duties,
}

/// A plugin's answer in one period.
struct Answered {
    /// Native amounts: what is sure, with what may come on top in `high`.
    lines: Vec<super::lines::Native>,
    /// For each undetermined obligation, its lines if it applies.
    if_applies: Vec<(QualifiedId, Vec<super::lines::Native>)>,
}

impl Asking<'_> {
    /// A plugin's lines; asked a second time with every undetermined obligation, where there is one.
    fn plugin(
        &self,
        called: &Called<'_>,
        outcome: &mut Outcome,
        calls: &mut Calls<'_>,
    ) -> Result<Result<Answered, Reason>, OverBudget> {
        let sure = match self.ask(called, false, calls)? {
            Ok(lines) => lines,
            Err(reason) => return Ok(Err(reason)),
        };
        let open = |id: &&QualifiedId| self.duties.get(*id).is_some_and(|known| !known.is_sure());
        let open: Vec<_> = called.obligations.keys().filter(open).collect();
        if open.is_empty() {
            return Ok(Ok(Answered { lines: sure, if_applies: Vec::new() }));
        }
        let all = match self.ask(called, true, calls)? {
            Ok(lines) => lines,
            Err(reason) => {
                // What is sure is still sure; what may come on top of it is not known.
                outcome.clouded.extend(linking::of_called(self.facts.asked, called));
                outcome.fail(reason);
                return Ok(Ok(Answered { lines: sure, if_applies: Vec::new() }));
            }
        };
        let priced =
            open.into_iter().filter(|id| self.duties.get(*id).is_some_and(|known| known.price.is_some()));
        let if_applies = priced.map(|id| {
            let own = all.iter().filter(|line| obligation_of(line) == Some(id)).cloned();
            (id.clone(), own.collect())
        });
        let if_applies = if_applies.collect();
        Ok(Ok(Answered { lines: with_undetermined(sure, all), if_applies }))
    }

    fn ask(
        &self,
        called: &Called<'_>,
        undetermined: bool,
        calls: &mut Calls<'_>,
    ) -> Result<Result<Vec<super::lines::Native>, Reason>, OverBudget> {
        let (case, ids) = match self.case(called, undetermined) {
            Ok(case) => case,
            Err(reason) => return Ok(Err(reason)),
        };
        if called.only_obligations && ids.is_empty() {
            return Ok(Ok(Vec::new()));
        }
        let priced: Vec<bool> = case.obligations.iter().map(costs_something).collect();
        let answer = calls.ask(&called.bound.plugin, case)?;
        Ok(match answer {
            Ok(estimate) => self.lines(called, &estimate, &ids, &priced),
            Err(error) => Err(self.reason(error.kind(), error.to_string(), Some(at(called.bound)))),
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
