//! Parts of a rule file written out again, on one line each.

use crate::rules::yaml::{Entry, Node, NodeKind, Style, double_quoted, is_reserved_word};

/// A node as YAML in brackets.
pub(super) fn node(node: &Node) -> String {
    match &node.kind {
        NodeKind::Scalar { text, style } => scalar(text, *style),
        NodeKind::Sequence(items) => format!("[{}]", joined(items.iter().map(self::node))),
        NodeKind::Mapping(entries) => format!("{{{}}}", joined(entries.iter().map(entry))),
    }
}

/// `key: value`.
pub(super) fn entry(entry: &Entry) -> String {
    format!("{}: {}", scalar(&entry.key, entry.key_style), node(&entry.value))
}

/// Text for people, in quotes wherever YAML might read it as something else.
pub(super) fn text(text: &str) -> String {
    scalar(text, Style::Plain)
}

fn scalar(text: &str, style: Style) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '%' | '/' | ' ');
    let bare = text.chars().all(is_plain) && text.starts_with(|c: char| c.is_ascii_alphanumeric());
    // A word that YAML reads as a truth value was meant so where it stands without quotes.
    let reserved = is_reserved_word(text) && !(style == Style::Plain && matches!(text, "true" | "false"));
    if bare && !reserved && !text.ends_with(' ') { text.to_owned() } else { double_quoted(text) }
}

fn joined(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{rules::yaml::parse, source::SourceFile};

    #[test]
    fn what_is_written_reads_the_same() {
        let text = "a: {b: [1_000, \"no\", 2%, true, \"true\", 'it''s: x'], 巴: \"\"}";
        let read = |text: &str| parse(&SourceFile::new("a.yaml", text.as_bytes()).unwrap()).unwrap();
        let NodeKind::Mapping(entries) = read(text).kind else { panic!() };
        let written = entry(&entries[0]);
        assert_eq!(written, "a: {b: [1_000, \"no\", 2%, true, \"true\", \"it's: x\"], \"巴\": \"\"}");
    }
}
