//! The host's door: HTTP/1 over a unix socket, over TCP on loopback and, with a token, over TLS.
//!
//! Decides nothing about answers: a [`Host`] does. Promises (*alive*): whatever a client sends, or
//! fails to send, costs at most one of a bounded number of places for a bounded time, and can neither
//! end the process nor hold up another's answer. Only this module names axum.

mod access;
mod audit;
mod counts;
mod drain;
mod events;
mod flights;
mod gate;
mod listen;
mod patience;
mod routes;
#[cfg(test)]
mod tests;
mod tls;

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use axum::Router;
use hyper::{Request, body::Incoming, server::conn::http1, service::Service};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::{GracefulShutdown, Watcher},
    service::TowerToHyperService,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream, UnixListener, UnixStream},
    sync::{Semaphore, watch},
};

pub use self::{
    access::{Access, Caller},
    listen::{BindError, Listener},
    tls::TlsError,
};
use self::{
    counts::{Counts, Kind},
    listen::Socket,
    patience::Impatient,
    routes::App,
    tls::Tls,
};
use crate::{
    config::Queries,
    metrics::Family,
    protocol::{
        AcceptRequest, AuditHead, AuditHealth, AuditPage, AuditPruned, AuditVerified, AuditWanted, Bundle,
        EventsResponse, FactsResponse, GenerationsResponse, PinRequest, QueryRequest, QueryResponse, Refusal,
        RefusalKind, Replayed, RollbackRequest, RulesResponse, Status, StatusResponse, TimelineRequest,
        TimelineResponse, UnpinRequest,
    },
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

    /// The same, as it goes over the wire.
    ///
    /// # Errors
    /// As for a query.
    fn written(&self, request: &QueryRequest, caller: &str) -> Result<Written, Refusal> {
        let response = self.query(request, caller)?;
        let body = serde_json::to_vec(&response)
            .map_err(|error| Refusal::new(RefusalKind::Internal, error.to_string()))?;
        Ok(Written { body: body.into(), status: response.answer.status })
    }

    /// The same, where that needs neither computing nor waiting: it was answered before, and can be recorded at once.
    fn at_hand(&self, _request: &QueryRequest, _caller: &str) -> Option<Written> {
        None
    }

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

    /// What changed after a cursor that an earlier answer gave; everything that is kept where none is given.
    fn events(&self, after: Option<&str>) -> EventsResponse;

    /// Changes whenever there are new events.
    fn newest(&self) -> watch::Receiver<u64>;

    /// What there is to measure.
    fn metrics(&self) -> Vec<Family>;

    /// The audit log, as it stands at the call; none where none is kept.
    fn auditing(&self) -> Option<&dyn Auditing> {
        None
    }

    /// How the audit log is kept; none where none is.
    fn audit_health(&self) -> Option<AuditHealth> {
        None
    }
}

/// A [`QueryResponse`] as JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// All of it.
    pub body: Arc<[u8]>,
    /// What came of the question.
    pub status: Status,
}

/// What an operator decides about a server.
#[derive(Debug, Clone, Default)]
pub struct Setup {
    /// Whose tokens hold; may change while the server runs.
    pub access: Access,
    /// How many queries run and wait.
    pub queries: Queries,
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

/// What a client may take.
#[derive(Debug, Clone, Copy)]
struct Limits {
    /// Connections at a time, per listener.
    connections: usize,
    /// To send its headers, and between two requests of one connection.
    header: Duration,
    /// To send a body it has announced.
    body: Duration,
    /// To take some of what it asked for.
    write: Duration,
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
        write: Duration::from_secs(30),
        // Longer than any query's budget allows.
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
    setup: Setup,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    run_within(Limits::USUAL, listeners, host, setup, shutdown).await
}

async fn run_within(
    limits: Limits,
    listeners: Vec<Listener>,
    host: Arc<dyn Host>,
    setup: Setup,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    let graceful = Arc::new(GracefulShutdown::new());
    let (stop, stopping) = watch::channel(false);
    let app = App::new(host, limits, setup, stopping);
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
    // Those who wait for something to happen are not waited for.
    stop.send_replace(true);
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
) -> io::Result<(Accepting, Option<listen::SocketFile>)> {
    let kind = listener.kind();
    let router = routes::all(app.clone(), listener.door);
    let Listener { socket, tls, file, .. } = listener;
    let socket = match socket {
        Socket::Unix(socket) => Accepts::Unix(UnixListener::from_std(socket)?),
        Socket::Tcp(socket) => Accepts::Tcp(TcpListener::from_std(socket)?),
    };
    let entrance = Entrance { router, tls, kind, counts: Arc::clone(&app.counts), limits: app.limits };
    Ok((Box::pin(serve(socket, entrance, Arc::clone(graceful))), file))
}

enum Accepts {
    Unix(UnixListener),
    Tcp(TcpListener),
}

/// Somebody who connected.
enum Came {
    Unix(UnixStream),
    Tcp(TcpStream, SocketAddr),
}

impl Accepts {
    async fn accept(&self) -> io::Result<Came> {
        match self {
            Self::Unix(listener) => Ok(Came::Unix(listener.accept().await?.0)),
            Self::Tcp(listener) => {
                let (stream, address) = listener.accept().await?;
                Ok(Came::Tcp(stream, address))
            }
        }
    }
}

/// What each connection of a listener needs.
#[derive(Clone)]
struct Entrance {
    router: Router,
    tls: Option<Tls>,
    kind: Kind,
    counts: Arc<Counts>,
    limits: Limits,
}

async fn serve(socket: Accepts, entrance: Entrance, graceful: Arc<GracefulShutdown>) {
    let places = Arc::new(Semaphore::new(entrance.limits.connections));
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
        match socket.accept().await {
            Ok(came) => {
                let (entrance, watcher) = (entrance.clone(), graceful.watcher());
                tokio::spawn(async move {
                    let counted = entrance.counts.connected(entrance.kind);
                    entrance.admit(came, watcher).await;
                    drop((counted, place));
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

impl Entrance {
    async fn admit(self, came: Came, watcher: Watcher) {
        match (came, self.tls.clone()) {
            (Came::Unix(stream), _) => {
                let peer =
                    stream.peer_cred().map_or_else(|_| UNKNOWN.into(), |peer| format!("uid {}", peer.uid()));
                self.connection(stream, peer, watcher).await;
            }
            (Came::Tcp(stream, address), None) => {
                self.connection(stream, address.ip().to_string(), watcher).await;
            }
            (Came::Tcp(stream, address), Some(tls)) => {
                match tokio::time::timeout(self.limits.header, tls.accept(stream)).await {
                    Ok(Ok(stream)) => self.connection(stream, address.ip().to_string(), watcher).await,
                    Ok(Err(error)) => tracing::debug!(%error, "a handshake failed"),
                    Err(_) => tracing::debug!("a handshake took too long"),
                }
            }
        }
    }

    async fn connection<S>(self, stream: S, peer: String, watcher: Watcher)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let service = WithPeer { inner: TowerToHyperService::new(self.router), peer: Peer(peer.into()) };
        let stream = TokioIo::new(Impatient::new(stream, self.limits.write));
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(self.limits.header)
            .max_buf_size(MAX_HEAD_BYTES)
            .serve_connection(stream, service);
        match tokio::time::timeout(self.limits.life, watcher.watch(connection)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::debug!(%error, "a connection broke"),
            Err(_) => tracing::debug!("a connection lived too long"),
        }
    }
}

/// Largest head of a request, which no client of ours comes near. Bodies are read through it too.
const MAX_HEAD_BYTES: usize = 64 << 10;

/// Where the system does not say who is at the other end.
const UNKNOWN: &str = "somebody";

/// Who is at the other end, as far as the connection says.
#[derive(Debug, Clone)]
struct Peer(Arc<str>);

/// Tells the routes who is at the other end.
struct WithPeer {
    inner: TowerToHyperService<Router>,
    peer: Peer,
}

impl Service<Request<Incoming>> for WithPeer {
    type Response = <TowerToHyperService<Router> as Service<Request<Incoming>>>::Response;
    type Error = <TowerToHyperService<Router> as Service<Request<Incoming>>>::Error;
    type Future = <TowerToHyperService<Router> as Service<Request<Incoming>>>::Future;

    fn call(&self, mut request: Request<Incoming>) -> Self::Future {
        request.extensions_mut().insert(self.peer.clone());
        self.inner.call(request)
    }
}
