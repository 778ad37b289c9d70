//! `package.json`. Its members have no places: they are few, and named.

use serde_json::{Map, Value};

use super::manifest::{Field, Manifest};
use crate::{
    diagnostic::Diagnostic,
    source::{SourceFile, Span},
};

/// What the package says.
pub(super) fn read(source: &SourceFile) -> Result<Manifest, Vec<Diagnostic>> {
    let value: Value = serde_json::from_str(&source.text).map_err(|error| vec![unread(source, &error)])?;
    let Value::Object(package) = value else {
        let problem = Diagnostic::error("this is no object").in_file(&source.name);
        return Err(vec![problem.help("write `{\"name\": …, \"version\": …, \"description\": …}`")]);
    };
    Ok(Manifest {
        name: field(&package, "name"),
        version: field(&package, "version"),
        description: field(&package, "description"),
        written: |key| format!("`\"{key}\": \"…\"`"),
    })
}

fn field(package: &Map<String, Value>, key: &str) -> Field {
    match package.get(key) {
        None => Field::Absent,
        Some(Value::String(text)) => Field::Text(text.clone(), None),
        Some(_) => Field::NoText(None),
    }
}

fn unread(source: &SourceFile, error: &serde_json::Error) -> Diagnostic {
    let number = |number: usize| u32::try_from(number.max(1)).unwrap_or(u32::MAX);
    let span = Span { line: number(error.line()), column: number(error.column()), length: 1 };
    let said = error.to_string();
    // Its place is said by ours.
    let said = said.split(" at line ").next().unwrap_or_default();
    Diagnostic::error(format!("this is not JSON: {said}")).at(source, span)
}
