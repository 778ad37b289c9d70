//! The audit log on the wire: rows, verdicts, replayed answers, and the bundle that proves one answer.

use serde::{Deserialize, Serialize};

use super::{Diff, base64};
use crate::{audit, id::Digest};

/// What names the form of a bundle.
pub const BUNDLE: &str = "landfall/bundle@1";

/// Longest label accepted, in bytes. Arbitrary: the name of a meeting.
pub const MAX_LABEL: usize = 200;

/// A row of the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuditRow {
    /// Counts from one.
    pub seq: u64,
    /// When it was written (RFC 3339, UTC).
    pub at: String,
    /// What kind of thing happened.
    pub kind: String,
    /// What happened: the text that the hash is over, which is JSON.
    pub body: String,
    /// The hash of the row before.
    pub prev: Digest,
    /// Of all of the above.
    pub hash: Digest,
}

impl From<audit::Row> for AuditRow {
    fn from(row: audit::Row) -> Self {
        let audit::Row { seq, at, kind, body, prev, hash } = row;
        Self { seq, at, kind, body, prev, hash }
    }
}

impl From<AuditRow> for audit::Row {
    fn from(row: AuditRow) -> Self {
        let AuditRow { seq, at, kind, body, prev, hash } = row;
        Self { seq, at, kind, body, prev, hash }
    }
}

/// `POST /v1/audit/rows`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AuditWanted {
    /// From that number on.
    pub from: u64,
    /// Of that kind alone.
    pub kind: Option<String>,
    /// Written on that day or at that time, or later.
    pub since: Option<String>,
    /// With the strategies and answers that they name.
    pub contents: bool,
}

/// What it gets: as many rows as fit, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditPage {
    /// The rows.
    pub rows: Vec<AuditRow>,
    /// What they name, each once, if it was wanted and is there.
    pub contents: Vec<Content>,
    /// Whether there may be more behind the last one.
    pub more: bool,
}

/// Bytes by digest.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Content {
    /// Of the bytes.
    pub digest: Digest,
    /// Base64 in JSON.
    #[serde(with = "base64")]
    pub bytes: Vec<u8>,
}

impl std::fmt::Debug for Content {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Content").field("digest", &self.digest).field("bytes", &self.bytes.len()).finish()
    }
}

/// `GET /v1/audit/head`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditHead {
    /// The number and hash of the last row: `1234:blake3:…`; none of an empty log.
    pub head: Option<String>,
}

/// `POST /v1/audit/verify`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AuditVerify {
    /// A head that was kept elsewhere.
    pub head: Option<String>,
}

/// What is known of a log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditVerified {
    /// Whether nothing was found.
    pub holds: bool,
    /// Rows that were read.
    pub rows: u64,
    /// Strategies and answers that were read.
    pub contents: u64,
    /// What the first row follows; none where it is the first ever.
    pub after: Option<String>,
    /// Whether a row of the log says that what came before was exported and taken out.
    pub anchored: bool,
    /// The last row.
    pub head: Option<String>,
    /// What is known of the end.
    pub tail: AuditTail,
    /// What was done to it, by row.
    pub faults: Vec<AuditFault>,
    /// Faults beyond those that are named.
    pub more: u64,
}

/// What is known of the end of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuditTail {
    /// No head was given: rows may have been cut off the end.
    Unproven,
    /// The row of the head is here.
    Proven,
    /// The row of the head was exported and taken out.
    Before,
    /// The row of the head is not here, or is another.
    Broken,
}

/// Something that was done to a log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditFault {
    /// The row.
    pub seq: u64,
    /// When it was written, as it says.
    pub at: Option<String>,
    /// In words, with the row.
    pub message: String,
}

impl From<audit::Fault> for AuditFault {
    fn from(fault: audit::Fault) -> Self {
        Self { seq: fault.seq, message: fault.to_string(), at: fault.at }
    }
}

impl AuditVerified {
    /// What was found in a log of which so many contents were read.
    #[must_use]
    pub fn of(verdict: audit::Verdict, contents: u64) -> Self {
        let (after, anchored) = match verdict.begins {
            audit::Begins::Genesis => (None, false),
            audit::Begins::Anchored(head) => (Some(head), true),
            audit::Begins::After(head) => (Some(head), false),
        };
        Self {
            holds: verdict.holds(),
            rows: verdict.rows,
            contents,
            after: after.map(|head| head.to_string()),
            anchored,
            head: verdict.head.map(|head| head.to_string()),
            tail: verdict.tail.into(),
            faults: verdict.faults.into_iter().map(AuditFault::from).collect(),
            more: verdict.more,
        }
    }
}

impl From<audit::Tail> for AuditTail {
    fn from(tail: audit::Tail) -> Self {
        match tail {
            audit::Tail::Unproven => Self::Unproven,
            audit::Tail::Proven => Self::Proven,
            audit::Tail::Before => Self::Before,
            audit::Tail::Broken => Self::Broken,
        }
    }
}

/// `POST /v1/audit/prune`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuditPrune {
    /// The last row that was exported.
    pub through: String,
}

/// What was taken out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditPruned {
    /// Rows.
    pub rows: u64,
    /// Labelled answers among them.
    pub labelled: u64,
}

/// How the log is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditHealth {
    /// Rows that wait to be written.
    pub queued: u64,
    /// Answers that no row says anything of, since the host started.
    pub lost: u64,
    /// Why nothing is being written; none while it is.
    pub why: Option<String>,
}

/// `POST /v1/replay` and `POST /v1/audit/bundle`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReceiptRequest {
    /// The receipt of an answer, or how it begins.
    pub receipt: String,
}

/// An old answer, computed again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replayed {
    /// Its row.
    pub row: AuditRow,
    /// Whether it comes to the same bytes, by the same semantics.
    pub same: bool,
    /// How answers were computed then, and how they are now.
    pub semantics: Semantics,
    /// What is other in the answer, by path.
    pub differences: Vec<Difference>,
    /// Differences beyond those that are listed.
    pub more: u64,
    /// The same in money; of a query alone.
    pub diff: Option<Diff>,
}

/// The number that is raised whenever evaluation changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Semantics {
    /// Of the host that answered.
    pub was: u64,
    /// Of this program.
    pub is: u64,
}

/// A value that is other in two answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// Where: `/markets/0/total/likely`.
    pub path: String,
    /// What it was; none where it was not there.
    pub was: Option<String>,
    /// What it is; none where it is not there.
    pub is: Option<String>,
}

/// Everything it takes to check one answer without a host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bundle {
    /// [`BUNDLE`].
    pub schema: String,
    /// The row of the answer.
    pub row: AuditRow,
    /// The digests of what the rows after it say, up to the head.
    pub later: Vec<Digest>,
    /// The last of them.
    pub head: String,
    /// The digest of the manifest of the generation that answered.
    pub manifest: Digest,
    /// Strategy, answer, manifest, and the rules and plugins that it names.
    pub contents: Vec<Content>,
}

/// What is known of a bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BundleVerified {
    /// Whether everything fits together, and the answer comes out the same.
    pub holds: bool,
    /// The row of the answer.
    pub row: AuditRow,
    /// The head that the row leads to.
    pub head: Option<String>,
    /// Whether that is the head, or leads by the head, that was kept elsewhere.
    pub tail: AuditTail,
    /// What does not fit.
    pub faults: Vec<String>,
    /// The answer, computed again; none where a fault is in the way.
    pub replayed: Option<Replayed>,
}
