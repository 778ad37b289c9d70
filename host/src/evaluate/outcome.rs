//! One market under one set of options: duties priced, cases asked, lines over the horizon.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::{
    Asked, Basis, Calls, Decided, Line, OverBudget, Reason, StageEvaluation, Undetermined,
    duty::{self, Applies, Duty},
    facts::{Chosen, Facts},
    horizon, linking,
    pricing::{self, NoPrice, Priced},
};
use crate::{
    generation::{BoundPlugin, BoundStage},
    id::{Name, QualifiedId, Stage},
    money::{AMOUNT_SCALE, Amount, RATIO_SCALE, Spread},
    plugin::{self, Case, CaseObligation, CaseValue, Estimate, Ground},
    rules::{
        book::Cite,
        expression::{Missing, Outcome as Result3, Reference},
    },
    source::At,
    value::Value,
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
struct Known {
    duty: Duty,
    price: Option<(Priced, Arc<Decided>)>,
    /// For the lines of a plugin that it feeds and that does not cost it: its price is no part of them.
    fed: Arc<Decided>,
}

impl Known {
    const fn is_sure(&self) -> bool {
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

fn overflow(stage: Option<Stage>) -> Reason {
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

struct Asking<'a> {
    facts: &'a Facts<'a>,
    stage: Stage,
    duties: &'a BTreeMap<QualifiedId, Known>,
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

    const fn reason(&self, kind: &'static str, message: String, at: Option<At>) -> Reason {
        Reason { stage: Some(self.stage), kind, message, at }
    }

    /// The case, with the ids of its obligations in its order.
    fn case(&self, bound: &BoundPlugin, undetermined: bool) -> Result<(Case, Vec<QualifiedId>), Reason> {
        let description = &bound.plugin.description;
        let facts = bound.facts.iter().zip(&description.facts);
        let facts = facts.map(|(reference, need)| self.given(bound, reference, need.required));
        let params = bound.params.iter().zip(&description.params).map(|(param, need)| {
            let reference =
                Reference { root: crate::rules::expression::Root::Param, name: param.id.name.clone() };
            self.given(bound, &reference, need.required)
        });
        let choices = bound.choices.iter().map(|choice| {
            let option = self.facts.chosen.get(&choice.choice.id.name);
            let place = option.and_then(|option| choice.choice.position(option.as_str()));
            place.and_then(|place| choice.places.get(place)).copied().ok_or_else(|| {
                let message = format!("no option of `{}` is taken", choice.choice.id.name);
                self.reason("no_option", message, Some(choice.choice.at.clone()))
            })
        });
        let asked = self.facts.asked;
        let settings = bound.settings.text(asked.currency, |money| {
            let units = asked.to_case(money).map_err(|error| (error.kind(), error.to_string()))?;
            units.round(AMOUNT_SCALE).map_err(|error| ("overflow", error.to_string()))
        });
        let settings = settings.map_err(|(kind, why)| {
            let message = format!("settings of `{}`: {why}", bound.binding.plugin);
            self.reason(kind, message, Some(at(bound)))
        })?;
        let (obligations, ids) = self.obligations(bound, undetermined)?;
        let case = Case {
            stage: self.stage,
            currency: asked.currency,
            facts: facts.collect::<Result<_, _>>()?,
            params: params.collect::<Result<_, _>>()?,
            choices: choices.collect::<Result<_, _>>()?,
            obligations,
            settings,
        };
        Ok((case, ids))
    }

    fn given(&self, bound: &BoundPlugin, reference: &Reference, required: bool) -> Result<CaseValue, Reason> {
        match self.facts.look_up(reference) {
            Ok((value, _)) => self.case_value(value, || format!("`{reference}`"), bound),
            Err(_) if !required => Ok(CaseValue::Missing),
            Err(missing) => {
                let message =
                    format!("the plugin `{}` needs `{reference}`: {}", bound.binding.plugin, missing.reason);
                Err(self.reason("needs_fact", message, Some(at(bound))))
            }
        }
    }

    /// A value as it crosses to the plugin: money in the case's currency, everything rounded once.
    fn case_value(
        &self,
        value: Value,
        what: impl Fn() -> String,
        bound: &BoundPlugin,
    ) -> Result<CaseValue, Reason> {
        let wrong = |kind, why: String| self.reason(kind, format!("{}: {why}", what()), Some(at(bound)));
        Ok(match value {
            Value::Flag(flag) => CaseValue::Flag(flag),
            Value::Count(n) => CaseValue::Count(n),
            Value::Ratio(ratio) => {
                let billionths =
                    ratio.round(RATIO_SCALE).map_err(|error| wrong("overflow", error.to_string()))?;
                CaseValue::Ratio(billionths)
            }
            Value::Money(money) => {
                let units = self
                    .facts
                    .asked
                    .to_case(money)
                    .map_err(|error| wrong(error.kind(), error.to_string()))?;
                let rounded =
                    units.round(AMOUNT_SCALE).map_err(|error| wrong("overflow", error.to_string()))?;
                CaseValue::Money(Amount(rounded))
            }
            Value::Text(text) => CaseValue::Text(text),
            Value::Set(set) => CaseValue::Set(set.iter().cloned().collect()),
            Value::Date(date) => CaseValue::Date(date),
            Value::Period(period) => CaseValue::Period(period),
        })
    }

    /// The obligations of a case, sorted by qualified id: those it costs, priced, and those that feed it.
    fn obligations(
        &self,
        bound: &BoundPlugin,
        undetermined: bool,
    ) -> Result<(Vec<CaseObligation>, Vec<QualifiedId>), Reason> {
        let mut obligations = Vec::new();
        let mut ids = Vec::new();
        for (id, seen) in &bound.obligations {
            let Some(known) = self.duties.get(id).filter(|known| undetermined || known.is_sure()) else {
                continue;
            };
            let priced = match (&known.price, seen.costed) {
                (Some((priced, _)), true) => Some(priced),
                // Without a price it is already a reason for which the market is incomplete.
                (None, true) => continue,
                (_, false) => None,
            };
            let demands = bound.plugin.description.demands.iter().map(|need| {
                let Some(value) = seen.obligation.requires.get(need.name.as_str()) else {
                    return Ok(CaseValue::Missing);
                };
                match value.outcome(self.facts) {
                    Result3::Known(value) => {
                        self.case_value(value, || format!("`{id}` requires `{}`", need.name), bound)
                    }
                    Result3::Undetermined(missing) => {
                        let why: Vec<_> = missing.iter().map(|missing| missing.reason.as_str()).collect();
                        let message = format!("`{id}` requires `{}`: {}", need.name, why.join("; "));
                        Err(self.reason("undetermined", message, Some(seen.obligation.at.clone())))
                    }
                    Result3::Overflow => Err(overflow(Some(self.stage))),
                }
            });
            obligations.push(CaseObligation {
                known: seen.known,
                once: priced.and_then(|priced| priced.once),
                yearly: priced.and_then(|priced| priced.yearly),
                demands: demands.collect::<Result<_, _>>()?,
            });
            ids.push(id.clone());
        }
        Ok((obligations, ids))
    }

    /// A plugin's answer as lines over the horizon.
    fn lines(
        &self,
        bound: &BoundPlugin,
        estimate: &Estimate,
        ids: &[QualifiedId],
        priced: &[bool],
    ) -> Result<Vec<Line>, Reason> {
        let asked = self.facts.asked;
        let horizon =
            asked.horizon.as_ref().map_err(|error| self.reason("missing_fx", error.to_string(), None))?;
        let answered: BTreeSet<usize> =
            estimate.lines.iter().filter_map(|line| line.obligation).map(|index| index as usize).collect();
        for (place, id) in ids.iter().enumerate() {
            let costs = priced.get(place).copied().unwrap_or_default();
            if costs && !answered.contains(&place) {
                let message = format!(
                    "the plugin `{}` was given `{id}` and returned no line for it",
                    bound.binding.plugin
                );
                return Err(self.reason("dropped_obligation", message, Some(at(bound))));
            }
        }
        let lines = estimate.lines.iter().map(|line| {
            let id = line.obligation.and_then(|index| ids.get(index as usize));
            let known = id.and_then(|id| self.duties.get(id));
            let costed = id.and_then(|id| bound.obligations.get(id)).is_some_and(|seen| seen.costed);
            let decided = known.map(|known| match &known.price {
                Some((_, decided)) if costed => Arc::clone(decided),
                _ => Arc::clone(&known.fed),
            });
            let total = horizon.total(line.amount, line.cadence).map_err(|_| overflow(Some(self.stage)))?;
            let weighted =
                horizon::weighted(total, asked.market.weight).map_err(|_| overflow(Some(self.stage)))?;
            let (used, cites) = self.used(bound, line, known);
            Ok(Line {
                plugin: Arc::clone(&bound.plugin),
                at: known.map_or_else(|| at(bound), |known| known.duty.obligation.at.clone()),
                decided,
                label: line.label.clone(),
                cadence: line.cadence,
                native: line.amount,
                total,
                weighted,
                undetermined: false,
                quantity: line.quantity.clone(),
                used,
                cites,
                horizon: Arc::clone(horizon),
            })
        });
        let mut lines = lines.collect::<Result<Vec<_>, Reason>>()?;
        lines.sort_by(|a, b| (obligation_of(a), &a.label).cmp(&(obligation_of(b), &b.label)));
        Ok(lines)
    }

    /// The names a line rests on, and the cites of the params among them.
    fn used(
        &self,
        bound: &BoundPlugin,
        line: &plugin::Line,
        known: Option<&Known>,
    ) -> (Vec<String>, Vec<Cite>) {
        let mut names = Vec::new();
        let mut cites = Vec::new();
        for ground in &line.used {
            match *ground {
                Ground::Fact(index) => names.extend(bound.facts.get(index as usize).map(ToString::to_string)),
                Ground::Choice(index) => names.extend(
                    bound
                        .choices
                        .get(index as usize)
                        .map(|choice| format!("choice.{}", choice.choice.id.name)),
                ),
                Ground::Param(index) => {
                    let Some(param) = bound.params.get(index as usize) else { continue };
                    names.push(format!("param.{}", param.id.name));
                    if let Ok((dated, _)) = param.on(self.facts.asked.strategy.as_of) {
                        cites.extend(dated.cites.iter().cloned());
                    }
                }
                Ground::Demand(index) => {
                    let Some(need) = bound.plugin.description.demands.get(index as usize) else { continue };
                    let required =
                        known.and_then(|known| known.duty.obligation.requires.get(need.name.as_str()));
                    names.push(required.map_or_else(|| need.name.clone(), |value| value.text().to_owned()));
                }
            }
        }
        names.sort();
        names.dedup();
        (names, cites)
    }
}

fn at(bound: &BoundPlugin) -> At {
    bound.binding.source.at(bound.binding.span)
}

fn obligation_of(line: &Line) -> Option<&QualifiedId> {
    line.decided.as_ref().map(|decided| &decided.obligation.id)
}

fn costs_something(obligation: &CaseObligation) -> bool {
    [obligation.once, obligation.yearly].into_iter().flatten().any(|spread| spread != Spread::ZERO)
}

/// Joins what is sure with what might be: `low` and `likely` come from the first, `high` is the larger of
/// both, so that every total stays the sum of its lines.
fn with_undetermined(sure: Vec<Line>, all: Vec<Line>) -> Vec<Line> {
    type Key = (Option<QualifiedId>, String);
    let key = |line: &Line| -> Key { (obligation_of(line).cloned(), line.label.clone()) };
    let raise = |low: Spread, high: Spread| Spread { high: low.high.max(high.high), ..low };
    let perhaps = |spread: Spread| Spread { high: spread.high, ..Spread::ZERO };
    let mut others: BTreeMap<Key, Line> = all.into_iter().map(|line| (key(&line), line)).collect();
    let mut joined = sure;
    for line in &mut joined {
        let Some(other) = others.remove(&key(line)) else { continue };
        if line.native != other.native {
            line.quantity = None;
        }
        line.native = raise(line.native, other.native);
        line.total = raise(line.total, other.total);
        line.weighted = raise(line.weighted, other.weighted);
    }
    joined.extend(others.into_values().map(|line| Line {
        native: perhaps(line.native),
        total: perhaps(line.total),
        weighted: perhaps(line.weighted),
        undetermined: true,
        quantity: None,
        ..line
    }));
    joined
}
