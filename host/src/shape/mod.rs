//! The shape of every file people write, as JSON Schema (draft 2020-12), for editors and for validators
//! in other languages.
//!
//! The types below have the shape of the files and no other use: nothing is ever read into them, because
//! serde stops at the first error and loses positions (`rules/yaml`). The readers stay the judges. That the
//! two say the same is held by a test: it lets the readers read an example of every construct, notes for
//! each mapping which keys they know there, and compares them with the properties that the schema has at
//! that place, in both directions. The readers' lists need no second home that way, and a construct that
//! one side has and the other has not is found, too. A schema says less than the readers: names that must
//! be declared, dates in order, expressions are theirs. It is stricter in one thing: `true` and `false`
//! stand without quotes.
//!
//! [`schema`] is what all folders have in common, checked in under `rules/schema`; [`folder`] adds what one
//! folder declares.

pub mod base;
pub mod case;
pub mod config;
pub mod folder;

pub mod jurisdiction;
pub mod law;
mod partial;
pub mod scalar;
pub mod strategy;
pub mod test;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use schemars::{JsonSchema, generate::SchemaSettings};
use serde_json::{Map, Value};

/// Which file a schema is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FileKind {
    /// A place: `br.yaml`.
    Jurisdiction,
    /// `facts.yaml`.
    Facts,
    /// `fx.yaml`.
    Fx,
    /// `rates.yaml`.
    Rates,
    /// `roles.yaml`.
    Roles,
    /// A question.
    Strategy,
    /// What the operator of a host decides: `landfall.yaml`.
    Config,
    /// What a plugin is given and what must come back.
    Case,
}

impl FileKind {
    /// Every kind.
    pub const ALL: [Self; 8] = [
        Self::Jurisdiction,
        Self::Facts,
        Self::Fx,
        Self::Rates,
        Self::Roles,
        Self::Strategy,
        Self::Config,
        Self::Case,
    ];

    /// Its name, as in `schema: landfall/facts@1`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Jurisdiction => "jurisdiction",
            Self::Facts => "facts",
            Self::Fx => "fx",
            Self::Rates => "rates",
            Self::Roles => "roles",
            Self::Strategy => "strategy",
            Self::Config => "config",
            Self::Case => "case",
        }
    }

    /// The name of the file that holds its schema.
    #[must_use]
    pub fn file_name(self) -> String {
        format!("{}.json", self.as_str())
    }
}

/// The schema that all files of a kind have in common.
#[must_use]
pub fn schema(kind: FileKind) -> Value {
    finished(kind, open(kind))
}

/// With the parts that are made of others, and without what nothing refers to.
fn finished(kind: FileKind, mut schema: Value) -> Value {
    if kind == FileKind::Jurisdiction {
        partial::define(&mut schema);
    }
    prune(&mut schema);
    schema
}

fn open(kind: FileKind) -> Value {
    match kind {
        FileKind::Jurisdiction => of::<jurisdiction::Jurisdiction>(),
        FileKind::Facts => of::<base::FactsFile>(),
        FileKind::Fx => of::<base::FxFile>(),
        FileKind::Rates => of::<base::RatesFile>(),
        FileKind::Roles => of::<base::RolesFile>(),
        FileKind::Strategy => of::<strategy::Strategy>(),
        FileKind::Config => of::<config::ConfigFile>(),
        FileKind::Case => of::<case::CaseFile>(),
    }
}

fn of<T: JsonSchema>() -> Value {
    let mut generator = SchemaSettings::draft2020_12().into_generator();
    // Referred to by hand, where a type depends on a word beside it.
    generator.subschema_for::<scalar::Flag>();
    generator.subschema_for::<scalar::Count>();
    generator.subschema_for::<scalar::Ratio>();
    generator.subschema_for::<scalar::Money>();
    generator.subschema_for::<scalar::Text>();
    generator.subschema_for::<scalar::Date>();
    generator.subschema_for::<scalar::Period>();
    let mut schema = generator.into_root_schema_for::<T>().to_value();
    without_null(&mut schema);
    schema
}

/// An optional key may be missing; a key without a value is an error. `Option` says null for both.
fn without_null(schema: &mut Value) {
    match schema {
        Value::Object(map) => {
            drop_null(map);
            map.values_mut().for_each(without_null);
        }
        Value::Array(items) => items.iter_mut().for_each(without_null),
        _ => {}
    }
}

fn drop_null(map: &mut Map<String, Value>) {
    if let Some(Value::Array(types)) = map.get_mut("type") {
        types.retain(|one| one != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            map.insert("type".to_owned(), only);
        }
    }
    let Some(Value::Array(branches)) = map.get_mut("anyOf") else { return };
    branches.retain(|branch| branch.get("type").is_none_or(|one| one != "null"));
    if let [Value::Object(only)] = branches.as_slice() {
        let only = only.clone();
        map.remove("anyOf");
        // What is said of the key here is nearer to it than what is said of its type.
        for (key, value) in only {
            map.entry(key).or_insert(value);
        }
    }
}

/// Takes out definitions that nothing refers to.
fn prune(schema: &mut Value) {
    let mut used = BTreeSet::new();
    let mut next: Vec<String> = Vec::new();
    if let Value::Object(root) = &*schema {
        root.iter().filter(|(key, _)| *key != "$defs").for_each(|(_, value)| references(value, &mut next));
    }
    while let Some(name) = next.pop() {
        if let Some(definition) = schema.pointer(&format!("/$defs/{name}"))
            && used.insert(name)
        {
            references(definition, &mut next);
        }
    }
    if let Some(Value::Object(defs)) = schema.get_mut("$defs") {
        defs.retain(|name, _| used.contains(name));
    }
}

/// The names of definitions below.
fn references(schema: &Value, found: &mut Vec<String>) {
    match schema {
        Value::Object(map) => {
            let reference = map.get("$ref").and_then(Value::as_str);
            let name = reference.and_then(|path| path.strip_prefix("#/$defs/"));
            found.extend(name.and_then(|path| path.split('/').next()).map(str::to_owned));
            map.values().for_each(|value| references(value, found));
        }
        Value::Array(items) => items.iter().for_each(|value| references(value, found)),
        _ => {}
    }
}

/// As it stands in a file: what fits on a line stands on one.
#[must_use]
pub fn text(schema: &Value) -> String {
    let mut text = String::new();
    write(schema, 0, 0, &mut text);
    text.push('\n');
    text
}

fn on_one_line(value: &Value) -> String {
    let joined = |items: Vec<String>| items.join(", ");
    match value {
        Value::Object(map) => {
            let entry = |(key, value): (&String, &Value)| {
                format!("{}: {}", Value::from(key.as_str()), on_one_line(value))
            };
            format!("{{{}}}", joined(map.iter().map(entry).collect()))
        }
        Value::Array(items) => format!("[{}]", joined(items.iter().map(on_one_line).collect())),
        scalar => scalar.to_string(),
    }
}

/// `taken` is what already stands on the line.
fn write(value: &Value, depth: usize, taken: usize, text: &mut String) {
    const WIDTH: usize = 110;
    let short = on_one_line(value);
    let (open, close, items): (char, char, Vec<(String, &Value)>) = match value {
        Value::Object(map) if !map.is_empty() => (
            '{',
            '}',
            map.iter().map(|(key, value)| (format!("{}: ", Value::from(key.as_str())), value)).collect(),
        ),
        Value::Array(items) if !items.is_empty() => {
            ('[', ']', items.iter().map(|value| (String::new(), value)).collect())
        }
        _ => return text.push_str(&short),
    };
    if depth > 0 && depth * 2 + taken + short.chars().count() <= WIDTH {
        return text.push_str(&short);
    }
    text.push(open);
    let last = items.len();
    let scalars = items.iter().all(|(_, item)| item.is_string() || item.is_number());
    let mut column = usize::MAX;
    for (at, (key, item)) in items.into_iter().enumerate() {
        let length = key.chars().count() + on_one_line(item).chars().count() + 1;
        // A list of words is filled like a paragraph.
        if !scalars || column.saturating_add(length) > WIDTH {
            text.push('\n');
            text.push_str(&"  ".repeat(depth + 1));
            column = 2 * (depth + 1);
        } else {
            text.push(' ');
        }
        column = column.saturating_add(length + 1);
        text.push_str(&key);
        write(item, depth + 1, key.chars().count(), text);
        if at + 1 < last {
            text.push(',');
        }
    }
    text.push('\n');
    text.push_str(&"  ".repeat(depth));
    text.push(close);
}
