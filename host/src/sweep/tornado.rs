//! What moves J most: one input at a time from its low end to its high one, everything else at what is likely.
//!
//! A fact is a query at each end; a line is J with that line at its low or high total. Nothing is drawn.

use std::cmp::Reverse;

use super::{
    drawing::{Found, lines},
    run::Worker,
};
use crate::{
    evaluate::{Evaluation, MarketEvaluation, SharedEvaluation, Status},
    money::Amount,
    protocol::TornadoBar,
};

/// Most bars; what moves J less is counted.
const MOST: usize = 20;

/// The bars, the longest first.
#[derive(Debug, Default)]
pub(super) struct Tornado {
    pub(super) bars: Vec<TornadoBar>,
    /// How many move J and are not among them.
    pub(super) more: u64,
    /// Lines with a spread in the likely answer.
    pub(super) lines_drawn: u64,
}

/// J at both ends of an input; none where it is not complete there.
type Ends = [Option<i64>; 2];

impl Tornado {
    /// Of the answer with every input at its likely value; none where that is not complete.
    pub(super) fn of(worker: &mut Worker<'_>, evaluation: &Evaluation) -> Self {
        let found = lines(&evaluation.markets, &evaluation.shared);
        let open: Vec<Found<'_>> =
            found.filter(|found| found.line.total.low != found.line.total.high).collect();
        let lines_drawn = open.len() as u64;
        let Some(likely) = objective(&evaluation.markets, &evaluation.shared) else {
            return Self { lines_drawn, ..Self::default() };
        };
        let mut bars = of_facts(worker);
        // A grid has its lines at what is likely.
        if worker.draws() {
            bars.extend(open.iter().filter_map(|found| of_line(found, likely)));
        }
        bars.retain(|(ends, _)| swing(*ends) != Some(0));
        // First what takes J away at one end.
        bars.sort_by_key(|(ends, _)| {
            swing(*ends).map_or((false, Reverse(0)), |swing| (true, Reverse(swing)))
        });
        let more = bars.len().saturating_sub(MOST) as u64;
        bars.truncate(MOST);
        Self { bars: bars.into_iter().map(|(_, bar)| bar).collect(), more, lines_drawn }
    }
}

fn swing([low, high]: Ends) -> Option<u64> {
    Some(low?.abs_diff(high?))
}

/// J of what was evaluated, every line at what is likely; none unless every market is complete.
fn objective(markets: &[MarketEvaluation], shared: &[SharedEvaluation]) -> Option<i64> {
    let complete = markets.iter().all(|market| market.status == Status::Complete);
    let mut weighted = lines(markets, shared).map(|found| found.line.weighted.likely);
    let sum = weighted.try_fold(Amount::ZERO, Amount::add);
    sum.ok().filter(|_| complete).map(|sum| sum.0)
}

fn of_facts(worker: &mut Worker<'_>) -> Vec<(Ends, TornadoBar)> {
    let plan = worker.plan();
    let likely: Vec<i64> = plan.inputs.iter().map(super::inputs::Input::likely_units).collect();
    let mut bars = Vec::new();
    for (place, input) in plan.inputs.iter().enumerate() {
        let ends = input.ends();
        let at_ends = ends.map(|end| {
            let at = |(other, likely): (usize, &i64)| if other == place { end } else { *likely };
            let values: Vec<i64> = likely.iter().enumerate().map(at).collect();
            let summed = worker.query(&values).ok()?;
            objective(&summed.markets, &summed.shared)
        });
        let [low, high] = ends.map(|end| input.text(end));
        let bar = TornadoBar {
            input: input.path.to_string(),
            kind: "fact".to_owned(),
            market: None,
            stage: None,
            rule: None,
            low,
            high,
            ..bar(at_ends)
        };
        bars.push((at_ends, bar));
    }
    bars
}

/// J with one line at its ends: it is a sum, so nothing else moves.
fn of_line(found: &Found<'_>, likely: i64) -> Option<(Ends, TornadoBar)> {
    let weighted = found.line.weighted;
    let rest = likely.checked_sub(weighted.likely.0)?;
    let ends = [rest.checked_add(weighted.low.0), rest.checked_add(weighted.high.0)];
    let bar = TornadoBar {
        input: found.line.label.clone(),
        kind: "line".to_owned(),
        market: found.market.map(ToString::to_string),
        stage: Some(found.stage),
        rule: Some(found.rule()),
        low: found.line.total.low.to_string(),
        high: found.line.total.high.to_string(),
        ..bar(ends)
    };
    Some((ends, bar))
}

fn bar(ends: Ends) -> TornadoBar {
    let [j_at_low, j_at_high] = ends.map(|j| j.map(|j| Amount(j).to_string()));
    let swing =
        swing(ends).and_then(|swing| i64::try_from(swing).ok()).map(|swing| Amount(swing).to_string());
    TornadoBar {
        input: String::new(),
        kind: String::new(),
        market: None,
        stage: None,
        rule: None,
        low: String::new(),
        high: String::new(),
        j_at_low,
        j_at_high,
        swing,
    }
}
