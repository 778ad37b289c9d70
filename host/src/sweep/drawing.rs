//! Lines to be drawn, and the columns that they are summed in.
//!
//! **A drawn line** is one quantile for all its periods: every payment lies at the same place between its low, likely
//! and high. A total over the horizon is linear in its payments, so the drawn total lies at that place between
//! the line's low and high total, shaped by where its likely total lies; it is rounded once, and once more at the
//! weight, as ever. Lines are drawn after options were chosen, which a query does by what is likely.

use std::{collections::HashMap, sync::Arc};

use super::{
    pert::{Shape, between},
    stream::Stream,
};
use crate::{
    evaluate::{Block, Line, MarketEvaluation, SharedEvaluation, Status, Summed},
    id::{JurisdictionId, Stage},
    money::{Amount, Exact, Overflow},
    plugin::Cadence,
};

/// What each sample is summed in: J, spend, every stage, and every market with its stages.
#[derive(Debug)]
pub(super) struct Columns {
    markets: Vec<JurisdictionId>,
}

/// J.
pub(super) const OBJECTIVE: usize = 0;
/// The same without weights.
pub(super) const SPEND: usize = 1;
const STAGES: usize = 2;
const MARKETS: usize = STAGES + Stage::ALL.len();
/// A market's total and its stages.
const OF_MARKET: usize = 1 + Stage::ALL.len();

impl Columns {
    pub(super) fn new(markets: impl IntoIterator<Item = JurisdictionId>) -> Self {
        Self { markets: markets.into_iter().collect() }
    }

    pub(super) const fn count(&self) -> usize {
        MARKETS + OF_MARKET * self.markets.len()
    }

    /// Each market with its column.
    pub(super) fn markets(&self) -> impl Iterator<Item = (&JurisdictionId, usize)> {
        self.markets.iter().zip((MARKETS..).step_by(OF_MARKET))
    }

    fn market(&self, id: &JurisdictionId) -> Option<usize> {
        self.markets().find(|(market, _)| *market == id).map(|(_, column)| column)
    }
}

/// Every stage over all markets, with its column.
pub(super) fn stages() -> impl Iterator<Item = (Stage, usize)> {
    Stage::ALL.into_iter().zip(STAGES..)
}

/// Every stage of the market in that column, with its column.
pub(super) fn stages_of(market: usize) -> impl Iterator<Item = (Stage, usize)> {
    Stage::ALL.into_iter().zip(market + 1..)
}

/// Why a sample has no J.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Trouble {
    pub(super) status: Status,
    pub(super) market: Option<JurisdictionId>,
    pub(super) kind: &'static str,
    pub(super) message: String,
}

/// Lines that were evaluated: what is certain as sums, what is not to be drawn.
#[derive(Debug, Default)]
pub(super) struct Drawing {
    /// By column.
    pub(super) certain: Vec<i64>,
    open: Vec<OpenLine>,
    pub(super) trouble: Vec<Trouble>,
}

/// The draws of lines that were met before: they follow from a name that is long, and every sample has the same lines.
#[derive(Debug, Default)]
pub(super) struct Streams(HashMap<Whose, Vec<(String, Stream)>>);

/// Whose line it is, but for its label; obligation and plugin by where they stand in the generation.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Whose {
    market: Option<JurisdictionId>,
    stage: Stage,
    plugin: usize,
    obligation: usize,
    cadence: Cadence,
}

/// Most lines that are remembered of one rule: labels are a plugin's, and may be others in every sample.
const MOST_LABELS: usize = 64;

impl Streams {
    fn of(&mut self, found: &Found<'_>, seed: u64) -> Stream {
        let line = found.line;
        let whose = Whose {
            market: found.market.cloned(),
            stage: found.stage,
            plugin: Arc::as_ptr(&line.plugin).addr(),
            obligation: line.decided.as_ref().map_or(0, |decided| Arc::as_ptr(&decided.obligation).addr()),
            cadence: line.cadence,
        };
        let known = self.0.entry(whose).or_default();
        if let Some((_, stream)) = known.iter().find(|(label, _)| *label == line.label) {
            return *stream;
        }
        let stream = found.stream(seed);
        if known.len() < MOST_LABELS {
            known.push((line.label.clone(), stream));
        }
        stream
    }
}

/// Where a line counts.
#[derive(Debug, Clone, Copy)]
struct Counts {
    /// The market's column; none for what several markets pay once.
    market: Option<usize>,
    stage: usize,
}

#[derive(Debug)]
struct OpenLine {
    counts: Counts,
    low: i64,
    high: i64,
    weight: Exact,
    shape: &'static Shape,
    stream: Stream,
}

impl Drawing {
    /// What was evaluated; without a seed every line is what is likely.
    pub(super) fn of(summed: &Summed, columns: &Columns, seed: Option<u64>, streams: &mut Streams) -> Self {
        let mut drawing = Self { certain: vec![0; columns.count()], ..Self::default() };
        for market in &summed.markets {
            drawing.trouble.extend(trouble(market));
        }
        let mut last: (Option<&JurisdictionId>, Option<usize>) = (None, None);
        for found in lines(&summed.markets, &summed.shared) {
            if last.0 != found.market {
                last = (found.market, found.market.and_then(|id| columns.market(id)));
            }
            let market = last.1;
            let counts = Counts { market, stage: found.stage as usize };
            let total = found.line.total;
            let certain = total.low == total.high;
            match seed.filter(|_| !certain) {
                None => {
                    let likely = (total.likely.0, found.line.weighted.likely.0);
                    if add(&mut drawing.certain, counts, likely).is_err() {
                        drawing.trouble.push(overflow());
                    }
                }
                Some(seed) => drawing.open.push(OpenLine {
                    counts,
                    low: total.low.0,
                    high: total.high.0,
                    weight: found.weight,
                    shape: Shape::of(total.low.0, total.likely.0, total.high.0),
                    stream: streams.of(&found, seed),
                }),
            }
        }
        drawing
    }

    /// Adds the lines of a sample that are drawn to sums by column.
    pub(super) fn draw(&self, sample: u64, sums: &mut [i64]) -> Result<(), Overflow> {
        self.at(|line| line.shape.place(line.stream.quantile(sample)), sums)
    }

    /// Adds each line where it lies between its ends.
    fn at(&self, place: impl Fn(&OpenLine) -> u64, sums: &mut [i64]) -> Result<(), Overflow> {
        for line in &self.open {
            let total = between(line.low, line.high, place(line));
            let weighted = line.weight.of(Amount(total))?;
            add(sums, line.counts, (total, weighted.0))?;
        }
        Ok(())
    }

    /// Every line at its low or its high end.
    #[cfg(test)]
    pub(super) fn at_ends(&self, sums: &mut [i64], high: bool) {
        self.at(|_| if high { 1 << super::pert::PLACE_BITS } else { 0 }, sums).unwrap();
    }

    /// Adds what is certain to sums by column.
    pub(super) fn settle(&self, sums: &mut [i64]) -> Result<(), Overflow> {
        for (sum, amount) in sums.iter_mut().zip(&self.certain) {
            *sum = sum.checked_add(*amount).ok_or(Overflow)?;
        }
        Ok(())
    }
}

fn add(sums: &mut [i64], counts: Counts, (total, weighted): (i64, i64)) -> Result<(), Overflow> {
    let mut to = |column: usize, amount: i64| {
        let sum = sums.get_mut(column).ok_or(Overflow)?;
        *sum = sum.checked_add(amount).ok_or(Overflow)?;
        Ok(())
    };
    to(OBJECTIVE, weighted)?;
    to(SPEND, total)?;
    to(STAGES + counts.stage, total)?;
    let Some(market) = counts.market else { return Ok(()) };
    to(market, total)?;
    to(market + 1 + counts.stage, total)
}

/// A sum of this sample that 64 bits do not hold.
pub(super) fn overflow() -> Trouble {
    let message = "a sum is too large to be held exactly".to_owned();
    Trouble { status: Status::Incomplete, market: None, kind: "overflow", message }
}

/// A line with where it stands.
pub(super) struct Found<'s> {
    /// None for what several markets pay once.
    pub(super) market: Option<&'s JurisdictionId>,
    pub(super) stage: Stage,
    pub(super) weight: Exact,
    pub(super) line: &'s Line,
}

impl Found<'_> {
    /// The obligation it meets, else its plugin.
    pub(super) fn rule(&self) -> String {
        let decided = self.line.decided.as_ref().map(|decided| decided.obligation.id.to_string());
        decided.unwrap_or_else(|| self.line.plugin.description.id.to_string())
    }

    /// Its draws: by what makes a line one line in every answer.
    fn stream(&self, seed: u64) -> Stream {
        let obligation = self.line.decided.as_ref().map(|decided| decided.obligation.id.to_string());
        let cadence = match self.line.cadence {
            Cadence::Once => "once",
            Cadence::Yearly => "yearly",
        };
        let market = self.market.map_or("", JurisdictionId::as_str);
        let plugin = self.line.plugin.description.id.as_str();
        let obligation = obligation.as_deref().unwrap_or_default();
        let name = ["line", market, self.stage.as_str(), plugin, obligation, &self.line.label, cadence];
        Stream::of(seed, &name)
    }
}

/// Every line of an evaluation.
pub(super) fn lines<'s>(
    markets: &'s [MarketEvaluation],
    shared: &'s [SharedEvaluation],
) -> impl Iterator<Item = Found<'s>> {
    let counted = markets.iter().filter(|market| market.total.is_some());
    let own = counted.flat_map(|market| {
        market.stages.iter().flat_map(move |(stage, evaluated)| {
            let (market, stage, weight) = (Some(&market.id), *stage, market.weight);
            evaluated.lines.iter().map(move |line| Found { market, stage, weight, line })
        })
    });
    let shared = shared.iter().flat_map(|row| {
        let (stage, weight) = (row.stage, row.weight);
        row.lines.iter().map(move |line| Found { market: None, stage, weight, line })
    });
    own.chain(shared)
}

/// Why a market is not complete.
fn trouble(market: &MarketEvaluation) -> Vec<Trouble> {
    let of =
        |kind, message| Trouble { status: market.status, market: Some(market.id.clone()), kind, message };
    match market.status {
        Status::Complete => Vec::new(),
        Status::Blocked => {
            let block =
                |block: &Block| of("block", format!("`{}` forbids it from {}", block.what.id(), block.from));
            market.blocks.iter().map(block).collect()
        }
        Status::Incomplete => {
            let reasons = market.reasons.iter().map(|reason| of(reason.kind, reason.message.clone()));
            let mut all: Vec<Trouble> = reasons.collect();
            if all.is_empty() {
                all.push(of("incomplete", "it could not be computed".to_owned()));
            }
            all
        }
    }
}
