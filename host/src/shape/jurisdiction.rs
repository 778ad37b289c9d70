//! A jurisdiction's file.

use schemars::{JsonSchema, Schema};

use super::{
    base::{MarketFacts, Type, Vocabulary, typed},
    law::{Block, Gap, InForce, Obligation, Penalty, Status},
    scalar::{
        By, Cite, Cites, Currency, Date, Expression, Flag, JurisdictionId, Named, PluginId, Text, Title,
        Value,
    },
    test::Test,
};

/// The law of a place, and what it costs to meet it.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields, title = "Landfall: a jurisdiction")]
pub struct Jurisdiction {
    /// `landfall/jurisdiction@1`
    #[schemars(extend("const" = "landfall/jurisdiction@1"))]
    pub schema: String,
    /// The file's own name without `.yaml`; `"no"` in quotes is Norway.
    pub id: JurisdictionId,
    /// What it is.
    pub kind: Kind,
    /// For people.
    pub title: Title,
    /// The places whose law holds here, too.
    pub extends: Option<Vec<Extended>>,
    /// What this file's amounts are written in.
    pub currency: Currency,
    /// Whether it is law yet: for what does not say so itself.
    pub status: Option<Status>,
    /// When its owners looked at it.
    pub review: Option<Review>,
    /// What cites point into.
    pub sources: Option<Named<Source>>,
    /// Facts that only this place needs, given under its market, read as `local.<name>`.
    pub facts: Option<MarketFacts>,
    /// Dated values, read as `param.<name>`.
    pub params: Option<Named<Param>>,
    /// What the law makes you do.
    pub obligations: Option<Named<Obligation>>,
    /// The most the law can take.
    pub penalties: Option<Named<Penalty>>,
    /// Decisions, read as `choice.<name>`.
    pub choices: Option<Named<Choice>>,
    /// What forbids the market while it holds.
    pub blocks: Option<Named<Block>>,
    /// Law that this file does not compute.
    pub gaps: Option<Named<Gap>>,
    /// What the law leaves to whoever extends this file, read as `term.<name>`.
    pub open_terms: Option<Named<OpenTerm>>,
    /// What fills inherited open terms.
    pub fills: Option<Named<Fill>>,
    /// Inherited definitions that those in this file stand instead of, as `obligations.dpo`.
    pub replaces: Option<Replaces>,
    /// Which plugins compute which stage.
    pub stages: Option<Stages>,
    /// What-ifs: never active unless named.
    pub scenarios: Option<Named<Scenario>>,
    /// What must come of questions about this place; a file whose tests fail does not go live.
    pub tests: Option<Vec<Test>>,
}

/// A place whose law holds here, too.
#[derive(Debug, JsonSchema)]
#[schemars(transparent)]
pub struct Extended(pub JurisdictionId);

/// What a place is.
#[derive(Debug, JsonSchema)]
#[schemars(rename_all = "snake_case")]
pub enum Kind {
    /// Several countries, or what all inherit: never a market.
    Bloc,
    /// A market.
    Country,
    /// A part of a country.
    Region,
}

/// When its owners looked at it.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Review {
    /// The last time.
    pub done: Date,
    /// Who.
    pub by: Text,
    /// The next time.
    pub due: Date,
}

/// A law, decision or study that cites point into.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Source {
    /// For people.
    pub title: Title,
    /// What weight it has.
    pub rank: Option<Rank>,
    /// Where it is published.
    pub url: Option<Text>,
    /// From when to when it is law.
    pub in_force: Option<InForce>,
}

/// What weight a source has.
#[derive(Debug, JsonSchema)]
#[schemars(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the words say it, and a description of each would make the schema worse")]
pub enum Rank {
    Treaty,
    Statute,
    Regulation,
    Decision,
    Guidance,
    Contract,
    Study,
    Data,
}

/// A dated value.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
#[schemars(transform = listed_under_members)]
pub struct Param {
    /// Its type.
    pub r#type: Type,
    /// What a `one_of` or `set` can hold.
    pub members: Option<Vec<Text>>,
    /// Instead of `members`: a list that is known.
    pub vocabulary: Option<Vocabulary>,
    /// In what it is counted, for people.
    pub unit: Option<Text>,
    /// What it means.
    pub doc: Option<Text>,
    /// Oldest first, without overlaps; a hole is written down with `absent`.
    #[schemars(length(min = 1))]
    pub values: Vec<DatedValue>,
}

fn listed_under_members(schema: &mut Schema) {
    typed(
        schema,
        "members",
        &|value| serde_json::json!({"properties": {"values": {"items": {"properties": {"value": value}}}}}),
    );
}

/// A value from a day on, or why there is none.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
#[schemars(extend("oneOf" = [{"required": ["value"]}, {"required": ["absent"]}]))]
#[schemars(extend("anyOf" = [
    {"required": ["cite", "confidence"]},
    {"properties": {"assumption": {"const": true}}, "required": ["assumption"]},
    {"required": ["absent"]}
]))]
pub struct DatedValue {
    /// First day.
    pub from: Date,
    /// First day on which it no longer holds, where the next value does not say it.
    pub to: Option<Date>,
    /// Of the type of its param.
    pub value: Option<Value>,
    /// Why there is none.
    pub absent: Option<Text>,
    /// Where it stands.
    pub cite: Option<MaybeCites>,
    /// How sure you are.
    pub confidence: Option<super::law::Confidence>,
    /// `false` if nobody read the source.
    pub verified: Option<Flag>,
    /// Whether it is an estimate; then it needs no cite.
    pub assumption: Option<Flag>,
    /// A remark.
    pub note: Option<Text>,
}

/// Cites where none are needed.
#[derive(Debug, JsonSchema)]
#[schemars(untagged)]
pub enum MaybeCites {
    /// One.
    One(Cite),
    /// Several.
    Several(Vec<Cite>),
}

/// A decision with its options, of which the cheapest that the law allows is taken.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Choice {
    /// For people.
    pub title: Option<Title>,
    /// What it means.
    pub doc: Option<Text>,
    /// At least one; their order decides between equals.
    #[schemars(extend("minProperties" = 1))]
    pub options: Named<OptionOf>,
}

/// An option of a choice.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields, rename = "Option")]
#[schemars(extend("dependentRequired" = {"allowed_when": ["cite"]}))]
pub struct OptionOf {
    /// For people.
    pub title: Option<Title>,
    /// When the law allows it.
    pub allowed_when: Option<Expression>,
    /// Where it says so.
    pub cite: Option<MaybeCites>,
    /// A remark.
    pub note: Option<Text>,
}

/// What the law leaves to whoever extends this file.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
#[schemars(transform = super::base::listed_under_values)]
pub struct OpenTerm {
    /// Its type.
    pub r#type: Type,
    /// The values of a `one_of` or `set`.
    pub values: Option<Vec<Text>>,
    /// Instead of `values`: a list that is known.
    pub vocabulary: Option<Vocabulary>,
    /// What it means.
    pub doc: Text,
    /// Where it is left open.
    pub cite: Cites,
    /// What it is where nobody fills it; without it, it is undetermined there.
    pub default: Option<Value>,
}

/// What fills an inherited open term.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Fill {
    /// A value, or an expression in double quotes.
    pub value: Value,
    /// Where it stands.
    pub cite: Cites,
    /// How sure you are.
    pub confidence: super::law::Confidence,
    /// `false` if nobody read the source.
    pub verified: Option<Flag>,
    /// Whether it is an estimate.
    pub assumption: Option<Flag>,
    /// A remark.
    pub note: Option<Text>,
}

/// Why an inherited definition does not hold here.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Replacement {
    /// Why.
    pub why: Text,
    /// Where it stands.
    pub cite: Cites,
}

/// Why inherited definitions do not hold here, by section and name.
#[derive(Debug, JsonSchema)]
#[schemars(transparent)]
pub struct Replaces(pub By<Replaced, Replacement>);

/// An inherited definition.
#[derive(Debug)]
pub struct Replaced;

impl JsonSchema for Replaced {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Replaced".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> Schema {
        use crate::{id::Stage, rules::schema::jurisdiction::Section};
        let named: Vec<&str> = Section::REPLACED
            .iter()
            .filter(|section| **section != Section::Stages)
            .map(|section| section.as_str())
            .collect();
        let stages = Stage::ALL.map(Stage::as_str).join("|");
        let pattern = format!(
            r"^(({})\.[a-z][a-z0-9]*(_[a-z0-9]+)*|stages\.({stages})\.[a-z][a-z0-9]*(-[a-z0-9]+)*)$",
            named.join("|")
        );
        schemars::json_schema!({
            "description": "Section and name: `obligations.dpo`, `stages.compliance.gdpr`.",
            "type": "string", "pattern": pattern
        })
    }
}

/// Which plugins compute which stage; their lines add up.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Stages {
    /// c: choosing and entering the market.
    pub market_selection: Option<Stage>,
    /// d: adapting data and language.
    pub data_adaptation: Option<Stage>,
    /// l: meeting the law.
    pub compliance: Option<Stage>,
    /// f: working across cultures.
    pub culture: Option<Stage>,
    /// o: delivering the output.
    pub output: Option<Stage>,
}

/// What computes a stage.
#[derive(Debug, JsonSchema)]
#[schemars(untagged)]
pub enum Stage {
    /// Nothing.
    Nothing(Nothing),
    /// Plugins.
    Plugins(Plugins),
}

/// Nothing computes it, and it costs nothing.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Nothing {
    /// Why.
    pub none: Text,
    /// Who says so.
    pub by: Text,
}

/// Plugins with their settings; `{}` where they need none.
#[derive(Debug, JsonSchema)]
#[schemars(transparent)]
#[schemars(extend("minProperties" = 1), extend("not" = {"required": ["none"]}))]
pub struct Plugins(pub By<PluginId, Settings>);

/// What a plugin is told here; the plugin says what it may be.
#[derive(Debug)]
pub struct Settings;

impl JsonSchema for Settings {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Settings".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> Schema {
        schemars::json_schema!({
            "description": "What a plugin is told here; the plugin says what it may be.",
            "type": "object"
        })
    }
}

/// A what-if.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Scenario {
    /// For people.
    pub title: Title,
    /// A remark.
    pub note: Option<Text>,
    /// Where it stands.
    pub cite: Option<MaybeCites>,
    /// A part of a rule file, laid over this one: mappings merge, dated values replace from their first day
    /// on, everything else replaces.
    pub set: Set,
}

/// A part of a rule file.
#[derive(Debug)]
pub struct Set;

impl JsonSchema for Set {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Set".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> Schema {
        schemars::json_schema!({"$ref": super::partial::SET})
    }
}
