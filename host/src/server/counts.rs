//! What clients asked and what came of it, counted for `/metrics`.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

use axum::{
    extract::{Request, State},
    http::StatusCode,
    middleware::Next,
    response::Response,
};

use crate::{
    metrics::{Family, Series, Times},
    protocol::{RefusalKind, Status},
};

/// What can be asked, by its address below `/v1/`.
const VERBS: [&str; 15] = [
    "query",
    "timeline",
    "facts",
    "rules",
    "status",
    "events",
    "reload",
    "generations",
    "rollback",
    "pin",
    "unpin",
    "accept",
    "audit",
    "replay",
    OTHER,
];
const OTHER: &str = "other";

/// What comes of it.
const OUTCOMES: [&str; 9] =
    ["complete", "incomplete", "blocked", "answered", "refused", "denied", "busy", "unavailable", "failed"];

/// Which kind of socket a connection came in by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Unix,
    Tcp,
    Tls,
}

const KINDS: [&str; 3] = ["unix", "tcp", "tls"];

/// Everything that is counted here.
#[derive(Debug, Default)]
pub(super) struct Counts {
    requests: [[AtomicU64; OUTCOMES.len()]; VERBS.len()],
    queries: Times,
    connections: [AtomicU64; KINDS.len()],
}

impl Counts {
    /// One more connection, until what is returned is dropped.
    pub(super) fn connected(self: &Arc<Self>, kind: Kind) -> Connected {
        self.change(kind, |count| count.fetch_add(1, Ordering::Relaxed));
        Connected(Arc::clone(self), kind)
    }

    fn change(&self, kind: Kind, change: impl FnOnce(&AtomicU64) -> u64) {
        if let Some(count) = self.connections.get(kind as usize) {
            change(count);
        }
    }

    fn requested(&self, verb: &str, outcome: &str) {
        let verb = VERBS.iter().position(|known| *known == verb).unwrap_or(VERBS.len() - 1);
        let outcome = OUTCOMES.iter().position(|known| *known == outcome);
        let count = outcome.and_then(|outcome| self.requests.get(verb)?.get(outcome));
        if let Some(count) = count {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    pub(super) fn families(&self) -> Vec<Family> {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        let requests = VERBS.iter().zip(&self.requests).flat_map(|(verb, counts)| {
            let series = |(outcome, count): (&&'static str, _)| {
                Series::new(&[("verb", *verb), ("outcome", *outcome)], read(count))
            };
            // What may never happen has no series until it does.
            OUTCOMES.iter().zip(counts).map(series).filter(|series| !series.is_zero()).collect::<Vec<_>>()
        });
        let connections = KINDS.iter().zip(&self.connections);
        let connections = connections.map(|(kind, count)| Series::new(&[("listener", *kind)], read(count)));
        vec![
            Family::counters(
                "landfall_requests_total",
                "Requests by verb and by what came of them",
                requests.collect(),
            ),
            Family::histogram(
                "landfall_query_duration_seconds",
                "From a whole question to its whole answer, the wait for a place included",
                &self.queries,
            ),
            Family::gauges(
                "landfall_connections",
                "Open connections by kind of listener",
                connections.collect(),
            ),
        ]
    }
}

/// A connection that is counted.
#[derive(Debug)]
pub(super) struct Connected(Arc<Counts>, Kind);

impl Drop for Connected {
    fn drop(&mut self) {
        self.0.change(self.1, |count| count.fetch_sub(1, Ordering::Relaxed));
    }
}

/// Counts a request when it is answered.
pub(super) async fn counted(State(counts): State<Arc<Counts>>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let asked = path.strip_prefix("/v1/").and_then(|rest| rest.split('/').next());
    let verb = VERBS.iter().copied().find(|verb| Some(*verb) == asked).unwrap_or(OTHER);
    let started = Instant::now();
    let response = next.run(request).await;
    if verb == "query" && response.status().is_success() {
        counts.queries.add(started.elapsed());
    }
    counts.requested(verb, outcome(&response));
    response
}

/// By what the handler says of its answer, else by its status.
fn outcome(response: &Response) -> &'static str {
    if let Some(status) = response.extensions().get::<Status>() {
        return match status {
            Status::Complete => "complete",
            Status::Incomplete => "incomplete",
            Status::Blocked => "blocked",
        };
    }
    match response.extensions().get::<RefusalKind>() {
        Some(RefusalKind::Busy) => "busy",
        Some(RefusalKind::Unavailable) => "unavailable",
        Some(RefusalKind::Unauthorized | RefusalKind::Forbidden) => "denied",
        Some(RefusalKind::Internal) => "failed",
        Some(_) => "refused",
        None if response.status().is_success() => "answered",
        None if response.status() == StatusCode::INTERNAL_SERVER_ERROR => "failed",
        None => "refused",
    }
}
