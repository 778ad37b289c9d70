//! The audit log: what was accepted, refused, rolled back and answered, as a chain of rows in which each
//! carries the hash of the one before.
//!
//! Pure: rows in, verdicts out. Where rows are kept is `history`'s affair, and what is put into them that of
//! whoever writes them; `docs/audit.md` lists it.

mod head;
mod line;
#[cfg(test)]
mod tests;
mod verify;

use serde_json::Value;

pub use self::{
    head::{Head, NoHead, climb},
    line::NoRow,
    verify::{Begins, Fault, Tail, Verdict, Verifier, What},
};
use crate::id::Digest;

/// What stands before the first row.
pub const GENESIS: Digest = Digest::from_bytes([0; 32]);

/// The kind of a row of a question that was answered.
pub const ANSWERED: &str = "answered";

/// The kind of a row that stands for rows which were exported and taken out.
pub const ANCHOR: &str = "anchor";

/// Something that happened, not yet in the log.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// What kind of thing, as in `docs/audit.md`.
    pub kind: &'static str,
    /// What happened: an object of texts, whole numbers and lists.
    pub body: Value,
    /// What it names by digest and nobody else keeps: a strategy, an answer.
    pub contents: Vec<(Digest, Vec<u8>)>,
}

/// A row of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Counts from one, without holes.
    pub seq: u64,
    /// When it was written (RFC 3339, UTC).
    pub at: String,
    /// What kind of thing happened.
    pub kind: String,
    /// What happened, as compact JSON; the hash is over these bytes.
    pub body: String,
    /// The hash of the row before.
    pub prev: Digest,
    /// Of all of the above.
    pub hash: Digest,
}

impl Entry {
    /// Something that names nothing by digest.
    #[must_use]
    pub const fn new(kind: &'static str, body: Value) -> Self {
        Self { kind, body, contents: Vec::new() }
    }
}

impl Row {
    /// The row after one with the hash `prev`.
    #[must_use]
    pub fn new(seq: u64, at: String, entry: &Entry, prev: Digest) -> Self {
        let mut row =
            Self { seq, at, kind: entry.kind.to_owned(), body: entry.body.to_string(), prev, hash: GENESIS };
        row.hash = chained(row.seq, row.content(), row.prev);
        row
    }

    /// The digest of what it says, so that a proof need not show what others said.
    #[must_use]
    pub fn content(&self) -> Digest {
        Digest::of_parts([self.at.as_bytes(), self.kind.as_bytes(), self.body.as_bytes()])
    }

    /// Whether its hash is that of what it says.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.hash == chained(self.seq, self.content(), self.prev)
    }

    /// What it says, read; null where it is no JSON, which no row of ours is.
    #[must_use]
    pub fn said(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }

    /// What it names by digest and nobody else keeps: the texts and answers of questions.
    #[must_use]
    pub fn named(&self) -> Vec<Digest> {
        if self.kind != ANSWERED {
            return Vec::new();
        }
        let said = self.said();
        let digests = [said.pointer("/request/strategy"), said.get("answer")];
        digests.into_iter().flatten().filter_map(|digest| Digest::parse(digest.as_str()?)).collect()
    }
}

/// The hash of a row that says something of that digest after one with the hash `prev`.
#[must_use]
pub fn chained(seq: u64, content: Digest, prev: Digest) -> Digest {
    Digest::of_parts([b"landfall audit".as_slice(), &seq.to_le_bytes(), content.as_bytes(), prev.as_bytes()])
}
