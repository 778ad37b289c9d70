//! `choices:` with their options in the written order.

use std::sync::Arc;

use super::{
    super::{Spanned, scalar},
    law::{cites, legal_cites},
    named,
};
use crate::{
    diagnostic::Problems,
    id::Name,
    rules::yaml::{self, Entry, Fields, Node},
};

/// An option of a choice as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OptionFile {
    /// Its name, at its place.
    pub name: Spanned<Name>,
    /// When the law allows it.
    pub allowed_when: Option<Node>,
    /// `<source>#<locator>`.
    pub cites: Vec<Spanned<Arc<str>>>,
}

/// A choice as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChoiceFile {
    /// Its name, at its place.
    pub name: Spanned<Name>,
    /// For people.
    pub title: Option<Arc<str>>,
    /// At least one, in the written order, which decides between equals.
    pub options: Vec<OptionFile>,
}

pub(super) fn choice(entry: &Entry, problems: &mut Problems<'_>) -> Option<ChoiceFile> {
    let name = named(entry, problems);
    let fields = Fields::read(&entry.value, "a choice", &["title", "doc", "options"], problems)?;
    let title = fields.get("title").and_then(|node| scalar::title(node, problems));
    let entries =
        fields.require("options", problems).and_then(|node| yaml::mapping(node, "`options`", problems))?;
    if entries.is_empty() {
        problems.error(entry.key_span, "a choice needs at least one option");
    }
    let options = entries.iter().filter_map(|entry| option(entry, problems)).collect();
    Some(ChoiceFile { name: name?, title, options })
}

pub(super) fn option(entry: &Entry, problems: &mut Problems<'_>) -> Option<OptionFile> {
    let name = named(entry, problems);
    let known = ["title", "allowed_when", "cite", "note"];
    let fields = Fields::read(&entry.value, "an option", &known, problems)?;
    if let Some(node) = fields.get("title") {
        scalar::title(node, problems);
    }
    let allowed_when = fields.get("allowed_when").cloned();
    let cites = match &allowed_when {
        Some(_) => legal_cites(&fields, problems),
        None => fields.get("cite").map(|node| cites(node, problems)).unwrap_or_default(),
    };
    Some(OptionFile { name: name?, allowed_when, cites })
}
