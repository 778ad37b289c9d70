//! Writes what is accepted to history before anybody is told, and knows what could not be written.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{
    Accepted, Item, ItemKind, ItemState, What,
    manifest::{Manifest, lineage},
};
use crate::{
    audit::Entry,
    diagnostic::Severity,
    generation::Generation,
    history::{Content, Held, History, HistoryError, ItemRow, NewGeneration, Serial},
    id::Digest,
};

/// What is not kept, since when and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotKept {
    /// Since when.
    pub since: Timestamp,
    /// What the database said.
    pub why: String,
}

/// Keeps generations.
#[derive(Debug)]
pub(super) struct Keeper {
    pub(super) history: Arc<History>,
    /// How many generations are kept.
    pub(super) most: u64,
    /// None while everything is kept.
    not_kept: Option<NotKept>,
    /// Whether what is served is not in history.
    lacks_generation: bool,
    /// Rows that could not be written yet; bounded.
    waiting: Vec<Entry>,
    /// What was not even kept waiting.
    lost: u64,
    /// What is accepted of signed files and not written yet.
    serials: Vec<Serial>,
}

/// Rows that wait for the database to take them again. Chosen: a day of a busy team.
const MOST_WAITING: usize = 10_000;

impl Keeper {
    pub(super) const fn new(history: Arc<History>, most: u64) -> Self {
        Self {
            history,
            most,
            not_kept: None,
            lacks_generation: false,
            waiting: Vec::new(),
            lost: 0,
            serials: Vec::new(),
        }
    }

    pub(super) fn not_kept(&self) -> Option<NotKept> {
        self.not_kept.clone()
    }

    /// Keeps a generation that is about to be served, with what the log says of it.
    pub(super) fn accept(
        &mut self,
        generation: &Generation,
        accepted: &Accepted,
        (manifest, cause): (&Manifest, &str),
        entries: Vec<Entry>,
        items: &[Item],
    ) {
        let entries = self.with_waiting(entries);
        let written = manifest.write().map_err(|error| error.to_string()).and_then(|written| {
            let new = NewGeneration {
                number: generation.number,
                digest: generation.digest,
                cause,
                manifest: &written,
                contents: contents(accepted, manifest),
                most: self.most,
            };
            self.history.accept(&new, &entries, &rows(items)).map_err(|error| error.to_string())
        });
        self.lacks_generation = written.is_err();
        self.settle(written, entries);
    }

    /// Writes what became of every file, with what the log says of it.
    pub(super) fn append(&mut self, entries: Vec<Entry>, items: &[Item]) {
        let entries = self.with_waiting(entries);
        let written = self.history.note(&entries, &rows(items)).map_err(|error| error.to_string());
        self.settle(written, entries);
    }

    /// Keeps what is accepted of signed files, before the generation that serves it: a crash in between forgets no
    /// order. What cannot be written is written as soon as it can be.
    pub(super) fn accept_serials(&mut self, new: Vec<Serial>) {
        self.serials.extend(new);
        if self.serials.is_empty() {
            return;
        }
        match self.history.accept_serials(&self.serials, &[]) {
            Ok(()) => self.serials.clear(),
            Err(error) => tracing::warn!(%error, "the order of signed files is not kept"),
        }
    }

    /// Holds what was asked for, or says why that is not kept: then nothing is held.
    pub(super) fn hold(
        &self,
        held: &Held,
        contents: &[(Digest, &[u8])],
        entries: &[Entry],
    ) -> Result<(), HistoryError> {
        self.history.hold(held, contents, entries)
    }

    /// Whether what is served is not in history, and must be written once that is possible.
    pub(super) const fn lacks_generation(&self) -> bool {
        self.lacks_generation
    }

    /// Whether anything waits to be written.
    pub(super) const fn is_behind(&self) -> bool {
        self.not_kept.is_some()
    }

    fn with_waiting(&mut self, entries: Vec<Entry>) -> Vec<Entry> {
        let mut all = std::mem::take(&mut self.waiting);
        if self.lost > 0 {
            all.push(Entry::new("lost", json!({"n": self.lost})));
            self.lost = 0;
        }
        all.extend(entries);
        all
    }

    fn settle(&mut self, written: Result<(), String>, entries: Vec<Entry>) {
        match written {
            Ok(()) if self.not_kept.is_some() => {
                tracing::info!("history is kept again");
                self.not_kept = None;
            }
            Ok(()) => {}
            Err(why) => {
                if self.not_kept.as_ref().is_none_or(|known| known.why != why) {
                    tracing::warn!(why, "what is served is not kept");
                }
                let since = self.not_kept.as_ref().map_or_else(Timestamp::now, |known| known.since);
                self.not_kept = Some(NotKept { since, why });
                self.waiting = entries;
                let beyond = self.waiting.len().saturating_sub(MOST_WAITING);
                self.waiting.truncate(MOST_WAITING);
                self.lost += beyond as u64;
            }
        }
    }
}

/// What is remembered of every file.
fn rows(items: &[Item]) -> Vec<ItemRow> {
    let row = |item: &Item| ItemRow {
        file: item.file.clone(),
        kind: item.kind.as_str().to_owned(),
        state: item.state.as_str().to_owned(),
        digest: item.digest,
        since: item.since.map(|since| since.to_string()).unwrap_or_default(),
    };
    items.iter().map(row).collect()
}

/// What was remembered of every file.
pub(super) fn items(rows: Vec<ItemRow>) -> Vec<Item> {
    let item = |row: ItemRow| {
        let kind = ItemKind::ALL.into_iter().find(|kind| kind.as_str() == row.kind)?;
        let state = ItemState::ALL.into_iter().find(|state| state.as_str() == row.state)?;
        let since = row.since.parse().ok();
        Some(Item { since, ..Item::new(&row.file, kind, state, Vec::new()).of(row.digest) })
    };
    rows.into_iter().filter_map(item).collect()
}

/// The files that are not what they were.
pub(super) fn changed<'i>(items: &'i [Item], changes: &[What]) -> Vec<&'i Item> {
    let names: BTreeSet<(ItemKind, &str)> = changes
        .iter()
        .filter_map(|change| match change {
            What::File { file, kind, .. } => Some((*kind, file.as_str())),
            _ => None,
        })
        .collect();
    items.iter().filter(|item| names.contains(&(item.kind, item.file.as_str()))).collect()
}

/// The row of a generation that is accepted.
pub(super) fn accepted_row(generation: &Generation, cause: &str, changed: &[&Item]) -> Entry {
    let files: Vec<Value> = changed
        .iter()
        .map(|item| {
            let digest = item.digest.map(|digest| digest.to_string());
            json!({"file": item.file, "state": item.state.as_str(), "digest": digest})
        })
        .collect();
    let number = generation.number;
    let digest = generation.digest.to_string();
    Entry::new("accepted", json!({"number": number, "generation": digest, "cause": cause, "files": files}))
}

/// A row for each file that is not served as it stands.
pub(super) fn refused_rows(changed: &[&Item]) -> Vec<Entry> {
    let not_served = changed.iter().filter(|item| {
        matches!(item.state, ItemState::Refused | ItemState::LastGood | ItemState::Unavailable)
    });
    let rows = not_served.map(|item| {
        let first = item.problems.iter().find(|problem| problem.severity == Severity::Error);
        let at = first.and_then(crate::diagnostic::Diagnostic::location);
        let message = first.map_or_else(String::new, |problem| problem.message.clone());
        Entry::new(
            "refused",
            json!({"file": item.file, "state": item.state.as_str(), "at": at, "message": message}),
        )
    });
    rows.collect()
}

/// A row for a configuration that is in force from now on.
pub(super) fn configured_row(changed: &[&Item]) -> Option<Entry> {
    let is_new = |item: &&&Item| item.kind == ItemKind::Config && item.state == ItemState::Live;
    let digest = changed.iter().find(is_new)?.digest?;
    Some(Entry::new("configured", json!({"digest": digest.to_string()})))
}

/// Everything that a generation rests on, by digest.
fn contents<'a>(accepted: &'a Accepted, manifest: &'a Manifest) -> BTreeMap<Digest, Content<'a>> {
    let served = accepted
        .served
        .values()
        .flat_map(|served| lineage(served).map(|(_, source)| source).chain(std::iter::once(&served.source)));
    let texts = accepted.base.sources.values().chain(served);
    let texts = texts.map(|source| (source.digest, Content::Text(source)));
    let plugins = accepted.wasm.iter().map(|(digest, bytes)| (*digest, Content::Bytes(bytes)));
    let parts = manifest.served.values().map(|part| (part.digest, Content::Bytes(&part.bytes)));
    texts.chain(plugins).chain(parts).collect()
}
