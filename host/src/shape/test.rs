//! The tests in a jurisdiction's file.

use schemars::JsonSchema;

use super::{
    law::{ObligationName, StageName},
    scalar::{Amount, By, Count, Date, Money, Name, Named, Pair, Ratio, Text, Value},
    strategy::{CompanyFacts, Given, GivenDayRates, GivenRate, Pinned, ProductFacts},
};

/// A question about this place, and what must come of it.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Test {
    /// What it shows; unique in the file.
    pub name: Text,
    /// The first day of its horizon.
    pub as_of: Date,
    /// 1 where it is not said.
    #[schemars(extend("minimum" = 1, "maximum" = 30))]
    pub horizon_years: Option<Count>,
    /// A year; 0 where it is not said.
    #[schemars(extend("minimum" = 0))]
    pub discount: Option<Ratio>,
    /// The scenarios it is asked under, as `br.cap_doubles`.
    pub scenario: Option<Vec<Text>>,
    /// What is asked, shaped like a strategy.
    pub given: Option<GivenCase>,
    /// What must come of it.
    pub expect: Expect,
    /// A remark.
    pub note: Option<Text>,
}

/// What a test gives.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct GivenCase {
    /// Facts about the company.
    pub company: Option<CompanyFacts>,
    /// Facts about the product.
    pub product: Option<ProductFacts>,
    /// Facts about this market.
    pub market: Option<MarketGiven>,
    /// Decisions that are pinned.
    pub choices: Option<Pinned>,
    /// Day rates by role and place, instead of those of rates.yaml.
    pub rates: Option<GivenDayRates>,
    /// Exchange rates instead of those of fx.yaml.
    pub fx: Option<By<Pair, GivenRate>>,
}

/// Facts about the market of a test: those of facts.yaml and those of its own rule files.
#[derive(Debug, JsonSchema)]
#[schemars(transparent)]
pub struct MarketGiven(pub Named<Given>);

/// What must come of a test; what is not named is not looked at.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
#[schemars(extend("minProperties" = 1))]
pub struct Expect {
    /// Obligations that apply, do not apply, or are undetermined.
    pub obligations: Option<ExpectedObligations>,
    /// Penalties with their maximum, `none` or `undetermined`.
    pub penalties: Option<ExpectedPenalties>,
    /// What forbids the market, and what does not.
    pub blocks: Option<ExpectedBlocks>,
    /// Params with their value, `not_yet`, `ended` or `absent`.
    pub params: Option<ExpectedParams>,
    /// Choices with the option that is taken.
    pub choices: Option<Pinned>,
    /// Likely cost over the horizon, by stage or obligation, in the currency of this file.
    pub costs: Option<ExpectedCosts>,
    /// Likely cost of the whole market.
    pub total: Option<Amount>,
    /// Whether there is an answer.
    pub status: Option<AnswerStatus>,
}

/// Which obligations.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct ExpectedObligations {
    /// They apply.
    pub has: Option<Vec<ObligationName>>,
    /// They do not.
    pub lacks: Option<Vec<ObligationName>>,
    /// Nobody gave what they ask for.
    pub undetermined: Option<Vec<ObligationName>>,
}

/// Which blocks.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct ExpectedBlocks {
    /// They forbid the market.
    pub has: Option<Vec<BlockName>>,
    /// They do not.
    pub lacks: Option<Vec<BlockName>>,
}

/// Maxima by penalty.
#[derive(Debug, JsonSchema)]
#[schemars(transparent)]
pub struct ExpectedPenalties(pub Named<ExpectedPenalty>);

/// Values by param.
#[derive(Debug, JsonSchema)]
#[schemars(transparent)]
pub struct ExpectedParams(pub Named<Value>);

/// A maximum, or why there is none.
#[derive(Debug, JsonSchema)]
#[schemars(untagged)]
pub enum ExpectedPenalty {
    /// The amount.
    Maximum(Money),
    /// Why there is none.
    Without(NoPenalty),
}

/// Why there is no maximum.
#[derive(Debug, JsonSchema)]
#[schemars(rename_all = "snake_case")]
pub enum NoPenalty {
    /// It does not apply.
    None,
    /// Nobody gave what it asks for.
    Undetermined,
}

/// Amounts by stage or obligation.
#[derive(Debug, JsonSchema)]
#[schemars(transparent)]
pub struct ExpectedCosts(pub By<StageOrObligation, Amount>);

/// Whether there is an answer.
#[derive(Debug, JsonSchema)]
#[schemars(rename_all = "snake_case")]
pub enum AnswerStatus {
    /// There is.
    Complete,
    /// The market is forbidden.
    Blocked,
    /// Something could not be computed.
    Incomplete,
}

/// The name of a block of this place.
#[derive(Debug, JsonSchema)]
#[schemars(transparent)]
pub struct BlockName(pub Name);

/// A stage, or an obligation of this place.
#[derive(Debug, JsonSchema)]
#[schemars(untagged)]
pub enum StageOrObligation {
    /// A stage.
    Stage(StageName),
    /// An obligation.
    Obligation(ObligationName),
}
