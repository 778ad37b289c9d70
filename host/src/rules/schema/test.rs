//! The tests in a rule file as they are written: a question about this place, and what must come of it.
//!
//! Only names and shape are read here. What is given and expected is typed against the base and the rules
//! by `rule_test`, which also runs it.

use std::sync::Arc;

use super::Spanned;
use crate::{
    diagnostic::Problems,
    rules::yaml::{self, Fields, Node},
    source::Span,
};

/// Most tests in one file. Chosen: a file of that many is better split, and they all run at every reload.
pub const MAX_TESTS: usize = 200;

/// A test as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestFile {
    /// Its name, unique in the file.
    pub name: Spanned<Arc<str>>,
    /// The first day of its horizon.
    pub as_of: Node,
    /// One where it does not say.
    pub horizon_years: Option<Node>,
    /// None where it does not say.
    pub discount: Option<Node>,
    /// The scenarios it is asked under.
    pub scenario: Vec<Spanned<Arc<str>>>,
    /// Shaped like a strategy.
    pub given: Option<Node>,
    /// What must come of it.
    pub expect: Node,
    /// Where it stands.
    pub span: Span,
}

/// Reads `tests:`.
pub fn tests(node: &Node, problems: &mut Problems<'_>) -> Vec<TestFile> {
    let items = yaml::sequence(node, "`tests`", problems).unwrap_or_default();
    if items.len() > MAX_TESTS {
        let message = format!("{} tests: at most {MAX_TESTS} stand in one file", items.len());
        problems.error_help(node.span, message, "take out those that show what another shows");
    }
    let mut tests: Vec<TestFile> = Vec::new();
    for item in items {
        let Some(test) = test(item, problems) else { continue };
        if let Some(first) = tests.iter().find(|known| known.name.value == test.name.value) {
            let message = format!("two tests are called `{}`", yaml::shorten(&test.name.value));
            let help =
                format!("the first one is on line {}: give this one another name", first.name.span.line);
            problems.error_help(test.name.span, message, help);
        }
        tests.push(test);
    }
    tests
}

fn test(node: &Node, problems: &mut Problems<'_>) -> Option<TestFile> {
    let known = ["name", "as_of", "horizon_years", "discount", "scenario", "given", "expect", "note"];
    let fields = Fields::read(node, "a test", &known, problems)?;
    let name = fields.require("name", problems).and_then(|node| {
        let text = yaml::text(node, "the name of a test", problems)?;
        Some(Spanned::new(text.into(), node.span))
    });
    if let Some(node) = fields.get("note") {
        yaml::text(node, "`note`", problems);
    }
    let (as_of, expect) = (fields.require("as_of", problems), fields.require("expect", problems));
    Some(TestFile {
        name: name?,
        as_of: as_of?.clone(),
        horizon_years: fields.get("horizon_years").cloned(),
        discount: fields.get("discount").cloned(),
        scenario: fields.get("scenario").map(|node| scenarios(node, problems)).unwrap_or_default(),
        given: fields.get("given").cloned(),
        expect: expect?.clone(),
        span: node.span,
    })
}

fn scenarios(node: &Node, problems: &mut Problems<'_>) -> Vec<Spanned<Arc<str>>> {
    let items = yaml::sequence(node, "`scenario`", problems).unwrap_or_default();
    let name = |item: &Node, problems: &mut Problems<'_>| {
        let text = yaml::text(item, "a scenario", problems)?;
        Some(Spanned::new(text.into(), item.span))
    };
    items.iter().filter_map(|item| name(item, problems)).collect()
}
