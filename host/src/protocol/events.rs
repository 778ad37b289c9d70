//! What changed in a host, for whoever follows it.

use serde::{Deserialize, Serialize};

use super::{Diff, FileDiff, ItemState, Problem, QueryResponse};

/// `GET /v1/events?after=CURSOR&wait=SECONDS`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventsResponse {
    /// In the order in which they happened.
    pub events: Vec<Change>,
    /// Where to go on.
    pub next: String,
    /// Whether the cursor was of an earlier life of this host: what follows begins at its start.
    pub restarted: bool,
    /// Changes after the cursor that are no longer kept.
    pub missed: u64,
}

/// One change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// Counts from one in the life of a host.
    pub seq: u64,
    /// When (RFC 3339).
    pub at: String,
    /// What.
    pub kind: ChangeKind,
    /// The file; null where it is about all of them.
    pub file: Option<String>,
    /// What became of the file; null where it is gone.
    pub state: Option<ItemState>,
    /// What it was before; null where it is new.
    pub was: Option<ItemState>,
    /// The number of the generation that is served from here on, or that everything is held at.
    pub number: Option<u64>,
    /// Its digest.
    pub generation: Option<String>,
    /// Why, in a line.
    pub cause: Option<String>,
    /// Why a file is not live.
    pub problems: Vec<Problem>,
}

/// What changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeKind {
    /// A generation is served.
    Generation,
    /// A file has another state, other contents or other problems.
    File,
    /// Everything is held at a generation.
    RolledBack,
    /// A file is held.
    Pinned,
    /// A file is let go of, or all of them.
    Unpinned,
}

impl ChangeKind {
    /// Its name in JSON and messages.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Generation => "generation",
            Self::File => "file",
            Self::RolledBack => "rolled_back",
            Self::Pinned => "pinned",
            Self::Unpinned => "unpinned",
        }
    }
}

/// What `landfall token new --format json` says.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct NewToken {
    /// Whose it is.
    pub name: String,
    /// `read` or `admin`.
    pub may: String,
    /// What the host knows of it.
    pub hash: String,
    /// The token itself.
    pub token: String,
}

/// Never the token.
impl std::fmt::Debug for NewToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewToken").field("name", &self.name).field("may", &self.may).finish_non_exhaustive()
    }
}

/// What `landfall query --follow --format json` says, one a line: an answer, and what made it another one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Followed {
    /// As `query --format json` shows it.
    pub response: QueryResponse,
    /// The rule files that do not read as they did for the answer before; nothing for the first.
    pub rules: Vec<FileDiff>,
    /// What they change, in money; null for the first.
    pub diff: Option<Diff>,
}
