//! Spans for what is asked of others: our services, a payment provider, the receiver of a webhook.

use super::TARGET;
use super::propagation::{context, hand_on};
use super::spans::{call, code};
use futures::future::{BoxFuture, Either};
use http::{HeaderMap, Method, StatusCode};
use std::fmt::Display;
use std::future::Future;
use std::task::{Context, Poll};
use tonic::Code;
use tracing::field::Empty;
use tracing::{Instrument as _, Span, info_span};

/// A request to somebody else's HTTP interface. `name` tells what is asked without naming anybody.
pub fn http(method: &Method, name: &str, host: &str) -> Span {
    info_span!(
        target: TARGET, "http", otel.name = format!("{method} {name}"), otel.kind = "client", otel.status_code = Empty,
        http.request.method = %method, server.address = host, http.response.status_code = Empty, error.type = Empty,
    )
}

/// A webhook, as part of the trace that made what it tells of; the receiver may go on with it. Without one it has no span.
pub fn webhook(kind: &str, host: &str, traceparent: Option<&str>, headers: &mut HeaderMap) -> Span {
    let Some(traceparent) = traceparent else { return Span::none() };
    let _in_trace = context(traceparent).attach();
    let span = http(&Method::POST, kind, host);
    hand_on(&span, headers);
    span
}

/// How a request to somebody else ended: with a status, or without one.
pub fn http_ended(span: &Span, status: Result<StatusCode, impl Display>) {
    match status {
        Ok(status) => {
            span.record("http.response.status_code", i64::from(status.as_u16()));
            if status.is_client_error() || status.is_server_error() {
                span.record("otel.status_code", "ERROR");
            }
        }
        Err(what) => {
            span.record("error.type", what.to_string());
            span.record("otel.status_code", "ERROR");
        }
    }
}

/// Something asked of a payment provider under an idempotency key.
pub fn provider(operation: &str, provider: &str, key: &str) -> Span {
    info_span!(
        target: TARGET, "provider", otel.name = format!("{provider} {operation}"), otel.kind = "client",
        otel.status_code = Empty, payment.provider = provider, payment.key = key, payment.outcome = Empty,
    )
}

/// What a payment provider answered. `unknown`: nothing that is certain.
pub fn provider_answered(span: &Span, outcome: &'static str, unknown: bool) {
    span.record("payment.outcome", outcome);
    if unknown {
        span.record("otel.status_code", "ERROR");
    }
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
        hand_on(&span, request.headers_mut());
        let answer = self.0.call(request);
        if span.is_disabled() {
            return Either::Left(answer);
        }
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
