//! What changed, as clients follow it: the changes of this life of the host, behind a cursor.

use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::watch;

use crate::{
    protocol::{self, ChangeKind, EventsResponse},
    reload::{Change, Changes, What},
};

/// The changes of one life.
#[derive(Debug)]
pub(super) struct Told {
    changes: Arc<Changes>,
    /// Tells a cursor of this life from one of another.
    life: String,
}

impl Told {
    pub(super) fn new(changes: Arc<Changes>) -> Self {
        let life = format!("{:x}.{:x}", Timestamp::now().as_microsecond(), std::process::id());
        Self { changes, life }
    }

    pub(super) fn newest(&self) -> watch::Receiver<u64> {
        self.changes.newest()
    }

    pub(super) fn after(&self, cursor: Option<&str>) -> EventsResponse {
        let known = cursor.and_then(|cursor| self.seq_of(cursor));
        let seq = known.unwrap_or(0);
        let changes = self.changes.after(seq);
        let first = changes.first().map_or(seq, |change| change.seq.saturating_sub(1));
        let last = changes.last().map_or(seq, |change| change.seq);
        EventsResponse {
            events: changes.into_iter().map(change).collect(),
            next: format!("{}-{last}", self.life),
            restarted: cursor.is_some() && known.is_none(),
            missed: first.saturating_sub(seq),
        }
    }

    /// Which change a cursor of this life stands after.
    fn seq_of(&self, cursor: &str) -> Option<u64> {
        let seq = cursor.strip_prefix(&self.life)?.strip_prefix('-')?.parse().ok()?;
        (seq <= *self.changes.newest().borrow()).then_some(seq)
    }
}

fn change(Change { seq, at, what }: Change) -> protocol::Change {
    let about = |kind| protocol::Change {
        seq,
        at: at.to_string(),
        kind,
        file: None,
        state: None,
        was: None,
        number: None,
        generation: None,
        cause: None,
        problems: Vec::new(),
    };
    match what {
        What::Generation { number, digest, cause } => protocol::Change {
            number: Some(number),
            generation: Some(digest.to_string()),
            cause: Some(cause),
            ..about(ChangeKind::Generation)
        },
        What::File { file, was, state, problems, .. } => protocol::Change {
            file: Some(file),
            was: was.map(Into::into),
            state: state.map(Into::into),
            problems: problems.into_iter().map(Into::into).collect(),
            ..about(ChangeKind::File)
        },
        What::RolledBack { to } => protocol::Change { number: Some(to), ..about(ChangeKind::RolledBack) },
        What::Pinned { file } => protocol::Change { file: Some(file), ..about(ChangeKind::Pinned) },
        What::Unpinned { file } => protocol::Change { file, ..about(ChangeKind::Unpinned) },
    }
}
