//! `--set markets.br.users=1000000`: a value put into a strategy before it is read.

use crate::{
    diagnostic::Diagnostic,
    rules::yaml::{self, Entry, Node, NodeKind, Style},
    source::{SourceFile, Span},
};

/// Where values come from that stand in no file: a span on no line.
pub(super) const NOWHERE: Span = Span { line: 0, column: 0, length: 0 };

/// One value to put at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Override {
    text: String,
    path: Vec<String>,
    value: Node,
}

impl Override {
    /// Reads `path.to.key=value`; the value is YAML, as it would stand in the strategy.
    ///
    /// # Errors
    /// A diagnostic that says how to write it.
    pub fn parse(text: &str) -> Result<Self, Diagnostic> {
        let wrong = |message: String| {
            Diagnostic::error(message).help("write `path=value`, as in `--set markets.br.users=1000000`")
        };
        let Some((path, value)) = text.split_once('=') else {
            return Err(wrong(format!("`--set {}` has no `=`", yaml::shorten(text))));
        };
        let path: Vec<String> = path.split('.').map(str::to_owned).collect();
        if path.iter().any(String::is_empty) {
            return Err(wrong(format!("`--set {}` has an empty name in its path", yaml::shorten(text))));
        }
        let source = SourceFile::new("--set", value.as_bytes())?;
        let mut value = yaml::parse(&source).map_err(|_| {
            wrong(format!("`--set {}`: what follows the `=` is not a value", yaml::shorten(text)))
        })?;
        displace(&mut value);
        Ok(Self { text: text.to_owned(), path, value })
    }

    /// `as_of` given by itself.
    #[must_use]
    pub fn as_of(date: &str) -> Self {
        let value =
            Node { span: NOWHERE, kind: NodeKind::Scalar { text: date.to_owned(), style: Style::Plain } };
        Self { text: format!("as_of={date}"), path: vec!["as_of".to_owned()], value }
    }

    /// Puts the value at its path, making mappings on the way.
    ///
    /// # Errors
    /// A diagnostic if something on the path is no mapping.
    pub(super) fn apply(&self, root: &mut Node) -> Result<(), Diagnostic> {
        let mut node = root;
        for name in &self.path {
            if node.is_nothing() {
                node.kind = NodeKind::Mapping(Vec::new());
            }
            let what = node.describe();
            let NodeKind::Mapping(entries) = &mut node.kind else {
                let message =
                    format!("`--set {}`: `{name}` would stand under {what}", yaml::shorten(&self.text));
                return Err(
                    Diagnostic::error(message).help("name a path through mappings, as in `markets.br.users`")
                );
            };
            let index = entries.iter().position(|entry| entry.key == *name).unwrap_or_else(|| {
                entries.push(Entry {
                    key: name.clone(),
                    key_span: NOWHERE,
                    key_style: Style::Quoted,
                    value: Node {
                        span: NOWHERE,
                        kind: NodeKind::Scalar { text: String::new(), style: Style::Plain },
                    },
                });
                entries.len() - 1
            });
            let Some(entry) = entries.get_mut(index) else { return Ok(()) };
            node = &mut entry.value;
        }
        *node = self.value.clone();
        Ok(())
    }
}

/// Takes a value out of the text it was parsed from: its places mean nothing in the strategy.
fn displace(node: &mut Node) {
    node.span = NOWHERE;
    match &mut node.kind {
        NodeKind::Scalar { style, .. } => {
            if *style == Style::Verbatim {
                *style = Style::Quoted;
            }
        }
        NodeKind::Sequence(items) => items.iter_mut().for_each(displace),
        NodeKind::Mapping(entries) => {
            for entry in entries {
                entry.key_span = NOWHERE;
                displace(&mut entry.value);
            }
        }
    }
}
