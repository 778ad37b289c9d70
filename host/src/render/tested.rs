//! What came of the tests in rule files: for people, and as JUnit XML for continuous integration.

use std::fmt::Write as _;

use super::{
    BOLD, DIM, count,
    escape::{terminal, xml},
    rows::rows,
};
use crate::{
    diagnostic::Diagnostic,
    protocol::{Coverage, CoveredFile, Problem, Tested, TestedFile, Touched},
};

/// A line for each file, what failed, and how many passed.
#[must_use]
pub fn tested(tested: &Tested) -> String {
    if tested.files.is_empty() {
        return "no test was run: no file has one under `tests:`\n".to_owned();
    }
    let mut text = rows(&[], None, tested.files.iter().map(row).collect());
    let problems: Vec<Diagnostic> = tested.files.iter().flat_map(problems).collect();
    if !problems.is_empty() {
        let _ = write!(text, "\n{}", super::diagnostics(&problems));
    }
    let _ = writeln!(text, "\n{BOLD}{}{BOLD:#}{}", summary(tested), without(tested));
    text
}

fn row(file: &TestedFile) -> Vec<String> {
    let passed = file.tests.iter().filter(|test| test.passed).count();
    let failed = file.tests.len() - passed;
    let says = match (file.problems.is_empty(), failed) {
        (false, _) => "has errors: its tests were not run".to_owned(),
        (true, 0) => format!("{passed} passed"),
        (true, _) => format!("{failed} failed, {passed} passed"),
    };
    vec![terminal(&file.file), says]
}

fn problems(file: &TestedFile) -> impl Iterator<Item = Diagnostic> {
    let failures = file.tests.iter().flat_map(|test| &test.failures);
    file.problems.iter().chain(failures).map(|problem| diagnostic(&file.file, problem))
}

pub(super) fn diagnostic(file: &str, problem: &Problem) -> Diagnostic {
    Diagnostic {
        severity: problem.severity,
        message: problem.message.clone(),
        help: problem.help.clone(),
        file: Some(problem.at.clone().unwrap_or_else(|| file.to_owned())),
        place: problem.place.clone(),
    }
}

fn summary(tested: &Tested) -> String {
    let tests = count(tested.passed + tested.failed, "test");
    let with_tests = tested.files.iter().filter(|file| !file.tests.is_empty()).count();
    let mut text = format!("{tests} in {}: {} passed", count(with_tests, "file"), tested.passed);
    if tested.failed > 0 {
        let _ = write!(text, ", {} failed", tested.failed);
    }
    if tested.refused > 0 {
        let _ = write!(text, "; {} with errors", count(tested.refused, "file"));
    }
    text
}

fn without(tested: &Tested) -> String {
    if tested.without.is_empty() {
        return String::new();
    }
    let names: Vec<String> = tested.without.iter().map(|file| terminal(file)).collect();
    format!("\n{DIM}without a test: {}{DIM:#}", names.join(", "))
}

/// JUnit XML, as continuous integration reads it. No times: the same rules give the same bytes.
#[must_use]
pub fn junit(tested: &Tested) -> String {
    let Tested { files, passed, failed, refused, .. } = tested;
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let tests = passed + failed + refused;
    let _ = writeln!(
        text,
        "<testsuites name=\"landfall\" tests=\"{tests}\" failures=\"{failed}\" errors=\"{refused}\">"
    );
    for file in files {
        suite(&mut text, file);
    }
    text.push_str("</testsuites>\n");
    text
}

fn suite(text: &mut String, file: &TestedFile) {
    let name = xml(&file.file);
    let class = xml(file.file.strip_suffix(".yaml").unwrap_or(&file.file));
    let failures = file.tests.iter().filter(|test| !test.passed).count();
    let errors = usize::from(!file.problems.is_empty());
    let _ = writeln!(
        text,
        "  <testsuite name=\"{name}\" tests=\"{}\" failures=\"{failures}\" errors=\"{errors}\">",
        file.tests.len() + errors
    );
    if errors > 0 {
        let _ = writeln!(text, "    <testcase name=\"loads\" classname=\"{class}\" file=\"{name}\">");
        said(text, "error", &file.problems);
        text.push_str("    </testcase>\n");
    }
    for test in &file.tests {
        let case = xml(&test.name);
        let _ = write!(
            text,
            "    <testcase name=\"{case}\" classname=\"{class}\" file=\"{name}\" line=\"{}\"",
            test.line
        );
        if test.passed {
            text.push_str("/>\n");
        } else {
            text.push_str(">\n");
            said(text, "failure", &test.failures);
            text.push_str("    </testcase>\n");
        }
    }
    text.push_str("  </testsuite>\n");
}

/// One element: a test case has at most one.
pub(super) fn said(text: &mut String, element: &str, problems: &[Problem]) {
    let first = problems.first().map(|problem| xml(&problem.message)).unwrap_or_default();
    let lines = problems.iter().map(|problem| {
        let at = problem.at.as_ref().map(|at| format!("{at}: ")).unwrap_or_default();
        let help = problem.help.as_ref().map(|help| format!(" (help: {help})")).unwrap_or_default();
        xml(&format!("{at}{}{help}", problem.message))
    });
    let lines: Vec<String> = lines.collect();
    let _ = writeln!(text, "      <{element} message=\"{first}\">{}</{element}>", lines.join("\n"));
}

/// What no test touches, file by file, and how much is touched.
#[must_use]
pub fn coverage(coverage: &Coverage) -> String {
    let mut text: String = coverage.files.iter().map(covered).collect();
    let kinds = coverage.kinds.iter().filter(|(_, touched)| touched.of > 0);
    let kinds: Vec<String> = kinds.map(|(kind, touched)| format!("{kind} {}", of(*touched))).collect();
    let all = of(coverage.all);
    let _ = match kinds.is_empty() {
        true => writeln!(text, "there is nothing that a test could touch"),
        false => writeln!(text, "{BOLD}{all} touched by tests{BOLD:#}: {}", kinds.join(", ")),
    };
    text
}

fn covered(file: &CoveredFile) -> String {
    let untouched = file.untouched.iter().map(|thing| vec![terminal(&thing.at), terminal(&thing.what)]);
    let rows = rows(&[], None, untouched.collect());
    format!("{BOLD}{}{BOLD:#}: {} touched\n{rows}\n", terminal(&file.file), of(file.all))
}

fn of(touched: Touched) -> String {
    format!("{} of {}", touched.touched, touched.of)
}
