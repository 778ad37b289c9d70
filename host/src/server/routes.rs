//! Which address does what, and what each kind of refusal is in HTTP.

use std::{num::NonZero, sync::Arc, time::Duration};

use axum::{
    Extension, Router,
    body::{Body, Bytes},
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, Uri, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde::{Serialize, de::DeserializeOwned};
use tokio::sync::watch;
use tracing::Instrument as _;

use super::{
    Host, Limits, Peer, Setup, UNKNOWN, Written,
    access::{Access, Caller, Door, TCP, caller},
    audit,
    counts::{Counts, counted},
    drain::drained,
    events::{Asked, Followers},
    flights::{First, Flights, Turn},
    gate::Gate,
};
use crate::{
    config::May,
    metrics::{self, Family},
    protocol::{QueryRequest, RETRY_AFTER_SECONDS, Refusal, RefusalKind, TimelineRequest},
    source::MAX_FILE_BYTES,
};

/// A strategy of the largest size, every byte of it escaped, and some room for the rest.
pub(super) const MAX_BODY_BYTES: usize = 2 * MAX_FILE_BYTES + (64 << 10);

/// The largest plugin, as base64, and some rule files. For those alone who may administer.
const MAX_CANDIDATE_BYTES: usize = 96 << 20;

/// Queries that may wait for each one that runs.
const QUEUE_PER_WORKER: usize = 16;

/// What every route has at hand; one count to clone.
#[derive(Clone)]
pub(super) struct App(Arc<Parts>);

impl std::ops::Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

pub(super) struct Parts {
    pub(super) host: Arc<dyn Host>,
    access: Access,
    pub(super) limits: Limits,
    pub(super) counts: Arc<Counts>,
    // Apart, so that neither slow queries nor waiting reloads keep anybody from asking for status.
    queries: Gate,
    flights: Flights,
    // One at a time: each may compile.
    candidates: Gate,
    reloads: Gate,
    // One at a time: each may read the whole log, or compile.
    pub(super) audits: Gate,
    glances: Gate,
    followers: Followers,
}

impl App {
    pub(super) fn new(
        host: Arc<dyn Host>,
        limits: Limits,
        setup: Setup,
        stopping: watch::Receiver<bool>,
    ) -> Self {
        let processors = || std::thread::available_parallelism().map_or(1, NonZero::get);
        let workers = setup.queries.at_once.unwrap_or_else(processors);
        let waiting = setup.queries.waiting.unwrap_or(workers * QUEUE_PER_WORKER);
        Self(Arc::new(Parts {
            host,
            access: setup.access,
            limits,
            counts: Arc::default(),
            queries: Gate::new(workers, waiting),
            flights: Flights::default(),
            candidates: Gate::new(1, 8),
            // They wait for one thread, and for the same: nobody for the compilation of who came before.
            reloads: Gate::new(32, 32),
            audits: Gate::new(1, 8),
            glances: Gate::new(2, 64),
            followers: Followers::new(stopping),
        }))
    }
}

/// Everything that can be asked, by a door. A web page cannot ask where no token does: its requests carry the name of
/// its own site as `Host`, or cannot carry JSON.
pub(super) fn all(app: App, door: Door) -> Router {
    let (counts, patience) = (Arc::clone(&app.counts), app.limits.body);
    let access = app.access.clone();
    asked()
        .merge(administered().route_layer(middleware::from_fn(administrators_only)))
        .layer(middleware::from_fn_with_state((door, access), known_callers_only))
        .merge(open().layer(middleware::from_fn_with_state(door, loopback_names_only)))
        .fallback(async |uri: Uri| {
            Refusal::new(RefusalKind::NotFound, format!("there is nothing at `{}`", uri.path()))
        })
        .method_not_allowed_fallback(async || {
            (StatusCode::METHOD_NOT_ALLOWED, Refusal::new(RefusalKind::Request, "wrong method"))
                .into_response()
        })
        .layer(middleware::from_fn_with_state(patience, drained))
        .layer(middleware::from_fn_with_state(counts, counted))
        .layer(middleware::from_fn(in_a_span))
        .with_state(app)
}

/// For whoever may ask.
fn asked() -> Router<App> {
    Router::new()
        .route("/v1/query", post(query))
        .route("/v1/timeline", post(timeline))
        .route("/v1/facts", post(facts))
        .route("/v1/rules", get(rules))
        .route("/v1/status", get(status))
        .route("/v1/generations", get(generations))
        .route("/v1/events", get(events))
        .route("/metrics", get(measured))
}

/// For whoever may change what is served.
fn administered() -> Router<App> {
    audit::routes()
        .route("/v1/reload", post(reload))
        .route("/v1/rollback", post(rollback))
        .route("/v1/pin", post(pin))
        .route("/v1/unpin", post(unpin))
        .route("/v1/accept", post(accept))
}

/// For whatever supervises the host, and knows no token.
fn open() -> Router<App> {
    Router::new().route("/livez", get(async || "ok\n")).route("/readyz", get(ready))
}

/// With candidates too, of whoever may administer: whatever is compiled and run, its owner put there.
async fn query(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Result<Response, Refusal> {
    let most = if caller.may >= May::Admin { MAX_CANDIDATE_BYTES } else { MAX_BODY_BYTES };
    let request = read_query(request, app.limits, most).await?;
    if !request.candidate.is_empty() {
        caller.check_admin()?;
    }
    check_label(&request, &caller)?;
    let host = Arc::clone(&app.host);
    if !request.candidate.is_empty() {
        let answer = move || host.written(&request, &caller.who).map(whole);
        return app.candidates.run(answer).await?;
    }
    let first = match at_hand(&*host, &app.flights, &request, &caller).await {
        Ok(written) => return Ok(whole(written)),
        Err(first) => first,
    };
    // It goes along with the work: where this asker leaves, others wait until that is done.
    let answer = move || (host.written(&request, &caller.who), first);
    let (written, first) = app.queries.run(answer).await?;
    // Whoever asks the same finds it now, where it may be found; and the place, where it may not.
    if let Some(first) = first {
        first.end();
    }
    written.map(whole)
}

/// What is at hand, perhaps because somebody else asked the same and was waited for; else who asks first, if that is
/// this one.
async fn at_hand(
    host: &dyn Host,
    flights: &Flights,
    request: &QueryRequest,
    caller: &Caller,
) -> Result<Written, Option<First>> {
    let mut is_answered = false;
    loop {
        if let Some(written) = host.at_hand(request, &caller.who) {
            return Ok(written);
        }
        // What is not at hand although it was just answered is nothing to wait for once more.
        if is_answered {
            return Err(None);
        }
        match flights.ask(request.identity()) {
            Turn::First(first) => return Err(Some(first)),
            Turn::After(after) => is_answered = after.answered().await,
        }
    }
}

fn whole(Written { body, status }: Written) -> Response {
    let mut response = json_bytes(StatusCode::OK, Bytes::from_owner(body));
    response.extensions_mut().insert(status);
    response
}

/// A label keeps what it names for as long as the log is kept: not for anybody.
fn check_label(query: &QueryRequest, caller: &Caller) -> Result<(), Refusal> {
    if query.label.is_none() || &*caller.who != TCP {
        return Ok(());
    }
    let refused = Refusal::new(RefusalKind::Forbidden, "an answer cannot be labelled over this address");
    Err(refused.help("ask over the unix socket, or with a token"))
}

/// Of what is served alone: a candidate is tried with a query.
async fn timeline(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Result<Response, Refusal> {
    let request: TimelineRequest = read_json(request, app.limits, MAX_BODY_BYTES).await?;
    check_size(&request.query, MAX_BODY_BYTES)?;
    check_label(&request.query, &caller)?;
    let host = Arc::clone(&app.host);
    app.queries.run(move || Ok(json(StatusCode::OK, &host.timeline(&request, &caller.who)?))).await?
}

/// Of what is served alone, as a timeline.
async fn facts(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Result<Response, Refusal> {
    let request = read_query(request, app.limits, MAX_BODY_BYTES).await?;
    check_label(&request, &caller)?;
    let host = Arc::clone(&app.host);
    app.queries.run(move || Ok(json(StatusCode::OK, &host.facts(&request, &caller.who)?))).await?
}

/// `?generation=7` or `?generation=blake3:…`; without it, of the current one.
async fn rules(State(app): State<App>, uri: Uri) -> Result<Response, Refusal> {
    let asked = uri.query().and_then(|query| query.strip_prefix("generation=")).map(str::to_owned);
    let host = Arc::clone(&app.host);
    app.glances.run(move || Ok(json(StatusCode::OK, &host.rules(asked.as_deref())?))).await?
}

async fn status(State(app): State<App>) -> Result<Response, Refusal> {
    let host = Arc::clone(&app.host);
    app.glances.run(move || json(StatusCode::OK, &host.status())).await
}

async fn generations(State(app): State<App>) -> Result<Response, Refusal> {
    let host = Arc::clone(&app.host);
    app.glances.run(move || Ok(json(StatusCode::OK, &host.generations()?))).await?
}

async fn rollback(State(app): State<App>, request: Request) -> Result<Response, Refusal> {
    let request = read_json(request, app.limits, MAX_BODY_BYTES).await?;
    let host = Arc::clone(&app.host);
    app.reloads.run(move || Ok(json(StatusCode::OK, &host.rollback(&request)?))).await?
}

async fn pin(State(app): State<App>, request: Request) -> Result<Response, Refusal> {
    let request = read_json(request, app.limits, MAX_BODY_BYTES).await?;
    let host = Arc::clone(&app.host);
    app.reloads.run(move || Ok(json(StatusCode::OK, &host.pin(&request)?))).await?
}

async fn unpin(State(app): State<App>, request: Request) -> Result<Response, Refusal> {
    let request = read_json(request, app.limits, MAX_BODY_BYTES).await?;
    let host = Arc::clone(&app.host);
    app.reloads.run(move || Ok(json(StatusCode::OK, &host.unpin(&request)?))).await?
}

async fn accept(State(app): State<App>, request: Request) -> Result<Response, Refusal> {
    let request = read_json(request, app.limits, MAX_BODY_BYTES).await?;
    let host = Arc::clone(&app.host);
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
    let host = Arc::clone(&app.host);
    app.glances.run(move || json(StatusCode::ACCEPTED, &host.status())).await
}

async fn ready(State(app): State<App>) -> Result<&'static str, Refusal> {
    let host = Arc::clone(&app.host);
    match app.glances.run(move || host.status().generation).await? {
        Some(_) => Ok("ready\n"),
        None => Err(Refusal::new(RefusalKind::Unavailable, "no generation is served yet")),
    }
}

/// `?after=CURSOR&wait=25`.
async fn events(State(app): State<App>, uri: Uri) -> Result<Response, Refusal> {
    let asked = Asked::read(uri.query())?;
    Ok(json(StatusCode::OK, &app.followers.follow(&*app.host, &asked).await?))
}

async fn measured(State(app): State<App>) -> Result<Response, Refusal> {
    let (now, most) = (app.queries.load(), app.queries.most());
    let count = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
    let host = Arc::clone(&app.host);
    let mut families = app.glances.run(move || host.metrics()).await?;
    families.extend(app.counts.families());
    families.extend([
        Family::gauge("landfall_queries_running", "Queries at work", count(now.running)),
        Family::gauge("landfall_queries_waiting", "Queries that wait for a place", count(now.waiting)),
        Family::gauge("landfall_queries_running_limit", "Queries that may be at work", count(most.running)),
        Family::gauge("landfall_queries_waiting_limit", "Queries that may wait", count(most.waiting)),
    ]);
    Ok(([(header::CONTENT_TYPE, metrics::CONTENT_TYPE)], metrics::text(families)).into_response())
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
        MAX_BODY_BYTES => format!(
            "the strategy is too large: at most {MAX_FILE_BYTES} bytes are read, and candidate files are for the \
             unix socket or a token that may `admin`"
        ),
        _ => format!(
            "the question is too large: of a strategy at most {MAX_FILE_BYTES} bytes are read, and with \
             candidate files at most {most}"
        ),
    };
    Refusal::new(RefusalKind::TooLarge, what)
}

/// Decides who asks, and tells the routes.
async fn known_callers_only(
    State((door, access)): State<(Door, Access)>,
    mut request: Request,
    next: Next,
) -> Response {
    if let Err(refusal) = check_name(door, request.headers()) {
        return refusal.into_response();
    }
    let peer = request.extensions().get::<Peer>().map_or_else(|| UNKNOWN.into(), |peer| Arc::clone(&peer.0));
    match caller(door, &access, &peer, request.headers()) {
        Ok(caller) => {
            request.extensions_mut().insert(caller);
            next.run(request).await
        }
        Err(refusal) => {
            tracing::debug!(%peer, "a request without a token that holds");
            refusal.into_response()
        }
    }
}

async fn administrators_only(Extension(caller): Extension<Caller>, request: Request, next: Next) -> Response {
    match caller.check_admin() {
        Ok(()) => next.run(request).await,
        Err(refusal) => refusal.into_response(),
    }
}

async fn loopback_names_only(State(door): State<Door>, request: Request, next: Next) -> Response {
    match check_name(door, request.headers()) {
        Ok(()) => next.run(request).await,
        Err(refusal) => refusal.into_response(),
    }
}

/// Another name than ours means that a name server was made to point here (DNS rebinding). Where a token is asked for
/// that gains nobody anything, and the socket file is no place a web page reaches.
fn check_name(door: Door, headers: &HeaderMap) -> Result<(), Refusal> {
    if door != Door::Loopback {
        return Ok(());
    }
    let mut names = headers.get_all(header::HOST).iter();
    match (names.next(), names.next()) {
        (Some(name), None) if is_loopback_name(name) => Ok(()),
        _ => Err(Refusal::new(RefusalKind::Forbidden, "the `Host` header names another machine")
            .help("ask for `127.0.0.1` or `localhost`")),
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
    json_bytes(status, bytes.into())
}

fn json_bytes(status: StatusCode, bytes: Bytes) -> Response {
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
            RefusalKind::Unauthorized => StatusCode::UNAUTHORIZED,
            RefusalKind::Forbidden => StatusCode::FORBIDDEN,
            RefusalKind::NotFound | RefusalKind::Generation => StatusCode::NOT_FOUND,
            RefusalKind::Conflict => StatusCode::CONFLICT,
            RefusalKind::Busy | RefusalKind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            RefusalKind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        };
        let mut response = json(status, &self);
        if status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(RETRY_AFTER_SECONDS));
        }
        if status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response.extensions_mut().insert(self.kind);
        response
    }
}
