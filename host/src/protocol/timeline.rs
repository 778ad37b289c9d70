//! J by date of asking, as JSON: `landfall rules timeline`.
//!
//! Amounts are text with four decimals, as in answers; a difference is that to the step before. Nothing here is
//! J where a step is not complete.

use serde::{Deserialize, Serialize};

use super::{Cause, Partial, Presence, QueryRequest, Report, Served, Spread, Status};
use crate::id::Stage;

/// `POST /v1/timeline`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TimelineRequest {
    /// The question; candidates are not taken.
    pub query: QueryRequest,
    /// The first day: `2026-01-01`.
    pub from: String,
    /// The day after the last.
    pub to: String,
}

/// What it gets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimelineResponse {
    /// Replayable, as an answer is.
    pub timeline: Timeline,
    /// Digest of generation, question and timeline.
    pub receipt: String,
    /// Who answered; not part of the timeline.
    pub served: Served,
}

/// J as a step function of the day whose law it is computed under.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timeline {
    /// The strategy's title.
    pub title: Option<String>,
    /// The first day.
    pub from: String,
    /// The day after the last.
    pub to: String,
    /// What the numbers are, in words.
    pub definition: String,
    /// The day of exchange and day rates, and the first of the horizon.
    pub as_of: String,
    /// Of every amount.
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
    /// The worst of the steps.
    pub status: Status,
    /// On how many days something dated changes, the first day counted.
    pub dates: u64,
    /// In order; one where nothing changes.
    pub steps: Vec<Step>,
    /// What to know about the whole.
    pub warnings: Vec<String>,
}

/// A stretch of days with one J.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Its first day.
    pub on: String,
    /// The day after its last.
    pub until: String,
    /// Whether J can be relied on.
    pub status: Status,
    /// J; null unless every market is complete.
    pub objective: Option<Spread>,
    /// What could be computed, where J is null.
    pub partial: Option<Partial>,
    /// J less J of the step before; null where either is.
    pub delta: Option<Spread>,
    /// Why it is not complete, each with its market.
    pub reasons: Vec<String>,
    /// The lines that make the difference, what changed most first.
    pub lines: Vec<StepLine>,
    /// The penalties that begin, end or change; never in J.
    pub penalties: Vec<StepPenalty>,
    /// What forbids a market, or keeps it from being complete, from that day on or no longer.
    pub matters: Vec<StepMatter>,
}

/// What one rule changed on that day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepLine {
    /// Where; null where several markets pay it once.
    pub market: Option<String>,
    /// In which stage.
    pub stage: Option<Stage>,
    /// The qualified id of the obligation, else the plugin.
    pub rule: String,
    /// The obligation's title, else what the plugin calls its line.
    pub title: Option<String>,
    /// `added` where it begins, `removed` where it ends.
    pub presence: Presence,
    /// The rule.
    pub at: String,
    /// The articles: the rule's, and those of what changed it.
    pub cites: Vec<String>,
    /// The part of the difference of J, where it is known.
    pub delta: Option<Spread>,
    /// What changed it.
    pub causes: Vec<Cause>,
}

/// A penalty that begins, ends or changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepPenalty {
    /// Where.
    pub market: String,
    /// Its qualified id.
    pub id: String,
    /// For people.
    pub title: Option<String>,
    /// `added` where it begins, `removed` where it ends.
    pub presence: Presence,
    /// The most before; null where there was none, or it was undetermined.
    pub before: Option<String>,
    /// The most from that day on.
    pub after: Option<String>,
    /// `infringement`, `violation`, `day` or `year`.
    pub per: String,
    /// `company` or `individual`.
    pub liable: String,
    /// The rule.
    pub at: String,
    /// The articles.
    pub cites: Vec<String>,
}

/// What keeps a market from being complete.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepMatter {
    /// Where.
    pub market: String,
    /// Whether it begins that day; else it no longer does.
    pub begins: bool,
    /// `undetermined`, `block`, `gap`, `accepted_gap`, or the kind of a reason.
    pub kind: String,
    /// The qualified id, or the stage.
    pub id: String,
    /// In words.
    pub text: String,
    /// The rule.
    pub at: Option<String>,
    /// The articles.
    pub cites: Vec<String>,
}
