//! Spans for what is done here, with the names and attributes of OpenTelemetry's semantic conventions.

use super::TARGET;
use super::propagation::{context, follow, resume};
use http::{HeaderMap, Method};
use opentelemetry::trace::TraceContextExt as _;
use std::fmt::Display;
use tonic::{Code, Status};
use tracing::field::Empty;
use tracing::{Span, info_span};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

/// The attribute with the order that something is done for.
pub const ORDER: &str = "order.id";
/// The attribute with the order, payment, refund or reservation that a workflow drives, which is also the workflow's id.
pub const WORKFLOW: &str = "workflow.id";

/// A gRPC call that is answered here. `name` is `package.Service/Method`.
pub fn rpc(name: &str, headers: &HeaderMap) -> Span {
    let span = call("server", name);
    if !span.is_disabled() {
        follow(&span, headers);
    }
    span
}

pub(super) fn call(kind: &str, name: &str) -> Span {
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
    span.record("http.response.status_code", i64::from(status.as_u16()));
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

/// Says in the current span what it is about.
pub fn about(attribute: &'static str, id: &impl Display) {
    let span = Span::current();
    if !span.is_disabled() {
        span.set_attribute(attribute, id.to_string());
    }
}

/// A decision on an entity that was made in another trace, and whose row has kept which: the entity's trace gets a span, and
/// this one and the span of the request refer to each other.
pub fn decided(name: impl Display, entity: &impl Display, made_in: Option<&str>) {
    let Some(made_in) = made_in else { return };
    let request = Span::current();
    let (here, there) = (request.context().span().span_context().clone(), context(made_in));
    let there_span = there.span().span_context().clone();
    if here.trace_id() == there_span.trace_id() {
        return;
    }
    let span = info_span!(
        target: TARGET, "decided", otel.name = %name, otel.kind = "internal", workflow.id = %entity,
    );
    resume(&span, made_in);
    if here.is_valid() {
        span.add_link(here);
        request.add_link(there_span);
    }
}
