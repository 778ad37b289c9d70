//! What two answers differ in, as JSON: `landfall diff` and `landfall rules diff`.
//!
//! Amounts are text with four decimals, as in answers; a difference is *after* less *before*. What is not in
//! one of the two counts as nothing; what could not be computed in one of them has no difference.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Problem, Report, Spread, Status};
use crate::id::Stage;

/// What was compared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Comparison {
    /// Whether an amount, a status, a choice, a penalty or what keeps a market from being complete changed.
    pub changed: bool,
    /// The rule files that do not read the same, where rules were compared.
    pub rules: Vec<FileDiff>,
    /// One for each strategy.
    pub strategies: Vec<Diff>,
}

/// One strategy before and after.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diff {
    /// The strategy's title.
    pub title: Option<String>,
    /// What was there.
    pub before: Side,
    /// What is there instead.
    pub after: Side,
    /// As in [`Comparison`].
    pub changed: bool,
    /// Of every amount.
    pub currency: String,
    /// The unit to show people; amounts here are not in it.
    pub report: Option<Report>,
    /// Why no difference means anything, if none does: the two are in different currencies.
    pub incomparable: Option<String>,
    /// What was asked otherwise, in words.
    pub question: Vec<Word>,
    /// Whether J can be relied on.
    pub status: Changed<Status>,
    /// J; without a difference unless both are complete.
    pub objective: Delta,
    /// What could be computed of J; null where both are complete.
    pub partial: Option<PartialDelta>,
    /// The sum without weights.
    pub spend: Delta,
    /// Obligations met once for several markets, where anything changed.
    pub shared: Vec<SharedDiff>,
    /// The markets in which anything changed.
    pub markets: Vec<MarketDiff>,
    /// The markets in which nothing did.
    pub unchanged: Vec<String>,
}

/// One of the two answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Side {
    /// What it is called: a strategy file, a folder, a revision, a generation.
    pub name: String,
    /// The strategy's file.
    pub strategy: String,
    /// The generation that answered.
    pub generation: String,
    /// Its number at its host; 0 where it was never published.
    pub number: u64,
    /// Of the answer.
    pub receipt: String,
}

/// A value before and after.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changed<T> {
    /// Null where there was none.
    pub before: Option<T>,
    /// Null where there is none any more.
    pub after: Option<T>,
}

/// An amount before and after.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delta {
    /// Null where it was not there, or could not be computed.
    pub before: Option<Spread>,
    /// Null where it is not there, or could not be computed.
    pub after: Option<Spread>,
    /// All low, likely and all high, each by itself.
    pub delta: Option<Spread>,
}

/// What could be computed of J, before and after, and of which markets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartialDelta {
    /// The amounts; not J.
    pub weighted: Delta,
    /// The markets counted, by side.
    pub markets: Changed<Vec<String>>,
}

/// Whether something is in both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Presence {
    /// Only after.
    Added,
    /// Only before.
    Removed,
    /// In both.
    Changed,
}

/// One market.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MarketDiff {
    /// Its jurisdiction.
    pub id: String,
    /// For people.
    pub title: String,
    /// Whether both strategies name it.
    pub presence: Presence,
    /// Its weight in J.
    pub weight: Changed<String>,
    /// Whether its total can be relied on.
    pub status: Changed<Status>,
    /// The sum of its lines.
    pub total: Delta,
    /// The same times the weight.
    pub weighted: Delta,
    /// The stages whose amounts changed.
    pub stages: BTreeMap<Stage, StageDelta>,
    /// The lines that changed; their differences add up to the market's.
    pub lines: Vec<LineDiff>,
    /// The choices decided otherwise.
    pub choices: Vec<ChoiceDiff>,
    /// The penalties whose maximum changed; never in J.
    pub penalties: Vec<PenaltyDiff>,
    /// What is undetermined, blocked, not computed or failed now.
    pub appeared: Vec<Matter>,
    /// What was and is no more.
    pub vanished: Vec<Matter>,
}

/// One stage of one market.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StageDelta {
    /// The sum of its lines.
    pub total: Delta,
    /// The same times the market's weight.
    pub weighted: Delta,
}

/// An obligation met once for several markets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SharedDiff {
    /// Its qualified id.
    pub obligation: String,
    /// For people.
    pub title: String,
    /// Whether both answers have it.
    pub presence: Presence,
    /// The markets it serves.
    pub members: Changed<Vec<String>>,
    /// The largest weight among them.
    pub weight: Changed<String>,
    /// Without weight.
    pub total: Delta,
    /// Times the weight.
    pub weighted: Delta,
    /// The lines that changed.
    pub lines: Vec<LineDiff>,
}

/// One line: the same plugin, obligation and label in the same stage of the same market.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineDiff {
    /// Where it counts.
    pub stage: Stage,
    /// Who computes it.
    pub plugin: String,
    /// The qualified id of the obligation it meets.
    pub obligation: Option<String>,
    /// The obligation's title.
    pub title: Option<String>,
    /// What the plugin calls it.
    pub label: String,
    /// Whether both answers have it.
    pub presence: Presence,
    /// The rule; as it stands after, where it does.
    pub at: String,
    /// The articles.
    pub cites: Vec<String>,
    /// Counted in `high` alone, because a fact is missing.
    pub undetermined: Changed<bool>,
    /// Over the horizon, discounted.
    pub total: Delta,
    /// The same times the weight.
    pub weighted: Delta,
    /// What changed it, as far as the two answers say.
    pub causes: Vec<Cause>,
}

/// What changed a line.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Cause {
    /// What kind of thing.
    pub kind: CauseKind,
    /// Which.
    pub name: String,
    /// What it was.
    pub before: Option<String>,
    /// What it is.
    pub after: Option<String>,
    /// Where it stands.
    pub at: Option<String>,
    /// The articles.
    pub cites: Vec<String>,
}

/// What kind of thing changed a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CauseKind {
    /// The market is in one strategy alone.
    Market,
    /// Whether the obligation applies.
    Condition,
    /// The market's weight.
    Weight,
    /// A fact of the strategy, or its default.
    Fact,
    /// A param of the law.
    Param,
    /// An option chosen otherwise.
    Choice,
    /// The work or its price.
    Price,
    /// The exchange rate.
    Fx,
    /// Other bytes of the plugin.
    Plugin,
    /// The days it is paid for.
    Period,
    /// The day, length or discount of the horizon.
    Horizon,
    /// What the rule says.
    Rule,
}

/// A choice decided otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChoiceDiff {
    /// Its name.
    pub choice: String,
    /// The option J counted.
    pub before: Option<String>,
    /// The option J counts.
    pub after: Option<String>,
    /// Nobody pins it now.
    pub open: bool,
}

/// A penalty whose maximum changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PenaltyDiff {
    /// Its qualified id.
    pub id: String,
    /// For people.
    pub title: Option<String>,
    /// Whether both answers have it.
    pub presence: Presence,
    /// The most the law could take; null where undetermined.
    pub before: Option<String>,
    /// The most it can take now.
    pub after: Option<String>,
    /// Null where either is undetermined.
    pub delta: Option<String>,
    /// `infringement`, `violation`, `day` or `year`.
    pub per: String,
    /// `company` or `individual`.
    pub liable: String,
    /// The rule.
    pub at: String,
    /// The articles.
    pub cites: Vec<String>,
}

/// Something that keeps a market from being complete.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Matter {
    /// `undetermined`, `block`, `gap`, or the kind of a reason.
    pub kind: String,
    /// Its qualified id, or the stage it concerns.
    pub id: String,
    /// For people.
    pub text: String,
    /// The rule.
    pub at: Option<String>,
    /// The articles.
    pub cites: Vec<String>,
}

/// A rule file that does not read the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileDiff {
    /// Its name.
    pub file: String,
    /// Whether both sides have it.
    pub presence: Presence,
    /// What is said otherwise; nothing where only comments or layout changed.
    pub words: Vec<Word>,
}

/// Something that is said otherwise: `markets.br.users: 2,500,000 → 3,000,000`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Word {
    /// Where in the file, by keys.
    pub path: String,
    /// What it said; null where it said nothing.
    pub before: Option<String>,
    /// What it says; null where it says nothing any more.
    pub after: Option<String>,
    /// Where it stands, after or else before.
    pub at: Option<String>,
}

/// What `landfall dev --format json` says, one a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// The first answer of a strategy.
    Answer {
        /// Its file.
        strategy: String,
        /// Of every amount.
        currency: String,
        /// Whether J can be relied on.
        status: Status,
        /// J; null unless it is complete.
        objective: Option<Spread>,
        /// The generation that answered.
        generation: String,
    },
    /// What is wrong with the files as they are now; nothing, where that was mended.
    Problems {
        /// As `check --format json` shows them.
        problems: Vec<Problem>,
    },
    /// The folder of a plugin was built; whoever watches takes the result in next.
    Built(Rebuilt),
    /// The folder of a plugin could not be built.
    BuildFailed(BuildFailed),
    /// What the last save changed, against the last good answer.
    Diff {
        /// The rule files that do not read the same.
        rules: Vec<FileDiff>,
        /// In money.
        diff: Box<Diff>,
    },
}

/// A plugin that was built from its folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rebuilt {
    /// Its id.
    pub id: String,
    /// Its version.
    pub version: String,
    /// Where it is.
    pub file: String,
    /// In bytes.
    pub size: u64,
    /// Of its bytes.
    pub digest: String,
    /// How long that took.
    pub milliseconds: u64,
}

/// A build that failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BuildFailed {
    /// Of the plugin.
    pub folder: String,
    /// What to do about it.
    pub problems: Vec<Problem>,
    /// The compiler's own, without colours.
    pub words: String,
    /// Whether what was built last goes on being used; else nothing was built yet.
    pub stays: bool,
}
