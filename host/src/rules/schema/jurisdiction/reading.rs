//! `disputed:`: rival readings of what the law says. Each is a ready scenario, which lays what differs
//! over what stands in the file.

use std::sync::Arc;

use super::{
    super::{Spanned, scalar, scalar::Confidence},
    law::legal_cites,
    replaces::Section,
};
use crate::{
    diagnostic::{Problems, did_you_mean},
    id::Name,
    rules::yaml::{self, Entry, Fields, Node, NodeKind, Style},
    source::Span,
};

/// A rival reading as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadingFile {
    /// Its scenario, at the place of the reading: `<name>_reading_<n>`.
    pub scenario: Spanned<Name>,
    /// `<source>#<locator>`, at least one.
    pub cites: Vec<Spanned<Arc<str>>>,
    /// What they read.
    pub note: Arc<str>,
    /// How likely it prevails.
    pub confidence: Confidence,
    /// What it lays over the file.
    pub set: Node,
}

/// What every reading may differ in.
const ALWAYS: [&str; 3] = ["from", "to", "when"];
/// What every reading says of itself; it holds for what it reads, too.
const ITSELF: [&str; 3] = ["cite", "note", "confidence"];

/// The readings of the thing under this entry, which may differ in these keys too.
pub(super) fn disputed(
    entry: &Entry,
    fields: &Fields<'_>,
    section: Section,
    more: &[&str],
    problems: &mut Problems<'_>,
) -> Vec<ReadingFile> {
    let items = fields.get("disputed").and_then(|node| yaml::sequence(node, "`disputed`", problems));
    let items = items.unwrap_or_default().iter().enumerate();
    items.filter_map(|(index, item)| reading(entry, index + 1, item, section, more, problems)).collect()
}

fn reading(
    of: &Entry,
    number: usize,
    item: &Node,
    section: Section,
    more: &[&str],
    problems: &mut Problems<'_>,
) -> Option<ReadingFile> {
    let differing: Vec<&str> = ALWAYS.iter().chain(more).copied().collect();
    let known: Vec<&str> = differing.iter().chain(&ITSELF).copied().collect();
    let fields = Fields::read(item, "a reading", &known, problems)?;
    let cites = legal_cites(&fields, problems);
    let note = fields.require("note", problems).and_then(|node| yaml::text(node, "`note`", problems));
    let confidence =
        fields.require("confidence", problems).and_then(|node| scalar::confidence(node, problems));
    for key in ["from", "to"] {
        if let Some(node) = fields.get(key) {
            scalar::date(node, &format!("`{key}`"), problems);
        }
    }
    if !differing.iter().any(|key| fields.entry(key).is_some()) {
        let help = format!("say in what; {}", did_you_mean("", differing.iter().copied()));
        problems.error_help(item.span, "this reading differs in nothing", help);
        return None;
    }
    let name = Name::parse(&format!("{}_reading_{number}", of.key));
    let name = name.map_err(|error| problems.error(of.key_span, error.to_string())).ok()?;
    let laid = Entry { value: laid(item), ..of.clone() };
    let set = mapping(item.span, vec![under(section.as_str(), mapping(item.span, vec![laid]))]);
    let scenario = Spanned::new(name, item.span);
    Some(ReadingFile { scenario, cites, note: note?.into(), confidence: confidence?, set })
}

/// A reading in the words of what it reads: its dates are those of `in_force`.
fn laid(item: &Node) -> Node {
    let NodeKind::Mapping(entries) = &item.kind else { return item.clone() };
    let is_date = |entry: &&Entry| matches!(entry.key.as_str(), "from" | "to");
    let dates: Vec<Entry> = entries.iter().filter(is_date).cloned().collect();
    let mut laid: Vec<Entry> = entries.iter().filter(|entry| !is_date(entry)).cloned().collect();
    if !dates.is_empty() {
        laid.push(under("in_force", mapping(item.span, dates)));
    }
    mapping(item.span, laid)
}

/// A mapping that stands there.
pub(super) const fn mapping(span: Span, entries: Vec<Entry>) -> Node {
    Node { span, kind: NodeKind::Mapping(entries) }
}

/// A node under a key, where it stands.
pub(super) fn under(key: &str, value: Node) -> Entry {
    Entry { key: key.to_owned(), key_span: value.span, key_style: Style::Plain, value }
}
