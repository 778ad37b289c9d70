//! What owners of rules should look at: the answer of `landfall rules stale`.

use std::collections::BTreeMap;

use serde::Serialize;

/// Everything found, by file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Stale {
    /// The day it was looked for.
    pub as_of: String,
    /// What ends on this day or before it is listed as ending; `as_of` where nobody looks ahead.
    pub until: String,
    /// Files with findings, by name.
    pub files: Vec<StaleFile>,
    /// How many there are of each kind that occurs.
    pub counts: BTreeMap<StaleKind, usize>,
}

/// One file and who looks after it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StaleFile {
    /// Its name, without a folder.
    pub file: String,
    /// Who its `review:` names.
    pub owner: Option<String>,
    /// In the order of the file.
    pub findings: Vec<StaleFinding>,
}

/// One thing to look at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StaleFinding {
    /// What kind of thing, for programs.
    pub kind: StaleKind,
    /// What it concerns: `br.dpo`, `param br.fine_cap`.
    pub id: Option<String>,
    /// `br.yaml:31:3`, or the file.
    pub at: String,
    /// The day on which it ended or ends, where there is one.
    pub on: Option<String>,
    /// In words.
    pub what: String,
    /// What it rests on.
    pub cites: Vec<String>,
}

/// What kind of thing is to be looked at, the most pressing first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StaleKind {
    /// A review is due.
    ReviewDue,
    /// Nobody says when the file is reviewed.
    NoReview,
    /// It cites a source whose law has ended.
    SourceEnded,
    /// The acceptance of a gap has ended.
    AcceptanceEnded,
    /// Law that is not written down, and that nobody accepts.
    OpenGap,
    /// The last value of a param has ended.
    ValueEnded,
    /// An exchange rate is old.
    OldRate,
    /// Others read the law differently.
    Disputed,
    /// The author is not sure.
    LowConfidence,
    /// Nobody read the source.
    Unverified,
    /// An estimate, not law.
    Assumption,
}

impl StaleKind {
    /// All, the most pressing first.
    pub const ALL: [Self; 11] = [
        Self::ReviewDue,
        Self::NoReview,
        Self::SourceEnded,
        Self::AcceptanceEnded,
        Self::OpenGap,
        Self::ValueEnded,
        Self::OldRate,
        Self::Disputed,
        Self::LowConfidence,
        Self::Unverified,
        Self::Assumption,
    ];

    /// Its name in JSON and on the command line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ReviewDue => "review_due",
            Self::NoReview => "no_review",
            Self::SourceEnded => "source_ended",
            Self::AcceptanceEnded => "acceptance_ended",
            Self::OpenGap => "open_gap",
            Self::ValueEnded => "value_ended",
            Self::OldRate => "old_rate",
            Self::Disputed => "disputed",
            Self::LowConfidence => "low_confidence",
            Self::Unverified => "unverified",
            Self::Assumption => "assumption",
        }
    }
}
