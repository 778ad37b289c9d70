//! Problems as commands of a GitHub workflow, which it shows beside the lines of a change.

use crate::diagnostic::{Diagnostic, Severity};

/// A line for each problem, whose files are paths from the root of the repository.
#[must_use]
pub fn github(problems: &[Diagnostic]) -> String {
    problems.iter().map(|problem| command(problem) + "\n").collect()
}

fn command(problem: &Diagnostic) -> String {
    let level = match problem.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "notice",
    };
    let mut properties = Vec::new();
    match (&problem.place, &problem.file) {
        (Some(place), _) => {
            properties.push(format!("file={}", property(path(&place.file))));
            properties.push(format!("line={}", place.line));
            properties.push(format!("endLine={}", place.line));
            properties.push(format!("col={}", place.column));
            properties.push(format!("endColumn={}", place.column.saturating_add(place.length)));
        }
        (None, Some(file)) => properties.push(format!("file={}", property(path(file)))),
        (None, None) => {}
    }
    properties.push(format!("title={}", property("landfall check")));
    let help = problem.help.as_ref().map(|help| format!("\nhelp: {help}")).unwrap_or_default();
    format!("::{level} {}::{}", properties.join(","), data(&format!("{}{help}", problem.message)))
}

/// `./rules/br.yaml` is no path that a change has.
fn path(file: &str) -> &str {
    file.strip_prefix("./").unwrap_or(file)
}

/// What ends a command, or begins an escape, in its text.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The same in a property, which `:` and `,` end too.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{SourceFile, Span};

    #[test]
    fn nothing_in_a_problem_ends_its_command() {
        let source = SourceFile::new("./my,rules/50%:br.yaml", b"id: br\ntittle: x\n").unwrap();
        let problems = [
            Diagnostic::error("100% wrong, and ::error::\r\nmore")
                .at(&source, Span { line: 2, column: 1, length: 6 })
                .help("did you mean `title`?"),
            Diagnostic::warning("too large").in_file("rules/de.yaml"),
            Diagnostic::error("nowhere"),
        ];
        assert_eq!(
            github(&problems),
            "::error file=my%2Crules/50%25%3Abr.yaml,line=2,endLine=2,col=1,endColumn=7,title=landfall check\
             ::100%25 wrong, and ::error::%0D%0Amore%0Ahelp: did you mean `title`?\n\
             ::warning file=rules/de.yaml,title=landfall check::too large\n\
             ::error title=landfall check::nowhere\n"
        );
    }
}
