//! A strategy file with the facts it lacks as comments, each where it is to be given.
//!
//! Adds lines and changes none: what stands in the file stays byte for byte, and means what it meant. A fact that
//! stands in a comment at its place is not written again. Reads and writes no files.

use std::collections::BTreeMap;

use crate::{
    diagnostic::Diagnostic,
    protocol::Fact,
    rules::yaml::{self, Entry, Node, NodeKind},
    source::{SourceFile, printable},
};

/// What marks a value that somebody has to think of.
const TO_GIVE: &str = "…";

/// The file as it is to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filled {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// How many lines were added.
    pub lines: usize,
}

/// A strategy file with these facts in comments.
///
/// # Errors
/// It does not read, or would read otherwise with the comments in it.
pub fn fill(name: &str, bytes: &[u8], facts: &[Fact]) -> Result<Filled, Vec<Diagnostic>> {
    let source = SourceFile::new(name, bytes).map_err(|problem| vec![problem])?;
    let root = yaml::parse(&source)?;
    let text = Text::of(&source.text);
    let mut by_spot = BTreeMap::<Spot, Vec<(String, String)>>::new();
    for fact in facts {
        let spot = text.spot(&root, fact);
        let key = if spot.names_path { &fact.path } else { &fact.name };
        if !text.has(&spot, key) && !text.has(&Spot::ANYWHERE, &fact.path) {
            by_spot.entry(spot).or_default().push((key.clone(), remark(fact)));
        }
    }
    let mut added = BTreeMap::<usize, Vec<String>>::new();
    for (spot, items) in by_spot {
        added.entry(spot.after).or_default().extend(written(&spot, &items));
    }
    let lines = added.values().map(Vec::len).sum();
    let filled = text.with(&added);
    reads_the_same(name, &root, &filled)?;
    // The mark at the beginning is no part of the text.
    let mark = bytes.get(..bytes.len().saturating_sub(source.text.len())).unwrap_or_default();
    Ok(Filled { bytes: [mark, filled.as_bytes()].concat(), lines })
}

/// Comments change nothing; should they, nothing is written.
fn reads_the_same(name: &str, root: &Node, filled: &str) -> Result<(), Vec<Diagnostic>> {
    let source = SourceFile::new(name, filled.as_bytes()).map_err(|problem| vec![problem])?;
    if yaml::parse(&source).is_ok_and(|node| same(root, &node)) {
        return Ok(());
    }
    let problem = Diagnostic::error("comments cannot be put into this file without changing what it says");
    Err(vec![problem.in_file(name).help("write one key in a line, indented, and ask again")])
}

/// Whether two trees say the same, wherever it stands.
fn same(a: &Node, b: &Node) -> bool {
    match (&a.kind, &b.kind) {
        (NodeKind::Sequence(a), NodeKind::Sequence(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        (NodeKind::Mapping(a), NodeKind::Mapping(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.key == b.key && same(&a.value, &b.value))
        }
        (a, b) => a == b,
    }
}

/// Where the comments of one mapping go.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Spot {
    /// Below this line, counted from 1.
    after: usize,
    /// The first line in which a comment may name the fact already.
    from: usize,
    /// The line after the last.
    until: usize,
    /// How far the line is indented; where it does not matter, none.
    indent: Option<usize>,
    /// Whether the whole path is written, because the mapping itself cannot take the line.
    names_path: bool,
    /// A mapping that is not there, and is written in a comment too.
    section: Option<String>,
    /// Whether that comment is there already.
    begun: bool,
}

impl Spot {
    const ANYWHERE: Self = Self {
        after: 0,
        from: 0,
        until: usize::MAX,
        indent: None,
        names_path: true,
        section: None,
        begun: false,
    };
}

/// The lines of a file.
struct Text<'t> {
    lines: Vec<&'t str>,
    /// What ends a line.
    end: &'static str,
}

/// What a comment line says.
struct Comment<'t> {
    /// Spaces before the `#`.
    indent: usize,
    /// Spaces after it.
    inner: usize,
    key: &'t str,
    rest: &'t str,
}

impl<'t> Text<'t> {
    fn of(text: &'t str) -> Self {
        let lines: Vec<&str> = text.split_inclusive('\n').collect();
        let end = if lines.first().is_some_and(|line| line.ends_with("\r\n")) { "\r\n" } else { "\n" };
        Self { lines, end }
    }

    /// A line counted from 1, without its end.
    fn line(&self, number: usize) -> &'t str {
        let line = number.checked_sub(1).and_then(|index| self.lines.get(index)).copied();
        line.unwrap_or_default().trim_end_matches(['\n', '\r'])
    }

    fn comment(&self, number: usize) -> Option<Comment<'t>> {
        let line = self.line(number);
        let text = line.trim_start_matches(' ');
        let said = text.strip_prefix('#')?;
        let (key, rest) = said.split_once(':').unwrap_or((said, ""));
        Some(Comment {
            indent: line.len() - text.len(),
            inner: said.len() - said.trim_start_matches(' ').len(),
            key: key.trim(),
            rest: rest.trim(),
        })
    }

    /// The line after the last of the document.
    fn until(&self) -> usize {
        let ends = self.lines.iter().rposition(|line| !line.trim().is_empty());
        match ends.filter(|last| self.lines.get(*last).is_some_and(|line| line.trim_end() == "...")) {
            Some(last) => last + 1,
            None => self.lines.len() + 1,
        }
    }

    /// Whether a comment names the fact already.
    fn has(&self, spot: &Spot, key: &str) -> bool {
        let until = spot.until.min(self.lines.len() + 1);
        (spot.from..until)
            .filter_map(|number| self.comment(number))
            .any(|comment| comment.key == key && spot.indent.is_none_or(|indent| indent == comment.indent))
    }

    /// Where a fact goes: into its mapping, or beside what is there of it.
    fn spot(&self, root: &Node, fact: &Fact) -> Spot {
        let (mut from, mut until) = (1, self.until());
        let beside = |from, until, indent| Spot {
            after: self.after_flow(from, until, indent, &fact.path),
            indent: Some(indent),
            names_path: true,
            ..Spot { from, until, ..Spot::ANYWHERE }
        };
        let Some(mut entries) = self.block(root) else { return beside(from, until, 0) };
        let mut indent = indent_of(entries);
        let mut above = fact.path.split('.').peekable();
        while let Some(segment) = above.next() {
            // The last one is the fact's own name.
            if above.peek().is_none() {
                break;
            }
            let Some(at) = entries.iter().position(|entry| entry.key == segment) else {
                let section = from == 1 && fact.market.is_none();
                return if section { self.section(segment, until) } else { beside(from, until, indent) };
            };
            if let Some(next) = entries.get(at + 1) {
                until = line_of(next);
            }
            let Some(entry) = entries.get(at) else { break };
            from = line_of(entry);
            match self.block(&entry.value) {
                Some(inner) => entries = inner,
                None => return beside(from, until, indent),
            }
            indent = indent_of(entries);
        }
        let after = self.after_block(entries, from, until, indent);
        Spot { after, from, until, indent: Some(indent), names_path: false, ..Spot::ANYWHERE }
    }

    /// The entries of a mapping with a line for each; none where it is written in braces, or is none.
    fn block<'n>(&self, node: &'n Node) -> Option<&'n [Entry]> {
        let NodeKind::Mapping(entries) = &node.kind else { return None };
        let column = (node.span.column as usize).saturating_sub(1);
        let braces = self.line(node.span.line as usize).chars().nth(column) == Some('{');
        (!braces && !entries.is_empty()).then_some(entries)
    }

    /// The last line of a mapping: facts come before what lies within a market.
    fn after_block(&self, entries: &[Entry], from: usize, until: usize, indent: usize) -> usize {
        let other = entries.iter().position(|entry| matches!(entry.key.as_str(), "within" | "choices"));
        let until_other = other.filter(|at| *at > 0).and_then(|at| entries.get(at)).map(line_of);
        let is_comment = |number| self.comment(number).is_some_and(|comment| comment.indent <= indent);
        let full = |number: &usize| !self.line(*number).trim().is_empty() && !is_comment(*number);
        let last = |until: usize| (from..until).rev().find(full).unwrap_or(from);
        let mut after = last(until_other.unwrap_or(until));
        // What is said there of the mapping belongs to it; above `within`, only what was written by us.
        while after + 1 < until
            && self.comment(after + 1).is_some_and(|comment| {
                comment.indent == indent && (until_other.is_none() || comment.rest.starts_with(TO_GIVE))
            })
        {
            after += 1;
        }
        after
    }

    /// The last line of something in braces, with what was written below it of the same.
    fn after_flow(&self, from: usize, until: usize, indent: usize, path: &str) -> usize {
        let mut lines = (from..until).rev();
        let full = |number: &usize| !self.line(*number).trim().is_empty() && self.comment(*number).is_none();
        let mut after = lines.find(full).unwrap_or(from);
        let parent = path.rsplit_once('.').map_or(path, |(parent, _)| parent);
        while after + 1 < until
            && self.comment(after + 1).is_some_and(|comment| {
                comment.indent == indent && comment.key.rsplit_once('.').is_some_and(|(of, _)| of == parent)
            })
        {
            after += 1;
        }
        after
    }

    /// A mapping that is not there: in a comment of its own at the end, or where that stands already.
    fn section(&self, name: &str, until: usize) -> Spot {
        let head = (1..until).find(|number| {
            self.comment(*number)
                .is_some_and(|of| of.indent == 0 && of.key == name && of.rest.is_empty() && of.inner > 0)
        });
        let spot = Spot { section: Some(name.to_owned()), names_path: false, ..Spot::ANYWHERE };
        let Some(head) = head else { return Spot { after: until - 1, from: until, until, ..spot } };
        let under = |number: &usize| self.comment(*number).is_some_and(|of| of.indent == 0 && of.inner > 1);
        let last = (head + 1..until).take_while(under).last().unwrap_or(head);
        Spot { after: last, from: head + 1, until: last + 1, begun: true, ..spot }
    }

    /// The text with these lines added below those.
    fn with(&self, added: &BTreeMap<usize, Vec<String>>) -> String {
        let mut text = String::new();
        for (index, line) in self.lines.iter().enumerate() {
            text.push_str(line);
            for new in added.get(&(index + 1)).into_iter().flatten() {
                if !text.ends_with('\n') {
                    text.push_str(self.end);
                }
                text.push_str(new);
                text.push_str(self.end);
            }
        }
        text
    }
}

fn line_of(entry: &Entry) -> usize {
    entry.key_span.line as usize
}

fn indent_of(entries: &[Entry]) -> usize {
    entries.first().map_or(0, |entry| (entry.key_span.column as usize).saturating_sub(1))
}

/// The lines of one mapping, remarks under each other.
fn written(spot: &Spot, items: &[(String, String)]) -> Vec<String> {
    let width = items.iter().map(|(key, _)| key.chars().count()).max().unwrap_or_default();
    let indent = " ".repeat(spot.indent.unwrap_or_default());
    let inner = if spot.section.is_some() { "  " } else { "" };
    let head =
        spot.section.iter().filter(|_| !spot.begun).flat_map(|name| [String::new(), format!("# {name}:")]);
    let lines = items.iter().map(|(key, remark)| {
        let padding = " ".repeat(width - key.chars().count());
        format!("{indent}# {inner}{key}: {TO_GIVE}{padding}  # {remark}")
    });
    head.chain(lines).collect()
}

/// What a fact is, in one line: `count, people: how many people use it there`.
fn remark(fact: &Fact) -> String {
    let mut text = fact.value_type.clone();
    for more in fact.unit.iter().chain(&fact.vocabulary) {
        text.push_str(", ");
        text.push_str(more);
    }
    if !fact.values.is_empty() {
        text.push_str(" of ");
        text.push_str(&fact.values.join(", "));
    }
    let text = format!("{text}: {}", fact.doc);
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").chars().map(printable).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::fact;

    fn filled(text: &str, paths: &[&str]) -> String {
        let facts: Vec<Fact> = paths.iter().map(|path| fact(path, "0", &[])).collect();
        let filled = fill("s.yaml", text.as_bytes(), &facts).unwrap_or_else(|all| panic!("{all:?}"));
        let once = String::from_utf8(filled.bytes).unwrap();
        let lines = |text: &str| text.split_inclusive('\n').map(str::to_owned).collect::<Vec<_>>();
        // Everything that stood there stands there, in its order.
        let mut rest = lines(text).into_iter().peekable();
        for line in lines(&once) {
            if rest.peek().is_some_and(|old| old.trim_end() == line.trim_end()) {
                rest.next();
            }
        }
        assert_eq!(rest.next(), None, "{once}");
        assert_eq!(lines(&once).len(), lines(text).len() + filled.lines, "{once}");
        let again = fill("s.yaml", once.as_bytes(), &facts).unwrap();
        assert_eq!((String::from_utf8(again.bytes).unwrap(), again.lines), (once.clone(), 0));
        once
    }

    const REMARK: &str = "# count, people: how many people use it";

    #[track_caller]
    fn check(text: &str, paths: &[&str], expected: &str) {
        assert_eq!(filled(text, paths), expected.replace("# REMARK", REMARK));
    }

    #[test]
    fn a_block_takes_them_at_its_end() {
        check(
            "company:\n  home: cn   # here\n  # of the company\n\n# of the markets\nmarkets:\n  br:\n    weight: 1\n  # of Germany\n  de:\n    weight: 2\n\n# at the end\n",
            &["markets.br.users", "markets.br.team", "company.staff", "markets.de.users"],
            "company:\n  home: cn   # here\n  # of the company\n  # staff: …  # REMARK\n\n# of the markets\nmarkets:\n  br:\n    weight: 1\n    # users: …  # REMARK\n    # team: …   # REMARK\n  # of Germany\n  de:\n    weight: 2\n    # users: …  # REMARK\n\n# at the end\n",
        );
    }

    #[test]
    fn a_market_takes_them_before_what_lies_within() {
        check(
            "markets:\n  us:\n    weight: 1\n    # regions\n    within:\n      us-ca:\n        users: 1\n  de: {weight: 1}\n",
            &["markets.us.users", "markets.us.within.us-ca.staff"],
            "markets:\n  us:\n    weight: 1\n    # users: …  # REMARK\n    # regions\n    within:\n      us-ca:\n        users: 1\n        # staff: …  # REMARK\n  de: {weight: 1}\n",
        );
        // The same name of a region is another fact.
        let both = ["markets.us.users", "markets.us.within.us-ca.users"];
        let text = "markets:\n  us:\n    weight: 1\n    within:\n      us-ca:\n        # users: 5\n        staff: 1\n";
        let once = filled(text, &both);
        assert!(once.contains("    weight: 1\n    # users: …"), "{once}");
        assert_eq!(once.matches("users").count(), 2, "{once}");
    }

    #[test]
    fn braces_have_them_below_with_their_paths() {
        check(
            "markets:\n  br: {weight: 1,\n    users: 3}\n  de: {weight: 1}\nchoices: {a: b}\n",
            &["markets.br.team", "markets.de.users"],
            "markets:\n  br: {weight: 1,\n    users: 3}\n  # markets.br.team: …  # REMARK\n  de: {weight: 1}\n  # markets.de.users: …  # REMARK\nchoices: {a: b}\n",
        );
        check(
            "company: {home: cn}\nmarkets: {br: {weight: 1}, de: {weight: 1}}\n",
            &["markets.br.users", "markets.de.users", "company.staff"],
            "company: {home: cn}\n# company.staff: …  # REMARK\nmarkets: {br: {weight: 1}, de: {weight: 1}}\n# markets.br.users: …  # REMARK\n# markets.de.users: …  # REMARK\n",
        );
        check(
            "markets:\n  us:\n    weight: 1\n    within: {us-ca: {}}\n",
            &["markets.us.within.us-ca.users"],
            "markets:\n  us:\n    weight: 1\n    within: {us-ca: {}}\n    # markets.us.within.us-ca.users: …  # REMARK\n",
        );
        check("{a: 1}\n", &["product.x"], "{a: 1}\n# product.x: …  # REMARK\n");
    }

    #[test]
    fn a_section_that_is_not_there_is_written_in_comments() {
        let text = "title: x\nmarkets:\n  br:\n    weight: 1\n";
        let with = "title: x\nmarkets:\n  br:\n    weight: 1\n\n# product:\n#   users: …  # REMARK\n#   ai: …     # REMARK\n";
        check(text, &["product.users", "product.ai"], with);
        let with = with.replace("# REMARK", REMARK);
        let more = format!("{with}#   staff: …  # REMARK\n");
        check(&with, &["product.users", "product.staff"], &more);
        // Without an end of the last line, and with an end of the document.
        check("title: x", &["company.a"], "title: x\n\n# company:\n#   a: …  # REMARK\n");
        check("title: x\n...\n", &["company.a"], "title: x\n\n# company:\n#   a: …  # REMARK\n...\n");
    }

    #[test]
    fn lines_end_as_the_file_does_and_its_mark_stays() {
        check(
            "\u{feff}product:\r\n  a: 1\r\ntitle: x\r\n",
            &["product.users", "company.staff"],
            "\u{feff}product:\r\n  a: 1\r\n  # users: …  # REMARK\r\ntitle: x\r\n\r\n# company:\r\n#   staff: …  # REMARK\r\n",
        );
    }

    #[test]
    fn text_that_looks_like_a_comment_is_left_alone() {
        check(
            "company:\n  note: |\n    one\n    # users: two\ntitle: x\n",
            &["company.users"],
            "company:\n  note: |\n    one\n    # users: two\n  # users: …  # REMARK\ntitle: x\n",
        );
        // What would change the text is not written.
        let kept = "company:\n  note: |+\n    one\n\n\ntitle: x\n";
        let problems = fill("s.yaml", kept.as_bytes(), &[fact("company.users", "0", &[])]);
        assert!(problems.is_err_and(|all| all[0].message.contains("without changing what it says")));
    }

    #[test]
    fn nothing_a_rule_file_says_leaves_its_comment() {
        let evil = Fact { doc: "a\r\nmarkets: {}\u{1b}[31m\u{202e}".into(), ..fact("company.a", "0", &[]) };
        let values = Fact { values: vec!["x".into(), "y".into()], unit: None, ..fact("company.b", "0", &[]) };
        let filled = fill("s.yaml", b"company:\n  c: 1\n", &[evil, values]).unwrap();
        let text = String::from_utf8(filled.bytes).unwrap();
        assert_eq!(
            text,
            "company:\n  c: 1\n  # a: …  # count, people: a markets: {}�[31m�\n  # b: …  # count of x, y: how many people use it\n"
        );
    }
}
