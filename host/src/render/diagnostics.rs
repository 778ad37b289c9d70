//! Problems with the source line they point at, as rustc shows them.

use std::collections::BTreeSet;

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use super::escape::terminal;
use crate::{
    diagnostic::{Diagnostic, Severity},
    source::Place,
};

/// All of them, and how many there are.
#[must_use]
pub fn diagnostics(all: &[Diagnostic]) -> String {
    let each = listed(all);
    match summary(all) {
        none if none.is_empty() => each,
        summary => format!("{each}\n{summary}"),
    }
}

/// All of them, for whoever counts them elsewhere.
pub(super) fn listed(all: &[Diagnostic]) -> String {
    let each: Vec<String> = all.iter().map(|problem| format!("{}\n", one(problem))).collect();
    each.join("\n")
}

fn one(problem: &Diagnostic) -> String {
    let level = match problem.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    };
    let group = Group::with_title(level.primary_title(terminal(&problem.message)));
    let group = match (&problem.place, &problem.file) {
        (Some(place), _) => excerpt(group, place),
        (None, Some(file)) => group.element(Origin::path(terminal(file))),
        (None, None) => group,
    };
    let help = problem.help.as_deref().map(terminal);
    let groups = match help {
        // Under the excerpt or the file; where there is neither, a line of its own.
        Some(help) if has_origin(problem) => vec![group.element(Level::HELP.message(help))],
        Some(help) => vec![group, Group::with_title(Level::HELP.secondary_title(help))],
        None => vec![group],
    };
    Renderer::styled().render(&groups)
}

const fn has_origin(problem: &Diagnostic) -> bool {
    problem.place.is_some() || problem.file.is_some()
}

/// The excerpt stands where it stands in the file, so that the column named is the file's; what comes
/// before it is blank, and the renderer leaves that out again.
fn excerpt<'a>(group: Group<'a>, place: &Place) -> Group<'a> {
    let before = place.excerpt_from as usize;
    let blank =
        if before > 0 { format!("{}…", " ".repeat(before.saturating_sub(1))) } else { String::new() };
    let first = (place.column as usize).saturating_sub(1 + before);
    let byte = |character: usize| {
        let found = place.excerpt.char_indices().nth(character);
        blank.len() + found.map_or(place.excerpt.len(), |(byte, _)| byte)
    };
    let span = byte(first)..byte(first + place.length as usize);
    let snippet = Snippet::source(format!("{blank}{}", place.excerpt))
        .path(terminal(&place.file))
        .line_start(place.line as usize)
        .annotation(AnnotationKind::Primary.span(span));
    group.element(snippet)
}

/// `3 errors in 2 files`.
fn summary(all: &[Diagnostic]) -> String {
    let of = |severity| all.iter().filter(|d| d.severity == severity).count();
    let all_counts =
        [(of(Severity::Error), "error"), (of(Severity::Warning), "warning"), (of(Severity::Note), "note")];
    let counts: Vec<String> =
        all_counts.into_iter().filter(|(n, _)| *n > 0).map(|(n, name)| super::count(n, name)).collect();
    let files: BTreeSet<&str> = all
        .iter()
        .filter_map(|d| d.place.as_ref().map(|place| place.file.as_str()).or(d.file.as_deref()))
        .collect();
    match (counts.is_empty(), files.len()) {
        (true, _) => String::new(),
        (false, 0) if all.len() < 2 => String::new(),
        (false, 0) => format!("{}\n", counts.join(", ")),
        (false, n) => format!("{} in {}\n", counts.join(", "), super::count(n, "file")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{SourceFile, Span};

    #[test]
    fn problems_show_their_line_and_what_to_write() {
        let short = SourceFile::new("br.yaml", "id: br\ntitle: 巴西 \ttittle: Brazil\n".as_bytes()).unwrap();
        let long = format!("{}: \u{1b}[31mx", "k".repeat(300));
        let long = SourceFile::new("de.yaml", long.as_bytes()).unwrap();
        let all = [
            Diagnostic::error("unknown key `tittle`")
                .at(&short, Span { line: 2, column: 12, length: 6 })
                .help("did you mean `title`?"),
            Diagnostic::error("`x` is \u{1b}[31mnot a number")
                .at(&long, Span { line: 1, column: 303, length: 6 }),
            Diagnostic::error("ends too soon").at(&short, Span { line: 1, column: 7, length: 1 }),
            Diagnostic::warning("line 3 is not UTF-8").in_file("x.yaml").help("save the file as UTF-8"),
            Diagnostic::error("too many others are asking").help("try again in a moment"),
        ];
        insta::assert_snapshot!(anstream::adapter::strip_str(&diagnostics(&all)), @r#"
error: unknown key `tittle`
 --> br.yaml:2:12
  |
2 | title: 巴西  tittle: Brazil
  |              ^^^^^^
  |
  = help: did you mean `title`?

error: `x` is �[31mnot a number
 --> de.yaml:1:303
  |
1 | ...                   …kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk: �[31mx
  |                                                                                                        ^^^^^^

error: ends too soon
 --> br.yaml:1:7
  |
1 | id: br
  |       ^

warning: line 3 is not UTF-8
--> x.yaml
 = help: save the file as UTF-8

error: too many others are asking
 |
help: try again in a moment

4 errors, 1 warning in 3 files
"#);
    }
}
