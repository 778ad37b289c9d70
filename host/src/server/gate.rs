//! A bounded number of workers and a bounded queue in front of them.
//!
//! What a host does is CPU-bound, so it runs on threads of its own; this keeps their number, and the
//! number of those who wait for one, from growing with the number of clients.

use std::{sync::Arc, time::Duration};

use tokio::sync::Semaphore;
use tracing::Span;

use crate::protocol::{Refusal, RefusalKind};

/// Longest wait for a worker. Arbitrary: shorter than people give up, longer than most queries.
const PATIENCE: Duration = Duration::from_secs(30);

#[derive(Debug, Clone)]
pub(super) struct Gate {
    admitted: Arc<Semaphore>,
    running: Arc<Semaphore>,
    most: Load,
}

/// How many are at work, and how many wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Load {
    pub(super) running: usize,
    pub(super) waiting: usize,
}

impl Gate {
    /// So many at work, and so many waiting.
    pub(super) fn new(running: usize, waiting: usize) -> Self {
        Self {
            admitted: Arc::new(Semaphore::new(running + waiting)),
            running: Arc::new(Semaphore::new(running)),
            most: Load { running, waiting },
        }
    }

    /// As many may be.
    pub(super) const fn most(&self) -> Load {
        self.most
    }

    /// As many are now. Read one after the other, so that a moment is never quite met.
    pub(super) fn load(&self) -> Load {
        let running = self.most.running.saturating_sub(self.running.available_permits());
        let all = self.most.running + self.most.waiting;
        let admitted = all.saturating_sub(self.admitted.available_permits());
        Load { running, waiting: admitted.saturating_sub(running) }
    }

    /// Does `work` on a thread of its own when its turn comes. A client that leaves does not end work
    /// that has begun, and its place is free only when the work is done.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Refusal> {
        let admitted = Arc::clone(&self.admitted).try_acquire_owned().map_err(|_| Refusal::busy())?;
        let turn = Arc::clone(&self.running).acquire_owned();
        let running = match tokio::time::timeout(PATIENCE, turn).await {
            Ok(Ok(permit)) => permit,
            Ok(Err(_)) | Err(_) => return Err(Refusal::busy()),
        };
        let span = Span::current();
        let done = tokio::task::spawn_blocking(move || {
            let result = span.in_scope(work);
            drop((running, admitted));
            result
        });
        done.await.map_err(|error| {
            tracing::error!(%error, "a request ended in a panic");
            Refusal::new(RefusalKind::Internal, "the host failed on this request; its log says where")
        })
    }
}
