//! A problem at a stretch of an expression's text, before it has a place in a file.

use std::ops::Range;

use crate::{
    diagnostic::Problems,
    rules::yaml::Node,
    source::{Span, printable},
};

/// What is wrong, where in the text (in bytes), and what to write instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wrong {
    at: Range<usize>,
    message: String,
    help: Option<String>,
}

impl Wrong {
    pub(super) fn new(at: Range<usize>, message: impl Into<String>) -> Self {
        Self { at, message: message.into(), help: None }
    }

    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds it to the file's problems, at its place in the scalar it was found in.
    pub(super) fn report(self, node: &Node, problems: &mut Problems<'_>) {
        let span = span_in(node, &self.at);
        let shown = |text: String| text.chars().map(printable).collect::<String>();
        match self.help {
            Some(help) => problems.error_help(span, shown(self.message), shown(help)),
            None => problems.error(span, shown(self.message)),
        }
    }
}

/// The span of these bytes of a scalar's text.
fn span_in(node: &Node, at: &Range<usize>) -> Span {
    let text = node.scalar().unwrap_or_default();
    let characters = |bytes: usize| text.get(..bytes).unwrap_or(text).chars().count();
    node.inner_span(characters(at.start), characters(at.end))
}
