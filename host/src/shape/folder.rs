//! A schema that knows one folder: its facts with type and doc, roles, places, sources, choices,
//! obligations and plugins, so that an editor completes them.
//!
//! What another file declares must be there (facts under `company` and `product`, roles, places): anything
//! else is refused. What the file being written may declare itself (sources, choices, obligations, facts of
//! its own) is proposed, and another name is taken too: a name written a moment ago is no fault.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::{FileKind, finished, open};
use crate::{
    generation::Generation,
    id::{JurisdictionId, Name},
    rules::{
        book::{Jurisdiction, StageRule},
        schema::{
            base::{FactDeclaration, Scope},
            jurisdiction::Kind,
        },
        vocabulary::Vocabulary,
    },
    value::ValueType,
};

/// The schema for files of a kind in the folder of this generation.
#[must_use]
pub fn schema_of(kind: FileKind, generation: &Generation) -> Value {
    let mut schema = open(kind);
    if let Some(Value::Object(defs)) = schema.get_mut("$defs") {
        let known = Known::of(generation);
        for (name, definition) in defs.iter_mut() {
            known.narrow(kind, name, definition);
        }
        if kind == FileKind::Strategy {
            known.markets(defs);
        }
    }
    finished(kind, schema)
}

/// Names with what to say of each.
type Names = BTreeMap<String, String>;

struct Known<'g> {
    generation: &'g Generation,
    roles: Names,
    places: Names,
    plugins: BTreeSet<String>,
    cites: BTreeSet<String>,
    references: BTreeSet<String>,
    replaced: BTreeSet<String>,
    obligations: BTreeSet<String>,
    penalties: BTreeSet<String>,
    blocks: BTreeSet<String>,
    params: BTreeSet<String>,
    /// With their options.
    choices: BTreeMap<String, BTreeSet<String>>,
}

impl<'g> Known<'g> {
    fn of(generation: &'g Generation) -> Self {
        let mut known = Self {
            generation,
            roles: named(generation.base.roles.iter().map(|(name, role)| (name, &*role.title))),
            places: generation.unavailable.keys().map(|id| (id.to_string(), String::new())).collect(),
            plugins: BTreeSet::new(),
            cites: BTreeSet::new(),
            references: BTreeSet::new(),
            replaced: BTreeSet::new(),
            obligations: BTreeSet::new(),
            penalties: BTreeSet::new(),
            blocks: BTreeSet::new(),
            params: BTreeSet::new(),
            choices: BTreeMap::new(),
        };
        for (scope, name) in generation.base.facts.keys() {
            known.references.insert(format!("{}.{name}", scope.as_str()));
        }
        for closure in generation.closures.values() {
            known.add(&closure.jurisdiction);
        }
        known
    }

    fn add(&mut self, jurisdiction: &Jurisdiction) {
        let merged = &jurisdiction.merged;
        self.places.insert(jurisdiction.id().to_string(), jurisdiction.own.title.to_string());
        for rule in merged.stages.values() {
            if let StageRule::Plugins(plugins) = rule {
                self.plugins.extend(plugins.keys().map(ToString::to_string));
            }
        }
        let duties = merged.obligations.values();
        let cited = duties.clone().flat_map(|one| &one.cites);
        let cited = cited.chain(merged.penalties.values().flat_map(|one| &one.cites));
        let cited = cited.chain(merged.blocks.values().flat_map(|one| &one.cites));
        let values = merged.params.values().flat_map(|param| &param.values);
        self.cites.extend(cited.chain(values.flat_map(|one| &one.cites)).map(|cite| cite.text.to_string()));
        let texts =
            |names: &mut dyn Iterator<Item = &Name>| -> Vec<String> { names.map(Name::to_string).collect() };
        let obligations = texts(&mut merged.obligations.keys());
        let penalties = texts(&mut merged.penalties.keys());
        let blocks = texts(&mut merged.blocks.keys());
        let params = texts(&mut merged.params.keys());
        let (choices, gaps) = (texts(&mut merged.choices.keys()), texts(&mut merged.gaps.keys()));
        for (section, names) in [
            ("obligations", &obligations),
            ("penalties", &penalties),
            ("blocks", &blocks),
            ("params", &params),
            ("choices", &choices),
            ("gaps", &gaps),
        ] {
            self.replaced.extend(names.iter().map(|name| format!("{section}.{name}")));
        }
        self.obligations.extend(obligations);
        self.penalties.extend(penalties);
        self.blocks.extend(blocks);
        self.params.extend(params);
        let read = |root: &str, name: &Name| format!("{root}.{name}");
        self.references.extend(merged.facts.keys().map(|name| read("local", name)));
        self.references.extend(merged.params.keys().map(|name| read("param", name)));
        self.references.extend(merged.terms.keys().map(|name| read("term", name)));
        for (name, choice) in &merged.choices {
            self.references.insert(read("choice", name));
            let options = choice.options.iter().map(|option| option.name.to_string());
            self.choices.entry(name.to_string()).or_default().extend(options);
        }
    }

    fn narrow(&self, kind: FileKind, name: &str, definition: &mut Value) {
        let options = || self.choices.values().flatten().cloned().collect();
        match name {
            "CompanyFacts" => close(definition, self.facts(Scope::Company)),
            "ProductFacts" => close(definition, self.facts(Scope::Product)),
            "CaseFacts" => {
                let scopes = [Scope::Company, Scope::Product, Scope::Market].into_iter();
                propose(definition, scopes.flat_map(|scope| self.qualified_facts(scope)).collect());
            }
            "MarketGiven" => {
                propose(definition, self.local_facts().chain(self.facts(Scope::Market)).collect())
            }
            "Days" | "GivenDayRates" | "DayRates" => close(definition, keyed(&self.roles, definition)),
            "Extended" => {
                *definition = said(definition, json!({"enum": self.places.keys().collect::<Vec<_>>()}))
            }
            "Plugins" => propose(definition, keyed(&plain(&self.plugins), definition)),
            "CostingPlugin" => suggest(definition, &self.plugins),
            "Cite" => suggest(definition, &self.cites),
            "Reference" => suggest(definition, &self.references),
            "ChoiceName" => suggest(definition, &self.choices.keys().cloned().collect()),
            "ObligationName" => suggest(definition, &self.obligations),
            "BlockName" => suggest(definition, &self.blocks),
            "EffortByOption" => propose(definition, keyed(&plain(&options()), definition)),
            "ExpectedPenalties" => propose(definition, keyed(&plain(&self.penalties), definition)),
            "ExpectedParams" => propose(definition, keyed(&plain(&self.params), definition)),
            "ExpectedCosts" => {
                let stages = crate::id::Stage::ALL.iter().map(ToString::to_string);
                let names = self.obligations.iter().cloned().chain(stages).collect();
                propose(definition, keyed(&plain(&names), definition));
            }
            "Replaces" => propose(definition, keyed(&plain(&self.replaced), definition)),
            "Pinned" if kind == FileKind::Strategy => close(definition, self.pinned()),
            "Pinned" => propose(definition, self.pinned()),
            _ => {}
        }
    }

    fn pinned(&self) -> Map<String, Value> {
        self.choices.iter().map(|(name, options)| (name.clone(), json!({"enum": options}))).collect()
    }

    /// By the names they have beyond a strategy: `market.users`.
    fn qualified_facts(&self, scope: Scope) -> impl Iterator<Item = (String, Value)> {
        let of_scope = self.generation.base.facts.iter().filter(move |((of, _), _)| *of == scope);
        of_scope.map(move |((_, name), fact)| (format!("{}.{name}", scope.as_str()), value_schema(fact)))
    }

    fn facts(&self, scope: Scope) -> Map<String, Value> {
        let of_scope = self.generation.base.facts.iter().filter(|((of, _), _)| *of == scope);
        of_scope.map(|((_, name), fact)| (name.to_string(), fact_schema(fact))).collect()
    }

    /// Facts that any place declares for itself.
    fn local_facts(&self) -> impl Iterator<Item = (String, Value)> {
        let mut facts = BTreeMap::<String, Vec<Value>>::new();
        for closure in self.generation.closures.values() {
            for (name, (_, fact)) in &closure.jurisdiction.merged.facts {
                let schemas = facts.entry(name.to_string()).or_default();
                let schema = fact_schema(fact);
                if !schemas.contains(&schema) {
                    schemas.push(schema);
                }
            }
        }
        facts.into_iter().map(|(name, mut schemas)| match schemas.len() {
            1 => (name, schemas.remove(0)),
            _ => (name, json!({"anyOf": schemas})),
        })
    }

    /// Each market with its own facts, and regions with theirs.
    fn markets(&self, defs: &mut Map<String, Value>) {
        let common = self.facts(Scope::Market);
        for name in ["Market", "Region"] {
            if let Some(definition) = defs.get_mut(name) {
                let properties = definition.get("properties").and_then(Value::as_object).cloned();
                close(definition, properties.unwrap_or_default().into_iter().chain(common.clone()).collect());
            }
        }
        let places = |kind: Kind, whole: &'static str| -> Map<String, Value> {
            let closures = self.generation.closures.values().map(|closure| &closure.jurisdiction);
            let of_kind = closures.filter(|one| one.own.kind == kind);
            let known = of_kind.map(|one| (one.id().to_string(), place(one, whole, &common)));
            let unread =
                self.generation.unavailable.keys().map(|id| (JurisdictionId::to_string(id), json!(true)));
            known.chain(unread).collect()
        };
        for (name, kind, whole) in [("Markets", Kind::Country, "Market"), ("Regions", Kind::Region, "Region")]
        {
            if let Some(definition) = defs.get_mut(name) {
                close(definition, places(kind, whole));
            }
        }
    }
}

/// A market or region that may have facts of its own.
fn place(jurisdiction: &Jurisdiction, whole: &str, common: &Map<String, Value>) -> Value {
    let title = &*jurisdiction.own.title;
    let own = &jurisdiction.merged.facts;
    if own.is_empty() {
        return json!({"$ref": format!("#/$defs/{whole}"), "description": title});
    }
    let reserved: &[&str] = if whole == "Market" { &["weight", "choices", "within"] } else { &["choices"] };
    let shared = reserved.iter().copied().chain(common.keys().map(String::as_str));
    let mut properties: Map<String, Value> = shared
        .map(|key| (key.to_owned(), json!({"$ref": format!("#/$defs/{whole}/properties/{key}")})))
        .collect();
    properties.extend(own.iter().map(|(name, (_, fact))| (name.to_string(), fact_schema(fact))));
    let mut schema = json!({
        "description": title, "type": "object", "properties": properties, "additionalProperties": false
    });
    if let (Value::Object(map), "Market") = (&mut schema, whole) {
        map.insert("required".to_owned(), json!(["weight"]));
    }
    schema
}

/// What a strategy may give for a fact: a number also as a range.
fn fact_schema(fact: &FactDeclaration) -> Value {
    let mut schema = value_schema(fact);
    let number = matches!(fact.value_type, ValueType::Count | ValueType::Ratio | ValueType::Money);
    if let (true, Value::Object(map)) = (number, &mut schema)
        && let Some(one) = map.remove("$ref")
    {
        map.insert("anyOf".to_owned(), json!([{"$ref": one}, {"$ref": "#/$defs/Range"}]));
    }
    schema
}

/// What a fact holds.
fn value_schema(fact: &FactDeclaration) -> Value {
    let unit = fact.unit.as_ref().map(|unit| format!(" ({unit})")).unwrap_or_default();
    let default = fact.default.as_ref().map(|value| format!("; {value} where it is not said"));
    let doc = format!("{}: {}{unit}{}", fact.value_type, fact.doc, default.unwrap_or_default());
    let mut schema = match (fact.value_type, &fact.vocabulary) {
        (ValueType::Flag, _) => json!({"$ref": "#/$defs/Flag"}),
        (ValueType::Count, _) => json!({"$ref": "#/$defs/Count"}),
        (ValueType::Ratio, _) => json!({"$ref": "#/$defs/Ratio"}),
        (ValueType::Money, _) => json!({"$ref": "#/$defs/Money"}),
        (ValueType::Date, _) => json!({"$ref": "#/$defs/Date"}),
        (ValueType::Period, _) => json!({"$ref": "#/$defs/Period"}),
        (ValueType::Text, _) => json!({"$ref": "#/$defs/Text"}),
        (ValueType::OneOf, vocabulary) => member(vocabulary),
        (ValueType::Set, vocabulary) => json!({"type": "array", "items": member(vocabulary)}),
    };
    if let Value::Object(map) = &mut schema {
        map.insert("description".to_owned(), doc.into());
    }
    schema
}

fn member(vocabulary: &Vocabulary) -> Value {
    match vocabulary {
        Vocabulary::Values(values) if values.iter().all(|value| reads_as_text(value)) => {
            json!({"enum": values.iter().map(AsRef::as_ref).collect::<Vec<&str>>()})
        }
        Vocabulary::Iso3166 => json!({"type": "string", "pattern": "^[a-z]{2}$"}),
        Vocabulary::Bcp47 => json!({"type": "string", "pattern": "^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$"}),
        Vocabulary::None | Vocabulary::Values(_) => json!({"$ref": "#/$defs/Text"}),
    }
}

/// Whether a validator sees it as text, quoted or not.
fn reads_as_text(value: &str) -> bool {
    value.starts_with(char::is_alphabetic) && !matches!(value, "true" | "false" | "null")
}

fn named<'a>(names: impl Iterator<Item = (&'a Name, &'a str)>) -> Names {
    names.map(|(name, title)| (name.to_string(), title.to_owned())).collect()
}

fn plain(names: &BTreeSet<String>) -> Names {
    names.iter().map(|name| (name.clone(), String::new())).collect()
}

/// These keys, each with what any key of the mapping holds.
fn keyed(names: &Names, definition: &Value) -> Map<String, Value> {
    let held = definition.get("additionalProperties").cloned().unwrap_or(Value::Bool(true));
    let schema = |title: &String| match &held {
        Value::Object(map) if !title.is_empty() => {
            let mut map = map.clone();
            map.insert("description".to_owned(), title.as_str().into());
            Value::Object(map)
        }
        other => other.clone(),
    };
    names.iter().map(|(name, title)| (name.clone(), schema(title))).collect()
}

/// Makes it a mapping with these keys and no others.
fn close(definition: &mut Value, properties: Map<String, Value>) {
    propose(definition, properties);
    if let Value::Object(map) = definition {
        map.insert("additionalProperties".to_owned(), Value::Bool(false));
        map.remove("propertyNames");
    }
}

/// Makes it a mapping with these keys beside others.
fn propose(definition: &mut Value, properties: Map<String, Value>) {
    if let Value::Object(map) = definition {
        map.insert("properties".to_owned(), Value::Object(properties));
    }
}

/// Makes it one of these texts, or another of its form.
fn suggest(definition: &mut Value, words: &BTreeSet<String>) {
    if words.is_empty() {
        return;
    }
    let mut form = definition.clone();
    if let Value::Object(map) = &mut form {
        map.remove("description");
    }
    *definition = said(definition, json!({"anyOf": [{"enum": words}, form]}));
}

/// Another schema with the same description.
fn said(before: &Value, mut after: Value) -> Value {
    if let (Some(description), Value::Object(map)) = (before.get("description"), &mut after) {
        map.insert("description".to_owned(), description.clone());
    }
    after
}
