//! A plugin's answers as lines over the horizon, in the strategy's currency, with what they rest on.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::{
    Decided, Line, LineSpan, Reason,
    asked::{Asked, Called, Seen},
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
pub(super) struct Building<'l> {
    places: BTreeMap<Key, usize>,
    lines: Vec<Built<'l>>,
    /// What was added last, and where it went.
    last: (&'l [Arc<Native>], Vec<usize>),
}

/// A line, as it was when it first appeared.
#[derive(Debug)]
struct Built<'l> {
    first: &'l Native,
    undetermined: bool,
    spans: Vec<LineSpan>,
}

impl<'l> Building<'l> {
    /// Takes in what a plugin says of one period; periods come in order.
    pub(super) fn add(&mut self, period: Period, lines: &'l [Arc<Native>]) {
        if !std::ptr::eq(self.last.0, lines) {
            self.last = (lines, lines.iter().map(|line| self.place(line)).collect());
        }
        for (line, place) in lines.iter().zip(&self.last.1) {
            let Some(built) = self.lines.get_mut(*place) else { continue };
            built.undetermined &= line.undetermined;
            horizon::add(&mut built.spans, period, line.amount, line.quantity.as_ref());
        }
    }

    /// Where a line is put together.
    fn place(&mut self, line: &'l Native) -> usize {
        let next = self.lines.len();
        let place = *self.places.entry(line.key()).or_insert(next);
        if place == next {
            self.lines.push(Built { first: line, undetermined: true, spans: Vec::new() });
        }
        place
    }

    /// The lines over the horizon, by obligation and label.
    pub(super) fn lines(self, asked: &Asked<'_>, stage: Stage) -> Result<Vec<Arc<Line>>, Reason> {
        // What failed for another reason is not said to lack an exchange rate, too.
        if self.lines.is_empty() {
            return Ok(Vec::new());
        }
        let (conversion, horizon) = asked.conversion.as_ref().map_err(|error| Reason {
            stage: Some(stage),
            kind: "missing_fx",
            message: error.to_string(),
            at: None,
        })?;
        let too_large = |_| overflow(Some(stage));
        let line = |(line, undetermined, spans): (&Native, bool, Vec<LineSpan>)| {
            let spans = match line.cadence {
                Cadence::Once => horizon::once(spans).map_err(too_large)?,
                Cadence::Yearly => spans,
            };
            let total = horizon.total(&spans, line.cadence).map_err(too_large)?;
            Ok(Arc::new(Line {
                plugin: Arc::clone(&line.plugin),
                decided: line.decided.clone(),
                label: line.label.clone(),
                cadence: line.cadence,
                spans,
                total,
                weighted: horizon::weighted(total, asked.weight).map_err(too_large)?,
                undetermined,
                used: line.used.clone(),
                cites: line.cites.clone(),
                at: line.at.clone(),
                conversion: Arc::clone(conversion),
            }))
        };
        let mut built: Vec<Option<Built<'_>>> = self.lines.into_iter().map(Some).collect();
        let in_order = self.places.into_values().filter_map(|place| built.get_mut(place)?.take());
        let in_order = in_order.map(|built| line((built.first, built.undetermined, built.spans)));
        let mut lines = in_order.collect::<Result<Vec<_>, Reason>>()?;
        // What only may apply comes last.
        fn order(line: &Line) -> (bool, Option<&QualifiedId>, &str) {
            (line.undetermined, line.decided.as_ref().map(|decided| &decided.obligation.id), &line.label)
        }
        lines.sort_by(|one, other| order(one).cmp(&order(other)));
        Ok(lines)
    }
}

impl Asking<'_> {
    /// A plugin's answer in one period.
    pub(super) fn lines(
        &self,
        called: &Called<'_>,
        estimate: &Estimate,
        given: &[&Seen<'_>],
        priced: &[bool],
    ) -> Result<Vec<Native>, Reason> {
        self.refuse_dropped(called, estimate, given, priced)?;
        let counted = estimate.lines.iter().filter(|line| {
            // Of a shared obligation only itself is paid in common.
            line.obligation.is_some() || !called.only_obligations
        });
        let native = counted.map(|line| {
            let seen = line.obligation.and_then(|index| given.get(index as usize));
            let known = seen.and_then(|seen| self.duties.known(seen.number));
            let costed = seen.is_some_and(|seen| seen.bound.costed);
            let decided = known.map(|known| match &known.price {
                Some((_, decided)) if costed => Arc::clone(decided),
                _ => Arc::clone(&known.fed),
            });
            let (used, cites) =
                if self.explained { self.used(called, line, known) } else { (Vec::new(), Vec::new()) };
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
        given: &[&Seen<'_>],
        priced: &[bool],
    ) -> Result<(), Reason> {
        let answered: BTreeSet<usize> =
            estimate.lines.iter().filter_map(|line| line.obligation).map(|index| index as usize).collect();
        for (place, seen) in given.iter().enumerate() {
            let costs = priced.get(place).copied().unwrap_or_default();
            if costs && !answered.contains(&place) {
                let message = format!(
                    "the plugin `{}` was given `{}` and returned no line for it",
                    called.bound.binding.plugin,
                    seen.id()
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
