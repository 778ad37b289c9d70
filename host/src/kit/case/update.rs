//! Another expectation in a case file, and every other byte as it was.
//!
//! Lines of the expectation that say the same stay as they are written, so a comment beside one stays; a comment on
//! a line of its own stays where it is. Reads nothing: whoever calls it reads what comes out again.

use similar::{Algorithm, DiffTag, capture_diff_slices};

use crate::{
    diagnostic::Diagnostic,
    rules::yaml::{self, Entry, NodeKind},
    source::SourceFile,
};

/// The text of a case file with this `expect:` in the place of its own; at its end where it has none.
///
/// # Errors
/// The file is not YAML, or written so that its keys do not stand on lines of their own.
pub fn updated(source: &SourceFile, expectation: &str) -> Result<String, Vec<Diagnostic>> {
    let root = yaml::parse(source)?;
    let NodeKind::Mapping(entries) = &root.kind else { return Err(vec![in_braces(source)]) };
    let lines: Vec<&str> = source.text.split_inclusive('\n').collect();
    let ends = if source.text.contains("\r\n") { "\r\n" } else { "\n" };
    let fresh: Vec<String> = expectation.lines().map(|line| format!("{line}{ends}")).collect();
    let Some(entry) = entries.iter().find(|entry| entry.key == "expect") else {
        if is_in_braces(entries, &lines) {
            return Err(vec![in_braces(source)]);
        }
        let last = if source.text.ends_with('\n') { "" } else { ends };
        return Ok(format!("{}{last}{}", source.text, fresh.concat()));
    };
    if is_in_braces(entries, &lines) {
        return Err(vec![in_braces(source)]);
    }
    let first = line_of(entry);
    let after = entries.iter().map(line_of).filter(|line| *line > first).min().unwrap_or(lines.len());
    let old = lines.get(first..after).unwrap_or_default();
    let kept = old.iter().rposition(|line| is_its_own(line)).map_or(0, |last| last + 1);
    let (old, rest) = old.split_at(kept);
    let (before, after) = (lines.get(..first).unwrap_or_default(), lines.get(after..).unwrap_or_default());
    let mut text = before.concat();
    text.push_str(&merged(old, &fresh, ends));
    text.push_str(&rest.concat());
    text.push_str(&after.concat());
    Ok(text)
}

/// From nought.
fn line_of(entry: &Entry) -> usize {
    entry.key_span.line.saturating_sub(1) as usize
}

/// Whether the file is one `{…}`, whose keys have no lines of their own.
fn is_in_braces(entries: &[Entry], lines: &[&str]) -> bool {
    let begins = |entry: &Entry| {
        lines.get(line_of(entry)).is_some_and(|line| entry.key_span.column == 1 && !line.starts_with('{'))
    };
    !entries.iter().all(begins)
}

fn in_braces(source: &SourceFile) -> Diagnostic {
    Diagnostic::error("the keys of this file do not stand at the beginning of lines of their own")
        .in_file(&source.name)
        .help("write it without the outer `{…}`, a key a line: then `--update` finds what to replace")
}

/// Whether a line belongs to the expectation, and is not what stands before the next key.
fn is_its_own(line: &str) -> bool {
    let text = line.trim_end();
    !text.is_empty() && !text.starts_with('#') && text != "..."
}

/// The new lines, but those that were there as they were written, with the comments between them.
fn merged(old: &[&str], fresh: &[String], ends: &str) -> String {
    let says: Vec<(usize, &str)> = old
        .iter()
        .enumerate()
        .map(|(at, line)| (at, without_comment(line)))
        .filter(|(_, code)| !code.is_empty())
        .collect();
    let codes: Vec<&str> = says.iter().map(|(_, code)| *code).collect();
    let wanted: Vec<&str> = fresh.iter().map(|line| line.trim_end()).collect();
    let mut text = String::new();
    let mut next = 0;
    for op in capture_diff_slices(Algorithm::Myers, &codes, &wanted) {
        let (tag, was, is) = op.as_tag_tuple();
        let gone = says.get(was).unwrap_or_default();
        let mut comments = Vec::new();
        for (at, code) in gone {
            let between = old.get(next..*at).unwrap_or_default();
            next = at + 1;
            let raw = old.get(*at).copied().unwrap_or_default();
            text.push_str(&between.concat());
            if tag == DiffTag::Equal {
                text.push_str(&whole(raw, ends));
            } else {
                comments.push((key(code), raw.trim_end().get(code.len()..).unwrap_or_default()));
            }
        }
        if tag != DiffTag::Equal {
            for line in fresh.get(is).unwrap_or_default() {
                let beside = comments.iter().position(|(of, beside)| *of == key(line) && !beside.is_empty());
                let beside = beside.map(|at| comments.remove(at).1).unwrap_or_default();
                text.push_str(&format!("{}{beside}{ends}", line.trim_end()));
            }
        }
    }
    text.push_str(&old.get(next..).unwrap_or_default().concat());
    text
}

/// The last line of a file may have no end.
fn whole(line: &str, ends: &str) -> String {
    if line.ends_with('\n') { line.to_owned() } else { format!("{line}{ends}") }
}

/// What stands before the colon, by which a line is known again.
fn key(line: &str) -> &str {
    line.split_once(':').map_or(line, |(key, _)| key).trim_end()
}

/// A line without the comment at its end; `#` begins one at the beginning or after a space, outside quotes.
fn without_comment(line: &str) -> &str {
    let mut quote = None;
    let mut before = ' ';
    let mut escaped = false;
    for (at, c) in line.char_indices() {
        match (quote, c) {
            (None, '#') if before.is_whitespace() => return line.get(..at).unwrap_or_default().trim_end(),
            (None, '"' | '\'') if !before.is_alphanumeric() => quote = Some(c),
            (Some('"'), '\\') if !escaped => {
                escaped = true;
                continue;
            }
            (Some(open), _) if c == open && !escaped => quote = None,
            _ => {}
        }
        escaped = false;
        before = c;
    }
    line.trim_end()
}
