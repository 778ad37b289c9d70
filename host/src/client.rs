//! Asks a running host. One connection, one request, HTTP/1 over a unix socket or TCP on loopback.
//!
//! Checks first that the host is ours (or root's): what it answers is believed.

mod audit;

use std::{fmt, io, path::PathBuf, time::Duration};

use http_body_util::{BodyExt as _, Full, Limited};
use hyper::{
    Method, Request, StatusCode,
    body::Bytes,
    client::conn::http1,
    header::{CONTENT_TYPE, HOST},
};
use hyper_util::rt::TokioIo;
use serde::de::DeserializeOwned;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpStream, UnixStream},
};

pub use self::audit::{audit_bundle, audit_head, audit_prune, audit_rows, audit_verify, replay};
use crate::{
    address::Address,
    protocol::{
        AcceptRequest, FactsResponse, GenerationsResponse, PinRequest, QueryRequest, QueryResponse, Refusal,
        RollbackRequest, RulesResponse, StatusResponse, TimelineRequest, TimelineResponse, UnpinRequest,
    },
};

/// For the connection alone: an answer takes as long as it takes, and ctrl-C is at hand.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Largest answer read. 256 markets with a thousand lines each are below it.
const MAX_ANSWER_BYTES: usize = 512 << 20;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// Nobody listens there.
    #[error("no host answers at {0}: {1}")]
    NoHost(Address, io::Error),
    /// It is not ours to believe.
    #[error("the socket {} belongs to user {owner}, not to us", .path.display())]
    NotOurs {
        /// The socket.
        path: PathBuf,
        /// Whose it is.
        owner: u32,
    },
    /// It said no, and why.
    #[error("the host refused")]
    Refused(Refusal),
    /// It stopped answering, or is no host of this version.
    #[error("the host at {0} did not answer as one: {1}")]
    Broken(Address, String),
}

/// Answers a strategy.
///
/// # Errors
/// [`ClientError`].
pub fn query(address: &Address, request: &QueryRequest) -> Result<QueryResponse, ClientError> {
    let body = serde_json::to_vec(request).map_err(|error| broken(address, error))?;
    ask(address, Method::POST, "/v1/query", body)
}

/// J by date of asking.
///
/// # Errors
/// [`ClientError`].
pub fn timeline(address: &Address, request: &TimelineRequest) -> Result<TimelineResponse, ClientError> {
    let body = serde_json::to_vec(request).map_err(|error| broken(address, error))?;
    ask(address, Method::POST, "/v1/timeline", body)
}

/// The facts a strategy lacks.
///
/// # Errors
/// [`ClientError`].
pub fn facts(address: &Address, request: &QueryRequest) -> Result<FactsResponse, ClientError> {
    let body = serde_json::to_vec(request).map_err(|error| broken(address, error))?;
    ask(address, Method::POST, "/v1/facts", body)
}

/// What the rule files of a generation say; of the current one where none is named.
///
/// # Errors
/// [`ClientError`].
pub fn rules(address: &Address, generation: Option<&str>) -> Result<RulesResponse, ClientError> {
    let asked = generation.map_or_else(String::new, |wanted| format!("?generation={wanted}"));
    ask(address, Method::GET, &format!("/v1/rules{asked}"), Vec::new())
}

/// The generation, and what becomes of every file.
///
/// # Errors
/// [`ClientError`].
pub fn status(address: &Address) -> Result<StatusResponse, ClientError> {
    ask(address, Method::GET, "/v1/status", Vec::new())
}

/// Has the host read everything again; with `wait`, returns when it has.
///
/// # Errors
/// [`ClientError`].
pub fn reload(address: &Address, wait: bool) -> Result<StatusResponse, ClientError> {
    let path = if wait { "/v1/reload" } else { "/v1/reload?wait=false" };
    ask(address, Method::POST, path, Vec::new())
}

/// What was served, the newest first.
///
/// # Errors
/// [`ClientError`].
pub fn generations(address: &Address) -> Result<GenerationsResponse, ClientError> {
    ask(address, Method::GET, "/v1/generations", Vec::new())
}

/// Has the host serve an earlier generation, and hold every file at it.
///
/// # Errors
/// [`ClientError`].
pub fn rollback(address: &Address, request: &RollbackRequest) -> Result<StatusResponse, ClientError> {
    let body = serde_json::to_vec(request).map_err(|error| broken(address, error))?;
    ask(address, Method::POST, "/v1/rollback", body)
}

/// Has the host hold a file.
///
/// # Errors
/// [`ClientError`].
pub fn pin(address: &Address, request: &PinRequest) -> Result<StatusResponse, ClientError> {
    let body = serde_json::to_vec(request).map_err(|error| broken(address, error))?;
    ask(address, Method::POST, "/v1/pin", body)
}

/// Has the host let go of a file, or of everything.
///
/// # Errors
/// [`ClientError`].
pub fn unpin(address: &Address, request: &UnpinRequest) -> Result<StatusResponse, ClientError> {
    let body = serde_json::to_vec(request).map_err(|error| broken(address, error))?;
    ask(address, Method::POST, "/v1/unpin", body)
}

/// Has the host take a signed file although it is older.
///
/// # Errors
/// [`ClientError`].
pub fn accept(address: &Address, request: &AcceptRequest) -> Result<StatusResponse, ClientError> {
    let body = serde_json::to_vec(request).map_err(|error| broken(address, error))?;
    ask(address, Method::POST, "/v1/accept", body)
}

fn ask<T: DeserializeOwned>(
    address: &Address,
    method: Method,
    path: &str,
    body: Vec<u8>,
) -> Result<T, ClientError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| broken(address, error))?;
    let (status, bytes) = runtime.block_on(exchange(address, method, path, body))?;
    if status.is_success() {
        return serde_json::from_slice(&bytes).map_err(|error| broken(address, error));
    }
    match serde_json::from_slice(&bytes) {
        Ok(refusal) => Err(ClientError::Refused(refusal)),
        Err(_) => Err(broken(address, format!("HTTP status {status}"))),
    }
}

async fn exchange(
    address: &Address,
    method: Method,
    path: &str,
    body: Vec<u8>,
) -> Result<(StatusCode, Bytes), ClientError> {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header(HOST, host_name(address))
        .header(CONTENT_TYPE, "application/json")
        .body(Full::new(Bytes::from(body)))
        .map_err(|error| broken(address, error))?;
    match address {
        Address::Unix(file) => {
            let stream = connect(address, UnixStream::connect(file)).await?;
            check_owner(&stream, file)?;
            send(address, stream, request).await
        }
        Address::Tcp(endpoint) => {
            let stream = connect(address, TcpStream::connect(endpoint)).await?;
            send(address, stream, request).await
        }
    }
}

async fn connect<S>(
    address: &Address,
    connecting: impl Future<Output = io::Result<S>>,
) -> Result<S, ClientError> {
    let connected = match tokio::time::timeout(CONNECT_TIMEOUT, connecting).await {
        Ok(connected) => connected,
        Err(_) => Err(io::ErrorKind::TimedOut.into()),
    };
    connected.map_err(|error| ClientError::NoHost(address.clone(), error))
}

async fn send<S>(
    address: &Address,
    stream: S,
    request: Request<Full<Bytes>>,
) -> Result<(StatusCode, Bytes), ClientError>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (mut sender, connection) =
        http1::handshake(TokioIo::new(stream)).await.map_err(|error| broken(address, error))?;
    // Its errors are the request's errors too.
    tokio::spawn(connection);
    let response = sender.send_request(request).await.map_err(|error| broken(address, error))?;
    let status = response.status();
    let body = Limited::new(response.into_body(), MAX_ANSWER_BYTES).collect().await;
    Ok((status, body.map_err(|error| broken(address, error))?.to_bytes()))
}

/// Asks the connection and not the file, which could be another by now.
fn check_owner(stream: &UnixStream, path: &std::path::Path) -> Result<(), ClientError> {
    let us = rustix::process::geteuid().as_raw();
    match stream.peer_cred() {
        Ok(peer) if peer.uid() == us || peer.uid() == 0 => Ok(()),
        Ok(peer) => Err(ClientError::NotOurs { path: path.to_owned(), owner: peer.uid() }),
        Err(error) => Err(broken(&Address::Unix(path.to_owned()), error)),
    }
}

fn host_name(address: &Address) -> String {
    match address {
        Address::Unix(_) => "localhost".to_owned(),
        Address::Tcp(endpoint) => endpoint.to_string(),
    }
}

fn broken(address: &Address, reason: impl fmt::Display) -> ClientError {
    ClientError::Broken(address.clone(), reason.to_string())
}
