//! The schema of a part of a rule file, as a scenario's `set` is: the same keys, none of them required.
//! Lists are whole: they replace, and do not merge.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

/// Where the schema of a part stands.
pub(super) const SET: &str = "#/$defs/Partial";

const DEFS: &str = "#/$defs/";
/// What a scenario may lay something over.
const CHANGED: [&str; 12] = [
    "status",
    "sources",
    "facts",
    "params",
    "obligations",
    "penalties",
    "choices",
    "blocks",
    "gaps",
    "open_terms",
    "fills",
    "stages",
];
/// What asks for keys.
const ASKING: [&str; 5] = ["required", "dependentRequired", "minProperties", "oneOf", "not"];

/// Adds the schema of a part of what this is the schema of.
pub(super) fn define(schema: &mut Value) {
    let Some(defs) = schema.get("$defs").and_then(Value::as_object).cloned() else { return };
    let whole = schema.get("properties").and_then(Value::as_object).cloned().unwrap_or_default();
    let mut making =
        Making { defs: &defs, asks: BTreeMap::new(), made: Map::new(), under_way: BTreeSet::new() };
    let properties: Map<String, Value> = whole
        .into_iter()
        .filter(|(key, _)| CHANGED.contains(&key.as_str()))
        .map(|(key, value)| (key, making.part(value)))
        .collect();
    let mut made = making.made;
    made.insert(
        "Partial".to_owned(),
        json!({
            "description": "A part of this file, laid over it.", "type": "object", "minProperties": 1,
            "additionalProperties": false, "properties": properties
        }),
    );
    if let Some(Value::Object(defs)) = schema.get_mut("$defs") {
        defs.append(&mut made);
    }
}

struct Making<'d> {
    defs: &'d Map<String, Value>,
    /// Whether a part of it is something else than all of it.
    asks: BTreeMap<String, bool>,
    made: Map<String, Value>,
    under_way: BTreeSet<String>,
}

impl Making<'_> {
    fn part(&mut self, schema: Value) -> Value {
        let Value::Object(map) = schema else { return schema };
        let mapping = map.get("type").is_some_and(|one| one == "object");
        let part = map.into_iter().filter_map(|(key, value)| {
            if mapping && ASKING.contains(&key.as_str()) {
                return None;
            }
            let value = match (key.as_str(), value) {
                ("$ref", Value::String(reference)) => Value::String(self.reference(reference)),
                ("anyOf" | "allOf", Value::Array(branches)) if mapping => {
                    // These tie keys to each other; what is laid over is checked as a whole.
                    drop(branches);
                    return None;
                }
                ("anyOf", Value::Array(branches)) => {
                    branches.into_iter().map(|branch| self.part(branch)).collect()
                }
                ("properties", Value::Object(properties)) => {
                    let properties = properties.into_iter();
                    Value::Object(properties.map(|(key, value)| (key, self.part(value))).collect())
                }
                ("additionalProperties", value) => self.part(value),
                (_, value) => value,
            };
            Some((key, value))
        });
        Value::Object(part.collect())
    }

    fn reference(&mut self, reference: String) -> String {
        let Some(name) = reference.strip_prefix(DEFS).map(str::to_owned) else { return reference };
        let Some(whole) = self.defs.get(&name).cloned() else { return reference };
        if let Some(asks) = self.asks.get(&name) {
            return if *asks { format!("{DEFS}Partial{name}") } else { reference };
        }
        // No type of a rule file holds itself, so what is under way does not come up again.
        if !self.under_way.insert(name.clone()) {
            return reference;
        }
        let part = self.part(whole.clone());
        let asks = part != whole;
        self.asks.insert(name.clone(), asks);
        if !asks {
            return reference;
        }
        let part_name = format!("Partial{name}");
        self.made.insert(part_name.clone(), part);
        format!("{DEFS}{part_name}")
    }
}
