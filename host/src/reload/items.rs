//! What became of every file in the watched folders: what `status` shows and the log says.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::{
    diagnostic::{Diagnostic, Severity},
    id::Digest,
};

/// What a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ItemKind {
    /// The operator's `landfall.yaml`.
    Config,
    /// Facts, roles, rates or exchange rates.
    Base,
    /// A jurisdiction.
    Jurisdiction,
    /// A plugin.
    Plugin,
    /// Nothing that belongs here.
    Stray,
}

/// What became of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ItemState {
    /// Served as it stands on disk.
    Live,
    /// Something older is served.
    LastGood,
    /// Held at a version by somebody.
    Pinned,
    /// A plugin that is being compiled, or what needs it.
    Waiting,
    /// Not served.
    Refused,
    /// A jurisdiction of which nothing can be served.
    Unavailable,
}

impl ItemKind {
    /// Every kind.
    pub(super) const ALL: [Self; 5] =
        [Self::Config, Self::Base, Self::Jurisdiction, Self::Plugin, Self::Stray];

    /// Its name where it is written down.
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

impl ItemState {
    /// Every state.
    pub(super) const ALL: [Self; 6] =
        [Self::Live, Self::LastGood, Self::Pinned, Self::Waiting, Self::Refused, Self::Unavailable];

    /// Its name in JSON and messages.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::LastGood => "last_good",
            Self::Pinned => "pinned",
            Self::Waiting => "waiting",
            Self::Refused => "refused",
            Self::Unavailable => "unavailable",
        }
    }
}

/// One file of the watched folders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Its name, without a folder.
    pub file: String,
    /// What it holds.
    pub kind: ItemKind,
    /// What became of it.
    pub state: ItemState,
    /// Of what is served of it, else of what is on disk.
    pub digest: Option<Digest>,
    /// Since when it is in this state with these contents.
    pub since: Option<Timestamp>,
    /// Why it is not live.
    pub problems: Vec<Diagnostic>,
    /// Whose signature is under what is served of it.
    pub signed_by: Option<String>,
}

impl Item {
    /// Of contents that nobody knows, and of no date yet.
    pub(super) fn new(file: &str, kind: ItemKind, state: ItemState, problems: Vec<Diagnostic>) -> Self {
        Self { file: file.to_owned(), kind, state, digest: None, since: None, problems, signed_by: None }
    }

    /// Something that does not belong in a folder; it may be harmless.
    pub(super) fn stray(file: &str, problem: Diagnostic) -> Self {
        let state = match problem.severity {
            Severity::Error => ItemState::Refused,
            Severity::Warning | Severity::Note => ItemState::Live,
        };
        Self::new(file, ItemKind::Stray, state, vec![problem])
    }

    /// With the digest of its contents.
    pub(super) fn of(self, digest: Option<Digest>) -> Self {
        Self { digest, ..self }
    }
}

/// Sorts and dates what became of all files, and logs what is new of it.
pub(super) fn compare(before: &[Item], after: &mut [Item]) {
    after.sort_by(|a, b| (a.kind, &a.file).cmp(&(b.kind, &b.file)));
    let before: BTreeMap<(ItemKind, &str), &Item> =
        before.iter().map(|item| ((item.kind, item.file.as_str()), item)).collect();
    // To the second: it is read by people.
    let now = Timestamp::from_second(Timestamp::now().as_second()).unwrap_or_default();
    for item in after {
        let known = before.get(&(item.kind, item.file.as_str())).copied();
        log(known, item);
        let same = known.filter(|old| old.state == item.state && old.digest == item.digest);
        item.since = same.and_then(|old| old.since).or(Some(now));
    }
}

/// The log says what `status` says, once, when it changes.
fn log(known: Option<&Item>, item: &Item) {
    if known.is_some_and(|old| old.state == item.state && old.problems == item.problems) {
        return;
    }
    let state = item.state.as_str();
    for problem in item.problems.iter().filter(|_| item.state != ItemState::Waiting) {
        tracing::warn!(file = %item.file, state, %problem, "a file is not served as it stands");
    }
    if item.problems.is_empty() && known.is_some_and(|old| old.state != item.state) {
        tracing::info!(file = %item.file, state, "a file changed its state");
    }
}
