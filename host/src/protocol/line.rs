//! One line of an answer: an amount with everything it rests on.

use serde::{Deserialize, Serialize};

use super::Spread;

/// One line item over the whole horizon.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// Who computed it.
    pub plugin: PluginRef,
    /// The qualified id of the obligation it meets, if it meets one.
    pub obligation: Option<String>,
    /// The obligation's title.
    pub title: Option<String>,
    /// What the plugin calls it.
    pub label: String,
    /// The rule: the obligation, or the binding of the plugin.
    pub at: String,
    /// How often it is paid.
    pub cadence: Cadence,
    /// It belongs to an undetermined obligation: counted in `high` alone.
    pub undetermined: bool,
    /// What it is in its own currency, period by period.
    pub spans: Vec<Span>,
    /// How that became the answer's currency; null where both are the same.
    pub fx: Option<Fx>,
    /// Over the horizon, discounted.
    pub total: Spread,
    /// The same times the market's weight.
    pub weighted: Spread,
    /// How sure the rule's author is of the obligation: `high`, `medium` or `low`.
    pub confidence: Option<String>,
    /// Whether the author read its source.
    pub verified: Option<bool>,
    /// The author's remark on it.
    pub note: Option<String>,
    /// What the amount rests on.
    pub basis: Basis,
    /// The articles.
    pub cites: Vec<String>,
    /// The leaves of the condition that triggered it.
    pub because: Vec<Because>,
    /// The smallest change of facts under which its obligation would not apply, as in [`NotTriggered::flips`].
    ///
    /// [`NotTriggered::flips`]: super::NotTriggered::flips
    pub flips: Vec<String>,
    /// The facts, params, choices and demands that priced it; see [`Market::grounds`].
    pub used: Vec<String>,
}

/// A plugin, exactly.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PluginRef {
    /// Its id.
    pub id: String,
    /// The version it says it has.
    pub version: String,
    /// Of its bytes.
    pub digest: String,
}

/// How often a line is paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cadence {
    /// In its first period.
    Once,
    /// By the day, throughout.
    Yearly,
}

impl Cadence {
    /// Its name in JSON and messages.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Once => "once",
            Self::Yearly => "yearly",
        }
    }
}

/// One period of a line: `[from, to)`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// Its first day.
    pub from: String,
    /// The day after its last.
    pub to: String,
    /// The plugin's amount, as in `cadence`: paid once, or per year.
    pub native: Money,
    /// Where the amount is a count times a price.
    pub quantity: Option<Quantity>,
}

/// A spread with its currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Money {
    /// ISO 4217.
    pub currency: String,
    /// How much.
    pub amount: Spread,
}

/// A count times a price.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quantity {
    /// A decimal.
    pub count: String,
    /// Of what.
    pub unit: String,
    /// For one of it, in the currency of the span.
    pub price: Spread,
}

/// An exchange rate as it was used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fx {
    /// What one unit of the native currency is in the answer's.
    pub rate: String,
    /// Of which day.
    pub date: String,
    /// Whose.
    pub source: String,
}

/// What an amount rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// The law says the amount.
    Statute,
    /// An estimate in the rules.
    Assumption,
    /// Days times day rates.
    RateCard,
    /// The plugin's method.
    Plugin,
}

impl Basis {
    /// Its name in JSON and messages.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Statute => "statute",
            Self::Assumption => "assumption",
            Self::RateCard => "rate_card",
            Self::Plugin => "plugin",
        }
    }
}

/// A leaf of a condition and what it came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Because {
    /// `product.personal_data`, `market.users 2,500,000 ≥ 1,000,000`.
    pub text: String,
    /// `true`, `false` or `undetermined`.
    pub value: String,
    /// Who says so.
    pub source: Origin,
}

/// Who gave a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// The strategy's author.
    Strategy,
    /// The fact's declaration.
    Default,
    /// A rule file.
    Rule,
    /// Nobody.
    Missing,
}

impl Origin {
    /// Its name in JSON and messages.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Strategy => "strategy",
            Self::Default => "default",
            Self::Rule => "rule",
            Self::Missing => "missing",
        }
    }
}
