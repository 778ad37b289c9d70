//! `facts.yaml`, `roles.yaml`, `rates.yaml`, `fx.yaml`.

use schemars::JsonSchema;

use super::scalar::{Amount, By, Date, Flag, JurisdictionId, Named, Pair, Rate, Spread, Text, Title, Value};

/// The facts that a strategy gives about the company, the product and each market.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields, title = "Landfall: facts.yaml")]
pub struct FactsFile {
    /// `landfall/facts@1`
    #[schemars(extend("const" = "landfall/facts@1"))]
    pub schema: String,
    /// About the company, once in a strategy.
    pub company: Option<Named<Fact>>,
    /// About the product, once in a strategy.
    pub product: Option<Named<Fact>>,
    /// About each market.
    pub market: Option<MarketFacts>,
}

/// Facts given under a market. `weight`, `choices` and `within` mean something else there.
#[derive(Debug, JsonSchema)]
#[schemars(transparent)]
#[schemars(extend("not" = {"anyOf": [
    {"required": ["weight"]}, {"required": ["choices"]}, {"required": ["within"]}
]}))]
pub struct MarketFacts(pub Named<Fact>);

/// A typed input.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
#[schemars(transform = listed_under_values)]
pub struct Fact {
    /// Its type.
    pub r#type: Type,
    /// The values of a `one_of` or `set`.
    pub values: Option<Vec<Text>>,
    /// Instead of `values`: a list that is known.
    pub vocabulary: Option<Vocabulary>,
    /// In what it is counted, for people.
    pub unit: Option<Text>,
    /// What it means.
    pub doc: Text,
    /// What it is where a strategy does not say; shown as defaulted.
    pub default: Option<Value>,
}

pub(super) fn listed_under_values(schema: &mut schemars::Schema) {
    typed(schema, "values", &|value| serde_json::json!({"properties": {"default": value}}));
}

/// Ties the values below to the declared type, and asks for the list of a `one_of` or `set`.
pub(super) fn typed(
    schema: &mut schemars::Schema,
    list: &str,
    below: &dyn Fn(serde_json::Value) -> serde_json::Value,
) {
    use serde_json::json;
    let when = |words: serde_json::Value, then: serde_json::Value| json!({"if": {"properties": {"type": words}, "required": ["type"]}, "then": then});
    let lists = json!([{"required": [list]}, {"required": ["vocabulary"]}]);
    let mut rules = vec![
        when(json!({"enum": ["one_of", "set"]}), json!({"oneOf": lists})),
        when(json!({"not": {"enum": ["one_of", "set"]}}), json!({"not": {"anyOf": lists}})),
    ];
    let scalars = ["Flag", "Count", "Ratio", "Money", "Date", "Period"];
    rules.extend(scalars.map(|name| {
        let value = json!({"$ref": format!("#/$defs/{name}")});
        when(json!({"const": name.to_lowercase()}), below(value))
    }));
    rules.push(when(json!({"const": "set"}), below(json!({"type": "array"}))));
    rules.push(when(json!({"enum": ["text", "one_of"]}), below(json!({"$ref": "#/$defs/Text"}))));
    schema.insert("allOf".to_owned(), rules.into());
}

/// A type that a fact, param or open term can have.
#[derive(Debug, JsonSchema)]
#[schemars(rename_all = "snake_case")]
pub enum Type {
    /// `true` or `false`.
    Flag,
    /// A whole number.
    Count,
    /// A share or rate: `2%`.
    Ratio,
    /// An amount with its currency: `100 EUR`.
    Money,
    /// Any text.
    Text,
    /// One of declared values.
    OneOf,
    /// Some of declared values.
    Set,
    /// A day: `2026-11-23`.
    Date,
    /// A length of time: `72 hours`.
    Period,
}

/// A list of values that is known.
#[derive(Debug, JsonSchema)]
pub enum Vocabulary {
    /// Countries in lower case: `de`.
    #[schemars(rename = "iso-3166")]
    Iso3166,
    /// Languages: `pt-BR`.
    #[schemars(rename = "bcp-47")]
    Bcp47,
}

/// Who does the work.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields, title = "Landfall: roles.yaml")]
pub struct RolesFile {
    /// `landfall/roles@1`
    #[schemars(extend("const" = "landfall/roles@1"))]
    pub schema: String,
    /// By name.
    pub roles: Named<Role>,
}

/// One who does work.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Role {
    /// For people.
    pub title: Title,
    /// What such a person does.
    pub doc: Option<Text>,
}

/// What a day of work costs, by role and place, where a strategy does not say.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields, title = "Landfall: rates.yaml")]
pub struct RatesFile {
    /// `landfall/rates@1`
    #[schemars(extend("const" = "landfall/rates@1"))]
    pub schema: String,
    /// By role, then by place; a place without one takes that of what it extends.
    pub rates: DayRates,
}

/// Day rates by role, then by place.
#[derive(Debug, JsonSchema)]
#[schemars(transparent)]
pub struct DayRates(pub Named<By<JurisdictionId, DayRate>>);

/// A day rate over time.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct DayRate {
    /// Oldest first, each date once.
    pub values: Vec<DatedDayRate>,
}

/// A day rate from a day on.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
#[schemars(extend("anyOf" = [
    {"required": ["source"]},
    {"properties": {"assumption": {"const": true}}, "required": ["assumption"]}
]))]
pub struct DatedDayRate {
    /// First day.
    pub from: Date,
    /// For a day of work.
    pub value: Spread<Amount>,
    /// Whether it is an estimate; else `source` says where it comes from.
    pub assumption: Option<Flag>,
    /// Where it comes from.
    pub source: Option<Text>,
    /// A remark.
    pub note: Option<Text>,
}

/// Exchange rates.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields, title = "Landfall: fx.yaml")]
pub struct FxFile {
    /// `landfall/fx@1`
    #[schemars(extend("const" = "landfall/fx@1"))]
    pub schema: String,
    /// Who published them.
    pub source: Publisher,
    /// By pair: one unit of the first is so many of the second. Pairs invert by themselves.
    pub rates: By<Pair, Vec<DatedRate>>,
}

/// Who published something.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Publisher {
    /// For people.
    pub title: Title,
    /// Where.
    pub url: Option<Text>,
}

/// An exchange rate from a day on.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct DatedRate {
    /// The day.
    pub date: Date,
    /// Above 0, at most nine decimals.
    pub rate: Rate,
}
