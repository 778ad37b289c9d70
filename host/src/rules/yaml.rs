//! YAML text to a tree of [`Node`]s with positions. The only module that names a YAML library.
//!
//! Scalars keep their text: nothing here turns a number into binary, `no` into false, or a key
//! taken twice into the last one. What could hide something (anchors, aliases, tags, merge keys, a
//! second document, deep nesting) is an error. Readers walk the tree with [`Fields`].

use std::fmt::Write as _;

use saphyr_parser::{Event, Parser, ScalarStyle, Span as YamlSpan};

use crate::{
    diagnostic::{Diagnostic, Problems, did_you_mean},
    source::{SourceFile, Span},
};

/// Deepest nesting accepted. A rule file needs eight; the parser and every walk are recursive.
const MAX_DEPTH: usize = 64;

/// A part of a YAML document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Where it begins; for a scalar on one line, all of it.
    pub span: Span,
    /// What it is.
    pub kind: NodeKind,
}

/// The three kinds of YAML nodes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NodeKind {
    /// Text as it means after unquoting.
    Scalar {
        /// The text.
        text: String,
        /// How it was written.
        style: Style,
    },
    /// A list.
    Sequence(Vec<Node>),
    /// Keys, each once, with their values, in the order of the file.
    Mapping(Vec<Entry>),
}

/// How a scalar was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Without quotes.
    Plain,
    /// `'…'`, a block, or `"…"` with escapes or over several lines: columns inside it are not known.
    Quoted,
    /// `"…"` on one line without escapes: the character at i stands at column + 1 + i.
    Verbatim,
}

/// One key with its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The key's text.
    pub key: String,
    /// Where the key stands.
    pub key_span: Span,
    /// How the key was written.
    pub key_style: Style,
    /// What it holds.
    pub value: Node,
}

impl Node {
    /// What this is, for a message.
    #[must_use]
    pub fn describe(&self) -> String {
        match &self.kind {
            NodeKind::Scalar { text, .. } if text.is_empty() => "nothing".to_owned(),
            NodeKind::Scalar { text, .. } => format!("`{}`", shorten(text)),
            NodeKind::Sequence(_) => "a list".to_owned(),
            NodeKind::Mapping(_) => "a mapping".to_owned(),
        }
    }

    /// The text of a scalar.
    #[must_use]
    pub fn scalar(&self) -> Option<&str> {
        match &self.kind {
            NodeKind::Scalar { text, .. } => Some(text),
            _ => None,
        }
    }

    /// Whether nothing stands here: an empty plain scalar, as after `key:`.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        matches!(&self.kind, NodeKind::Scalar { text, style: Style::Plain } if text.is_empty())
    }

    /// The span of characters `start..end` of a scalar's text, as near as it is known.
    #[must_use]
    pub fn inner_span(&self, start: usize, end: usize) -> Span {
        let quote = match &self.kind {
            NodeKind::Scalar { style: Style::Verbatim, .. } => 1,
            NodeKind::Scalar { style: Style::Plain, .. } => 0,
            _ => return self.span,
        };
        let narrow = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Span {
            line: self.span.line,
            column: self.span.column.saturating_add(narrow(start)).saturating_add(quote),
            length: narrow(end.saturating_sub(start).max(1)),
        }
    }
}

/// User input in a message, cut to a readable length.
#[must_use]
pub fn shorten(text: &str) -> String {
    const MOST: usize = 60;
    let shown: String = text.chars().take(MOST).map(crate::source::printable).collect();
    if text.chars().count() > MOST { format!("{shown}…") } else { shown }
}

/// The one document of a file.
///
/// # Errors
/// A syntax error, which ends the reading, or every construct that is refused.
pub fn parse(source: &SourceFile) -> Result<Node, Vec<Diagnostic>> {
    let mut reader =
        Reader { parser: Parser::new_from_str(&source.text), problems: Problems::new(source), depth: 0 };
    let document = reader.document();
    let problems = reader.problems;
    match document {
        Ok(Some(node)) if !problems.any_error() => Ok(node),
        Ok(None) if !problems.any_error() => Err(vec![
            Diagnostic::error("the file is empty")
                .in_file(&source.name)
                .help("write `schema: landfall/…@1` as the first line, or delete the file"),
        ]),
        Ok(_) => Err(problems.into_vec()),
        Err(fatal) => {
            let mut all = problems.into_vec();
            all.push(fatal.0);
            Err(all)
        }
    }
}

struct Reader<'s> {
    parser: Parser<'s, saphyr_parser::StrInput<'s>>,
    problems: Problems<'s>,
    depth: usize,
}

/// A problem after which the rest of the file means nothing.
struct Fatal(Diagnostic);

type Step<T> = Result<T, Box<Fatal>>;

impl<'s> Reader<'s> {
    fn next(&mut self) -> Step<Option<(Event<'s>, YamlSpan)>> {
        match self.parser.next_event() {
            None => Ok(None),
            Some(Ok(event)) => Ok(Some(event)),
            // Flow brackets: the parser gives up before it says how deep they are.
            Some(Err(error)) if error.info().starts_with("recursion limit") => {
                Err(self.too_deep(&YamlSpan::empty(*error.marker())))
            }
            Some(Err(error)) => {
                let at = span_of(&YamlSpan::empty(*error.marker()));
                let mut diagnostic =
                    Diagnostic::error(format!("this is not YAML: {}", plain_words(error.info())));
                diagnostic = diagnostic.at(self.problems.source(), at);
                Err(Box::new(Fatal(match syntax_help(self.problems.source(), at) {
                    Some(help) => diagnostic.help(help),
                    None => diagnostic,
                })))
            }
        }
    }

    fn document(&mut self) -> Step<Option<Node>> {
        let mut root = None;
        while let Some((event, span)) = self.next()? {
            match event {
                Event::Nothing
                | Event::StreamStart
                | Event::StreamEnd
                | Event::DocumentStart(_)
                | Event::DocumentEnd => {}
                event if root.is_none() => root = Some(self.node(event, &span)?),
                _ => {
                    return Err(self.fatal(
                        &span,
                        "a second document begins here",
                        "write one document in a file",
                    ));
                }
            }
        }
        Ok(root.filter(|node| !node.is_nothing()))
    }

    fn fatal(&self, span: &YamlSpan, message: &str, help: &str) -> Box<Fatal> {
        let diagnostic = Diagnostic::error(message).at(self.problems.source(), span_of(span)).help(help);
        Box::new(Fatal(diagnostic))
    }

    fn node(&mut self, event: Event<'s>, at: &YamlSpan) -> Step<Node> {
        let span = span_of(at);
        let kind = match event {
            Event::Alias(_) => {
                return Err(self.fatal(at, "an alias (`*name`) is not read", "write the value out"));
            }
            Event::Scalar(text, style, anchor, tag) => {
                self.refuse(at, anchor, tag.as_deref());
                let style = self.style(style, at, &text);
                NodeKind::Scalar { text: text.into_owned(), style }
            }
            Event::SequenceStart(anchor, tag) => {
                self.refuse(at, anchor, tag.as_deref());
                self.enter(at)?;
                let items = self.items()?;
                self.depth -= 1;
                NodeKind::Sequence(items)
            }
            Event::MappingStart(anchor, tag) => {
                self.refuse(at, anchor, tag.as_deref());
                self.enter(at)?;
                let entries = self.entries()?;
                self.depth -= 1;
                NodeKind::Mapping(entries)
            }
            _ => return Err(self.fatal(at, "this is not YAML", "check the indentation")),
        };
        Ok(Node { span, kind })
    }

    fn enter(&mut self, at: &YamlSpan) -> Step<()> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.too_deep(at));
        }
        Ok(())
    }

    fn too_deep(&self, at: &YamlSpan) -> Box<Fatal> {
        let message = format!("nested more than {MAX_DEPTH} levels deep");
        self.fatal(at, &message, "no format of Landfall needs more than a dozen levels")
    }

    fn items(&mut self) -> Step<Vec<Node>> {
        let mut items = Vec::new();
        while let Some((event, span)) = self.next()? {
            if matches!(event, Event::SequenceEnd) {
                break;
            }
            items.push(self.node(event, &span)?);
        }
        Ok(items)
    }

    fn entries(&mut self) -> Step<Vec<Entry>> {
        let mut entries: Vec<Entry> = Vec::new();
        let mut seen = std::collections::HashMap::new();
        while let Some((event, span)) = self.next()? {
            if matches!(event, Event::MappingEnd) {
                break;
            }
            let key_node = self.node(event, &span)?;
            let Some((event, span)) = self.next()? else { break };
            let value = self.node(event, &span)?;
            let NodeKind::Scalar { text: key, style: key_style } = key_node.kind else {
                self.problems.error_help(
                    key_node.span,
                    "a key is a list or a mapping",
                    "write a word; values with `{` or `[` need quotes",
                );
                continue;
            };
            if key == "<<" {
                self.problems.error_help(
                    key_node.span,
                    "a merge key (`<<`) is not read",
                    "write the keys out",
                );
                continue;
            }
            if let Some(first) = seen.insert(key.clone(), key_node.span) {
                let message = format!("the key `{}` stands here twice", shorten(&key));
                let help = format!("the first one is on line {}: remove one of them", first.line);
                self.problems.error_help(key_node.span, message, help);
                continue;
            }
            entries.push(Entry { key, key_span: key_node.span, key_style, value });
        }
        Ok(entries)
    }

    fn refuse(&mut self, at: &YamlSpan, anchor: usize, tag: Option<&saphyr_parser::Tag>) {
        if anchor != 0 {
            self.problems.error_help(
                span_of(at),
                "an anchor (`&name`) is not read",
                "write the value out where it is used",
            );
        }
        if let Some(tag) = tag {
            let message = format!(
                "`{}{}` is read by YAML as a tag, and tags are not read",
                shorten(&tag.handle),
                shorten(&tag.suffix)
            );
            self.problems.error_help(
                span_of(at),
                message,
                "put conditions and expressions in double quotes: `when: \"!company.sme\"`",
            );
        }
    }

    fn style(&self, style: ScalarStyle, at: &YamlSpan, text: &str) -> Style {
        let on_one_line = at.start.line() == at.end.line();
        // Two quotes and the text, nothing escaped: then columns inside are known.
        let verbatim =
            on_one_line && at.end.index().saturating_sub(at.start.index()) == text.chars().count() + 2;
        match style {
            ScalarStyle::Plain => Style::Plain,
            ScalarStyle::DoubleQuoted if verbatim => Style::Verbatim,
            _ => Style::Quoted,
        }
    }
}

fn span_of(span: &YamlSpan) -> Span {
    let narrow = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let length = if span.start.line() == span.end.line() {
        span.end.index().saturating_sub(span.start.index())
    } else {
        1
    };
    Span {
        line: narrow(span.start.line().max(1)),
        column: narrow(span.start.col() + 1),
        length: narrow(length.max(1)),
    }
}

/// The scanner's words without its full stops and capitals.
fn plain_words(info: &str) -> String {
    let mut words = info.trim_end_matches('.').to_owned();
    if let Some(first) = words.get(..1).map(str::to_lowercase) {
        words.replace_range(..1, &first);
    }
    words
}

/// What a slip on this line probably was.
fn syntax_help(source: &SourceFile, at: Span) -> Option<String> {
    let line = source.text.lines().nth(at.line.saturating_sub(1) as usize)?;
    if line.starts_with(['\t', ' ']) && line.trim_start_matches(' ').starts_with('\t') {
        return Some("indent with spaces: YAML does not allow tabs".to_owned());
    }
    let (key, value) = line.trim().split_once(": ")?;
    let value = value.trim();
    let expression =
        value.contains(" ? ") || value.contains(": ") || value.starts_with(['!', '&', '*', '%', '@', '`']);
    expression.then(|| format!("put it in double quotes: `{key}: {}`", double_quoted(value)))
}

/// The text as a double-quoted YAML scalar.
#[must_use]
pub fn double_quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for character in text.chars() {
        match character {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            c if c.is_control() => {
                let _ = write!(quoted, "\\u{:04x}", u32::from(c));
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

/// A value as YAML, text quoted wherever YAML would read it as something else.
///
/// # Errors
/// What cannot be written as YAML, such as a mapping as a key.
pub fn write(value: &impl serde::Serialize) -> std::io::Result<String> {
    serde_yaml::to_string(value).map_err(std::io::Error::other)
}

/// The keys of a mapping, taken one by one; what nobody takes is unknown.
#[derive(Debug)]
pub struct Fields<'n> {
    span: Span,
    what: &'static str,
    entries: &'n [Entry],
}

impl<'n> Fields<'n> {
    /// Reads a node as a mapping that may have these keys. A key that is not among them is an error
    /// with a suggestion; `what` names the thing in messages, with its article.
    pub fn read(
        node: &'n Node,
        what: &'static str,
        known: &[&str],
        problems: &mut Problems<'_>,
    ) -> Option<Self> {
        let entries = mapping(node, what, problems)?;
        #[cfg(test)]
        known_keys::note(problems.source(), node.span, known);
        for entry in entries {
            if !known.contains(&entry.key.as_str()) {
                let message = format!("unknown key `{}` in {what}", shorten(&entry.key));
                problems.error_help(entry.key_span, message, did_you_mean(&entry.key, known.iter().copied()));
            } else if entry.value.is_nothing() {
                // Read as absent, a blank `once:` would be an effort that costs nothing.
                let message = format!("`{}` has no value", entry.key);
                problems.error_help(entry.key_span, message, "write one, or take the key out");
            }
        }
        Some(Self { span: node.span, what, entries })
    }

    /// Where the mapping begins.
    #[must_use]
    pub const fn span(&self) -> Span {
        self.span
    }

    /// The value of a key, if it is there and holds something.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&'n Node> {
        self.entry(key).map(|entry| &entry.value).filter(|node| !node.is_nothing())
    }

    /// The key with its value.
    #[must_use]
    pub fn entry(&self, key: &str) -> Option<&'n Entry> {
        self.entries.iter().find(|entry| entry.key == key)
    }

    /// The value of a key that must be there.
    pub fn require(&self, key: &str, problems: &mut Problems<'_>) -> Option<&'n Node> {
        if self.entry(key).is_none() {
            problems.error_help(self.span, format!("{} needs `{key}`", self.what), format!("add `{key}: …`"));
        }
        self.get(key)
    }
}

/// Which keys the readers know at which place, for the test that compares them with the schemas.
#[cfg(test)]
pub(crate) mod known_keys {
    use std::{cell::RefCell, collections::BTreeSet};

    use crate::source::{SourceFile, Span};

    /// File, line, column, keys.
    pub(crate) type Noted = Vec<((String, u32, u32), BTreeSet<String>)>;

    thread_local! {
        static NOTED: RefCell<Noted> = const { RefCell::new(Vec::new()) };
    }

    pub(super) fn note(source: &SourceFile, at: Span, known: &[&str]) {
        let known = known.iter().map(|key| (*key).to_owned()).collect();
        NOTED.with_borrow_mut(|noted| noted.push(((source.name.to_string(), at.line, at.column), known)));
    }

    /// What was noted on this thread since it was last asked.
    pub(crate) fn take() -> Noted {
        NOTED.take()
    }
}

/// The entries of a mapping, or a problem that says what stands there instead.
pub fn mapping<'n>(node: &'n Node, what: &str, problems: &mut Problems<'_>) -> Option<&'n [Entry]> {
    match &node.kind {
        NodeKind::Mapping(entries) => Some(entries),
        _ => {
            let message = format!("{what} is a mapping, not {}", node.describe());
            let help = "write `key: value` lines below it, indented, or `{}` where there are none";
            problems.error_help(node.span, message, help);
            None
        }
    }
}

/// The items of a list, or a problem that says what stands there instead.
pub fn sequence<'n>(node: &'n Node, what: &str, problems: &mut Problems<'_>) -> Option<&'n [Node]> {
    match &node.kind {
        NodeKind::Sequence(items) => Some(items),
        _ => {
            let message = format!("{what} is a list, not {}", node.describe());
            problems.error_help(node.span, message, "write `[…]`, or a `-` before each item");
            None
        }
    }
}

/// The text of a scalar, or a problem that says what stands there instead.
pub fn text<'n>(node: &'n Node, what: &str, problems: &mut Problems<'_>) -> Option<&'n str> {
    match node.scalar() {
        Some(text) if !node.is_nothing() => Some(text),
        _ => {
            problems.error(node.span, format!("{what} is text, not {}", node.describe()));
            None
        }
    }
}

/// Whether YAML reads this plain word as something other than text, so that it needs quotes.
#[must_use]
pub fn is_reserved_word(text: &str) -> bool {
    matches!(
        text.to_ascii_lowercase().as_str(),
        "y" | "n" | "yes" | "no" | "on" | "off" | "true" | "false" | "null" | "~"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Node, Vec<String>> {
        let source = SourceFile::new("t.yaml", text.as_bytes()).map_err(|d| vec![d.to_string()])?;
        parse(&source).map_err(|all| all.iter().map(ToString::to_string).collect())
    }

    #[track_caller]
    fn refused(text: &str, expected: &str) {
        let found = read(text).map(|_| String::new()).unwrap_or_else(|all| all.join("\n"));
        assert_eq!(found, expected);
    }

    #[test]
    fn scalars_keep_their_text() {
        let node = read("a: 9007199254740993.0001\nb: no\nc: \"x > 1\"\nd: 0x1F\n").unwrap();
        let NodeKind::Mapping(entries) = node.kind else { unreachable!() };
        let texts: Vec<_> = entries.iter().map(|e| e.value.scalar().unwrap()).collect();
        assert_eq!(texts, ["9007199254740993.0001", "no", "x > 1", "0x1F"]);
        assert_eq!(entries[2].value.inner_span(2, 3), Span { line: 3, column: 7, length: 1 });
    }

    #[test]
    fn what_could_hide_something_is_refused() {
        refused(
            "a: &x 1\n",
            "t.yaml:1:4: an anchor (`&name`) is not read (help: write the value out where it is used)",
        );
        refused(
            "a: 1\na: 2\n",
            "t.yaml:2:1: the key `a` stands here twice (help: the first one is on line 1: remove one of them)",
        );
        refused("<<: {a: 1}\n", "t.yaml:1:1: a merge key (`<<`) is not read (help: write the keys out)");
        refused(
            "a: 1\n---\nb: 2\n",
            "t.yaml:3:1: a second document begins here (help: write one document in a file)",
        );
        refused(
            "",
            "t.yaml: the file is empty (help: write `schema: landfall/…@1` as the first line, or delete the file)",
        );
    }
}
