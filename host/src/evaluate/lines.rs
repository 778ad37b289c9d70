//! A plugin's answer as lines over the horizon, in the strategy's currency, with what they rest on.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::{
    Line, Reason, horizon,
    outcome::{Asking, Known, at, overflow},
};
use crate::{
    generation::BoundPlugin,
    id::QualifiedId,
    money::Spread,
    plugin::{self, CaseObligation, Estimate, Ground},
    rules::book::Cite,
};

impl Asking<'_> {
    /// A plugin's answer as lines over the horizon.
    pub(super) fn lines(
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

/// The obligation a line meets.
pub(super) fn obligation_of(line: &Line) -> Option<&QualifiedId> {
    line.decided.as_ref().map(|decided| &decided.obligation.id)
}

/// Whether an obligation was given with a price above nothing.
pub(super) fn costs_something(obligation: &CaseObligation) -> bool {
    [obligation.once, obligation.yearly].into_iter().flatten().any(|spread| spread != Spread::ZERO)
}
/// Joins what is sure with what might be: `low` and `likely` come from the first, `high` is the larger of
/// both, so that every total stays the sum of its lines.
pub(super) fn with_undetermined(sure: Vec<Line>, all: Vec<Line>) -> Vec<Line> {
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
