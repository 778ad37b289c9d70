//! What the law says: obligations with what meeting them takes, penalties, blocks and gaps.

use schemars::JsonSchema;

use super::scalar::{
    Amount, By, Cites, Date, Decimal, Expression, Flag, Name, Named, PluginId, Reference, Spread, Text, Title,
};

/// Whether something is law yet.
#[derive(Debug, JsonSchema)]
#[schemars(rename_all = "snake_case")]
pub enum Status {
    /// It is, or will be from a day that is known.
    Enacted,
    /// It may become law: it costs only under a scenario.
    Proposed,
}

/// How sure you are.
#[derive(Debug, JsonSchema)]
#[schemars(rename_all = "snake_case")]
pub enum Confidence {
    /// Settled.
    High,
    /// Likely.
    Medium,
    /// A guess to be checked.
    Low,
}

/// From the first day to before the second.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct InForce {
    /// First day.
    pub from: Option<Date>,
    /// First day on which it no longer holds.
    pub to: Option<Date>,
}

/// What the law makes you do when a condition holds.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
#[schemars(extend("oneOf" = [{"required": ["effort"]}, {"required": ["choice", "options"]}]))]
#[schemars(extend("dependentRequired" = {"choice": ["options"], "options": ["choice"]}))]
pub struct Obligation {
    /// For people.
    pub title: Title,
    /// Where it stands.
    pub cite: Cites,
    /// Whether it is law yet.
    pub status: Option<Status>,
    /// When it holds at all.
    pub in_force: Option<InForce>,
    /// The condition.
    pub when: Expression,
    /// What lifts it although its condition holds.
    pub except: Option<Named<Exception>>,
    /// Whether it is paid once by all markets that inherit it.
    pub shared: Option<Flag>,
    /// Rival readings; the n-th is the scenario `<name>_reading_<n>`.
    pub disputed: Option<Vec<ObligationReading>>,
    /// The plugin that turns it into line items; `statutory` where it is not said.
    pub costed_by: Option<CostingPlugin>,
    /// The choice whose options have each their effort.
    pub choice: Option<ChoiceName>,
    /// The effort by option.
    pub options: Option<EffortByOption>,
    /// What meeting it takes; `{}` says that it costs nothing.
    pub effort: Option<Effort>,
    /// What it feeds to plugins that declare these demands.
    pub requires: Option<By<Name, Reference>>,
    /// Whether the amounts are an estimate.
    pub assumption: Option<Flag>,
    /// How sure you are.
    pub confidence: Confidence,
    /// `false` if nobody read the source.
    pub verified: Option<Flag>,
    /// A remark.
    pub note: Option<Text>,
    /// What it means.
    pub doc: Option<Text>,
}

/// The name of an obligation of this place.
#[derive(Debug, JsonSchema)]
#[schemars(transparent)]
pub struct ObligationName(pub Name);

/// The name of a choice of this place.
#[derive(Debug, JsonSchema)]
#[schemars(transparent)]
pub struct ChoiceName(pub Name);

/// A plugin that costs obligations, bound under `stages` here or in a file this one extends.
#[derive(Debug, JsonSchema)]
#[schemars(transparent)]
pub struct CostingPlugin(pub PluginId);

/// What meeting an obligation takes, by the option of its choice.
#[derive(Debug, JsonSchema)]
#[schemars(transparent)]
pub struct EffortByOption(pub Named<Effort>);

/// What lifts an obligation although its condition holds.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Exception {
    /// Where it stands.
    pub cite: Cites,
    /// When it holds at all.
    pub in_force: Option<InForce>,
    /// The condition.
    pub when: Expression,
    /// The obligation that it triggers instead.
    pub instead: Option<ObligationName>,
    /// How sure you are.
    pub confidence: Option<Confidence>,
    /// `false` if nobody read the source.
    pub verified: Option<Flag>,
    /// A remark.
    pub note: Option<Text>,
}

/// A rival reading: what differs, and who reads it so.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
#[schemars(extend("minProperties" = 4))]
pub struct ObligationReading {
    /// First day.
    pub from: Option<Date>,
    /// First day on which it no longer holds.
    pub to: Option<Date>,
    /// The condition.
    pub when: Option<Expression>,
    /// What meeting it takes.
    pub effort: Option<Effort>,
    /// The effort by option.
    pub options: Option<EffortByOption>,
    /// What lifts it although its condition holds.
    pub except: Option<Named<Exception>>,
    /// Where it stands.
    pub cite: Cites,
    /// What they read.
    pub note: Text,
    /// How likely it prevails.
    pub confidence: Confidence,
}

/// Work and money, at the start, every year, or both.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Effort {
    /// At the start.
    pub once: Option<Outlay>,
    /// Every year.
    pub yearly: Option<Outlay>,
    /// How many times all of it.
    pub times: Option<Expression>,
}

/// Days of work by role, and money paid.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Outlay {
    /// Days of work by role.
    pub days: Option<Days>,
    /// Money paid.
    pub fixed: Option<Spread<Amount>>,
}

/// Days of work by role.
#[derive(Debug, JsonSchema)]
#[schemars(transparent)]
pub struct Days(pub Named<Spread<Decimal>>);

/// The most the law can take; shown beside the cost, never in it.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Penalty {
    /// For people.
    pub title: Option<Title>,
    /// Where it stands.
    pub cite: Cites,
    /// Whether it is law yet.
    pub status: Option<Status>,
    /// Rival readings; the n-th is the scenario `<name>_reading_<n>`.
    pub disputed: Option<Vec<PenaltyReading>>,
    /// When it holds at all.
    pub in_force: Option<InForce>,
    /// The condition.
    pub when: Expression,
    /// The amount: `"min(param.fine_rate * market.revenue, param.fine_cap)"`.
    pub maximum: Expression,
    /// How many times, where the law counts.
    pub times: Option<Expression>,
    /// By what it is counted.
    pub per: Per,
    /// Who pays.
    pub liable: Liable,
    /// How sure you are.
    pub confidence: Confidence,
    /// `false` if nobody read the source.
    pub verified: Option<Flag>,
    /// A remark.
    pub note: Option<Text>,
}

/// A rival reading: what differs, and who reads it so.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
#[schemars(extend("minProperties" = 4))]
pub struct PenaltyReading {
    /// First day.
    pub from: Option<Date>,
    /// First day on which it no longer holds.
    pub to: Option<Date>,
    /// The condition.
    pub when: Option<Expression>,
    /// The amount.
    pub maximum: Option<Expression>,
    /// How many times.
    pub times: Option<Expression>,
    /// Where it stands.
    pub cite: Cites,
    /// What they read.
    pub note: Text,
    /// How likely it prevails.
    pub confidence: Confidence,
}

/// By what a penalty is counted.
#[derive(Debug, JsonSchema)]
#[schemars(rename_all = "snake_case")]
pub enum Per {
    /// Each infringement.
    Infringement,
    /// Each violation, as by person or record.
    Violation,
    /// Each day.
    Day,
    /// Each year.
    Year,
}

/// Who pays a penalty.
#[derive(Debug, JsonSchema)]
#[schemars(rename_all = "snake_case")]
pub enum Liable {
    /// The company.
    Company,
    /// The person responsible: listed, never summed.
    Individual,
}

/// What forbids the market while it holds, unless an allowed option escapes it.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Block {
    /// For people.
    pub title: Title,
    /// Where it stands.
    pub cite: Cites,
    /// Whether it is law yet.
    pub status: Option<Status>,
    /// Rival readings; the n-th is the scenario `<name>_reading_<n>`.
    pub disputed: Option<Vec<BlockReading>>,
    /// When it holds at all.
    pub in_force: Option<InForce>,
    /// The condition.
    pub when: Expression,
    /// How sure you are.
    pub confidence: Confidence,
    /// `false` if nobody read the source.
    pub verified: Option<Flag>,
    /// A remark.
    pub note: Option<Text>,
}

/// A rival reading: what differs, and who reads it so.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
#[schemars(extend("minProperties" = 4))]
pub struct BlockReading {
    /// First day.
    pub from: Option<Date>,
    /// First day on which it no longer holds.
    pub to: Option<Date>,
    /// The condition.
    pub when: Option<Expression>,
    /// Where it stands.
    pub cite: Cites,
    /// What they read.
    pub note: Text,
    /// How likely it prevails.
    pub confidence: Confidence,
}

/// Law that this file does not compute: it taints its stage until its owners accept that.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Gap {
    /// What it taints.
    pub stage: StageName,
    /// Where it stands.
    pub cite: Cites,
    /// Why it is not computed.
    pub reason: Text,
    /// When it bears on a market; always, where it is not said.
    pub when: Option<Expression>,
    /// Who accepts it, and until when.
    pub accepted: Option<Acceptance>,
}

/// That a gap is known and the answer good enough without it.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Acceptance {
    /// Who says so.
    pub by: Text,
    /// First day on which it no longer holds.
    pub until: Date,
}

/// One of the five stages.
#[derive(Debug, JsonSchema)]
#[schemars(rename_all = "kebab-case")]
pub enum StageName {
    /// c: choosing and entering the market.
    MarketSelection,
    /// d: adapting data and language.
    DataAdaptation,
    /// l: meeting the law.
    Compliance,
    /// f: working across cultures.
    Culture,
    /// o: delivering the output.
    Output,
}
