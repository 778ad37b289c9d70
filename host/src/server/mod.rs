//! The host's door: HTTP/1 over a unix socket and, read-only, over TCP on loopback.
//!
//! Decides nothing about answers: a [`Host`] does. Promises (*alive*): whatever a client sends, or
//! fails to send, costs at most one of a bounded number of places for a bounded time, and can neither
//! end the process nor hold up another's answer. Only this module names axum.

mod audit;
mod gate;
mod listen;
mod routes;
#[cfg(test)]
mod tests;

use std::{io, sync::Arc, time::Duration};

use axum::Router;
use hyper::{server::conn::http1, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::{GracefulShutdown, Watcher},
    service::TowerToHyperService,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, UnixListener},
    sync::{OwnedSemaphorePermit, Semaphore},
};

pub use self::listen::{BindError, Listener};
use self::{listen::Socket, routes::App};
use crate::protocol::{
    AcceptRequest, AuditHead, AuditHealth, AuditPage, AuditPruned, AuditVerified, AuditWanted, Bundle,
    FactsResponse, GenerationsResponse, PinRequest, QueryRequest, QueryResponse, Refusal, Replayed,
    RollbackRequest, RulesResponse, StatusResponse, TimelineRequest, TimelineResponse, UnpinRequest,
};

/// What a host can do. The running host and the verbs without one are both one of these, so that
/// they answer with the same code.
pub trait Host: Send + Sync {
    /// Answers from the current generation. Works hard and waits for nothing, but for the audit log where a
    /// label is given. `caller` is who asks, as the log says it: `uid 1000`, `tcp`, `token NAME`.
    ///
    /// # Errors
    /// What is wrong with the strategy, or why nobody can answer now.
    fn query(&self, request: &QueryRequest, caller: &str) -> Result<QueryResponse, Refusal>;

    /// J by date of asking, from the current generation. Works harder.
    ///
    /// # Errors
    /// As for a query; too many dates.
    fn timeline(&self, request: &TimelineRequest, caller: &str) -> Result<TimelineResponse, Refusal>;

    /// The facts a strategy lacks, from the current generation. Works as hard as a query.
    ///
    /// # Errors
    /// As for a query.
    fn facts(&self, request: &QueryRequest, caller: &str) -> Result<FactsResponse, Refusal>;

    /// What the rule files of a generation say; of the current one where none is named.
    ///
    /// # Errors
    /// It is not kept.
    fn rules(&self, generation: Option<&str>) -> Result<RulesResponse, Refusal>;

    /// The generation, and what becomes of every file.
    fn status(&self) -> StatusResponse;

    /// Returns when what is on disk at the call is served or refused.
    fn reload(&self) -> StatusResponse;

    /// What was served, the newest first.
    ///
    /// # Errors
    /// Nothing is kept here, or it cannot be read.
    fn generations(&self) -> Result<GenerationsResponse, Refusal>;

    /// Serves the contents of an earlier generation, and holds every file at them.
    ///
    /// # Errors
    /// There is none, it cannot be made again, or that cannot be written down.
    fn rollback(&self, request: &RollbackRequest) -> Result<StatusResponse, Refusal>;

    /// Holds a file at what is served of it.
    ///
    /// # Errors
    /// Nothing is served of it, or that cannot be written down.
    fn pin(&self, request: &PinRequest) -> Result<StatusResponse, Refusal>;

    /// Lets go of a file, or of everything.
    ///
    /// # Errors
    /// It is not held, or that cannot be written down.
    fn unpin(&self, request: &UnpinRequest) -> Result<StatusResponse, Refusal>;

    /// Takes a signed file as it is on disk, although its serial is older than the accepted one.
    ///
    /// # Errors
    /// Something else keeps it from being served, or that cannot be written down.
    fn accept(&self, request: &AcceptRequest) -> Result<StatusResponse, Refusal>;

    /// The audit log, as it stands at the call; none where none is kept.
    fn auditing(&self) -> Option<&dyn Auditing> {
        None
    }

    /// How the audit log is kept; none where none is.
    fn audit_health(&self) -> Option<AuditHealth> {
        None
    }
}

/// What can be done with an audit log. A running host's and one that is read from its folder are both one of
/// these.
pub trait Auditing: Send + Sync {
    /// Rows, in order.
    ///
    /// # Errors
    /// It cannot be read.
    fn rows(&self, wanted: &AuditWanted) -> Result<AuditPage, Refusal>;

    /// The last row by number and hash.
    ///
    /// # Errors
    /// It cannot be read.
    fn head(&self) -> Result<AuditHead, Refusal>;

    /// What was done to it, as far as can be seen.
    ///
    /// # Errors
    /// It cannot be read; the head is none.
    fn verify(&self, head: Option<&str>) -> Result<AuditVerified, Refusal>;

    /// Takes out every row up to that one, which must be in it.
    ///
    /// # Errors
    /// It cannot be written; there is no such row.
    fn prune(&self, through: &str) -> Result<AuditPruned, Refusal>;

    /// Computes an old answer again. Works as hard as the question did.
    ///
    /// # Errors
    /// There is none with such a receipt, or what it rests on is not kept.
    fn replay(&self, receipt: &str) -> Result<Replayed, Refusal>;

    /// Everything it takes to check an old answer elsewhere.
    ///
    /// # Errors
    /// There is none with such a receipt, or what it rests on is not kept.
    fn bundle(&self, receipt: &str) -> Result<Bundle, Refusal>;
}

/// Who asks, for the audit log.
#[derive(Debug, Clone)]
struct Caller(Arc<str>);

/// What a client may take.
#[derive(Debug, Clone, Copy)]
struct Limits {
    /// Connections at a time, per listener.
    connections: usize,
    /// To send its headers, and between two requests of one connection.
    header: Duration,
    /// To send a body it has announced.
    body: Duration,
    /// Longest life of a connection.
    life: Duration,
    /// For requests under way when the host is told to stop.
    grace: Duration,
}

impl Limits {
    /// Arbitrary, and generous for a client that means well.
    const USUAL: Self = Self {
        // Each costs a few tens of kilobytes.
        connections: 256,
        header: Duration::from_secs(10),
        body: Duration::from_secs(10),
        // For clients that do not read what they asked for; longer than any query's budget allows.
        life: Duration::from_secs(15 * 60),
        grace: Duration::from_secs(10),
    };
}

/// Serves until `shutdown` ends, then lets requests under way finish, for at most ten seconds.
///
/// # Errors
/// A listener that the runtime cannot take over.
pub async fn run(
    listeners: Vec<Listener>,
    host: Arc<dyn Host>,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    run_within(Limits::USUAL, listeners, host, shutdown).await
}

async fn run_within(
    limits: Limits,
    listeners: Vec<Listener>,
    host: Arc<dyn Host>,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    let graceful = Arc::new(GracefulShutdown::new());
    let app = App::new(host, limits);
    let mut accepting = Vec::new();
    let mut kept = Vec::new();
    for listener in listeners {
        let at = listener.address().to_string();
        let (task, file) = accept(listener, &app, &graceful)?;
        accepting.push(tokio::spawn(task));
        kept.push(file);
        tracing::info!(address = %at, "listening");
    }
    shutdown.await;
    for task in accepting {
        task.abort();
        // Cancelled, as asked; its end lets go of the listener and of `graceful`.
        let _ = task.await;
    }
    drop(kept);
    finish(graceful, limits.grace).await;
    Ok(())
}

async fn finish(graceful: Arc<GracefulShutdown>, grace: Duration) {
    let Some(graceful) = Arc::into_inner(graceful) else { return };
    let under_way = graceful.count();
    if tokio::time::timeout(grace, graceful.shutdown()).await.is_err() {
        tracing::warn!(under_way, "some requests did not finish in time");
    }
}

type Accepting = std::pin::Pin<Box<dyn Future<Output = ()> + Send>>;

/// The loop that takes connections of one listener, and what must live as long as it listens.
fn accept(
    listener: Listener,
    app: &App,
    graceful: &Arc<GracefulShutdown>,
) -> io::Result<(Accepting, listen::Kept)> {
    let (socket, kept) = listener.into_parts();
    let (limits, graceful) = (app.limits, Arc::clone(graceful));
    let task: Accepting = match socket {
        Socket::Unix(socket) => {
            let listener = UnixListener::from_std(socket)?;
            let router = routes::everything(app.clone());
            let accept = async move || {
                let (stream, _) = listener.accept().await?;
                let who = stream
                    .peer_cred()
                    .map_or_else(|_| "unix".to_owned(), |peer| format!("uid {}", peer.uid()));
                Ok((stream, who.into()))
            };
            Box::pin(serve(accept, router, graceful, limits))
        }
        Socket::Tcp(socket) => {
            let listener = TcpListener::from_std(socket)?;
            let router = routes::read_only(app.clone());
            let accept = async move || Ok((listener.accept().await?.0, routes::TCP.into()));
            Box::pin(serve(accept, router, graceful, limits))
        }
    };
    Ok((task, kept))
}

async fn serve<S, F>(accept: F, router: Router, graceful: Arc<GracefulShutdown>, limits: Limits)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    F: AsyncFn() -> io::Result<(S, Arc<str>)>,
{
    let places = Arc::new(Semaphore::new(limits.connections));
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
        match accept().await {
            Ok((stream, who)) => {
                let served = connection(stream, who, router.clone(), graceful.watcher(), limits);
                tokio::spawn(async move {
                    served.await;
                    drop::<OwnedSemaphorePermit>(place);
                });
            }
            Err(error) => {
                // Out of descriptors, most likely; trying again at once would only spin.
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

async fn connection<S>(stream: S, who: Arc<str>, router: Router, watcher: Watcher, limits: Limits)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let router = TowerToHyperService::new(router);
    let service = service_fn(move |mut request: hyper::Request<_>| {
        request.extensions_mut().insert(Caller(Arc::clone(&who)));
        hyper::service::Service::call(&router, request)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.header)
        .serve_connection(TokioIo::new(stream), service);
    match tokio::time::timeout(limits.life, watcher.watch(connection)).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::debug!(%error, "a connection broke"),
        Err(_) => tracing::debug!("a connection lived too long"),
    }
}
