//! Asks a running host. One connection, one request, HTTP/1 over a unix socket, TCP on loopback, or TLS.
//!
//! Checks first that the host is ours (or root's), or that its certificate holds: what it answers is believed. A token
//! goes over TCP and TLS alone, and is never shown.

mod audit;

use std::{
    fmt, io,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use http_body_util::{BodyExt as _, Full, Limited};
use hyper::{
    Method, Request, StatusCode,
    body::Bytes,
    client::conn::http1,
    header::{AUTHORIZATION, CONTENT_TYPE, HOST, HeaderValue, RETRY_AFTER},
};
use hyper_util::rt::TokioIo;
use serde::{Serialize, de::DeserializeOwned};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpStream, UnixStream},
};
use tokio_rustls::{
    TlsConnector,
    client::TlsStream,
    rustls::{
        ClientConfig, RootCertStore,
        crypto::ring,
        pki_types::{CertificateDer, ServerName, pem::PemObject as _},
    },
};

pub use self::audit::{audit_bundle, audit_head, audit_prune, audit_rows, audit_verify, replay};
use crate::{
    address::Address,
    protocol::{
        AcceptRequest, EventsResponse, FactsResponse, GenerationsResponse, PinRequest, QueryRequest,
        QueryResponse, Refusal, RollbackRequest, RulesResponse, StatusResponse, TimelineRequest,
        TimelineResponse, UnpinRequest,
    },
};

/// For the connection alone: an answer takes as long as it takes, and ctrl-C is at hand.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Largest answer read. 256 markets with a thousand lines each are below it.
const MAX_ANSWER_BYTES: usize = 512 << 20;

/// Whom to ask, and what to show them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Where they are.
    pub address: Address,
    /// What lets us in.
    pub token: Option<Secret>,
    /// Whose certificates to trust: a file in PEM.
    pub ca: Option<PathBuf>,
}

impl From<Address> for Target {
    fn from(address: Address) -> Self {
        Self { address, token: None, ca: None }
    }
}

/// A token. Neither `Debug` nor `Display` shows it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(HeaderValue);

impl Secret {
    /// Reads a token as it stands in a file or a variable; none where it can be none.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let token = text.trim();
        let is_token = !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic());
        let mut header = HeaderValue::from_str(&format!("Bearer {token}")).ok().filter(|_| is_token)?;
        header.set_sensitive(true);
        Some(Self(header))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

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
    /// Nobody's certificates are trusted by default.
    #[error("`{0}` is asked over TLS, and nothing says whose certificate to trust")]
    NoCa(Address),
    /// The file that says so does not.
    #[error("{} {fault}", .path.display())]
    Ca {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        fault: String,
    },
    /// Its certificate does not hold, or it speaks no TLS.
    #[error("no trust in the host at {0}: {1}")]
    NoTrust(Address, String),
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
pub fn query(target: &Target, request: &QueryRequest) -> Result<QueryResponse, ClientError> {
    post(target, "/v1/query", request)
}

/// J by date of asking.
///
/// # Errors
/// [`ClientError`].
pub fn timeline(target: &Target, request: &TimelineRequest) -> Result<TimelineResponse, ClientError> {
    post(target, "/v1/timeline", request)
}

/// The facts a strategy lacks.
///
/// # Errors
/// [`ClientError`].
pub fn facts(target: &Target, request: &QueryRequest) -> Result<FactsResponse, ClientError> {
    post(target, "/v1/facts", request)
}

/// What the rule files of a generation say; of the current one where none is named.
///
/// # Errors
/// [`ClientError`].
pub fn rules(target: &Target, generation: Option<&str>) -> Result<RulesResponse, ClientError> {
    let asked = generation.map_or_else(String::new, |wanted| format!("?generation={wanted}"));
    ask(target, Method::GET, &format!("/v1/rules{asked}"), Vec::new())
}

/// The generation, and what becomes of every file.
///
/// # Errors
/// [`ClientError`].
pub fn status(target: &Target) -> Result<StatusResponse, ClientError> {
    ask(target, Method::GET, "/v1/status", Vec::new())
}

/// Has the host read everything again; with `wait`, returns when it has.
///
/// # Errors
/// [`ClientError`].
pub fn reload(target: &Target, wait: bool) -> Result<StatusResponse, ClientError> {
    let path = if wait { "/v1/reload" } else { "/v1/reload?wait=false" };
    ask(target, Method::POST, path, Vec::new())
}

/// What changed after a cursor of an earlier answer. The host waits so many seconds for something to.
///
/// # Errors
/// [`ClientError`].
pub fn events(target: &Target, after: Option<&str>, wait: u32) -> Result<EventsResponse, ClientError> {
    let after = after.map_or_else(String::new, |cursor| format!("&after={cursor}"));
    ask(target, Method::GET, &format!("/v1/events?wait={wait}{after}"), Vec::new())
}

/// What was served, the newest first.
///
/// # Errors
/// [`ClientError`].
pub fn generations(target: &Target) -> Result<GenerationsResponse, ClientError> {
    ask(target, Method::GET, "/v1/generations", Vec::new())
}

/// Has the host serve an earlier generation, and hold every file at it.
///
/// # Errors
/// [`ClientError`].
pub fn rollback(target: &Target, request: &RollbackRequest) -> Result<StatusResponse, ClientError> {
    post(target, "/v1/rollback", request)
}

/// Has the host hold a file.
///
/// # Errors
/// [`ClientError`].
pub fn pin(target: &Target, request: &PinRequest) -> Result<StatusResponse, ClientError> {
    post(target, "/v1/pin", request)
}

/// Has the host let go of a file, or of everything.
///
/// # Errors
/// [`ClientError`].
pub fn unpin(target: &Target, request: &UnpinRequest) -> Result<StatusResponse, ClientError> {
    post(target, "/v1/unpin", request)
}

/// Has the host take a signed file although it is older.
///
/// # Errors
/// [`ClientError`].
pub fn accept(target: &Target, request: &AcceptRequest) -> Result<StatusResponse, ClientError> {
    post(target, "/v1/accept", request)
}

fn post<T: DeserializeOwned>(
    target: &Target,
    path: &str,
    request: &impl Serialize,
) -> Result<T, ClientError> {
    let body = serde_json::to_vec(request).map_err(|error| broken(&target.address, error))?;
    ask(target, Method::POST, path, body)
}

fn ask<T: DeserializeOwned>(
    target: &Target,
    method: Method,
    path: &str,
    body: Vec<u8>,
) -> Result<T, ClientError> {
    let address = &target.address;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| broken(address, error))?;
    let Answer { status, retry_after, bytes } = runtime.block_on(exchange(target, method, path, body))?;
    if status.is_success() {
        return serde_json::from_slice(&bytes).map_err(|error| broken(address, error));
    }
    match (serde_json::from_slice(&bytes), retry_after) {
        (Ok(refusal), _) => Err(ClientError::Refused(refusal)),
        // A proxy may say so in the host's place.
        (Err(_), Some(seconds)) if status == StatusCode::SERVICE_UNAVAILABLE => {
            Err(ClientError::Refused(Refusal::busy_for(seconds)))
        }
        (Err(_), _) => Err(broken(address, format!("HTTP status {status}"))),
    }
}

/// What came back.
struct Answer {
    status: StatusCode,
    retry_after: Option<u32>,
    bytes: Bytes,
}

async fn exchange(target: &Target, method: Method, path: &str, body: Vec<u8>) -> Result<Answer, ClientError> {
    let address = &target.address;
    let mut request = Request::builder()
        .method(method)
        .uri(path)
        .header(HOST, host_name(address))
        .header(CONTENT_TYPE, "application/json")
        .body(Full::new(Bytes::from(body)))
        .map_err(|error| broken(address, error))?;
    // A socket file lets in whom it lets in; a token could only be wrong there.
    if let (Some(Secret(token)), Address::Tcp(_) | Address::Tls { .. }) = (&target.token, address) {
        request.headers_mut().insert(AUTHORIZATION, token.clone());
    }
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
        Address::Tls { host, port } => {
            let trust = trust(target)?;
            let stream = connect(address, TcpStream::connect((host.as_str(), *port))).await?;
            let stream = shake_hands(address, host, trust, stream).await?;
            send(address, stream, request).await
        }
    }
}

/// What trusts the certificates of the given file and no others.
fn trust(target: &Target) -> Result<TlsConnector, ClientError> {
    let path = target.ca.as_deref().ok_or_else(|| ClientError::NoCa(target.address.clone()))?;
    let roots = roots(path).map_err(|fault| ClientError::Ca { path: path.to_owned(), fault })?;
    // The provider by name: another crate that brings one must not decide.
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let builder =
        builder.with_safe_default_protocol_versions().map_err(|error| broken(&target.address, error))?;
    let mut config = builder.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsConnector::from(Arc::new(config)))
}

fn roots(path: &Path) -> Result<RootCertStore, String> {
    let unreadable = |error| format!("holds no certificate in PEM: {error}");
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(path).map_err(unreadable)? {
        let added = roots.add(certificate.map_err(unreadable)?);
        added.map_err(|error| format!("holds a certificate that cannot be trusted: {error}"))?;
    }
    match roots.is_empty() {
        true => Err("holds no certificate in PEM".to_owned()),
        false => Ok(roots),
    }
}

async fn shake_hands(
    address: &Address,
    host: &str,
    trust: TlsConnector,
    stream: TcpStream,
) -> Result<TlsStream<TcpStream>, ClientError> {
    let no_trust = |error: &dyn fmt::Display| ClientError::NoTrust(address.clone(), error.to_string());
    let name = ServerName::try_from(host.to_owned()).map_err(|error| no_trust(&error))?;
    match tokio::time::timeout(CONNECT_TIMEOUT, trust.connect(name, stream)).await {
        Ok(shaken) => shaken.map_err(|error| no_trust(&error)),
        Err(_) => Err(no_trust(&"the handshake took too long")),
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

async fn send<S>(address: &Address, stream: S, request: Request<Full<Bytes>>) -> Result<Answer, ClientError>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (mut sender, connection) =
        http1::handshake(TokioIo::new(stream)).await.map_err(|error| broken(address, error))?;
    // Its errors are the request's errors too.
    tokio::spawn(connection);
    let response = sender.send_request(request).await.map_err(|error| broken(address, error))?;
    let status = response.status();
    let retry_after = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
    let body = Limited::new(response.into_body(), MAX_ANSWER_BYTES).collect().await;
    let bytes = body.map_err(|error| broken(address, error))?.to_bytes();
    Ok(Answer { status, retry_after, bytes })
}

/// Asks the connection and not the file, which could be another by now.
fn check_owner(stream: &UnixStream, path: &std::path::Path) -> Result<(), ClientError> {
    let us = rustix::process::geteuid().as_raw();
    match stream.peer_cred() {
        Ok(peer) if peer.uid() == us || peer.uid() == 0 => Ok(()),
        Ok(peer) if is_given_by_root(path, peer.uid()) => Ok(()),
        Ok(peer) => Err(ClientError::NotOurs { path: path.to_owned(), owner: peer.uid() }),
        Err(error) => Err(broken(&Address::Unix(path.to_owned()), error)),
    }
}

/// Whether root made the folder of a socket for this user, as systemd makes `/run/landfall`: then a member of the
/// socket's group may believe a host that is not their own.
fn is_given_by_root(path: &Path, user: u32) -> bool {
    let look = |path: &Path| {
        let found = path.symlink_metadata().ok()?;
        Some((found.is_dir(), found.uid(), found.mode()))
    };
    let folder = path.parent();
    match (folder.and_then(look), folder.and_then(Path::parent).and_then(look)) {
        (Some((true, owner, mode)), Some((true, 0, above))) => {
            owner == user && mode & 0o022 == 0 && above & 0o022 == 0
        }
        _ => false,
    }
}

fn host_name(address: &Address) -> String {
    match address {
        Address::Unix(_) => "localhost".to_owned(),
        Address::Tcp(endpoint) => endpoint.to_string(),
        Address::Tls { host, port } if host.contains(':') => format!("[{host}]:{port}"),
        Address::Tls { host, port } => format!("{host}:{port}"),
    }
}

fn broken(address: &Address, reason: impl fmt::Display) -> ClientError {
    ClientError::Broken(address.clone(), reason.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_one_word_and_is_not_shown() {
        let secret = Secret::read("lf_abc\n").unwrap();
        assert_eq!(secret.0, "Bearer lf_abc");
        let target =
            Target { token: Some(secret), ..Target::from("tcp:127.0.0.1:1".parse::<Address>().unwrap()) };
        assert!(!format!("{target:?}").contains("abc"), "{target:?}");
        for none in ["", " \n", "lf_a lf_b", "lf_\u{e9}", "lf_a\nlf_b"] {
            assert_eq!(Secret::read(none), None, "{none:?}");
        }
    }

    #[test]
    fn root_gives_folders_in_its_own_folders_alone() {
        let folder = tempfile::tempdir().unwrap();
        let ours = rustix::process::geteuid().as_raw();
        // The folder is ours, but the one above it, with the sticky bit, is open to all.
        assert!(!is_given_by_root(&folder.path().join("h.sock"), ours));
        assert!(!is_given_by_root(&folder.path().join("h.sock"), ours + 1));
        assert!(!is_given_by_root(Path::new("/proc/self/h.sock"), u32::MAX));
    }
}
