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
}

impl Gate {
    /// So many at work, and so many waiting.
    pub(super) fn new(running: usize, waiting: usize) -> Self {
        Self {
            admitted: Arc::new(Semaphore::new(running + waiting)),
            running: Arc::new(Semaphore::new(running)),
        }
    }

    /// Does `work` on a thread of its own when its turn comes. A client that leaves does not end work
    /// that has begun, and its place is free only when the work is done.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Refusal> {
        let admitted = Arc::clone(&self.admitted).try_acquire_owned().map_err(|_| busy())?;
        let turn = Arc::clone(&self.running).acquire_owned();
        let running = match tokio::time::timeout(PATIENCE, turn).await {
            Ok(Ok(permit)) => permit,
            Ok(Err(_)) | Err(_) => return Err(busy()),
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

fn busy() -> Refusal {
    Refusal::new(RefusalKind::Busy, "too many others are asking").help("try again in a moment")
}
