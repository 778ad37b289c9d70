//! A plugin's settings: what its JSON Schema says of them, and where in them amounts stand.
//!
//! A schema comes from a plugin and is as little trusted: at most 64 KiB, `#/` references only and
//! none that recurses, patterns without backtracking, and a bound on its size with every reference
//! written out, which bounds the work of checking settings against it.

use std::{collections::BTreeMap, fmt};

use jsonschema::{PatternOptions, ValidationError, Validator, error::ValidationErrorKind};
use serde_json::{Map, Value};

use super::{
    limits::{self, CompileLimits},
    text::tame,
};
use crate::id::nearest;

/// Problems listed at most.
const MOST_PROBLEMS: usize = 20;
/// How deep schemas may stand in each other.
const MOST_DEPTH: usize = 64;
/// Bytes of one compiled pattern.
const PATTERN_BYTES: usize = 1 << 20;

/// A string in the settings that the host turns into an integer before the plugin sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// `5 EUR` becomes ten-thousandths.
    Money,
    /// `2%` becomes billionths.
    Ratio,
    /// `2.5` becomes ten-thousandths.
    Decimal,
}

impl Format {
    fn parse(text: &str) -> Option<Self> {
        match text {
            "money" => Some(Self::Money),
            "ratio" => Some(Self::Ratio),
            "decimal" => Some(Self::Decimal),
            _ => None,
        }
    }

    /// Its name in a schema.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Money => "money",
            Self::Ratio => "ratio",
            Self::Decimal => "decimal",
        }
    }
}

/// One problem of settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingsProblem {
    /// A JSON pointer to what it is about; empty for the settings as a whole.
    pub pointer: String,
    /// What is wrong.
    pub message: String,
    /// What to write instead, where that can be guessed.
    pub help: Option<String>,
}

/// A schema, ready to check settings with.
pub(super) struct Settings {
    schema: Option<(Value, Validator)>,
    shape: Shape,
}

impl Settings {
    /// A plugin without a schema takes no settings.
    pub(super) fn none() -> Self {
        Self { schema: None, shape: Shape::default() }
    }

    /// Reads a schema. The error reads on from "the settings schema".
    pub(super) fn parse(text: &str, limits: &CompileLimits) -> Result<Self, String> {
        if text.len() > limits.schema_bytes {
            return Err(format!("is larger than {}", limits::bytes(limits.schema_bytes as u64)));
        }
        let schema: Value = serde_json::from_str(text).map_err(|e| format!("is not JSON: {e}"))?;
        if !schema.is_object() {
            return Err("is not an object".to_owned());
        }
        refuse_foreign(&schema)?;
        let shape = Reader { root: &schema, nodes_left: limits.schema_nodes }.read()?;
        let validator = jsonschema::options()
            .with_pattern_options(PatternOptions::regex().size_limit(PATTERN_BYTES))
            .build(&schema)
            .map_err(|e| format!("is not a JSON Schema: {}", tame(&e.to_string(), 300)))?;
        Ok(Self { schema: Some((schema, validator)), shape })
    }

    pub(super) fn schema(&self) -> Option<&Value> {
        self.schema.as_ref().map(|(schema, _)| schema)
    }

    /// What is wrong with settings, as they are written in the rule file.
    pub(super) fn check(&self, settings: &Value) -> Result<(), Vec<SettingsProblem>> {
        let problems: Vec<SettingsProblem> = match &self.schema {
            Some((_, validator)) => validator
                .iter_errors(settings)
                .flat_map(|e| self.explain(&e, settings))
                .take(MOST_PROBLEMS)
                .collect(),
            None if settings.as_object().is_some_and(Map::is_empty) => Vec::new(),
            None => vec![problem("", "this plugin takes no settings: write `{}`")],
        };
        if problems.is_empty() { Ok(()) } else { Err(problems) }
    }

    /// The format of the string at that path, if its schema gives one.
    pub(super) fn format_at(&self, path: &[&str]) -> Option<Format> {
        path.iter().try_fold(&self.shape, |shape, key| shape.at(key))?.format
    }

    /// Our own words for the mistakes people make, the library's for the rest.
    fn explain(&self, error: &ValidationError<'_>, settings: &Value) -> Vec<SettingsProblem> {
        let pointer = error.instance_path().as_str();
        match error.kind() {
            ValidationErrorKind::AdditionalProperties { unexpected }
            | ValidationErrorKind::UnevaluatedProperties { unexpected } => {
                unexpected.iter().map(|key| self.unknown(pointer, key)).collect()
            }
            // What the library makes of an object that may have no property at all.
            ValidationErrorKind::FalseSchema => match settings.pointer(pointer) {
                Some(Value::Object(map)) => map.keys().map(|key| self.unknown(pointer, key)).collect(),
                _ => vec![problem(pointer, "nothing may be set here")],
            },
            ValidationErrorKind::Required { property } => {
                let name = property.as_str().unwrap_or_default();
                vec![problem(pointer, &format!("the setting `{}` is missing", tame(name, 80)))]
            }
            _ => {
                let message = error.masked_with("this").to_string();
                vec![problem(pointer, &tame(message.trim_end_matches('.'), 300))]
            }
        }
    }

    fn unknown(&self, pointer: &str, key: &str) -> SettingsProblem {
        let path: Vec<String> =
            pointer.split('/').skip(1).map(|s| s.replace("~1", "/").replace("~0", "~")).collect();
        let known = path.iter().try_fold(&self.shape, |shape, key| shape.at(key));
        let known = known.into_iter().flat_map(|shape| shape.properties.keys().map(String::as_str));
        let escaped = key.replace('~', "~0").replace('/', "~1");
        SettingsProblem {
            help: nearest(key, known).map(|nearest| format!("did you mean `{nearest}`?")),
            ..problem(&format!("{pointer}/{escaped}"), &format!("unknown setting `{}`", tame(key, 80)))
        }
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings").field("schema", &self.schema()).finish_non_exhaustive()
    }
}

fn problem(pointer: &str, message: &str) -> SettingsProblem {
    SettingsProblem { pointer: pointer.to_owned(), message: message.to_owned(), help: None }
}

/// Where formats stand, with references, `allOf`, `anyOf` and `oneOf` merged away.
#[derive(Debug, Default)]
struct Shape {
    format: Option<Format>,
    properties: BTreeMap<String, Shape>,
    additional: Option<Box<Shape>>,
    items: Option<Box<Shape>>,
}

impl Shape {
    fn at(&self, key: &str) -> Option<&Self> {
        let item = || self.items.as_deref().filter(|_| key.bytes().all(|b| b.is_ascii_digit()));
        self.properties.get(key).or(self.additional.as_deref()).or_else(item)
    }
}

/// Anywhere in the schema, used or not: no reference out of it, and nothing that moves its base.
fn refuse_foreign(value: &Value) -> Result<(), String> {
    match value {
        Value::Array(items) => items.iter().try_for_each(refuse_foreign),
        Value::Object(map) => map.iter().try_for_each(|(key, value)| match (key.as_str(), value) {
            ("$ref", Value::String(target)) if !(target == "#" || target.starts_with("#/")) => {
                Err(format!("refers to `{}`: only `#/…` is followed", tame(target, 80)))
            }
            (
                "$id" | "id" | "$anchor" | "$dynamicAnchor" | "$dynamicRef" | "$recursiveRef",
                Value::String(_),
            ) => Err(format!("uses `{key}`: only `$ref` to `#/…` is followed")),
            _ => refuse_foreign(value),
        }),
        _ => Ok(()),
    }
}

/// Keywords whose schemas are about the same value.
const SAME_VALUE: [&str; 3] = ["allOf", "anyOf", "oneOf"];

/// Keywords under which the host does not look for amounts. `$defs` is reached by reference.
const ELSEWHERE: [&str; 14] = [
    "patternProperties",
    "prefixItems",
    "additionalItems",
    "contains",
    "propertyNames",
    "not",
    "if",
    "then",
    "else",
    "dependentSchemas",
    "dependencies",
    "unevaluatedItems",
    "unevaluatedProperties",
    "contentSchema",
];

/// Walks a schema as if every reference were written out, within a budget.
struct Reader<'a> {
    root: &'a Value,
    nodes_left: usize,
}

impl<'a> Reader<'a> {
    fn read(mut self) -> Result<Shape, String> {
        self.shape(&[self.root], 0)
    }

    fn spend(&mut self) -> Result<(), String> {
        self.nodes_left =
            self.nodes_left.checked_sub(1).ok_or("is too large with its references written out")?;
        Ok(())
    }

    fn target(&self, reference: &str) -> Result<&'a Value, String> {
        let pointer = reference.strip_prefix('#').unwrap_or_default().replace("%25", "%");
        self.root
            .pointer(&pointer)
            .ok_or_else(|| format!("refers to `{}`, which is not there", tame(reference, 80)))
    }

    /// The schema and all others about the same value. A reference that comes back to itself, here
    /// or deeper, ends at the limit on depth: settings are no trees, and checking stays bounded.
    fn about_the_same(
        &mut self,
        schema: &'a Value,
        depth: usize,
        found: &mut Vec<&'a Map<String, Value>>,
    ) -> Result<(), String> {
        self.spend()?;
        if depth > MOST_DEPTH {
            return Err(format!("is nested deeper than {MOST_DEPTH}, or refers to itself"));
        }
        let Value::Object(map) = schema else { return Ok(()) };
        found.push(map);
        if let Some(Value::String(reference)) = map.get("$ref") {
            self.about_the_same(self.target(reference)?, depth + 1, found)?;
        }
        for keyword in SAME_VALUE {
            for branch in map.get(keyword).and_then(Value::as_array).into_iter().flatten() {
                self.about_the_same(branch, depth + 1, found)?;
            }
        }
        Ok(())
    }

    fn shape(&mut self, schemas: &[&'a Value], depth: usize) -> Result<Shape, String> {
        let mut all = Vec::new();
        for schema in schemas {
            self.about_the_same(schema, depth, &mut all)?;
        }
        let mut shape = Shape { format: one_format(&all)?, ..Shape::default() };
        let keys = all.iter().filter_map(|s| s.get("properties")?.as_object()).flat_map(Map::keys);
        for key in keys.collect::<std::collections::BTreeSet<_>>() {
            let under: Vec<&Value> = all.iter().filter_map(|schema| property(schema, key)).collect();
            shape.properties.insert(key.clone(), self.shape(&under, depth + 1)?);
        }
        shape.additional = self.under(&all, "additionalProperties", depth)?;
        shape.items = self.under(&all, "items", depth)?;
        for schema in all {
            self.refuse_formats_elsewhere(schema, depth)?;
        }
        Ok(shape)
    }

    fn under(
        &mut self,
        all: &[&'a Map<String, Value>],
        keyword: &str,
        depth: usize,
    ) -> Result<Option<Box<Shape>>, String> {
        let under: Vec<&Value> =
            all.iter().filter_map(|schema| schema.get(keyword)).filter(|schema| schema.is_object()).collect();
        if under.is_empty() {
            return Ok(None);
        }
        Ok(Some(Box::new(self.shape(&under, depth + 1)?)))
    }

    /// An amount where the host does not look would reach the plugin as it is written.
    fn refuse_formats_elsewhere(
        &mut self,
        schema: &'a Map<String, Value>,
        depth: usize,
    ) -> Result<(), String> {
        for keyword in ELSEWHERE {
            if let Some(under) = schema.get(keyword) {
                self.refuse_formats(keyword, under, depth + 1)?;
            }
        }
        match schema.get("items") {
            Some(list @ Value::Array(_)) => self.refuse_formats("items", list, depth + 1),
            _ => Ok(()),
        }
    }

    fn refuse_formats(&mut self, keyword: &str, value: &'a Value, depth: usize) -> Result<(), String> {
        self.spend()?;
        if depth > MOST_DEPTH {
            return Err(format!("is nested deeper than {MOST_DEPTH}, or refers to itself"));
        }
        match value {
            Value::Array(items) => {
                items.iter().try_for_each(|item| self.refuse_formats(keyword, item, depth + 1))
            }
            Value::Object(map) => {
                if let Some(format) = format_of(map) {
                    return Err(format!(
                        "has the format `{}` under `{keyword}`, where amounts are not read",
                        format.as_str()
                    ));
                }
                if let Some(Value::String(reference)) = map.get("$ref") {
                    self.refuse_formats(keyword, self.target(reference)?, depth + 1)?;
                }
                map.values().try_for_each(|value| self.refuse_formats(keyword, value, depth + 1))
            }
            _ => Ok(()),
        }
    }
}

/// The schema for that property: its own, or the one for all others.
fn property<'a>(schema: &'a Map<String, Value>, key: &str) -> Option<&'a Value> {
    let own = schema.get("properties").and_then(|properties| properties.get(key));
    own.or_else(|| schema.get("additionalProperties"))
}

fn format_of(schema: &Map<String, Value>) -> Option<Format> {
    Format::parse(schema.get("format")?.as_str()?)
}

fn one_format(schemas: &[&Map<String, Value>]) -> Result<Option<Format>, String> {
    let mut formats = schemas.iter().filter_map(|schema| format_of(schema));
    let Some(first) = formats.next() else { return Ok(None) };
    match formats.find(|format| *format != first) {
        Some(other) => Err(format!("has one value as both `{}` and `{}`", first.as_str(), other.as_str())),
        None => Ok(Some(first)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn parse(schema: &Value) -> Result<Settings, String> {
        Settings::parse(&schema.to_string(), &CompileLimits::default())
    }

    #[track_caller]
    fn refused(schema: Value, expected: &str) {
        assert_eq!(parse(&schema).map(|_| ()).unwrap_err(), expected);
    }

    #[test]
    fn a_schema_from_a_plugin_is_bounded() {
        refused(json!([]), "is not an object");
        refused(
            json!({"$ref": "https://example.org/schema.json"}),
            "refers to `https://example.org/schema.json`: only `#/…` is followed",
        );
        refused(
            json!({"$defs": {"unused": {"$ref": "file:///etc/passwd"}}}),
            "refers to `file:///etc/passwd`: only `#/…` is followed",
        );
        refused(json!({"$id": "https://example.org/"}), "uses `$id`: only `$ref` to `#/…` is followed");
        refused(json!({"$ref": "#/$defs/gone"}), "refers to `#/$defs/gone`, which is not there");
        refused(json!({"$ref": "#"}), "is nested deeper than 64, or refers to itself");
        refused(
            json!({"properties": {"child": {"$ref": "#"}}}),
            "is nested deeper than 64, or refers to itself",
        );
        let doubling: Map<String, Value> = (0..30)
            .map(|i| (format!("d{i}"), json!({"allOf": [{"$ref": format!("#/$defs/d{}", i + 1)}, {"$ref": format!("#/$defs/d{}", i + 1)}]})))
            .chain([("d30".to_owned(), json!({}))])
            .collect();
        refused(
            json!({"$ref": "#/$defs/d0", "$defs": doubling}),
            "is too large with its references written out",
        );
        let long = json!({"description": "x".repeat(70_000)});
        refused(long, "is larger than 64 KiB");
        assert!(
            parse(&json!({"properties": {"a": {"pattern": "(?=a)b"}}})).is_err(),
            "a pattern that looks ahead"
        );
        assert!(parse(&json!({"type": "objekt"})).is_err());
    }

    #[test]
    fn amounts_are_found_where_they_stand() {
        let schema = json!({
            "properties": {
                "price": {"$ref": "#/$defs/money"},
                "shares": {"additionalProperties": {"properties": {"share": {"type": "string", "format": "ratio"}}}},
                "steps": {"type": "array", "items": {"anyOf": [{"type": "string", "format": "decimal"}, {"type": "null"}]}},
                "note": {"type": "string", "format": "date"},
            },
            "$defs": {"money": {"type": "string", "format": "money"}},
        });
        let settings = parse(&schema).unwrap();
        assert_eq!(settings.format_at(&["price"]), Some(Format::Money));
        assert_eq!(settings.format_at(&["shares", "pt-BR", "share"]), Some(Format::Ratio));
        assert_eq!(settings.format_at(&["steps", "3"]), Some(Format::Decimal));
        assert_eq!(settings.format_at(&["steps", "x"]), None);
        assert_eq!(settings.format_at(&["note"]), None);
        assert_eq!(settings.format_at(&[]), None);
        refused(
            json!({"patternProperties": {"^x": {"format": "money"}}}),
            "has the format `money` under `patternProperties`, where amounts are not read",
        );
        refused(
            json!({"anyOf": [{"properties": {"a": {"format": "money"}}}, {"additionalProperties": {"format": "ratio"}}]}),
            "has one value as both `money` and `ratio`",
        );
    }

    #[test]
    fn settings_are_checked_in_our_words() {
        let settings = parse(&json!({
            "type": "object",
            "properties": {
                "amount": {"type": "string", "format": "money"},
                "languages": {"type": "object", "additionalProperties": {"type": "object", "properties": {"share": {"type": "string"}}, "additionalProperties": false}},
            },
            "required": ["amount"],
            "additionalProperties": false,
        }))
        .unwrap();
        settings.check(&json!({"amount": "5 EUR"})).unwrap();
        let problems =
            settings.check(&json!({"amuont": "5 EUR", "languages": {"de": {"shaer": 1}}})).unwrap_err();
        let shown: Vec<String> = problems
            .iter()
            .map(|p| format!("{}: {} ({})", p.pointer, p.message, p.help.as_deref().unwrap_or("")))
            .collect();
        assert_eq!(
            shown,
            [
                "/languages/de/shaer: unknown setting `shaer` (did you mean `share`?)",
                "/amuont: unknown setting `amuont` (did you mean `amount`?)",
                ": the setting `amount` is missing ()",
            ]
        );
        let problems = settings.check(&json!({"amount": 5})).unwrap_err();
        assert_eq!(problems[0].pointer, "/amount");
        assert_eq!(problems[0].message, "this is not of type \"string\"");
        let empty = parse(&json!({"type": "object", "additionalProperties": false})).unwrap();
        let problems = empty.check(&json!({"a": 1})).unwrap_err();
        assert_eq!(
            (problems[0].pointer.as_str(), problems[0].message.as_str()),
            ("/a", "unknown setting `a`")
        );
        Settings::none().check(&json!({})).unwrap();
        Settings::none().check(&json!({"a": 1})).unwrap_err();
    }
}
