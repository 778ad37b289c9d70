//! A case of a plugin: what it is given, by name, and what must come back.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::{
    law::StageName,
    scalar::{Amount, By, Currency, Decimal, FactName, Name, Named, QualifiedId, Spread, Text, Value},
};

/// What a plugin is given, and what must come back.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields, title = "Landfall: a case of a plugin")]
pub struct CaseFile {
    /// `landfall/case@1`
    #[schemars(extend("const" = "landfall/case@1"))]
    pub schema: String,
    /// What it shows; the file's name where it is not said.
    pub name: Option<Text>,
    /// A remark.
    pub note: Option<Text>,
    /// May be left out where the plugin has one stage.
    pub stage: Option<StageName>,
    /// Of every amount; EUR where it is not said.
    pub currency: Option<Currency>,
    /// Facts by name; what is not named is missing.
    pub facts: Option<CaseFacts>,
    /// Params by name; what is not named has no value in the period.
    pub params: Option<Named<Value>>,
    /// The option of each choice that the plugin reads.
    pub choices: Option<Named<Name>>,
    /// As a rule file binds the plugin; its schema says what may stand here.
    pub settings: Option<PluginSettings>,
    /// Obligations by file and name: those it costs and those that feed it.
    pub obligations: Option<By<QualifiedId, CaseObligation>>,
    /// What must come back; `landfall plugin test --update` writes it.
    pub expect: Option<ExpectedAnswer>,
}

/// Facts by the names they have in conditions: `market.users`.
#[derive(Debug, JsonSchema)]
#[schemars(transparent)]
pub struct CaseFacts(pub By<FactName, Value>);

/// Whatever the plugin's own schema allows.
#[derive(Debug)]
pub struct PluginSettings;

impl JsonSchema for PluginSettings {
    fn schema_name() -> Cow<'static, str> {
        "PluginSettings".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"description": "Whatever the plugin's own schema allows.", "type": "object"})
    }
}

/// An obligation as a host prices it for the plugin.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct CaseObligation {
    /// What meeting it costs once, where the plugin costs it.
    pub once: Option<Spread<Amount>>,
    /// What meeting it costs a year, where the plugin costs it.
    pub yearly: Option<Spread<Amount>>,
    /// What it feeds the plugin, by demand.
    pub demands: Option<Named<Value>>,
}

/// What must come back: lines, or a failure.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
#[schemars(extend("minProperties" = 1, "maxProperties" = 1))]
pub struct ExpectedAnswer {
    /// Exactly these, in this order.
    pub lines: Option<Vec<ExpectedLine>>,
    /// No line but this failure.
    pub failure: Option<ExpectedFailure>,
}

/// One line item.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct ExpectedLine {
    /// The obligation it meets.
    pub obligation: Option<QualifiedId>,
    /// What it is.
    pub label: Text,
    /// How often it is paid.
    pub cadence: LineCadence,
    /// How much.
    pub amount: Spread<Amount>,
    /// Where it is a count times a price, both.
    pub quantity: Option<ExpectedQuantity>,
    /// What it rests on, as `market.users`, `param.ticket_price`, `choice.hosting`, `demand.words`.
    pub used: Option<Vec<Text>>,
}

/// How often a line is paid.
#[derive(Debug, JsonSchema)]
#[schemars(rename_all = "snake_case")]
pub enum LineCadence {
    /// Once.
    Once,
    /// Every year.
    Yearly,
}

/// A count times a price.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct ExpectedQuantity {
    /// How many; at most four decimals.
    pub count: Decimal,
    /// Of what.
    pub unit: Text,
    /// Of one.
    pub price: Spread<Amount>,
}

/// Why there is no answer: one of the first four.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
#[schemars(extend("minProperties" = 1, "maxProperties" = 2))]
pub struct ExpectedFailure {
    /// A fact that the plugin declares as optional and cannot do without here.
    pub needs_fact: Option<FactName>,
    /// The same of a param.
    pub needs_param: Option<Name>,
    /// Why the plugin says that it cannot answer.
    pub refused: Option<Text>,
    /// A limit, a trap or an answer against the contract, in one word: `out_of_fuel`, `trapped`.
    pub kind: Option<Name>,
    /// What the host says of that; any where it is not said.
    pub message: Option<Text>,
}
