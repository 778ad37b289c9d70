//! What changed, in order, for whoever follows: the last thousand changes of this host's life.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
};

use jiff::Timestamp;
use tokio::sync::watch;

use super::{Item, ItemKind, ItemState};
use crate::{diagnostic::Diagnostic, id::Digest};

/// Changes that are remembered. Arbitrary: more than anybody scrolls back.
const MOST: usize = 1_000;

/// One change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Counts from one in the life of a host.
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// What.
    pub what: What,
}

/// What changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// A generation is served.
    Generation {
        /// Its number.
        number: u64,
        /// What names its contents.
        digest: Digest,
        /// Why there is a new one, in a line.
        cause: String,
    },
    /// A file has another state, other contents or other problems.
    File {
        /// Its name.
        file: String,
        /// What it holds.
        kind: ItemKind,
        /// What it was; none for one that is new.
        was: Option<ItemState>,
        /// What became of it; none for one that is gone.
        state: Option<ItemState>,
        /// What is served of it.
        digest: Option<Digest>,
        /// Why it is not live.
        problems: Vec<Diagnostic>,
    },
    /// Everything is held at a generation.
    RolledBack {
        /// The one whose contents are served again.
        to: u64,
    },
    /// A file is held.
    Pinned {
        /// Its name.
        file: String,
    },
    /// A file is let go of; all of them where none is named.
    Unpinned {
        /// Its name.
        file: Option<String>,
    },
}

/// The changes of a host's life.
#[derive(Debug)]
pub struct Changes {
    ring: Mutex<VecDeque<Change>>,
    newest: watch::Sender<u64>,
}

impl Default for Changes {
    fn default() -> Self {
        Self { ring: Mutex::default(), newest: watch::Sender::new(0) }
    }
}

impl Changes {
    /// Those after that number, in order.
    #[must_use]
    pub fn after(&self, seq: u64) -> Vec<Change> {
        self.ring().iter().filter(|change| change.seq > seq).cloned().collect()
    }

    /// The number of the newest, which changes with each.
    #[must_use]
    pub fn newest(&self) -> watch::Receiver<u64> {
        self.newest.subscribe()
    }

    pub(super) fn push(&self, what: impl IntoIterator<Item = What>) {
        let at = Timestamp::from_millisecond(Timestamp::now().as_millisecond()).unwrap_or_default();
        let mut ring = self.ring();
        let mut seq = *self.newest.borrow();
        let before = seq;
        for what in what {
            seq += 1;
            if ring.len() == MOST {
                ring.pop_front();
            }
            ring.push_back(Change { seq, at, what });
        }
        drop(ring);
        if seq != before {
            self.newest.send_replace(seq);
        }
    }

    fn ring(&self) -> MutexGuard<'_, VecDeque<Change>> {
        self.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The files that are not what they were.
pub(super) fn of_files(before: &[Item], after: &[Item]) -> Vec<What> {
    let (known, new) = (by_name(before), by_name(after));
    let mut changes = Vec::new();
    for item in after {
        let was = known.get(&name(item)).copied();
        if was.is_some_and(|was| is_same(was, item)) {
            continue;
        }
        changes.push(What::File {
            file: item.file.clone(),
            kind: item.kind,
            was: was.map(|was| was.state),
            state: Some(item.state),
            digest: item.digest,
            problems: item.problems.clone(),
        });
    }
    for item in before.iter().filter(|item| !new.contains_key(&name(item))) {
        changes.push(What::File {
            file: item.file.clone(),
            kind: item.kind,
            was: Some(item.state),
            state: None,
            digest: None,
            problems: Vec::new(),
        });
    }
    changes
}

/// What a file is called among all.
fn name(item: &Item) -> (ItemKind, &str) {
    (item.kind, item.file.as_str())
}

fn by_name(items: &[Item]) -> BTreeMap<(ItemKind, &str), &Item> {
    // Of two strays of one name, the first.
    items.iter().rev().map(|item| (name(item), item)).collect()
}

/// Whether nobody needs to be told.
pub(super) fn is_same(was: &Item, item: &Item) -> bool {
    was.state == item.state && was.digest == item.digest && was.problems == item.problems
}
