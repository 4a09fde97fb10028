//! Spans for what is done here, with the names and attributes of OpenTelemetry's semantic conventions.

use super::TARGET;
use super::propagation::context;
use super::sampling::received;
use http::{HeaderMap, Method};
use opentelemetry::Context;
use opentelemetry::trace::{FutureExt as _, TraceContextExt as _, WithContext};
use std::fmt::Display;
use tonic::{Code, Status};
use tracing::field::Empty;
use tracing::instrument::Instrumented;
use tracing::{Instrument as _, Span, info_span};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

/// The attribute with the order that something is done for.
pub const ORDER: &str = "order.id";
/// The attribute with the order, payment, refund or reservation that a workflow drives, which is also the workflow's id.
pub const WORKFLOW: &str = "workflow.id";

/// A request that is answered here: the trace that it belongs to, and its span there, if it is recorded.
#[derive(Clone, Debug)]
pub struct Served {
    trace: Context,
    span: Span,
}

impl Served {
    /// A request that is part of no trace.
    #[must_use]
    pub fn untraced() -> Self {
        Self { trace: Context::new(), span: Span::none() }
    }

    fn in_trace(headers: &HeaderMap, span: impl FnOnce() -> Span) -> Self {
        let trace = received(headers);
        let _in_trace = trace.clone().attach();
        Self { span: span(), trace }
    }

    /// A gRPC call. `name` is `package.Service/Method`.
    #[must_use]
    pub fn rpc(name: &str, headers: &HeaderMap) -> Self {
        Self::in_trace(headers, || call("server", name))
    }

    /// An HTTP request. `route` is the pattern of its path.
    #[must_use]
    pub fn http(method: &Method, route: &str, path: &str, headers: &HeaderMap) -> Self {
        Self::in_trace(headers, || {
            info_span!(
                target: TARGET, "http", otel.name = format!("{method} {route}"), otel.kind = "server",
                otel.status_code = Empty, http.request.method = %method, http.route = route, url.path = path,
                url.scheme = "http", http.response.status_code = Empty,
            )
        })
    }

    /// Does the work that it takes.
    pub fn during<F: Future>(&self, work: F) -> WithContext<Instrumented<F>> {
        work.instrument(self.span.clone()).with_context(self.trace.clone())
    }

    /// How a call ended: only some codes are a fault of the one who answers.
    pub fn rpc_answered(&self, code: Code) {
        self.span.record("rpc.grpc.status_code", code as i32);
        let fault = [
            Code::Unknown,
            Code::DeadlineExceeded,
            Code::Unimplemented,
            Code::Internal,
            Code::Unavailable,
            Code::DataLoss,
        ];
        if fault.contains(&code) {
            self.span.record("otel.status_code", "ERROR");
        }
    }

    /// How an HTTP request ended.
    pub fn http_answered(&self, status: http::StatusCode) {
        self.span.record("http.response.status_code", i64::from(status.as_u16()));
        if status.is_server_error() {
            self.span.record("otel.status_code", "ERROR");
        }
    }
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

/// A wake-up that goes to Temporal, as part of the trace in which it was written down. Without one it has no span.
pub(crate) fn wake(entity: &str, start: bool, traceparent: Option<&str>) -> Span {
    let Some(traceparent) = traceparent else { return Span::none() };
    let _in_trace = context(traceparent).attach();
    let name = if start { "outbox start" } else { "outbox wake" };
    info_span!(
        target: TARGET, "outbox", otel.name = name, otel.kind = "producer", messaging.system = "temporal",
        workflow.id = entity,
    )
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
    let (request, entitys) = (Span::current(), context(made_in));
    let (here, there) = (request.context().span().span_context().clone(), entitys.span().span_context().clone());
    if here.trace_id() == there.trace_id() {
        return;
    }
    let _in_trace = entitys.attach();
    let span = info_span!(
        target: TARGET, "decided", otel.name = %name, otel.kind = "internal", workflow.id = %entity,
    );
    if here.is_sampled() {
        span.add_link(here);
        request.add_link(there);
    }
}
