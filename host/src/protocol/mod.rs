//! What goes over the socket: requests, answers, refusals and status, as JSON.
//!
//! These are the only types serialised for clients, and names here are stable: scripts read them.
//! Amounts are text with four decimals; nothing is a JSON number that could be a fraction. Fields are
//! always written, `null` or empty where there is nothing to say, in the order they are declared, so
//! that the compact JSON of an [`Answer`] is its canonical form.

mod answer;
mod audit;
mod authors;
mod built;
mod cases;
mod diff;
mod events;
mod facts;
mod generations;
mod line;
mod market;
mod sarif;
mod stale;
mod sweep;
mod tested;
mod timeline;
mod write;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use self::{
    answer::{Answer, Driver, Minimum, Partial, Report, Shared, Spread, Status, Upcoming},
    audit::{
        AuditFault, AuditHead, AuditHealth, AuditPage, AuditPrune, AuditPruned, AuditRow, AuditTail,
        AuditVerified, AuditVerify, AuditWanted, BUNDLE, Bundle, BundleVerified, Content, Difference,
        MAX_LABEL, ReceiptRequest, Replayed, Semantics,
    },
    authors::{
        Benched, Checked, CheckedCase, Inspection, Latency, PluginBinding, PluginChoice, PluginDescription,
        PluginNeed, PluginSignature, PluginUse, WasmInterface, WasmKind, WasmProducer, WasmSection,
    },
    built::BuiltPlugin,
    cases::{CaseState, PluginFile, TestedCase, TestedPlugin},
    diff::{
        BuildFailed, Cause, CauseKind, Changed, ChoiceDiff, Comparison, Delta, Diff, Event, FileDiff,
        LineDiff, MarketDiff, Matter, PartialDelta, PenaltyDiff, Presence, Rebuilt, SharedDiff, Side,
        StageDelta, Word,
    },
    events::{Change, ChangeKind, EventsResponse, Followed, NewToken},
    facts::{Fact, FactNeed, FactNeedKind, Facts, FactsResponse, Unseen},
    generations::{
        AcceptRequest, GenerationRow, GenerationsResponse, NotKept, PinRequest, RollbackRequest, UnpinRequest,
    },
    line::{Basis, Because, Cadence, Fx, Line, Money, Origin, PluginRef, Quantity, Span},
    market::{
        Accepted, Block, Choice, Closure, Conversion, Defaulted, Gap, Ground, Market, Native, NoStage,
        NotTriggered, Penalty, Reason, Source, StageAnswer, Struck, Undetermined,
    },
    sarif::Sarif,
    stale::{Stale, StaleFile, StaleFinding, StaleKind},
    sweep::{
        Distribution, RowFormat, Sweep, SweepInput, SweepMarket, SweepMethod, SweepReason, SweepRequest,
        SweepResponse, SweepResults, SweepRow, SweepRowMarket, TornadoBar,
    },
    tested::{Coverage, CoveredFile, Test, Tested, TestedFile, Touched, Untouched},
    timeline::{Step, StepLine, StepMatter, StepPenalty, Timeline, TimelineRequest, TimelineResponse},
};
use crate::{
    diagnostic::{Diagnostic, Severity},
    id::Digest,
    source::Place,
};

/// A strategy file as the asker read it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StrategyText {
    /// What it is called in messages: the path as it was given, or `<stdin>`.
    pub name: String,
    /// What it says.
    pub text: String,
}

/// `POST /v1/query`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QueryRequest {
    /// The question.
    pub strategy: StrategyText,
    /// Instead of the strategy's `as_of`: `2026-11-23`.
    #[serde(default)]
    pub as_of: Option<String>,
    /// Instead of what the strategy says at these paths: `markets.br.users=1000000`.
    #[serde(default)]
    pub set: Vec<String>,
    /// What-if overlays of rule files to answer under, in this order: `br.cap_doubles`.
    #[serde(default)]
    pub scenario: Vec<String>,
    /// Instead of the current generation: the number or the digest of one the host still keeps.
    #[serde(default)]
    pub generation: Option<String>,
    /// Rule files and plugins to answer with as if they had been dropped in. Nothing is published. Not over
    /// TCP: a plugin is compiled and run.
    #[serde(default)]
    pub candidate: Vec<CandidateFile>,
    /// What the answer is called in the audit log: `board 2026-12-04`. What it rests on is kept for as long as
    /// the log is.
    #[serde(default)]
    pub label: Option<String>,
}

/// A rule file or plugin that is in no folder yet.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CandidateFile {
    /// Its name in the folder: `br.yaml`, `lgpd.wasm`.
    pub name: String,
    /// What it holds; base64 in JSON.
    #[serde(with = "base64")]
    pub bytes: Vec<u8>,
}

/// Bytes are megabytes, and in no log.
impl std::fmt::Debug for CandidateFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CandidateFile").field("name", &self.name).field("bytes", &self.bytes.len()).finish()
    }
}

/// Bytes as text.
mod base64 {
    use data_encoding::BASE64;
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&BASE64.encode(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(deserializer)?;
        BASE64.decode(text.as_bytes()).map_err(|error| D::Error::custom(format!("no base64: {error}")))
    }
}

/// What a query gets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueryResponse {
    /// Replayable: the same generation and strategy give the same bytes.
    pub answer: Answer,
    /// Digest of generation, strategy and answer; see [`receipt`].
    pub receipt: String,
    /// Who answered; not part of the answer.
    pub served: Served,
}

/// The generation that answered.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Served {
    /// Its digest.
    pub generation: String,
    /// Its number at this host.
    pub number: u64,
    /// Files and plugins of which something other than what is on disk was used.
    pub stale_items: Vec<StaleItem>,
    /// Why the audit log does not hold this answer; none where it does or nobody keeps one.
    #[serde(default)]
    pub not_recorded: Option<String>,
}

/// One file or plugin that is not served as it stands on disk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StaleItem {
    /// Its file.
    pub file: String,
    /// What became of it.
    pub state: ItemState,
    /// Since when that is so (RFC 3339).
    pub since: Option<String>,
    /// Its first problem.
    pub reason: Option<String>,
    /// Where that is: `br.yaml:31:3`, or the file.
    pub at: Option<String>,
}

/// Binds an answer to what it was computed from: `strategy` is the digest of everything asked
/// (the text, `as_of`, `set` and `scenario`).
///
/// # Errors
/// Only if an answer cannot be written as JSON, which none of its types allows.
pub fn receipt(
    generation: Digest,
    strategy: Digest,
    answer: &impl Serialize,
) -> Result<String, serde_json::Error> {
    Ok(receipt_over(generation, strategy, &serde_json::to_vec(answer)?))
}

/// The same, of an answer that is written already.
#[must_use]
pub fn receipt_over(generation: Digest, strategy: Digest, canonical: &[u8]) -> String {
    let parts: [&[u8]; 3] = [generation.as_bytes(), strategy.as_bytes(), canonical];
    Digest::of_parts(parts).to_string()
}

/// A [`QueryResponse`] as it goes over the wire, around an answer that is written already; and where that begins.
///
/// # Errors
/// Only if it cannot be written as JSON, which none of its types allows.
pub fn response_around(
    canonical: &[u8],
    receipt: &str,
    served: &Served,
) -> Result<(Vec<u8>, usize), serde_json::Error> {
    let (before, after) = (b"{\"answer\":", b",\"receipt\":");
    let (receipt, served) = (serde_json::to_vec(receipt)?, serde_json::to_vec(served)?);
    let parts = [before.as_slice(), canonical, after, &receipt, b",\"served\":", &served, b"}"];
    Ok((parts.concat(), before.len()))
}

impl QueryRequest {
    /// A strategy as it stands, asked of the current generation.
    #[must_use]
    pub const fn new(strategy: StrategyText) -> Self {
        Self {
            strategy,
            as_of: None,
            set: Vec::new(),
            scenario: Vec::new(),
            generation: None,
            candidate: Vec::new(),
            label: None,
        }
    }

    /// The digest of everything that decides the bytes of an answer, or of its refusal, by a generation: what the
    /// strategy is called, too, and whether a date was given. Not part of it: the generation, candidates, the label.
    #[must_use]
    pub fn identity(&self) -> Digest {
        fn texts(texts: &[String]) -> impl Iterator<Item = &[u8]> {
            texts.iter().map(String::as_bytes)
        }
        let counts = [&self.set, &self.scenario].map(|texts| (texts.len() as u64).to_le_bytes());
        let [sets, scenarios] = &counts;
        let StrategyText { name, text } = &self.strategy;
        let (given, as_of) = ([u8::from(self.as_of.is_some())], self.as_of.as_deref().unwrap_or_default());
        let parts = [name.as_bytes(), text.as_bytes(), &given, as_of.as_bytes(), sets].into_iter();
        let parts = parts.chain(texts(&self.set)).chain([scenarios.as_slice()]);
        Digest::of_parts(parts.chain(texts(&self.scenario)))
    }

    /// The digest of everything asked. Not part of it: what the strategy is called, and which generation is to
    /// answer with which candidates, because the digest of the one that answers says that in a receipt, and
    /// the same answer from the same contents has the same receipt however they were named.
    #[must_use]
    pub fn digest(&self) -> Digest {
        let as_of = self.as_of.as_deref().unwrap_or_default();
        let mut parts = vec![self.strategy.text.as_bytes().to_vec(), as_of.as_bytes().to_vec()];
        for texts in [&self.set, &self.scenario] {
            // How many there are first, so that none of one list is taken for one of the next.
            parts.push((texts.len() as u64).to_le_bytes().to_vec());
            parts.extend(texts.iter().map(|text| text.as_bytes().to_vec()));
        }
        Digest::of_parts(parts.iter().map(Vec::as_slice))
    }
}

/// `GET /v1/status`, and what a reload gets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusResponse {
    /// The generation being served; none where nothing could be loaded yet.
    pub generation: Option<String>,
    /// Its number at this host; 0 where there is none.
    pub number: u64,
    /// Every rule file and plugin.
    pub items: Vec<Item>,
    /// The generation that a rollback holds every file at.
    #[serde(default)]
    pub rolled_back_to: Option<u64>,
    /// What would be lost with the process.
    #[serde(default)]
    pub not_kept: Vec<NotKept>,
}

impl StatusResponse {
    /// Whether everything is served as it stands on disk.
    #[must_use]
    pub fn all_live(&self) -> bool {
        self.generation.is_some() && self.items.iter().all(|item| item.state == ItemState::Live)
    }
}

/// `GET /v1/rules`: what the rule files of a generation say, for whoever compares two.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RulesResponse {
    /// Its digest.
    pub generation: String,
    /// Its number at this host; 0 where it was never published.
    pub number: u64,
    /// The texts by file name, those of the base among them.
    pub files: BTreeMap<String, String>,
}

/// One file of the watched folders.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// Its name, without a folder.
    pub file: String,
    /// What it holds.
    pub kind: ItemKind,
    /// What becomes of it.
    pub state: ItemState,
    /// Digest of the bytes that are served, if any are.
    pub digest: Option<String>,
    /// Since when it is in this state (RFC 3339).
    pub since: Option<String>,
    /// Why it is not live; warnings of a live one.
    pub problems: Vec<Problem>,
    /// Whose signature is under what is served; none where nobody's is.
    #[serde(default)]
    pub signed_by: Option<String>,
}

/// What a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ItemKind {
    /// The operator's `landfall.yaml`.
    Config,
    /// `facts`, `roles`, `rates` or `fx`.
    Base,
    /// A rule file.
    Jurisdiction,
    /// A component.
    Plugin,
    /// Nothing that belongs there.
    Stray,
}

impl ItemKind {
    /// Its name in JSON and messages.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Config => "config",
            Self::Base => "base",
            Self::Jurisdiction => "jurisdiction",
            Self::Plugin => "plugin",
            Self::Stray => "stray",
        }
    }
}

/// What becomes of a watched file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ItemState {
    /// Served as it stands on disk.
    Live,
    /// An earlier version is served.
    LastGood,
    /// Good by itself, waiting for another file.
    Waiting,
    /// Held at a version by its owner.
    Pinned,
    /// Not served, and nothing else is in its place.
    Refused,
    /// Wanted by others, and not there.
    Unavailable,
}

impl ItemState {
    /// Its name in JSON and messages.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::LastGood => "last_good",
            Self::Waiting => "waiting",
            Self::Pinned => "pinned",
            Self::Refused => "refused",
            Self::Unavailable => "unavailable",
        }
    }
}

/// A diagnostic as status shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// `br.yaml:31:3`, or the file.
    pub at: Option<String>,
    /// What is wrong.
    pub message: String,
    /// What to write instead.
    pub help: Option<String>,
    /// How bad it is.
    pub severity: Severity,
    /// The source line, for clients that show it.
    pub place: Option<Place>,
}

impl From<Diagnostic> for Problem {
    fn from(diagnostic: Diagnostic) -> Self {
        Self {
            at: diagnostic.location(),
            message: diagnostic.message,
            help: diagnostic.help,
            severity: diagnostic.severity,
            place: diagnostic.place,
        }
    }
}

/// Why a request got no answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// What kind of reason, for programs.
    pub kind: RefusalKind,
    /// The reasons, for people; at least one.
    pub diagnostics: Vec<Diagnostic>,
}

impl Refusal {
    /// A refusal with one reason and no place.
    #[must_use]
    pub fn new(kind: RefusalKind, message: impl Into<String>) -> Self {
        Self { kind, diagnostics: vec![Diagnostic::error(message)] }
    }

    /// The strategy is wrong, for these reasons.
    #[must_use]
    pub const fn strategy(diagnostics: Vec<Diagnostic>) -> Self {
        Self { kind: RefusalKind::Strategy, diagnostics }
    }

    /// Too many others are asking.
    #[must_use]
    pub fn busy() -> Self {
        Self::busy_for(RETRY_AFTER_SECONDS)
    }

    /// Too many others are asking, for so many seconds.
    #[must_use]
    pub fn busy_for(seconds: u32) -> Self {
        Self::new(RefusalKind::Busy, format!("the host is busy: try again in {seconds} s"))
    }

    /// What to do instead, said with the last reason.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        if let Some(last) = self.diagnostics.pop() {
            self.diagnostics.push(last.help(help));
        }
        self
    }
}

/// When whoever is refused because of others may ask again. Arbitrary: most queries take less.
pub const RETRY_AFTER_SECONDS: u32 = 2;

/// What kind of reason a refusal has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefusalKind {
    /// The strategy has errors; its author can mend them.
    Strategy,
    /// The rules or plugins have errors (without a host: nobody has a last good version of them).
    Rules,
    /// The request is not what this address takes.
    Request,
    /// The generation that is asked for is not kept.
    Generation,
    /// What is asked for cannot be done to what is served.
    Conflict,
    /// More than is read.
    TooLarge,
    /// A token is missing, or is none that holds.
    Unauthorized,
    /// More than whoever asks may do.
    Forbidden,
    /// No such address.
    NotFound,
    /// Too many others are asking; try again.
    Busy,
    /// No generation is served yet.
    Unavailable,
    /// A fault of the host.
    Internal,
}
