//! What is wrong with a file, where, and what to write instead.
//!
//! A [`Diagnostic`] is complete in itself: it carries the source line it points at, so that it reads
//! the same beside the file and at the other end of a socket. Problems are collected, not thrown:
//! an author sees all of them at once. Rendering is `render`'s business.

use serde::{Deserialize, Serialize};

use crate::source::{At, Place, SourceFile, Span};

/// Most problems listed for one file; the last one says how many more there are.
const MAX_PER_FILE: usize = 100;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The file is refused.
    Error,
    /// Worth a look; nothing is refused.
    Warning,
    /// Said so that somebody knows; nothing need be done.
    Note,
}

/// One problem. Messages: lower case, no full stop, user input in backticks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong.
    pub message: String,
    /// What to write instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    /// The file, where there is no place in it to point at (a file that is not UTF-8, a plugin).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Where.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
}

impl Diagnostic {
    /// An error with neither place nor help yet.
    #[must_use]
    pub fn error(message: impl Into<String>) -> Self {
        Self { severity: Severity::Error, message: message.into(), help: None, file: None, place: None }
    }

    /// A warning with neither place nor help yet.
    #[must_use]
    pub fn warning(message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(message) }
    }

    /// A note with neither place nor help yet.
    #[must_use]
    pub fn note(message: impl Into<String>) -> Self {
        Self { severity: Severity::Note, ..Self::error(message) }
    }

    /// What to write instead.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The file as a whole.
    #[must_use]
    pub fn in_file(mut self, file: &str) -> Self {
        self.file = Some(file.to_owned());
        self
    }

    /// The place it points at. A span on no line came from the command line, and has none.
    #[must_use]
    pub fn at(mut self, source: &SourceFile, span: Span) -> Self {
        if span.line == 0 {
            return self.in_file("--set");
        }
        self.place = Some(source.place(span));
        self
    }

    /// Whether what it is about is refused.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }

    /// `br.yaml:31:3`, or the file, or nothing.
    #[must_use]
    pub fn location(&self) -> Option<String> {
        match (&self.place, &self.file) {
            (Some(place), _) => Some(
                At { file: place.file.as_str().into(), line: place.line, column: place.column }.to_string(),
            ),
            (None, file) => file.clone(),
        }
    }
}

/// One line, for logs: `br.yaml:31:3: unknown key (help: …)`.
impl std::fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(location) = self.location() {
            write!(f, "{location}: ")?;
        }
        f.write_str(&self.message)?;
        match &self.help {
            Some(help) => write!(f, " (help: {help})"),
            None => Ok(()),
        }
    }
}

/// The problems of one file as they are found.
#[derive(Debug)]
pub struct Problems<'a> {
    source: &'a SourceFile,
    found: Vec<Diagnostic>,
    beyond: usize,
}

impl<'a> Problems<'a> {
    /// None yet.
    #[must_use]
    pub const fn new(source: &'a SourceFile) -> Self {
        Self { source, found: Vec::new(), beyond: 0 }
    }

    /// The file they are in.
    #[must_use]
    pub const fn source(&self) -> &'a SourceFile {
        self.source
    }

    /// Adds an error at a span.
    pub fn error(&mut self, span: Span, message: impl Into<String>) {
        self.add(Diagnostic::error(message).at(self.source, span));
    }

    /// Adds an error at a span with what to write instead.
    pub fn error_help(&mut self, span: Span, message: impl Into<String>, help: impl Into<String>) {
        self.add(Diagnostic::error(message).at(self.source, span).help(help));
    }

    /// Adds a problem that was made elsewhere.
    pub fn add(&mut self, diagnostic: Diagnostic) {
        if self.found.len() < MAX_PER_FILE {
            self.found.push(diagnostic);
        } else {
            self.beyond += 1;
        }
    }

    /// Whether an error was found.
    #[must_use]
    pub fn any_error(&self) -> bool {
        self.beyond > 0 || self.found.iter().any(|d| d.severity == Severity::Error)
    }

    /// All of them, in the order of the file.
    #[must_use]
    pub fn into_vec(self) -> Vec<Diagnostic> {
        let mut found = self.found;
        found.sort_by_key(|d| d.place.as_ref().map(|place| (place.line, place.column)));
        if self.beyond > 0 {
            found.push(
                Diagnostic::error(format!("{} more problems are not listed", self.beyond))
                    .in_file(&self.source.name),
            );
        }
        found
    }
}

/// `name` or, for a did-you-mean, the help that names it.
#[must_use]
pub fn did_you_mean<'a>(text: &str, candidates: impl IntoIterator<Item = &'a str> + Clone) -> String {
    match crate::id::nearest(text, candidates.clone()) {
        Some(nearest) => format!("did you mean `{nearest}`?"),
        None => one_of(candidates),
    }
}

/// `one of `a`, `b`, `c``; long lists are cut.
#[must_use]
pub fn one_of<'a>(candidates: impl IntoIterator<Item = &'a str>) -> String {
    const SHOWN: usize = 12;
    let all: Vec<&str> = candidates.into_iter().collect();
    let shown = all.iter().take(SHOWN).map(|c| format!("`{c}`")).collect::<Vec<_>>().join(", ");
    match all.len() {
        0 => "there is none to choose from".to_owned(),
        1 => format!("only {shown} is known here"),
        n if n > SHOWN => format!("one of {shown}, and {} more", n - SHOWN),
        _ => format!("one of {shown}"),
    }
}
