//! `sources:`, which cites point into, and `review:`.

use std::sync::Arc;

use jiff::civil::Date;

use super::{
    super::{Spanned, scalar},
    law::{InForce, in_force},
    named,
};
use crate::{
    diagnostic::Problems,
    id::Name,
    rules::yaml::{self, Fields, Node},
    source::Span,
};

/// When its owners looked at it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Review {
    /// The last time.
    pub done: Date,
    /// Who.
    pub by: Arc<str>,
    /// The next time.
    pub due: Date,
    /// Where that is written.
    pub span: Span,
}

/// A law, decision or study that cites point into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Its name for people.
    pub title: Arc<str>,
    /// Where it is published.
    pub url: Option<Arc<str>>,
    /// From when to when it is law; nothing that is in force may rest on what has ended.
    pub in_force: InForce,
}

pub(super) fn review(node: &Node, problems: &mut Problems<'_>) -> Option<Review> {
    let fields = Fields::read(node, "a review", &["done", "by", "due"], problems)?;
    let done = fields.require("done", problems).and_then(|node| scalar::date(node, "`done`", problems));
    let by = fields.require("by", problems).and_then(|node| yaml::text(node, "`by`", problems));
    let due = fields.require("due", problems).and_then(|node| scalar::date(node, "`due`", problems));
    Some(Review { done: done?, by: by?.into(), due: due?, span: node.span })
}

pub(super) fn sources(node: &Node, problems: &mut Problems<'_>) -> Vec<(Spanned<Name>, Source)> {
    const RANKS: [&str; 8] =
        ["treaty", "statute", "regulation", "decision", "guidance", "contract", "study", "data"];
    let mut sources = Vec::new();
    for entry in yaml::mapping(node, "`sources`", problems).unwrap_or_default() {
        let name = named(entry, problems);
        let Some(fields) =
            Fields::read(&entry.value, "a source", &["title", "rank", "url", "in_force"], problems)
        else {
            continue;
        };
        let title = fields.require("title", problems).and_then(|node| scalar::title(node, problems));
        if let Some(node) = fields.get("rank") {
            scalar::word(node, "a rank", &RANKS.map(|rank| (rank, ())), problems);
        }
        let url = fields.get("url").and_then(|node| yaml::text(node, "a url", problems)).map(Into::into);
        let in_force = in_force(&fields, problems);
        if let (Some(name), Some(title)) = (name, title) {
            sources.push((name, Source { title, url, in_force }));
        }
    }
    sources
}
