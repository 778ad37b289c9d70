//! A plugin's answers as lines over the horizon, in the strategy's currency, with what they rest on.

use std::{
    collections::{BTreeMap, BTreeSet, btree_map::Entry},
    sync::Arc,
};

use super::{
    Decided, Line, LineSpan, Reason,
    asked::{Asked, Called},
    horizon::{self, Period},
    outcome::{Asking, Known, at, overflow},
};
use crate::{
    id::{PluginId, QualifiedId, Stage},
    money::Spread,
    plugin::{self, Cadence, CaseObligation, Estimate, Ground, Plugin, Quantity},
    rules::book::Cite,
    source::At,
};

/// A line of one plugin's answer in one period, in the case's currency.
#[derive(Debug, Clone)]
pub(super) struct Native {
    plugin: Arc<Plugin>,
    decided: Option<Arc<Decided>>,
    label: String,
    cadence: Cadence,
    amount: Spread,
    undetermined: bool,
    quantity: Option<Quantity>,
    used: Vec<String>,
    cites: Vec<Cite>,
    at: At,
}

/// What makes a line one line in every period.
type Key = (PluginId, Option<QualifiedId>, String, bool);

impl Native {
    fn key(&self) -> Key {
        let plugin = self.plugin.description.id.clone();
        (plugin, obligation_of(self).cloned(), self.label.clone(), self.cadence == Cadence::Once)
    }
}

/// Lines being put together over the periods.
#[derive(Debug, Default)]
pub(super) struct Building(BTreeMap<Key, (Native, Vec<LineSpan>)>);

impl Building {
    /// Takes in what a plugin says of one period; periods come in order.
    pub(super) fn add(&mut self, period: Period, lines: Vec<Native>) {
        for line in lines {
            let span = LineSpan { period, native: line.amount, quantity: line.quantity.clone() };
            match self.0.entry(line.key()) {
                Entry::Vacant(free) => drop(free.insert((line, vec![span]))),
                Entry::Occupied(mut known) => {
                    let (first, spans) = known.get_mut();
                    first.undetermined &= line.undetermined;
                    spans.push(span);
                }
            }
        }
    }

    /// The lines over the horizon, by obligation and label.
    pub(super) fn lines(self, asked: &Asked<'_>, stage: Stage) -> Result<Vec<Line>, Reason> {
        // What failed for another reason is not said to lack an exchange rate, too.
        if self.0.is_empty() {
            return Ok(Vec::new());
        }
        let (conversion, horizon) = asked.conversion.as_ref().map_err(|error| Reason {
            stage: Some(stage),
            kind: "missing_fx",
            message: error.to_string(),
            at: None,
        })?;
        let too_large = |_| overflow(Some(stage));
        let line = |(line, spans): (Native, Vec<LineSpan>)| {
            let spans = horizon::coalesce(spans);
            let spans = match line.cadence {
                Cadence::Once => horizon::once(spans).map_err(too_large)?,
                Cadence::Yearly => spans,
            };
            let total = horizon.total(&spans, line.cadence).map_err(too_large)?;
            Ok(Line {
                plugin: line.plugin,
                decided: line.decided,
                label: line.label,
                cadence: line.cadence,
                spans,
                total,
                weighted: horizon::weighted(total, asked.weight).map_err(too_large)?,
                undetermined: line.undetermined,
                used: line.used,
                cites: line.cites,
                at: line.at,
                conversion: Arc::clone(conversion),
            })
        };
        let mut lines = self.0.into_values().map(line).collect::<Result<Vec<_>, Reason>>()?;
        // What only may apply comes last.
        let id = |line: &Line| line.decided.as_ref().map(|decided| decided.obligation.id.clone());
        lines.sort_by_key(|line| (line.undetermined, id(line), line.label.clone()));
        Ok(lines)
    }
}

impl Asking<'_> {
    /// A plugin's answer in one period.
    pub(super) fn lines(
        &self,
        called: &Called<'_>,
        estimate: &Estimate,
        ids: &[QualifiedId],
        priced: &[bool],
    ) -> Result<Vec<Native>, Reason> {
        self.refuse_dropped(called, estimate, ids, priced)?;
        let counted = estimate.lines.iter().filter(|line| {
            // Of a shared obligation only itself is paid in common.
            line.obligation.is_some() || !called.only_obligations
        });
        let native = counted.map(|line| {
            let id = line.obligation.and_then(|index| ids.get(index as usize));
            let known = id.and_then(|id| self.duties.get(id));
            let costed = id.and_then(|id| called.obligations.get(id)).is_some_and(|(_, seen)| seen.costed);
            let decided = known.map(|known| match &known.price {
                Some((_, decided)) if costed => Arc::clone(decided),
                _ => Arc::clone(&known.fed),
            });
            let (used, cites) = self.used(called, line, known);
            Native {
                plugin: Arc::clone(&called.bound.plugin),
                at: known.map_or_else(|| at(called.bound), |known| known.duty.obligation.at.clone()),
                decided,
                label: line.label.clone(),
                cadence: line.cadence,
                amount: line.amount,
                undetermined: false,
                quantity: line.quantity.clone(),
                used,
                cites,
            }
        });
        Ok(native.collect())
    }

    /// An obligation that was paid to be costed and got no line would look free.
    fn refuse_dropped(
        &self,
        called: &Called<'_>,
        estimate: &Estimate,
        ids: &[QualifiedId],
        priced: &[bool],
    ) -> Result<(), Reason> {
        let answered: BTreeSet<usize> =
            estimate.lines.iter().filter_map(|line| line.obligation).map(|index| index as usize).collect();
        for (place, id) in ids.iter().enumerate() {
            let costs = priced.get(place).copied().unwrap_or_default();
            if costs && !answered.contains(&place) {
                let message = format!(
                    "the plugin `{}` was given `{id}` and returned no line for it",
                    called.bound.binding.plugin
                );
                return Err(self.reason("dropped_obligation", message, Some(at(called.bound))));
            }
        }
        Ok(())
    }

    /// The names a line rests on, and the cites of the params among them.
    fn used(
        &self,
        called: &Called<'_>,
        line: &plugin::Line,
        known: Option<&Known>,
    ) -> (Vec<String>, Vec<Cite>) {
        let mut names = Vec::new();
        let mut cites = Vec::new();
        let bound = called.bound;
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
                    if let Ok((dated, _)) = param.on(self.facts.law) {
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
pub(super) fn obligation_of(line: &Native) -> Option<&QualifiedId> {
    line.decided.as_ref().map(|decided| &decided.obligation.id)
}

/// Whether an obligation was given with a price above nothing.
pub(super) fn costs_something(obligation: &CaseObligation) -> bool {
    [obligation.once, obligation.yearly].into_iter().flatten().any(|spread| spread != Spread::ZERO)
}

/// Joins what is sure with what might be: `low` and `likely` come from the first, `high` is the larger of
/// both, so that every total stays the sum of its lines.
pub(super) fn with_undetermined(sure: Vec<Native>, all: Vec<Native>) -> Vec<Native> {
    let mut others: BTreeMap<Key, Native> = all.into_iter().map(|line| (line.key(), line)).collect();
    let mut joined = sure;
    for line in &mut joined {
        let Some(other) = others.remove(&line.key()) else { continue };
        if line.amount != other.amount {
            line.quantity = None;
        }
        line.amount.high = line.amount.high.max(other.amount.high);
    }
    joined.extend(others.into_values().map(|line| Native {
        amount: Spread { high: line.amount.high, ..Spread::ZERO },
        undetermined: true,
        quantity: None,
        ..line
    }));
    joined
}
