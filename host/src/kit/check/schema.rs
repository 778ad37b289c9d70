//! A settings schema, read by whoever must write settings: what each one means, what it is where nobody says, and whether
//! a slip is noticed.

use serde_json::{Map, Value};

use crate::diagnostic::Diagnostic;

/// Findings listed; a schema has at most 64 KiB, and nobody reads more.
const MOST: usize = 20;

/// Bounds of a spread or range: what they are bounds of is said above them.
const BOUNDS: [&str; 3] = ["low", "likely", "high"];

/// What is to be said of it.
pub(super) fn findings(schema: &Value) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    walk(schema, &mut Vec::new(), &mut found);
    found.truncate(MOST);
    found
}

/// Every schema within the schema, wherever it stands. References are not followed: what they refer to stands somewhere.
fn walk<'a>(schema: &'a Value, path: &mut Vec<&'a str>, found: &mut Vec<Diagnostic>) {
    let Value::Object(map) = schema else { return };
    if let Some(Value::Object(properties)) = map.get("properties") {
        closed(map, path, found);
        let required = map.get("required").and_then(Value::as_array);
        for (name, property) in properties {
            path.push(name);
            let is_required = required.is_some_and(|names| names.iter().any(|one| one == name.as_str()));
            setting(name, property, is_required, path, found);
            walk(property, path, found);
            path.pop();
        }
    }
    for (key, value) in map.iter().filter(|(key, _)| key.as_str() != "properties") {
        match (key.as_str(), value) {
            ("$defs" | "definitions" | "patternProperties", Value::Object(schemas)) => {
                for (name, schema) in schemas {
                    path.push(name);
                    walk(schema, path, found);
                    path.pop();
                }
            }
            ("anyOf" | "oneOf" | "allOf", Value::Array(schemas)) => {
                schemas.iter().for_each(|schema| walk(schema, path, found));
            }
            ("additionalProperties" | "items", schema) => walk(schema, path, found),
            _ => {}
        }
    }
}

/// A misspelt setting must not be taken without a word.
fn closed(map: &Map<String, Value>, path: &[&str], found: &mut Vec<Diagnostic>) {
    if map.contains_key("additionalProperties") || map.contains_key("unevaluatedProperties") {
        return;
    }
    let what = match path {
        [] => "the settings schema takes settings it does not know".to_owned(),
        path => format!("the settings schema takes anything under `{}`", path.join(".")),
    };
    let help =
        "add `\"additionalProperties\": false`: a misspelt setting is otherwise ignored without a word";
    found.push(Diagnostic::warning(what).help(help));
}

fn setting(name: &str, property: &Value, required: bool, path: &[&str], found: &mut Vec<Diagnostic>) {
    let said = |key: &str| property.get(key).is_some();
    // What it refers to says it, or does not and is told there.
    if BOUNDS.contains(&name) || said("$ref") {
        return;
    }
    let path = path.join(".");
    if !said("description") && !said("title") {
        let message = format!("the setting `{path}` has no description");
        let help =
            "say in the schema what it is, and in which unit: whoever writes a rule file reads nothing else";
        found.push(Diagnostic::warning(message).help(help));
    }
    if !required && !said("default") {
        let message = format!("the setting `{path}` may be left out, and has no default");
        let help = "add `\"default\"` to its schema, what it is then; or list it under `\"required\"`";
        found.push(Diagnostic::note(message).help(help));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn said(schema: &Value, expected: &[&str]) {
        let found: Vec<String> = findings(schema).into_iter().map(|one| one.message).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn a_schema_that_says_everything_is_good() {
        said(
            &json!({"type": "object", "additionalProperties": false, "required": ["fee"], "properties": {
                "fee": {"description": "what to pay", "type": "string", "format": "money"},
                "range": {"description": "how far off", "default": {"low": "100%", "high": "100%"}, "type": "object",
                    "additionalProperties": false, "properties": {"low": {}, "high": {}}},
                "other": {"$ref": "#/$defs/other"},
            }, "$defs": {"other": {"type": "string"}}}),
            &[],
        );
    }

    #[test]
    fn what_nobody_could_write_from_it_is_told() {
        said(
            &json!({"properties": {
                "fee": {"type": "string"},
                "many": {"description": "by name", "default": {}, "additionalProperties": {
                    "properties": {"one": {"description": "one"}}, "required": ["one"]}},
            }}),
            &[
                "the settings schema takes settings it does not know",
                "the setting `fee` has no description",
                "the setting `fee` may be left out, and has no default",
                "the settings schema takes anything under `many`",
            ],
        );
    }

    #[test]
    fn there_is_an_end_to_it() {
        let properties: Map<String, Value> = (0..100).map(|i| (format!("s{i}"), json!({}))).collect();
        assert_eq!(findings(&json!({"properties": properties})).len(), MOST);
    }
}
