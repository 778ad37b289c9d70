//! The last row of a log in a line, to be kept elsewhere; and how a row leads up to one.

use std::{fmt, str::FromStr};

use super::chained;
use crate::id::Digest;

/// A row by number and hash, written `1234:blake3:…`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// Its number.
    pub seq: u64,
    /// Its hash, which binds every row before it.
    pub hash: Digest,
}

/// Why a text is no head.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no head: write a row's number and hash, as `landfall audit head` shows them: `1234:blake3:…`"
)]
pub struct NoHead(String);

impl fmt::Display for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.seq, self.hash)
    }
}

impl FromStr for Head {
    type Err = NoHead;

    fn from_str(text: &str) -> Result<Self, NoHead> {
        let read = || {
            let (seq, hash) = text.trim().split_once(':')?;
            Some(Self { seq: seq.parse().ok()?, hash: Digest::parse(hash)? })
        };
        read().ok_or_else(|| NoHead(text.chars().take(80).collect()))
    }
}

/// The head that a row with this one leads to, by the digests of what the rows after it say.
pub fn climb(from: Head, later: impl IntoIterator<Item = Digest>) -> impl Iterator<Item = Head> {
    later.into_iter().scan(from, |at, content| {
        let seq = at.seq + 1;
        *at = Head { seq, hash: chained(seq, content, at.hash) };
        Some(*at)
    })
}
