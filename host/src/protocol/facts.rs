//! The facts a strategy leaves open, as JSON: `landfall facts`.
//!
//! Amounts are text with four decimals, as in answers. A fact that nobody gave and on which nothing in the answer
//! depends is not here.

use serde::{Deserialize, Serialize};

use super::{Report, Served, Status};

/// What `POST /v1/facts` gets; it takes a [`QueryRequest`](super::QueryRequest) without candidates.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FactsResponse {
    /// Replayable, as an answer is.
    pub facts: Facts,
    /// Digest of generation, question and facts.
    pub receipt: String,
    /// Who answered; not part of the facts.
    pub served: Served,
}

/// What a strategy leaves open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// The strategy's title.
    pub title: Option<String>,
    /// The first day of the horizon.
    pub as_of: String,
    /// Of every amount.
    pub currency: String,
    /// The what-if overlays it was asked under.
    pub scenarios: Vec<String>,
    /// The unit to show people; amounts here are not in it.
    pub report: Option<Report>,
    /// Of the answer; also other things than facts can keep it from being complete.
    pub status: Status,
    /// Facts that nobody gave and the answer lacks: what decides most money first, then what most rules need.
    pub missing: Vec<Fact>,
    /// Facts that nobody gave and that have a default, by path.
    pub defaulted: Vec<Fact>,
    /// Markets in which more facts may be missing, because nobody could look.
    pub unseen: Vec<Unseen>,
}

/// A fact as it is declared, and what becomes of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fact {
    /// Where a strategy gives it, as `--set` takes it: `markets.us.within.us-ca.users`. A region's falls back
    /// to its country's.
    pub path: String,
    /// `company`, `product`, `market`, or `local` where only that place's rules ask for it.
    pub scope: String,
    /// The market it is about; null for company and product.
    pub market: Option<String>,
    /// The region within.
    pub region: Option<String>,
    /// The last part of the path.
    pub name: String,
    /// `flag`, `count`, `ratio`, `money`, `text`, `one_of`, `set`, `date` or `period`.
    #[serde(rename = "type")]
    pub value_type: String,
    /// In what it is counted.
    pub unit: Option<String>,
    /// What it means.
    pub doc: String,
    /// The values allowed, where they are listed.
    pub values: Vec<String>,
    /// The vocabulary they are taken from, where it has a name: `iso-3166` or `bcp-47`.
    pub vocabulary: Option<String>,
    /// What stands in for it.
    pub default: Option<String>,
    /// Where it is declared.
    pub at: String,
    /// Σ of what the obligations that need it would cost at the most, as far as that is known.
    pub decides: String,
    /// How many rules and plugins need it, each counted once.
    pub rules: usize,
    /// Which, in each market; of a fact with a default nobody says.
    pub needed_by: Vec<FactNeed>,
}

/// Something that needs a fact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FactNeed {
    /// What it is.
    pub kind: FactNeedKind,
    /// Its qualified id, or the plugin's.
    pub id: String,
    /// In which market; of an obligation paid once for several, the first.
    pub market: String,
    /// For people.
    pub title: Option<String>,
    /// The rule, or where the plugin is bound.
    pub at: String,
    /// What an obligation would cost at the most; null where nobody knows, and for all else.
    pub if_applies: Option<String>,
}

/// What kind of thing needs a fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FactNeedKind {
    /// Whether it applies, or what it costs.
    Obligation,
    /// Whether it applies, or how much it is.
    Penalty,
    /// Whether it forbids the market.
    Block,
    /// Whether an option of it is allowed.
    Choice,
    /// Whether it bears on the market.
    Gap,
    /// It must be told.
    Plugin,
}

impl FactNeedKind {
    /// Its name in JSON and messages.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Obligation => "obligation",
            Self::Penalty => "penalty",
            Self::Block => "block",
            Self::Choice => "choice",
            Self::Gap => "gap",
            Self::Plugin => "plugin",
        }
    }
}

/// A market nobody could look into.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unseen {
    /// Which.
    pub market: String,
    /// `blocked`, or `incomplete` where its rules are unavailable.
    pub status: Status,
    /// Why.
    pub reason: String,
}
