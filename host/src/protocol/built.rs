//! What `landfall plugin build` left.

use serde::Serialize;

use crate::id::Digest;

/// A plugin that was built, or was up to date.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BuiltPlugin {
    /// Its id.
    pub id: String,
    /// Its version.
    pub version: String,
    /// `rust`, `python`, `javascript` or `typescript`.
    pub language: &'static str,
    /// Where it is.
    pub file: String,
    /// In bytes.
    pub size: u64,
    /// Of its bytes.
    pub digest: Digest,
    /// Whether it was built just now; else nothing had changed.
    pub fresh: bool,
    /// How long that took.
    pub milliseconds: u64,
}
