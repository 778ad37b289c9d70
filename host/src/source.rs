//! Text with a name, and places in it.
//!
//! A [`SourceFile`] is what was read, with its digest; a [`Span`] is where in it; a [`Place`] is a span
//! that has left its file behind and can be shown anywhere. Depends on `id` and `diagnostic` only.

use std::{borrow::Cow, fmt, sync::Arc};

use serde::{Deserialize, Serialize};

use crate::{diagnostic::Diagnostic, id::Digest};

/// Largest file accepted. A rule file is written by hand; this bounds what a parser must hold.
pub const MAX_FILE_BYTES: usize = 1 << 20;

/// Widest excerpt of a source line shown with a diagnostic, in characters.
const EXCERPT_WIDTH: usize = 160;

/// A stretch of one line. Lines and columns count from 1, columns and length in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// Line, from 1.
    pub line: u32,
    /// Column, from 1, in characters.
    pub column: u32,
    /// Length in characters, at least 1, never beyond the line.
    pub length: u32,
}

impl Span {
    /// The first character of a file.
    pub const START: Self = Self { line: 1, column: 1, length: 1 };
}

/// A UTF-8 text of at most 1 MiB with its name and digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceFile {
    /// Its name, without a folder: folders are read flat.
    pub name: Arc<str>,
    /// What it says, without a byte order mark.
    pub text: Arc<str>,
    /// Of the bytes as they were read.
    pub digest: Digest,
}

impl SourceFile {
    /// Takes the bytes of a file.
    ///
    /// # Errors
    /// A diagnostic for a file that is too large or not UTF-8.
    pub fn new(name: &str, bytes: &[u8]) -> Result<Self, Diagnostic> {
        if bytes.len() > MAX_FILE_BYTES {
            return Err(Diagnostic::error(format!(
                "the file has {} bytes: at most {MAX_FILE_BYTES} are read",
                bytes.len()
            ))
            .in_file(name)
            .help("split it, or move what is not rules elsewhere"));
        }
        let text = std::str::from_utf8(bytes).map_err(|error| {
            let before = bytes.get(..error.valid_up_to()).unwrap_or_default();
            let line = before.iter().filter(|b| **b == b'\n').count() + 1;
            Diagnostic::error(format!("line {line} is not UTF-8"))
                .in_file(name)
                .help("save the file as UTF-8")
        })?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        Ok(Self { name: name.into(), text: text.into(), digest: Digest::of(bytes) })
    }

    /// The bytes it was read from: a byte order mark is no part of the text.
    #[must_use]
    pub fn bytes(&self) -> Cow<'_, [u8]> {
        let text = self.text.as_bytes();
        if Digest::of(text) == self.digest {
            Cow::Borrowed(text)
        } else {
            Cow::Owned(["\u{feff}".as_bytes(), text].concat())
        }
    }

    /// The span as a place that can be shown without this file.
    #[must_use]
    pub fn place(&self, span: Span) -> Place {
        let line = self.text.lines().nth(span.line.saturating_sub(1) as usize).unwrap_or_default();
        let first = (span.column as usize).saturating_sub(1 + EXCERPT_WIDTH / 2);
        let excerpt: String = line.chars().skip(first).take(EXCERPT_WIDTH).map(printable).collect();
        Place {
            file: self.name.to_string(),
            line: span.line,
            column: span.column,
            length: span.length.max(1),
            excerpt,
            excerpt_from: u32::try_from(first).unwrap_or(u32::MAX),
        }
    }

    /// Where a span begins.
    #[must_use]
    pub fn at(&self, span: Span) -> At {
        At { file: Arc::clone(&self.name), line: span.line, column: span.column }
    }
}

/// A character as it may be shown on a terminal: control characters become `�`, tabs a space.
#[must_use]
pub fn printable(character: char) -> char {
    match character {
        '\t' => ' ',
        c if c.is_control() || is_bidi_control(c) => char::REPLACEMENT_CHARACTER,
        c => c,
    }
}

/// Characters that reorder the text around them, with which a file could show other than it says.
const fn is_bidi_control(character: char) -> bool {
    matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A span with the one line it stands on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The file's name.
    pub file: String,
    /// Line, from 1.
    pub line: u32,
    /// Column, from 1, in characters.
    pub column: u32,
    /// Length in characters.
    pub length: u32,
    /// The source line, or the part of it around the column.
    pub excerpt: String,
    /// How many characters of the line come before the excerpt.
    pub excerpt_from: u32,
}

/// Where something is written: `br.yaml:31:3`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct At {
    /// The file's name.
    pub file: Arc<str>,
    /// Line, from 1.
    pub line: u32,
    /// Column, from 1.
    pub column: u32,
}

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

impl Serialize for At {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
