//! Something to ask a plugin for which nobody wrote a case: made up from its description, as the text of a case file,
//! so that it is read like one. And the least that a rule file says to bind it.
//!
//! What is made up has the right types and means nothing. A plugin may refuse it, and says why.

use std::fmt::Write as _;

use serde_json::{Map, Value};

use super::provided::Provided;
use crate::{
    id::Stage,
    plugin::{ChoiceNeed, Description, Need, Plugin},
    rules::vocabulary::Vocabulary,
    value::ValueType,
};

/// How deep a made-up setting goes: a schema may be deeper, and one that is needs a case by hand.
const MOST_DEPTH: usize = 16;

/// A case file for a stage. `duties` says whether it has obligations.
pub(super) fn case(plugin: &Plugin, stage: Stage, duties: bool, rules: Option<Provided<'_>>) -> String {
    let about = &plugin.description;
    let mut text = format!("schema: landfall/case@1\nname: made up for {stage}\nstage: {stage}\n");
    let values = |needs: &[Need]| flow(needs.iter().map(|need| (need.name.as_str(), value(need, rules))));
    let _ = writeln!(text, "facts: {}\nparams: {}", values(&about.facts), values(&about.params));
    let choices = about.choices.iter().filter_map(|choice| {
        let first = choice.options.first()?;
        Some((choice.id.as_str(), first.to_string()))
    });
    let _ = writeln!(text, "choices: {}", flow(choices));
    let _ = writeln!(text, "settings: {}", settings(about));
    if duties {
        let _ = writeln!(text, "obligations:");
        let known = about.knows.iter().map(AsRef::as_ref);
        let demands = match about.demands.as_slice() {
            [] => String::new(),
            needs => format!(", demands: {}", values(needs)),
        };
        for name in known.chain(["any_other"]) {
            let _ = writeln!(
                text,
                "  xx.{name}: {{once: 1000 EUR, yearly: {{low: 100 EUR, likely: 200 EUR, high: 400 EUR}}{demands}}}"
            );
        }
    }
    text
}

/// What a rule file says to bind it: a stage, and whatever the folder does not provide yet.
pub(super) fn to_bind(about: &Description, rules: Provided<'_>) -> String {
    let mut text = "# in the rule file of a market, or of a bloc it extends\nstages:\n".to_owned();
    for stage in &about.stages {
        let _ = writeln!(text, "  {stage}: {{{}: {}}}", about.id, settings(about));
    }
    let missing = |need: &&Need| need.required && rules.params(need).is_empty();
    let params: Vec<&Need> = about.params.iter().filter(missing).collect();
    if !params.is_empty() {
        text.push_str("params:\n");
    }
    for need in params {
        let value = value(need, None);
        let _ = writeln!(
            text,
            "  {}: {{type: {}, values: [{{from: 2026-01-01, value: {value}, cite: \"SOURCE#PLACE\"}}]}}",
            need.name, need.value_type
        );
    }
    let missing = |choice: &&ChoiceNeed| rules.choices(choice).is_empty();
    let choices: Vec<&ChoiceNeed> = about.choices.iter().filter(missing).collect();
    if !choices.is_empty() {
        text.push_str("choices:\n");
    }
    for choice in choices {
        let options = flow(choice.options.iter().map(|option| (option.as_str(), "{}".to_owned())));
        let _ = writeln!(text, "  {}: {{options: {options}}}", choice.id);
    }
    text
}

fn flow<'a>(entries: impl Iterator<Item = (&'a str, String)>) -> String {
    let entries: Vec<String> = entries.map(|(key, value)| format!("{key}: {value}")).collect();
    format!("{{{}}}", entries.join(", "))
}

/// Of the type, and from the vocabulary where the rules have one.
fn value(need: &Need, rules: Option<Provided<'_>>) -> String {
    let declared = rules.and_then(|rules| rules.fact(&need.name)).map(|fact| &fact.vocabulary);
    let word = match declared {
        Some(Vocabulary::Values(values)) => {
            values.first().map_or_else(|| "de".to_owned(), |value| Value::from(&**value).to_string())
        }
        // A country and a language.
        _ => "de".to_owned(),
    };
    match need.value_type {
        ValueType::Flag => "true".to_owned(),
        ValueType::Count => "1000".to_owned(),
        ValueType::Ratio => "10%".to_owned(),
        ValueType::Money => "1000 EUR".to_owned(),
        ValueType::Text | ValueType::OneOf => word,
        ValueType::Set => format!("[{word}]"),
        ValueType::Date => "2026-01-01".to_owned(),
        ValueType::Period => "30 days".to_owned(),
    }
}

/// The least that the schema takes, as YAML in one line.
fn settings(about: &Description) -> String {
    match &about.settings_schema {
        Some(schema) => yaml(&Sampler { root: schema }.object(schema, 0)),
        None => "{}".to_owned(),
    }
}

/// JSON is YAML; names that need no quotes have none, and money is written as people write it.
fn yaml(value: &Value) -> String {
    match value {
        Value::Object(map) => flow(map.iter().map(|(key, value)| (key.as_str(), yaml(value)))),
        Value::Array(items) => format!("[{}]", items.iter().map(yaml).collect::<Vec<_>>().join(", ")),
        Value::String(text) if is_plain(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Whether YAML reads it as the same text without quotes.
fn is_plain(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || " .%_-".contains(c);
    let word = ["true", "false", "yes", "no", "on", "off", "y", "n", "null"].contains(&text);
    text.chars().next().is_some_and(char::is_alphanumeric) && text.chars().all(plain) && !word
}

/// Makes a value up that a schema takes, as far as that can be seen from types and formats.
struct Sampler<'a> {
    root: &'a Value,
}

impl<'a> Sampler<'a> {
    fn value(&self, schema: &'a Value, depth: usize) -> Value {
        let Some(map) = schema.as_object().filter(|_| depth <= MOST_DEPTH) else { return Value::Null };
        if let Some(said) = map.get("default").or_else(|| map.get("const")) {
            return said.clone();
        }
        let first = |key: &str| map.get(key).and_then(Value::as_array).and_then(|list| list.first());
        if let Some(said) = first("examples").or_else(|| first("enum")) {
            return said.clone();
        }
        if let Some(target) = self.target(map) {
            return self.value(target, depth + 1);
        }
        for keyword in ["anyOf", "oneOf", "allOf"] {
            if let Some(branch) = first(keyword) {
                return self.value(branch, depth + 1);
            }
        }
        self.of_type(schema, map, depth)
    }

    fn target(&self, map: &Map<String, Value>) -> Option<&'a Value> {
        self.root.pointer(map.get("$ref")?.as_str()?.strip_prefix('#')?)
    }

    fn of_type(&self, schema: &'a Value, map: &'a Map<String, Value>, depth: usize) -> Value {
        let ty = match map.get("type") {
            Some(Value::Array(types)) => types.first().and_then(Value::as_str),
            other => other.and_then(Value::as_str),
        };
        match ty {
            Some("boolean") => Value::Bool(false),
            Some("integer" | "number") => map.get("minimum").cloned().unwrap_or_else(|| Value::from(1)),
            Some("array") => {
                let some = map.get("minItems").and_then(Value::as_u64).is_some_and(|least| least > 0);
                let items = map.get("items").filter(|_| some);
                Value::Array(items.map(|item| self.value(item, depth + 1)).into_iter().collect())
            }
            Some("object") => self.object(schema, depth),
            Some("string") => Value::from(match map.get("format").and_then(Value::as_str) {
                Some("money") => "1 EUR",
                Some("ratio") => "100%",
                Some("decimal") => "1",
                _ => "text",
            }),
            _ if map.contains_key("properties") => self.object(schema, depth),
            _ => Value::Null,
        }
    }

    /// Only what is required; one entry where a map must have one.
    fn object(&self, schema: &'a Value, depth: usize) -> Value {
        let mut object = Map::new();
        let required = schema.get("required").and_then(Value::as_array).into_iter().flatten();
        for name in required.filter_map(Value::as_str) {
            let property = schema.get("properties").and_then(|properties| properties.get(name));
            object.insert(name.to_owned(), property.map_or(Value::Null, |of| self.value(of, depth + 1)));
        }
        let least = schema.get("minProperties").and_then(Value::as_u64).unwrap_or(0);
        if object.is_empty() && least > 0 {
            let of = schema.get("additionalProperties").filter(|of| of.is_object());
            object.insert("de".to_owned(), of.map_or(Value::Null, |of| self.value(of, depth + 1)));
        }
        Value::Object(object)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn sampled(schema: &Value, expected: &str) {
        assert_eq!(yaml(&Sampler { root: schema }.object(schema, 0)), expected);
    }

    #[test]
    fn settings_are_made_up_from_their_schema() {
        sampled(&json!({"properties": {"range": {"type": "object"}}}), "{}");
        sampled(
            &json!({
                "required": ["fee", "part", "due", "seats", "open", "name"],
                "properties": {
                    "fee": {"anyOf": [{"type": "string", "format": "money"}, {"type": "object"}]},
                    "part": {"$ref": "#/$defs/part"},
                    "due": {"enum": ["before", "after"]},
                    "seats": {"type": "integer", "minimum": 3},
                    "open": {"type": "boolean"},
                    "name": {"type": "string", "default": "a: b"},
                },
                "$defs": {"part": {"type": "string", "format": "ratio"}},
            }),
            r#"{due: before, fee: 1 EUR, name: "a: b", open: false, part: 100%, seats: 3}"#,
        );
        sampled(
            &json!({"required": ["languages"], "properties": {"languages": {
                "type": "object", "minProperties": 1, "additionalProperties": {
                    "type": "object", "required": ["share"],
                    "properties": {"share": {"type": "string", "format": "ratio"}}}}}}),
            "{languages: {de: {share: 100%}}}",
        );
    }

    #[test]
    fn a_schema_that_refers_to_itself_has_an_end() {
        let schema = json!({"required": ["a"], "properties": {"a": {"$ref": "#"}}});
        assert!(yaml(&Sampler { root: &schema }.object(&schema, 0)).len() < 400);
    }
}
