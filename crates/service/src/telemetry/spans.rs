//! The spans of a process, with the names and attributes of OpenTelemetry's semantic conventions.

use super::TARGET;
use super::propagation::{follow, hand_on, resume};
use futures::future::{BoxFuture, Either};
use http::{HeaderMap, Method};
use std::future::Future;
use std::task::{Context, Poll};
use tonic::{Code, Status};
use tracing::field::Empty;
use tracing::{Instrument as _, Span, info_span};

/// A gRPC call that is answered here. `name` is `package.Service/Method`.
pub fn rpc(name: &str, headers: &HeaderMap) -> Span {
    let span = call("server", name);
    if !span.is_disabled() {
        follow(&span, headers);
    }
    span
}

fn call(kind: &str, name: &str) -> Span {
    let (service, method) = name.split_once('/').unwrap_or((name, ""));
    info_span!(
        target: TARGET, "call", otel.name = name, otel.kind = kind, otel.status_code = Empty,
        rpc.system = "grpc", rpc.service = service, rpc.method = method, rpc.grpc.status_code = Empty,
    )
}

/// The code of a reply as far as its headers tell. A refusal is in them; a success, or the end of a stream, follows the body.
pub(crate) fn code(headers: &HeaderMap) -> Code {
    Status::from_header_map(headers).map_or(Code::Ok, |status| status.code())
}

/// How a call ended that was answered here: only some codes are a fault of the one who answers.
pub fn rpc_answered(span: &Span, code: Code) {
    span.record("rpc.grpc.status_code", code as i32);
    let fault =
        [Code::Unknown, Code::DeadlineExceeded, Code::Unimplemented, Code::Internal, Code::Unavailable, Code::DataLoss];
    if fault.contains(&code) {
        span.record("otel.status_code", "ERROR");
    }
}

/// An HTTP request that is answered here. `route` is the pattern of its path.
pub fn http(method: &Method, route: &str, path: &str, headers: &HeaderMap) -> Span {
    let span = info_span!(
        target: TARGET, "http", otel.name = format!("{method} {route}"), otel.kind = "server", otel.status_code = Empty,
        http.request.method = %method, http.route = route, url.path = path, url.scheme = "http",
        http.response.status_code = Empty,
    );
    if !span.is_disabled() {
        follow(&span, headers);
    }
    span
}

/// How an HTTP request ended.
pub fn http_answered(span: &Span, status: http::StatusCode) {
    span.record("http.response.status_code", status.as_u16());
    if status.is_server_error() {
        span.record("otel.status_code", "ERROR");
    }
}

/// A wake-up that goes to Temporal, as part of the trace in which it was written down. Without one it has no span.
pub(crate) fn wake(entity: &str, start: bool, traceparent: Option<&str>) -> Span {
    let Some(traceparent) = traceparent else { return Span::none() };
    let name = if start { "outbox start" } else { "outbox wake" };
    let span = info_span!(
        target: TARGET, "outbox", otel.name = name, otel.kind = "producer", messaging.system = "temporal",
        workflow.id = entity,
    );
    resume(&span, traceparent);
    span
}

/// A connection whose calls are part of the trace.
#[derive(Clone, Debug)]
pub struct Traced<S>(pub S);

impl<S, B, R> tower::Service<http::Request<B>> for Traced<S>
where
    S: tower::Service<http::Request<B>, Response = http::Response<R>>,
    S::Future: Send + 'static,
    S::Error: 'static,
    R: 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Either<S::Future, BoxFuture<'static, Result<S::Response, S::Error>>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, mut request: http::Request<B>) -> Self::Future {
        let span = call("client", request.uri().path().trim_start_matches('/'));
        if span.is_disabled() {
            return Either::Left(self.0.call(request));
        }
        hand_on(&span, request.headers_mut());
        let answer = self.0.call(request);
        Either::Right(Box::pin(answered(answer, span.clone()).instrument(span)))
    }
}

/// For a caller every refusal is an error.
async fn answered<R, E>(
    answer: impl Future<Output = Result<http::Response<R>, E>>,
    span: Span,
) -> Result<http::Response<R>, E> {
    let answer = answer.await;
    let code = match &answer {
        Ok(reply) => code(reply.headers()),
        Err(_) => Code::Unavailable,
    };
    span.record("rpc.grpc.status_code", code as i32);
    if code != Code::Ok {
        span.record("otel.status_code", "ERROR");
    }
    answer
}
