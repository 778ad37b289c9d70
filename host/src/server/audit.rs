//! The audit log at the door. It names callers and strategies: for those alone who may change something.

use std::sync::Arc;

use axum::{
    Router,
    extract::{Request, State},
    http::StatusCode,
    response::Response,
    routing::{get, post},
};
use serde::Serialize;

use super::{
    Auditing,
    routes::{App, MAX_BODY_BYTES, json, read_json},
};
use crate::protocol::{AuditPrune, AuditVerify, AuditWanted, ReceiptRequest, Refusal, RefusalKind};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/v1/audit/head", get(head))
        .route("/v1/audit/rows", post(rows))
        .route("/v1/audit/verify", post(verify))
        .route("/v1/audit/prune", post(prune))
        .route("/v1/audit/bundle", post(bundle))
        .route("/v1/replay", post(replay))
}

async fn head(State(app): State<App>) -> Result<Response, Refusal> {
    ask(app, |log| log.head()).await
}

async fn rows(State(app): State<App>, request: Request) -> Result<Response, Refusal> {
    let wanted: AuditWanted = read_json(request, app.limits, MAX_BODY_BYTES).await?;
    ask(app, move |log| log.rows(&wanted)).await
}

async fn verify(State(app): State<App>, request: Request) -> Result<Response, Refusal> {
    let asked: AuditVerify = read_json(request, app.limits, MAX_BODY_BYTES).await?;
    ask(app, move |log| log.verify(asked.head.as_deref())).await
}

async fn prune(State(app): State<App>, request: Request) -> Result<Response, Refusal> {
    let asked: AuditPrune = read_json(request, app.limits, MAX_BODY_BYTES).await?;
    ask(app, move |log| log.prune(&asked.through)).await
}

async fn bundle(State(app): State<App>, request: Request) -> Result<Response, Refusal> {
    let asked: ReceiptRequest = read_json(request, app.limits, MAX_BODY_BYTES).await?;
    ask(app, move |log| log.bundle(&asked.receipt)).await
}

async fn replay(State(app): State<App>, request: Request) -> Result<Response, Refusal> {
    let asked: ReceiptRequest = read_json(request, app.limits, MAX_BODY_BYTES).await?;
    ask(app, move |log| log.replay(&asked.receipt)).await
}

async fn ask<T: Serialize + Send + 'static>(
    app: App,
    ask: impl FnOnce(&dyn Auditing) -> Result<T, Refusal> + Send + 'static,
) -> Result<Response, Refusal> {
    let host = Arc::clone(&app.host);
    let work = move || {
        let log = host
            .auditing()
            .ok_or_else(|| Refusal::new(RefusalKind::Conflict, "no audit log is kept here"))?;
        Ok(json(StatusCode::OK, &ask(log)?))
    };
    app.audits.run(work).await?
}
