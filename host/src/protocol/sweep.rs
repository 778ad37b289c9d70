//! One strategy asked at many values, as JSON: `landfall sweep`.
//!
//! Amounts are text with four decimals, as in answers. Percentiles are over the samples that are complete; how many
//! are not, and why, stands beside them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{QueryRequest, Report, Served, Spread, Status};
use crate::id::Stage;

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SweepRequest {
    /// The question; candidates are not taken.
    pub query: QueryRequest,
    /// Facts with what they are varied over: `markets.br.users=100000..5000000`.
    pub vary: Vec<String>,
    /// How many samples are drawn; none for a grid.
    pub samples: Option<u64>,
    /// How many points of each range a grid takes.
    pub grid: Option<u64>,
    /// What the draws follow from.
    pub seed: u64,
}

impl SweepRequest {
    /// The digest of everything asked.
    #[must_use]
    pub fn digest(&self) -> crate::id::Digest {
        let query = self.query.digest();
        let mut parts = vec![query.as_bytes().to_vec()];
        for number in [self.samples.unwrap_or(0), self.grid.unwrap_or(0), self.seed] {
            parts.push(number.to_le_bytes().to_vec());
        }
        parts.extend(self.vary.iter().map(|text| text.as_bytes().to_vec()));
        crate::id::Digest::of_parts(parts.iter().map(Vec::as_slice))
    }
}

/// What it gets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SweepResponse {
    /// Replayable, as an answer is, unless it was ended early.
    pub sweep: Sweep,
    /// Digest of generation, question and sweep.
    pub receipt: String,
    /// Who answered; not part of the sweep.
    pub served: Served,
}

/// How samples are chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SweepMethod {
    /// Drawn, each input by itself.
    MonteCarlo,
    /// Every combination of the points of each input.
    Grid,
}

/// What many samples come to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sweep {
    /// The strategy's title.
    pub title: Option<String>,
    /// The first day of the horizon.
    pub as_of: String,
    /// Of every amount that names none.
    pub currency: String,
    /// How long is counted.
    pub horizon_years: u32,
    /// Yearly, as written: `8%`.
    pub discount: String,
    /// `priority` or `probability`: what a weight says.
    pub weight_means: String,
    /// The what-if overlays it was computed under.
    pub scenarios: Vec<String>,
    /// The unit to show people; amounts here are not in it.
    pub report: Option<Report>,
    /// How samples were chosen.
    pub method: SweepMethod,
    /// What the numbers are, in words.
    pub definition: String,
    /// What the draws follow from; null for a grid.
    pub seed: Option<u64>,
    /// The worst of the samples'.
    pub status: Status,
    /// How many samples were asked for.
    pub asked: u64,
    /// How many there are: fewer where it was ended early.
    pub samples: u64,
    /// Whether it was ended early.
    pub interrupted: bool,
    /// Samples with a J; percentiles are over these.
    pub complete: u64,
    /// Samples without one, because a market is forbidden.
    pub blocked: u64,
    /// Samples without one, because something could not be computed.
    pub incomplete: u64,
    /// Why, the most frequent first; a sample may have several reasons.
    pub reasons: Vec<SweepReason>,
    /// The facts that are varied.
    pub inputs: Vec<SweepInput>,
    /// Of the answer with every input at its likely value: how many of its lines have a spread, and are drawn.
    pub lines_drawn: u64,
    /// J with every input at its likely value, as `query` has it; null unless that is complete.
    pub likely: Option<Spread>,
    /// Over the samples; null where none is complete.
    pub results: Option<SweepResults>,
    /// What moves J most, one at a time; empty where the likely answer is not complete.
    pub tornado: Vec<TornadoBar>,
    /// Inputs that move J and are not listed.
    pub tornado_more: u64,
    /// The points of a grid, where there are no more than a thousand.
    pub points: Vec<SweepRow>,
    /// What to know about the whole.
    pub warnings: Vec<String>,
}

/// Why samples have no J.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SweepReason {
    /// `blocked` or `incomplete`.
    pub status: Status,
    /// Where; null for the whole.
    pub market: Option<String>,
    /// The kind of a query's reason, or `block`.
    pub kind: String,
    /// In words, of the first sample of them.
    pub message: String,
    /// How many samples.
    pub samples: u64,
}

/// A fact that is varied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SweepInput {
    /// As `--set` takes it.
    pub path: String,
    /// The lowest value.
    pub low: String,
    /// What is likeliest, and what it is while another is moved.
    pub likely: String,
    /// The highest value.
    pub high: String,
    /// How many points of a grid it has; null where it is drawn.
    pub points: Option<u64>,
    /// `strategy` where its range stands there, `vary` where it was asked for.
    pub from: String,
}

/// What the samples come to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SweepResults {
    /// J.
    pub objective: Distribution,
    /// The same without weights.
    pub spend: Distribution,
    /// Each market without its weight, by id.
    pub markets: BTreeMap<String, SweepMarket>,
    /// Each stage over all markets and what they share.
    pub stages: BTreeMap<Stage, Distribution>,
}

/// One market over the samples.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SweepMarket {
    /// All of it.
    pub total: Distribution,
    /// Each stage.
    pub stages: BTreeMap<Stage, Distribution>,
}

/// One quantity over the samples. A percentile is the least sample that as many do not exceed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Distribution {
    /// The least.
    pub min: String,
    /// One in ten is no higher.
    pub p10: String,
    /// Half are no higher.
    pub p50: String,
    /// Nine in ten are no higher.
    pub p90: String,
    /// The most.
    pub max: String,
    /// The sum over the number of samples, rounded once.
    pub mean: String,
}

/// J with one input at an end of its range and everything else at its likely value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TornadoBar {
    /// The path of a fact, or the label of a line.
    pub input: String,
    /// `fact` or `line`.
    pub kind: String,
    /// Of a line: where; null for what several markets pay once.
    pub market: Option<String>,
    /// Of a line: in which stage.
    pub stage: Option<Stage>,
    /// Of a line: the obligation it meets, or the plugin.
    pub rule: Option<String>,
    /// The low end.
    pub low: String,
    /// The high end.
    pub high: String,
    /// J there; null where it is not complete.
    pub j_at_low: Option<String>,
    /// J there; null where it is not complete.
    pub j_at_high: Option<String>,
    /// How far the two lie apart; null where either is.
    pub swing: Option<String>,
}

/// One sample.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SweepRow {
    /// Its number, from 0.
    pub sample: u64,
    /// Whether it has a J.
    pub status: Status,
    /// What each fact was, as `--set` takes it.
    pub inputs: BTreeMap<String, String>,
    /// J; null unless it is complete.
    pub objective: Option<String>,
    /// The same without weights.
    pub spend: Option<String>,
    /// Each market without its weight; empty unless it is complete.
    pub markets: BTreeMap<String, SweepRowMarket>,
    /// Each stage over all markets and what they share.
    pub stages: BTreeMap<Stage, String>,
    /// Why it is not complete.
    pub reasons: Vec<String>,
}

/// One market of a sample.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SweepRowMarket {
    /// All of it.
    pub total: String,
    /// Each stage.
    pub stages: BTreeMap<Stage, String>,
}

/// How samples are written to a file while they are computed.
#[derive(Debug, Clone, Copy)]
pub struct RowFormat {
    /// What stands before the first: of the inputs by path and the markets by id.
    pub head: fn(&[String], &[String]) -> Vec<u8>,
    /// One sample of so many markets.
    pub row: fn(&SweepRow, usize) -> Vec<u8>,
}
