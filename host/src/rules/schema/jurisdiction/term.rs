//! `open_terms:`, what the law leaves to whoever extends a file, and `fills:`, what they say.

use std::sync::Arc;

use super::{
    super::{Spanned, base, scalar},
    law::{Standing, legal_cites, legal_standing},
    named,
};
use crate::{
    diagnostic::Problems,
    id::Name,
    rules::{
        vocabulary::Vocabulary,
        yaml::{self, Entry, Fields, Node},
    },
    value::{Value, ValueType},
};

/// What the law leaves open, as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenTermFile {
    /// Its name, at its place.
    pub name: Spanned<Name>,
    /// Its type.
    pub value_type: ValueType,
    /// Its values, for `one_of` and `set`.
    pub vocabulary: Vocabulary,
    /// `<source>#<locator>`, at least one.
    pub cites: Vec<Spanned<Arc<str>>>,
    /// What it is where nobody fills it.
    pub default: Option<Value>,
}

/// What fills an inherited open term, as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FillFile {
    /// The term's name, at its place.
    pub name: Spanned<Name>,
    /// With what: of the term's type, which is another file's business.
    pub value: Node,
    /// `<source>#<locator>`, at least one.
    pub cites: Vec<Spanned<Arc<str>>>,
    /// How well it is founded.
    pub standing: Standing,
}

pub(super) fn open_term(entry: &Entry, problems: &mut Problems<'_>) -> Option<OpenTermFile> {
    let name = named(entry, problems);
    let known = ["type", "values", "vocabulary", "doc", "cite", "default"];
    let fields = Fields::read(&entry.value, "an open term", &known, problems)?;
    let typed = base::typed(&fields, "values", problems);
    if let Some(node) = fields.require("doc", problems) {
        yaml::text(node, "doc", problems);
    }
    let cites = legal_cites(&fields, problems);
    let (value_type, vocabulary) = typed?;
    let what = format!("`{}`", entry.key);
    let default =
        fields.get("default").and_then(|node| scalar::value(node, &what, value_type, &vocabulary, problems));
    Some(OpenTermFile { name: name?, value_type, vocabulary, cites, default })
}

pub(super) fn fill(entry: &Entry, problems: &mut Problems<'_>) -> Option<FillFile> {
    let name = named(entry, problems);
    let known = ["value", "cite", "confidence", "verified", "assumption", "note"];
    let fields = Fields::read(&entry.value, "a fill", &known, problems)?;
    let value = fields.require("value", problems).cloned();
    let cites = legal_cites(&fields, problems);
    let standing = legal_standing(&fields, "a fill", problems);
    Some(FillFile { name: name?, value: value?, cites, standing })
}
