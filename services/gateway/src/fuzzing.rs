//! What only the fuzz targets of `crates/hostile` reach.

use crate::body::{Fault, Upload};
use crate::config::{Config, Limits};
use crate::json::Object;
use crate::wire::Wire;
use crate::{StartError, deadline, server};
use axum::Router;
use bytes::Bytes;
use contracts::{Currency, Violations, google_type};
use futures::stream;
use http::{HeaderMap, HeaderValue, Request, Response};
use http_body::Frame;
use http_body_util::{BodyExt as _, StreamBody};
use hyper_util::service::TowerToHyperService;
use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::DuplexStream;
use tokio_util::sync::CancellationToken;
use tonic::Status;
use tonic_web::GrpcWebLayer;
use tower::{Layer as _, ServiceExt as _};

/// The whole port, but for its connections.
///
/// # Errors
/// A configuration that can't be used.
pub fn app(config: &Config) -> Result<Router, StartError> {
    server::app(config, &CancellationToken::new())
}

/// Serves one connection to its end.
pub async fn connection(stream: DuplexStream, app: Router, limits: &Limits) {
    let service = TowerToHyperService::new(app);
    // How it ended is for the caller to see in what was written.
    let _ = server::connections(limits).serve_connection(Wire::new(stream), service).await;
}

/// What a service gets of a gRPC-Web body that comes in these pieces; `None` if the request is turned away before.
pub async fn decoded(content_type: &str, pieces: Vec<Bytes>, limit: usize) -> Option<Result<Bytes, Status>> {
    let got = Arc::new(Mutex::new(None));
    let slot = Arc::clone(&got);
    let inner = tower::service_fn(move |request: Request<tonic::body::Body>| {
        let slot = Arc::clone(&slot);
        async move {
            let body = Upload::new(request.into_body(), limit, None, Fault::default()).collect().await;
            if let Ok(mut slot) = slot.lock() {
                *slot = Some(body.map(http_body_util::Collected::to_bytes));
            }
            Ok::<_, Infallible>(Response::new(tonic::body::Body::empty()))
        }
    });
    let frames = pieces.into_iter().map(|piece| Ok::<_, Infallible>(Frame::data(piece)));
    let request = Request::post("/a.B/C").header("content-type", content_type);
    let request = request.body(StreamBody::new(stream::iter(frames))).ok()?;
    GrpcWebLayer::new().layer(inner).oneshot(request).await.ok()?;
    got.lock().ok()?.take()
}

/// How long a call with this `grpc-timeout` may take, and what is passed on.
#[must_use]
pub fn passed_on(timeout: &[u8], bound: Duration) -> Option<(Duration, String)> {
    let mut headers = HeaderMap::new();
    headers.insert("grpc-timeout", HeaderValue::from_bytes(timeout).ok()?);
    let time = deadline::of(&headers, bound);
    deadline::set(&mut headers, time);
    Some((time, headers.get("grpc-timeout")?.to_str().ok()?.to_owned()))
}

/// What was read of an object that has one field of each kind.
#[derive(Debug, Default, PartialEq)]
pub struct Read {
    /// A whole number.
    pub integer: Option<i64>,
    /// Pieces.
    pub quantity: Option<i64>,
    /// US dollars.
    pub amount: Option<google_type::Money>,
    /// Any text.
    pub text: Option<String>,
    /// The whole numbers of at most ten objects.
    pub items: Vec<Option<i64>>,
}

/// Reads such an object. The other fields are those at fault, or `body` if it is no JSON.
///
/// # Errors
/// The fields at fault.
pub fn json(text: &str) -> Result<Read, Vec<String>> {
    let mut faults = Violations::new();
    let mut object = Object::body(text, &mut faults).map_err(|_| vec!["body".to_owned()])?;
    let read = Read {
        integer: object.field("integer", &mut faults).integer(),
        quantity: object.field("quantity", &mut faults).quantity(),
        amount: object.field("amount", &mut faults).money(Some(Currency::USD)),
        text: object.field("text", &mut faults).text(),
        items: object
            .field("items", &mut faults)
            .objects(10, |item, faults| item.field("integer", faults).required().integer()),
    };
    object.finish(&mut faults);
    faults.finish(Some(read)).map_err(|faults| faults.iter().map(|fault| fault.field.clone()).collect())
}
