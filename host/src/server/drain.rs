//! Reads the rest of a body that was refused, so that its sender gets to hear why.
//!
//! A connection that is closed while the other end still writes is reset, and an answer that was on its way is lost with
//! it. So what is left of a body is read and thrown away before a refusal goes out, up to a bound in bytes and within
//! the time a body may take.

use std::{
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    body::{Body, Bytes, HttpBody as _},
    extract::{Request, State},
    http::{HeaderValue, header},
    middleware::Next,
    response::Response,
};
use http_body_util::BodyExt as _;
use hyper::body::{Frame, SizeHint};
use tokio::time::Instant;

/// Most that is read only to be thrown away: three of the largest plugins, as base64.
const MOST_BYTES: u64 = 256 << 20;

/// Answers, and reads what a refusal left of the body.
pub(super) async fn drained(State(patience): State<Duration>, request: Request, next: Next) -> Response {
    let deadline = Instant::now() + patience;
    let announced = request.body().size_hint().lower();
    let (head, body) = request.into_parts();
    let shared = Shared(Arc::new(Mutex::new(body)));
    let mut response = next.run(Request::from_parts(head, Body::new(shared.clone()))).await;
    if response.status().is_success() || shared.is_end_stream() {
        return response;
    }
    let is_read =
        announced <= MOST_BYTES && tokio::time::timeout_at(deadline, shared.drain()).await == Ok(true);
    if !is_read {
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

/// A body that is still there when its reader has let go of it.
#[derive(Clone)]
struct Shared(Arc<Mutex<Body>>);

impl Shared {
    fn body(&self) -> MutexGuard<'_, Body> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether its end was reached.
    async fn drain(mut self) -> bool {
        let mut left = MOST_BYTES;
        while let Some(frame) = self.frame().await {
            let Ok(frame) = frame else { return false };
            let bytes = frame.data_ref().map_or(0, Bytes::len);
            let Some(rest) = left.checked_sub(bytes as u64) else { return false };
            left = rest;
        }
        true
    }
}

impl hyper::body::Body for Shared {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut *self.body()).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body().is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body().size_hint()
    }
}
