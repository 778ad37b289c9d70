//! One market of an answer: stages, choices, penalties, and whatever keeps it from being complete.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Because, Line, Origin, Spread, Status};
use crate::id::Stage;

/// One market.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Market {
    /// Its jurisdiction.
    pub id: String,
    /// For people.
    pub title: String,
    /// What its rule file is written in.
    pub currency: String,
    /// The regions within that were asked about.
    pub regions: Vec<String>,
    /// Its weight in J.
    pub weight: String,
    /// Whether its total can be relied on.
    pub status: Status,
    /// Σ of the lines that could be computed: the whole only where the status is `complete`. Null where it is
    /// blocked or its rules are unavailable.
    pub total: Option<Spread>,
    /// The same times the weight.
    pub weighted: Option<Spread>,
    /// What served it.
    pub closure: Closure,
    /// All five, in the order of the objective.
    pub stages: BTreeMap<Stage, StageAnswer>,
    /// Every choice that bears on this market.
    pub choices: BTreeMap<String, Choice>,
    /// The most the law can take; never in J.
    pub penalties: Vec<Penalty>,
    /// Obligations whose condition needs a fact nobody gave.
    pub undetermined: Vec<Undetermined>,
    /// Obligations that apply on no day of the horizon, with the reason.
    pub not_triggered: Vec<NotTriggered>,
    /// Law that is known and not computed.
    pub gaps: Vec<Gap>,
    /// What forbids the market.
    pub blocks: Vec<Block>,
    /// What the cites of this market point into, by the part before the `#`.
    pub sources: BTreeMap<String, Source>,
    /// Exchange rates that facts, prices and rules were converted at, beside those of the lines.
    pub conversions: Vec<Conversion>,
    /// Facts nobody gave that have a default.
    pub defaulted: Vec<Defaulted>,
    /// What the names in `because` and `used` stood for.
    pub grounds: BTreeMap<String, Ground>,
    /// Why it is not complete, in one line.
    pub reason: Option<String>,
    /// Why it is not complete, each reason by itself.
    pub reasons: Vec<Reason>,
}

/// What served a market, by digest.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Closure {
    /// Its file and its ancestors'.
    pub rules: BTreeMap<String, String>,
    /// The plugins they bind.
    pub plugins: BTreeMap<String, String>,
}

/// One stage of one market.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StageAnswer {
    /// Σ of its lines; null where it could not be computed.
    pub total: Option<Spread>,
    /// The same times the market's weight.
    pub weighted: Option<Spread>,
    /// What it is made of.
    pub lines: Vec<Line>,
    /// The rules say that it costs nothing.
    pub none: Option<NoStage>,
}

/// A stage that the rules say costs nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoStage {
    /// Why.
    pub reason: String,
    /// Who says so.
    pub by: String,
    /// Where.
    pub at: String,
}

/// What a name stood for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ground {
    /// As people read it; where it changes inside the horizon, each with its date.
    pub value: String,
    /// Who gave it.
    pub source: Origin,
    /// Where.
    pub at: Option<String>,
    /// The article, of a param.
    pub cites: Vec<String>,
}

/// One decision in one market.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// The option J counts; null where some option could not be computed.
    pub chosen: Option<String>,
    /// Nobody pinned it.
    pub open: bool,
    /// The option that would be chosen instead.
    pub runner_up: Option<String>,
    /// How much J would grow under it.
    pub gap: Option<String>,
    /// Options the rules do not allow here.
    pub struck: Vec<Struck>,
}

/// An option the rules do not allow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Struck {
    /// Its name.
    pub option: String,
    /// Why not.
    pub reason: String,
    /// The articles.
    pub cites: Vec<String>,
}

/// The most the law can take.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Penalty {
    /// Its qualified id.
    pub id: String,
    /// For people.
    pub title: Option<String>,
    /// In the answer's currency; null where it is undetermined.
    pub maximum: Option<String>,
    /// In its own.
    pub native: Option<Native>,
    /// `infringement`, `violation`, `day` or `year`.
    pub per: String,
    /// `company` or `individual`.
    pub liable: String,
    /// The articles.
    pub cites: Vec<String>,
    /// How sure the rule's author is: `high`, `medium` or `low`.
    pub confidence: Option<String>,
    /// Whether the author read the source.
    pub verified: bool,
    /// The rule.
    pub at: String,
    /// The leaves of its condition.
    pub because: Vec<Because>,
    /// The facts it needs and nobody gave.
    pub needs: Vec<String>,
}

/// One amount with its currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Native {
    /// ISO 4217.
    pub currency: String,
    /// How much.
    pub amount: String,
}

/// An obligation whose condition needs a fact nobody gave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Undetermined {
    /// Its qualified id.
    pub obligation: String,
    /// For people.
    pub title: Option<String>,
    /// The facts.
    pub needs: Vec<String>,
    /// What it would cost, already in `high`; null where that could not be computed.
    pub if_applies: Option<Spread>,
    /// The rule.
    pub at: String,
    /// The articles.
    pub cites: Vec<String>,
}

/// Law that is known and not computed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    /// Its qualified id.
    pub id: String,
    /// What it taints.
    pub stage: Stage,
    /// The articles.
    pub cites: Vec<String>,
    /// The rule.
    pub at: String,
    /// Why it is not computed.
    pub reason: String,
    /// Who accepts that; null where nobody does.
    pub accepted: Option<Accepted>,
}

/// That a gap's owners accept it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accepted {
    /// Who.
    pub by: String,
    /// The first day on which they no longer do.
    pub until: String,
}

/// An obligation that applies on no day of the horizon.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotTriggered {
    /// Its qualified id.
    pub obligation: String,
    /// For people.
    pub title: String,
    /// `not_yet`, `ended`, `proposed`, `condition` or `excepted`.
    pub why: String,
    /// The day on which it begins or ended.
    pub on: Option<String>,
    /// The exception that lifts it.
    pub exception: Option<String>,
    /// The leaves of the condition that decides.
    pub because: Vec<Because>,
    /// The smallest change of facts under which it would apply: `market.users from 900,000 to 1,000,000`. Empty
    /// where no simple one does.
    pub flips: Vec<String>,
    /// The articles; where an exception lifts it, the exception's.
    pub cites: Vec<String>,
    /// The rule.
    pub at: String,
}

impl NotTriggered {
    /// Why, in words.
    #[must_use]
    pub fn reason(&self) -> String {
        let on = self.on.as_deref().unwrap_or_default();
        match self.why.as_str() {
            "not_yet" => format!("begins on {on}"),
            "ended" => format!("ended on {on}"),
            "proposed" => "is a proposal: it costs only under a scenario".to_owned(),
            "excepted" => {
                format!("the exception `{}` lifts it", self.exception.as_deref().unwrap_or_default())
            }
            _ => "its condition does not hold".to_owned(),
        }
    }
}

/// What forbids a market.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Block {
    /// Its qualified id, or the choice that has no option left.
    pub id: String,
    /// For people.
    pub title: Option<String>,
    /// From which day inside the horizon.
    pub from: String,
    /// The articles.
    pub cites: Vec<String>,
    /// The rule.
    pub at: String,
    /// The leaves of its condition.
    pub because: Vec<Because>,
}

/// A law, decision or study that is cited.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// Its name.
    pub title: String,
    /// Where it is published.
    pub url: Option<String>,
}

/// An exchange rate as it was used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conversion {
    /// One unit of this.
    pub from: String,
    /// In units of this.
    pub to: String,
    /// How many.
    pub rate: String,
    /// Of which day.
    pub date: String,
    /// Whose.
    pub source: String,
}

/// A fact nobody gave that has a default.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Defaulted {
    /// Its name.
    pub fact: String,
    /// The default.
    pub value: String,
}

/// Why a market is not complete.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// The stage it concerns; null where it is none in particular.
    pub stage: Option<Stage>,
    /// In one word, for programs: `missing_rate`, `out_of_fuel`.
    pub kind: String,
    /// For people.
    pub message: String,
    /// The rule it concerns.
    pub at: Option<String>,
}
