//! `Cargo.toml`: a package, and what it takes from the workspace around it.

use std::{fs, ops::Range, path::Path};

use toml::de::{DeTable, DeValue};

use super::manifest::{Field, Manifest};
use crate::{
    diagnostic::Diagnostic,
    source::{SourceFile, Span},
};

/// What the package says.
pub(super) fn read(source: &SourceFile, folder: &Path) -> Result<Manifest, Vec<Diagnostic>> {
    let table = parse(source).map_err(|problem| vec![problem])?;
    let package = section(&table, "package").ok_or_else(|| {
        let problem = Diagnostic::error("there is no [package] in it").in_file(&source.name);
        vec![problem.help("name the folder of one plugin, which has a `[package]`")]
    })?;
    let read = |key| match field(source, package, key) {
        Field::NoText(span) if is_inherited(package, key) => {
            inherited(folder, key).unwrap_or(Field::Inherited(span.unwrap_or(Span::START)))
        }
        field => field,
    };
    Ok(Manifest {
        name: read("name"),
        version: read("version"),
        description: read("description"),
        written: |key| format!("`{key} = \"…\"` under [package]"),
    })
}

/// A TOML file as a table.
pub(super) fn parse(source: &SourceFile) -> Result<DeTable<'_>, Diagnostic> {
    DeTable::parse(&source.text).map(toml::Spanned::into_inner).map_err(|error| {
        let problem = Diagnostic::error(format!("this is not TOML: {}", error.message().replace('\n', ", ")));
        match error.span() {
            Some(range) => problem.at(source, span(source, &range)),
            None => problem.in_file(&source.name),
        }
    })
}

pub(super) fn section<'t, 'i>(table: &'t DeTable<'i>, key: &str) -> Option<&'t DeTable<'i>> {
    table.get(key)?.get_ref().as_table()
}

/// A member that should be text.
pub(super) fn field(source: &SourceFile, table: &DeTable<'_>, key: &str) -> Field {
    let Some(value) = table.get(key) else { return Field::Absent };
    let span = Some(span(source, &value.span()));
    match value.get_ref() {
        DeValue::String(text) => Field::Text(text.to_string(), span),
        _ => Field::NoText(span),
    }
}

/// `version.workspace = true`.
fn is_inherited(package: &DeTable<'_>, key: &str) -> bool {
    let table = section(package, key);
    table.is_some_and(|table| table.get("workspace").is_some_and(|is| is.get_ref().as_bool() == Some(true)))
}

/// What the nearest workspace above says. It stands in another file, so it has no place in this one.
fn inherited(folder: &Path, key: &str) -> Option<Field> {
    let folder = fs::canonicalize(folder).ok()?;
    folder.ancestors().find_map(|above| {
        let bytes = fs::read(above.join("Cargo.toml")).ok()?;
        let source = SourceFile::new("Cargo.toml", &bytes).ok()?;
        let table = parse(&source).ok()?;
        match field(&source, section(section(&table, "workspace")?, "package")?, key) {
            Field::Text(text, _) => Some(Field::Text(text, None)),
            _ => None,
        }
    })
}

/// Bytes of the text as a place in it.
fn span(source: &SourceFile, range: &Range<usize>) -> Span {
    let before = source.text.get(..range.start).unwrap_or(&source.text);
    let line = before.matches('\n').count() + 1;
    let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
    let within = source.text.get(range.clone()).unwrap_or_default();
    let length = within.chars().take_while(|c| *c != '\n').count().max(1);
    let number = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    Span { line: number(line), column: number(column), length: number(length) }
}
