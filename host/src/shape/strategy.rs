//! A strategy's file.

use schemars::JsonSchema;

use super::scalar::{
    Amount, By, Count, Currency, Date, Decimal, JurisdictionId, Name, Named, Pair, Rate, Ratio, Spread, Text,
    Title, Value,
};

/// The question: what does it cost to enter these markets?
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields, title = "Landfall: a strategy")]
pub struct Strategy {
    /// `landfall/strategy@1`
    #[schemars(extend("const" = "landfall/strategy@1"))]
    pub schema: String,
    /// For people.
    pub title: Option<Title>,
    /// The first day of the horizon.
    pub as_of: Date,
    /// Of the answer.
    pub currency: Currency,
    /// 1 to 30.
    #[schemars(extend("minimum" = 1, "maximum" = 30))]
    pub horizon_years: Count,
    /// A year: `8%`.
    #[schemars(extend("minimum" = 0))]
    pub discount: Ratio,
    /// What a weight says; `priority` where it is not said.
    pub weight_means: Option<WeightMeans>,
    /// The unit to show people.
    pub report: Option<Report>,
    /// Exchange rates instead of those of fx.yaml.
    pub fx: Option<By<Pair, GivenRate>>,
    /// Facts about the company.
    pub company: Option<CompanyFacts>,
    /// Facts about the product.
    pub product: Option<ProductFacts>,
    /// Day rates by role and place, instead of those of rates.yaml.
    pub rates: Option<GivenDayRates>,
    /// The markets to enter.
    pub markets: Markets,
    /// Decisions pinned in every market; what nobody pins is open.
    pub choices: Option<Pinned>,
}

/// What a weight says.
#[derive(Debug, JsonSchema)]
#[schemars(rename_all = "snake_case")]
pub enum WeightMeans {
    /// How much the market matters.
    Priority,
    /// How likely the market is entered.
    Probability,
}

/// Amounts are divided by `scale` and followed by `label`.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Report {
    /// At least 1.
    #[schemars(extend("minimum" = 1))]
    pub scale: Count,
    /// As in `万元`.
    pub label: Text,
}

/// An exchange rate with its source.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct GivenRate {
    /// Above 0, at most nine decimals.
    pub rate: Rate,
    /// Where it comes from.
    pub source: Text,
}

/// A fact as it is given: a value of its type, or a range.
#[derive(Debug, JsonSchema)]
#[schemars(untagged)]
pub enum Given {
    /// A value.
    Value(Value),
    /// A range, of which single questions use `likely`.
    Range(Range),
}

/// A range of a fact, in order, with its source.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(missing_docs, reason = "the words say it")]
pub struct Range {
    pub low: Value,
    pub likely: Value,
    pub high: Value,
    /// Where it comes from.
    pub source: Text,
}

/// Facts about the company, as facts.yaml declares them.
#[derive(Debug, JsonSchema)]
#[schemars(transparent)]
pub struct CompanyFacts(pub Named<Given>);

/// Facts about the product, as facts.yaml declares them.
#[derive(Debug, JsonSchema)]
#[schemars(transparent)]
pub struct ProductFacts(pub Named<Given>);

/// Day rates by role, then by place.
#[derive(Debug, JsonSchema)]
#[schemars(transparent)]
pub struct GivenDayRates(pub Named<By<JurisdictionId, Spread<Amount>>>);

/// Markets by place: countries, never a bloc.
#[derive(Debug, JsonSchema)]
#[schemars(transparent)]
#[schemars(extend("minProperties" = 1, "maxProperties" = 256))]
pub struct Markets(pub By<JurisdictionId, Market>);

/// Options by choice.
#[derive(Debug, JsonSchema)]
#[schemars(transparent)]
pub struct Pinned(pub Named<Name>);

/// A market with its facts.
#[derive(Debug, JsonSchema)]
#[schemars(extend("propertyNames" = {"$ref": "#/$defs/Name"}, "additionalProperties" = {"$ref": "#/$defs/Given"}))]
pub struct Market {
    /// What it counts beside the others, at least 0.
    pub weight: Decimal,
    /// Decisions pinned here; what nobody pins is open.
    pub choices: Option<Pinned>,
    /// Regions of the country with their own facts; what they do not say is the country's.
    pub within: Option<Regions>,
}

/// Regions by place.
#[derive(Debug, JsonSchema)]
#[schemars(transparent)]
pub struct Regions(pub By<JurisdictionId, Region>);

/// A region with its facts.
#[derive(Debug, JsonSchema)]
#[schemars(extend("propertyNames" = {"$ref": "#/$defs/Name"}, "additionalProperties" = {"$ref": "#/$defs/Given"}))]
#[schemars(extend("not" = {"anyOf": [{"required": ["weight"]}, {"required": ["within"]}]}))]
pub struct Region {
    /// Decisions pinned here.
    pub choices: Option<Pinned>,
}
