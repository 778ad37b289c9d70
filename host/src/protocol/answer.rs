//! The answer to a query, as JSON; design section 7 shows one.
//!
//! Everything a reader may ask of a number stands beside it: the rule, the article, the facts, the
//! plugin. `explain` renders these; it computes nothing.

use serde::{Deserialize, Serialize};

use super::{Line, Market};
use crate::{id::Stage, money};

/// J, what it is made of, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
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
    /// The what-if overlays it was computed under; empty for the law as it stands.
    pub scenarios: Vec<String>,
    /// The unit to show people; amounts here are not in it.
    pub report: Option<Report>,
    /// Incomplete before blocked before complete.
    pub status: Status,
    /// How the minimum over the open choices was found.
    pub minimum: Minimum,
    /// J; null unless every market is complete.
    pub objective: Option<Spread>,
    /// What could be computed, where J is null.
    pub partial: Option<Partial>,
    /// The sum without weights; null where J is.
    pub spend: Option<Spread>,
    /// Obligations met once for several markets.
    pub shared: Vec<Shared>,
    /// By id.
    pub markets: Vec<Market>,
    /// The ten largest lines.
    pub drivers: Vec<Driver>,
    /// What changes inside the horizon or soon after it.
    pub upcoming: Vec<Upcoming>,
    /// What to know about the whole: an old exchange rate, rules past their review date.
    pub warnings: Vec<String>,
}

/// Three scenarios of one amount: all low, likely, all high. Not percentiles.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spread {
    /// At the least.
    pub low: String,
    /// What is minimised.
    pub likely: String,
    /// At the most; undetermined obligations count here.
    pub high: String,
}

impl From<money::Spread> for Spread {
    fn from(spread: money::Spread) -> Self {
        Self { low: spread.low.to_string(), likely: spread.likely.to_string(), high: spread.high.to_string() }
    }
}

/// A unit for people: amounts are divided by `scale` and followed by `label`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// At least 1.
    pub scale: u64,
    /// `万元`.
    pub label: String,
}

/// Whether the number can be relied on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Everything was computed.
    Complete,
    /// The rules forbid the market.
    Blocked,
    /// Something could not be computed, is undetermined, tainted or not built yet.
    Incomplete,
}

impl Status {
    /// Its name in JSON and messages.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Blocked => "blocked",
            Self::Incomplete => "incomplete",
        }
    }
}

/// How the minimum over the open choices was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Minimum {
    /// Every allowed combination was compared.
    Exact,
    /// Some combination could not be computed, so no least one is known.
    Unknown,
}

/// What could be computed of J, and of which markets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Partial {
    /// As in [`Spread`].
    pub low: String,
    /// As in [`Spread`].
    pub likely: String,
    /// As in [`Spread`].
    pub high: String,
    /// The same without weights.
    pub spend: Spread,
    /// The markets counted.
    pub markets: Vec<String>,
}

/// An obligation met once for several markets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shared {
    /// Its qualified id.
    pub obligation: String,
    /// For people.
    pub title: String,
    /// The rule.
    pub at: String,
    /// In which stage it is computed.
    pub stage: Stage,
    /// The markets it serves.
    pub members: Vec<String>,
    /// The largest weight among them.
    pub weight: String,
    /// Without weight.
    pub total: Option<Spread>,
    /// Times the weight.
    pub weighted: Option<Spread>,
    /// What it is made of.
    pub lines: Vec<Line>,
}

/// One of the ten largest lines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Driver {
    /// Where.
    pub market: String,
    /// In which stage.
    pub stage: Stage,
    /// Who computed it.
    pub plugin: String,
    /// The obligation it meets.
    pub obligation: Option<String>,
    /// What the plugin calls it.
    pub label: String,
    /// Its part of J.
    pub weighted: Spread,
    /// Its likely part of J's, as a decimal of four places; null where J is.
    pub share: Option<String>,
}

/// A dated change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Upcoming {
    /// The day.
    pub on: String,
    /// The qualified id of what changes.
    pub id: String,
    /// What happens.
    pub what: String,
    /// The articles.
    pub cites: Vec<String>,
}
