//! What was served, and what is asked of it.

use serde::{Deserialize, Serialize};

/// `GET /v1/generations`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GenerationsResponse {
    /// The newest first.
    pub generations: Vec<GenerationRow>,
}

/// A generation that was served.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GenerationRow {
    /// Its number at this host.
    pub number: u64,
    /// What names its contents; the same contents may be served again under another number.
    pub generation: String,
    /// When it was accepted (RFC 3339).
    pub at: String,
    /// Why there was a new one.
    pub cause: String,
    /// Whether it is served now.
    pub served: bool,
}

/// `POST /v1/rollback`: serve the contents of a generation again, and hold every file at them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RollbackRequest {
    /// Its number, or its digest.
    pub to: String,
}

/// `POST /v1/pin`: hold a file at what is served of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PinRequest {
    /// Its name, as in the folder.
    pub file: String,
}

/// `POST /v1/unpin`: let go of a file, or of everything.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnpinRequest {
    /// Its name; without one, everything.
    #[serde(default)]
    pub file: Option<String>,
}

/// `POST /v1/accept`: take a signed file as it is on disk, although its serial is older than the accepted one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AcceptRequest {
    /// Its name, as in the folder.
    pub file: String,
}

/// Something that a host cannot write down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotKept {
    /// What: `history`, `the audit log`.
    pub what: String,
    /// Since when (RFC 3339).
    pub since: String,
    /// Why.
    pub why: String,
}
