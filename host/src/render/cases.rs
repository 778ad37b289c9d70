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
        if let Some(shown) = &case.diff {
            // Under what is said of it, if anything is.
            text.push_str(if problems.is_empty() { "" } else { "\n" });
            text.push_str(&diff(shown));
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::PluginFile;

    fn tested(state: CaseState, diff: Option<&str>) -> TestedPlugin {
        let plugin = PluginFile {
            id: "support".to_owned(),
            version: "1.0.0".to_owned(),
            digest: "blake3:0".to_owned(),
            file: "support.wasm".to_owned(),
        };
        let case = TestedCase {
            file: "cases/first.yaml".to_owned(),
            name: "a <b> & c".to_owned(),
            line: 9,
            state,
            fuel: Some(12_345),
            came: None,
            diff: diff.map(str::to_owned),
            problems: diff.iter().map(|_| Diagnostic::error("another").into()).collect(),
        };
        let n = |of| usize::from(state == of);
        let (passed, failed) = (n(CaseState::Passed), n(CaseState::Failed));
        let (refused, updated) = (n(CaseState::Refused), n(CaseState::Updated));
        TestedPlugin { plugin, cases: vec![case], passed, failed, refused, updated }
    }

    #[test]
    fn a_case_is_a_line_and_a_difference_stands_below() {
        let shown = super::super::plain(&cases(&tested(CaseState::Passed, None)));
        assert_eq!(
            shown,
            "support 1.0.0 support.wasm\n  cases/first.yaml  passed  12,345 fuel  a <b> & c\n\n1 case: 1 passed\n"
        );
        let coloured = cases(&tested(CaseState::Failed, Some("-a\u{202e}\n+b\n")));
        assert!(coloured.contains("\u{1b}[31m-a\u{fffd}"), "{coloured:?}");
        assert!(
            super::super::plain(&coloured).ends_with("\n-a\u{fffd}\n+b\n\n1 case: 0 passed, 1 failed\n"),
            "{coloured}"
        );
    }

    #[test]
    fn junit_is_xml_whatever_a_case_is_called() {
        let junit = cases_junit(&tested(CaseState::Failed, Some("-<a>\n+b\n")));
        assert!(
            junit.contains("<testsuite name=\"support\" tests=\"1\" failures=\"1\" errors=\"0\">"),
            "{junit}"
        );
        assert!(junit.contains("<testcase name=\"a &lt;b&gt; &amp; c\" classname=\"support\" file=\"cases/first.yaml\" line=\"9\">"));
        assert!(
            junit.contains("<failure message=\"another\">another\n-&lt;a&gt;&#10;+b&#10;</failure>"),
            "{junit}"
        );
    }
}
