//! What came of the cases of a plugin: for people, and as JUnit XML for continuous integration.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};

use super::{
    BOLD, DIM, count,
    diagnostics::listed,
    escape::{terminal, xml},
    rows::{Lean, rows},
    tested::{diagnostic, said},
};
use crate::{
    diagnostic::Diagnostic,
    money::group_thousands,
    protocol::{CaseState, Problem, TestedCase, TestedPlugin},
};

const GONE: Style = AnsiColor::Red.on_default();
const CAME: Style = AnsiColor::Green.on_default();

/// A line for each case, what differs, and how many passed.
#[must_use]
pub fn cases(tested: &TestedPlugin) -> String {
    let TestedPlugin { plugin, cases, .. } = tested;
    let (id, version, file) = (terminal(&plugin.id), terminal(&plugin.version), terminal(&plugin.file));
    let mut text = format!("{BOLD}{id} {version}{BOLD:#} {DIM}{file}{DIM:#}\n");
    let leans = [Lean::Left, Lean::Left, Lean::Right, Lean::Left];
    text.push_str(&rows(&leans, None, cases.iter().map(row).collect()));
    for case in cases.iter().filter(|case| case.state != CaseState::Passed) {
        text.push('\n');
        if case.state == CaseState::Updated {
            let _ = writeln!(text, "{BOLD}accepted in {}:{BOLD:#}", terminal(&case.file));
        }
        let problems: Vec<Diagnostic> =
            case.problems.iter().map(|problem| diagnostic(&case.file, problem)).collect();
        text.push_str(&listed(&problems));
        text.push_str(&case.diff.as_deref().map(diff).unwrap_or_default());
    }
    let _ = writeln!(text, "\n{BOLD}{}{BOLD:#}", summary(tested));
    text
}

fn row(case: &TestedCase) -> Vec<String> {
    let state = match case.state {
        CaseState::Passed => "passed",
        CaseState::Failed => "failed",
        CaseState::Refused => "has errors",
        CaseState::Updated => "updated",
    };
    let fuel =
        case.fuel.map(|fuel| format!("{} fuel", group_thousands(&fuel.to_string()))).unwrap_or_default();
    // Where it has no name of its own, the file's says it all.
    let named = !case.file.ends_with(&format!("{}.yaml", case.name)) && case.file != case.name;
    let name = if named { terminal(&case.name) } else { String::new() };
    vec![terminal(&case.file), state.to_owned(), fuel, name]
}

/// Coloured where there is a terminal to show it.
fn diff(diff: &str) -> String {
    let line = |line: &str| {
        let style = match line.as_bytes() {
            [b'-', ..] => GONE,
            [b'+', ..] => CAME,
            [b'@', ..] => DIM,
            _ => Style::new(),
        };
        format!("{style}{}{style:#}\n", terminal(line))
    };
    diff.lines().map(line).collect()
}

fn summary(tested: &TestedPlugin) -> String {
    let TestedPlugin { passed, failed, refused, updated, cases, .. } = tested;
    let mut text = format!("{}: {passed} passed", count(cases.len(), "case"));
    for (n, what) in [(failed, "failed"), (refused, "with errors"), (updated, "updated")] {
        if *n > 0 {
            let _ = write!(text, ", {n} {what}");
        }
    }
    text
}

/// JUnit XML, as continuous integration reads it. No times: the same plugin and cases give the same bytes.
#[must_use]
pub fn cases_junit(tested: &TestedPlugin) -> String {
    let TestedPlugin { plugin, cases, failed, refused, .. } = tested;
    let (name, tests) = (xml(&plugin.id), cases.len());
    let counts = format!("tests=\"{tests}\" failures=\"{failed}\" errors=\"{refused}\"");
    let mut text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"landfall\" {counts}>\n  <testsuite name=\"{name}\" {counts}>\n"
    );
    for case in cases {
        let (file, title) = (xml(&case.file), xml(&case.name));
        let _ = write!(
            text,
            "    <testcase name=\"{title}\" classname=\"{name}\" file=\"{file}\" line=\"{}\"",
            case.line
        );
        let element = match case.state {
            CaseState::Passed | CaseState::Updated => {
                text.push_str("/>\n");
                continue;
            }
            CaseState::Failed => "failure",
            CaseState::Refused => "error",
        };
        text.push_str(">\n");
        said(&mut text, element, &with_diff(case));
        text.push_str("    </testcase>\n");
    }
    text.push_str("  </testsuite>\n</testsuites>\n");
    text
}

/// The problems, and the difference after them.
fn with_diff(case: &TestedCase) -> Vec<Problem> {
    let mut problems = case.problems.clone();
    if let (Some(first), Some(diff)) = (problems.first().cloned(), &case.diff) {
        problems.push(Problem { at: None, message: diff.clone(), help: None, ..first });
    }
    problems
}
