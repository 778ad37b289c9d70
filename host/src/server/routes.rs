//! Which address does what, and what each kind of refusal is in HTTP.

use std::{num::NonZero, sync::Arc, time::Duration};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, Uri, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{any, get, post},
};
use serde::{Serialize, de::DeserializeOwned};
use tracing::Instrument as _;

use super::{Caller, Host, Limits, audit, gate::Gate};
use crate::{
    protocol::{QueryRequest, Refusal, RefusalKind, TimelineRequest},
    source::MAX_FILE_BYTES,
};

/// A strategy of the largest size, every byte of it escaped, and some room for the rest.
pub(super) const MAX_BODY_BYTES: usize = 2 * MAX_FILE_BYTES + (64 << 10);

/// The largest plugin, as base64, and some rule files. For the unix socket alone, where candidates come.
const MAX_CANDIDATE_BYTES: usize = 96 << 20;

/// Queries that may wait for each one that runs.
const QUEUE_PER_WORKER: usize = 16;

#[derive(Clone)]
pub(super) struct App {
    pub(super) host: Arc<dyn Host>,
    pub(super) limits: Limits,
    // Apart, so that neither slow queries nor waiting reloads keep anybody from asking for status.
    queries: Gate,
    // One at a time: each may compile.
    candidates: Gate,
    reloads: Gate,
    // One at a time: each may read the whole log, or compile.
    pub(super) audits: Gate,
    glances: Gate,
}

impl App {
    pub(super) fn new(host: Arc<dyn Host>, limits: Limits) -> Self {
        let workers = std::thread::available_parallelism().map_or(1, NonZero::get);
        Self {
            host,
            limits,
            queries: Gate::new(workers, workers * QUEUE_PER_WORKER),
            candidates: Gate::new(1, 8),
            // They wait for one thread, and for the same: nobody for the compilation of who came before.
            reloads: Gate::new(32, 32),
            audits: Gate::new(1, 8),
            glances: Gate::new(2, 64),
        }
    }
}

/// For those whom the socket file lets in.
pub(super) fn everything(app: App) -> Router {
    let routes = readable()
        .route("/v1/query", post(query_or_try))
        .route("/v1/reload", post(reload))
        .route("/v1/rollback", post(rollback))
        .route("/v1/pin", post(pin))
        .route("/v1/unpin", post(unpin))
        .route("/v1/accept", post(accept));
    finish(routes.merge(audit::routes()), app)
}

/// Whoever comes in over TCP and does not say who it is.
pub(super) const TCP: &str = "tcp";

/// Who asks, for the audit log.
fn caller(request: &Request) -> Arc<str> {
    request.extensions().get().map_or_else(|| TCP.into(), |Caller(who)| Arc::clone(who))
}

/// A label keeps what it names for as long as the log is kept: not for anybody.
fn check_label(query: &QueryRequest, caller: &str) -> Result<(), Refusal> {
    if query.label.is_none() || caller != TCP {
        return Ok(());
    }
    let refused = Refusal::new(RefusalKind::Forbidden, "an answer cannot be labelled over this address");
    Err(refused.help("ask over the unix socket, or with a token"))
}

/// For anybody on this machine: nothing changes, and a web page cannot ask (its requests carry the
/// name of its own site as `Host`, or cannot carry JSON).
pub(super) fn read_only(app: App) -> Router {
    let mut routes = readable().route("/v1/query", post(query));
    for verb in ["/v1/reload", "/v1/rollback", "/v1/pin", "/v1/unpin", "/v1/accept", "/v1/replay"] {
        routes = routes.route(verb, post(forbidden));
    }
    routes = routes.route("/v1/audit/{*verb}", any(forbidden));
    finish(routes.layer(middleware::from_fn(loopback_names_only)), app)
}

fn readable() -> Router<App> {
    Router::new()
        .route("/v1/timeline", post(timeline))
        .route("/v1/facts", post(facts))
        .route("/v1/rules", get(rules))
        .route("/v1/status", get(status))
        .route("/v1/generations", get(generations))
        .route("/livez", get(async || "ok\n"))
        .route("/readyz", get(ready))
}

fn finish(routes: Router<App>, app: App) -> Router {
    routes
        .fallback(async |uri: Uri| {
            Refusal::new(RefusalKind::NotFound, format!("there is nothing at `{}`", uri.path()))
        })
        .method_not_allowed_fallback(async || {
            (StatusCode::METHOD_NOT_ALLOWED, Refusal::new(RefusalKind::Request, "wrong method"))
                .into_response()
        })
        .layer(middleware::from_fn(in_a_span))
        .with_state(app)
}

async fn query(State(app): State<App>, request: Request) -> Result<Response, Refusal> {
    let caller = caller(&request);
    let request = read_query(request, app.limits, MAX_BODY_BYTES).await?;
    // Whatever is compiled and run, its owner put there.
    if !request.candidate.is_empty() {
        return Err(forbidden().await);
    }
    check_label(&request, &caller)?;
    let host = app.host;
    app.queries.run(move || Ok(json(StatusCode::OK, &host.query(&request, &caller)?))).await?
}

/// Of what is served alone: a candidate is tried with a query.
async fn timeline(State(app): State<App>, request: Request) -> Result<Response, Refusal> {
    let caller = caller(&request);
    let request: TimelineRequest = read_json(request, app.limits, MAX_BODY_BYTES).await?;
    check_size(&request.query, MAX_BODY_BYTES)?;
    check_label(&request.query, &caller)?;
    let host = app.host;
    app.queries.run(move || Ok(json(StatusCode::OK, &host.timeline(&request, &caller)?))).await?
}

/// Of what is served alone, as a timeline.
async fn facts(State(app): State<App>, request: Request) -> Result<Response, Refusal> {
    let caller = caller(&request);
    let request = read_query(request, app.limits, MAX_BODY_BYTES).await?;
    check_label(&request, &caller)?;
    let host = app.host;
    app.queries.run(move || Ok(json(StatusCode::OK, &host.facts(&request, &caller)?))).await?
}

/// With candidates too.
async fn query_or_try(State(app): State<App>, request: Request) -> Result<Response, Refusal> {
    let caller = caller(&request);
    let request = read_query(request, app.limits, MAX_CANDIDATE_BYTES).await?;
    let host = app.host;
    let gate = if request.candidate.is_empty() { app.queries } else { app.candidates };
    gate.run(move || Ok(json(StatusCode::OK, &host.query(&request, &caller)?))).await?
}

/// `?generation=7` or `?generation=blake3:…`; without it, of the current one.
async fn rules(State(app): State<App>, uri: Uri) -> Result<Response, Refusal> {
    let asked = uri.query().and_then(|query| query.strip_prefix("generation=")).map(str::to_owned);
    let host = app.host;
    app.glances.run(move || Ok(json(StatusCode::OK, &host.rules(asked.as_deref())?))).await?
}

async fn status(State(app): State<App>) -> Result<Response, Refusal> {
    let host = app.host;
    app.glances.run(move || json(StatusCode::OK, &host.status())).await
}

async fn generations(State(app): State<App>) -> Result<Response, Refusal> {
    let host = app.host;
    app.glances.run(move || Ok(json(StatusCode::OK, &host.generations()?))).await?
}

async fn rollback(State(app): State<App>, request: Request) -> Result<Response, Refusal> {
    let request = read_json(request, app.limits, MAX_BODY_BYTES).await?;
    let host = app.host;
    app.reloads.run(move || Ok(json(StatusCode::OK, &host.rollback(&request)?))).await?
}

async fn pin(State(app): State<App>, request: Request) -> Result<Response, Refusal> {
    let request = read_json(request, app.limits, MAX_BODY_BYTES).await?;
    let host = app.host;
    app.reloads.run(move || Ok(json(StatusCode::OK, &host.pin(&request)?))).await?
}

async fn unpin(State(app): State<App>, request: Request) -> Result<Response, Refusal> {
    let request = read_json(request, app.limits, MAX_BODY_BYTES).await?;
    let host = app.host;
    app.reloads.run(move || Ok(json(StatusCode::OK, &host.unpin(&request)?))).await?
}

async fn accept(State(app): State<App>, request: Request) -> Result<Response, Refusal> {
    let request = read_json(request, app.limits, MAX_BODY_BYTES).await?;
    let host = app.host;
    app.reloads.run(move || Ok(json(StatusCode::OK, &host.accept(&request)?))).await?
}

/// `?wait=false` returns at once with the status before the reload.
async fn reload(State(app): State<App>, uri: Uri) -> Result<Response, Refusal> {
    let host = Arc::clone(&app.host);
    if uri.query() != Some("wait=false") {
        return app.reloads.run(move || json(StatusCode::OK, &host.reload())).await;
    }
    let reloads = app.reloads.clone();
    tokio::spawn(async move { reloads.run(move || host.reload()).await.map(drop) });
    let host = app.host;
    app.glances.run(move || json(StatusCode::ACCEPTED, &host.status())).await
}

async fn ready(State(app): State<App>) -> Result<&'static str, Refusal> {
    let host = app.host;
    match app.glances.run(move || host.status().generation).await? {
        Some(_) => Ok("ready\n"),
        None => Err(Refusal::new(RefusalKind::Unavailable, "no generation is served yet")),
    }
}

async fn forbidden() -> Refusal {
    Refusal::new(RefusalKind::Forbidden, "this address is read-only").help("ask over the unix socket")
}

async fn read_query(request: Request, limits: Limits, most: usize) -> Result<QueryRequest, Refusal> {
    let query: QueryRequest = read_json(request, limits, most).await?;
    check_size(&query, most)?;
    Ok(query)
}

fn check_size(query: &QueryRequest, most: usize) -> Result<(), Refusal> {
    if query.strategy.text.len() > MAX_FILE_BYTES { Err(too_large(most)) } else { Ok(()) }
}

pub(super) async fn read_json<T: DeserializeOwned>(
    request: Request,
    limits: Limits,
    most: usize,
) -> Result<T, Refusal> {
    if !is_json(request.headers()) {
        return Err(Refusal::new(RefusalKind::Request, "the body must be `content-type: application/json`"));
    }
    let bytes = read_body(request, limits.body, most).await?;
    serde_json::from_slice(&bytes)
        .map_err(|error| Refusal::new(RefusalKind::Request, format!("the body is not a query: {error}")))
}

async fn read_body(request: Request, patience: Duration, most: usize) -> Result<Bytes, Refusal> {
    let announced = request.headers().get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    if announced.and_then(|size| size.parse::<usize>().ok()).is_some_and(|size| size > most) {
        return Err(too_large(most));
    }
    let reading = axum::body::to_bytes(request.into_body(), most);
    match tokio::time::timeout(patience, reading).await {
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(error)) if is_length_limit(&error) => Err(too_large(most)),
        Ok(Err(_)) => Err(Refusal::new(RefusalKind::Request, "the body ended too soon")),
        Err(_) => Err(Refusal::new(RefusalKind::Request, "the body took too long")),
    }
}

fn is_length_limit(error: &axum::Error) -> bool {
    std::error::Error::source(error).is_some_and(|source| source.is::<http_body_util::LengthLimitError>())
}

fn is_json(headers: &HeaderMap) -> bool {
    let given = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    given.and_then(|text| text.split(';').next()).is_some_and(|kind| kind.trim() == "application/json")
}

fn too_large(most: usize) -> Refusal {
    let what = match most {
        MAX_BODY_BYTES => format!("the strategy is too large: at most {MAX_FILE_BYTES} bytes are read"),
        _ => format!(
            "the question is too large: of a strategy at most {MAX_FILE_BYTES} bytes are read, and with \
             candidate files at most {most}"
        ),
    };
    Refusal::new(RefusalKind::TooLarge, what)
}

/// Another name than ours means that a name server was made to point here (DNS rebinding).
async fn loopback_names_only(request: Request, next: Next) -> Response {
    let mut names = request.headers().get_all(header::HOST).iter();
    match (names.next(), names.next()) {
        (Some(name), None) if is_loopback_name(name) => next.run(request).await,
        _ => Refusal::new(RefusalKind::Forbidden, "the `Host` header names another machine")
            .help("ask for `127.0.0.1` or `localhost`")
            .into_response(),
    }
}

fn is_loopback_name(value: &HeaderValue) -> bool {
    let Ok(text) = value.to_str() else { return false };
    let name = match text.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => text,
    };
    let address = name.trim_start_matches('[').trim_end_matches(']');
    name.eq_ignore_ascii_case("localhost")
        || address.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

async fn in_a_span(request: Request, next: Next) -> Response {
    let span = tracing::info_span!("request", method = %request.method(), path = request.uri().path());
    async move {
        let response = next.run(request).await;
        tracing::debug!(status = response.status().as_u16(), "answered");
        response
    }
    .instrument(span)
    .await
}

pub(super) fn json(status: StatusCode, value: &impl Serialize) -> Response {
    let (status, bytes) = match serde_json::to_vec(value) {
        Ok(bytes) => (status, bytes),
        Err(error) => {
            tracing::error!(%error, "an answer could not be written as JSON");
            (StatusCode::INTERNAL_SERVER_ERROR, b"{\"kind\":\"internal\",\"diagnostics\":[]}".to_vec())
        }
    };
    let mut response = Response::new(Body::from(bytes));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = match self.kind {
            RefusalKind::Strategy | RefusalKind::Rules => StatusCode::UNPROCESSABLE_ENTITY,
            RefusalKind::Request => StatusCode::BAD_REQUEST,
            RefusalKind::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            RefusalKind::Forbidden => StatusCode::FORBIDDEN,
            RefusalKind::NotFound | RefusalKind::Generation => StatusCode::NOT_FOUND,
            RefusalKind::Conflict => StatusCode::CONFLICT,
            RefusalKind::Busy | RefusalKind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            RefusalKind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        };
        let mut response = json(status, &self);
        if status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}
