//! The trace that work belongs to, handed on: W3C Trace Context, in a header or in a column.

use http::HeaderMap;
use opentelemetry::trace::TraceContextExt as _;
use opentelemetry::{Context, global};
use opentelemetry_http::{HeaderExtractor, HeaderInjector};
use std::collections::HashMap;
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

const HEADER: &str = "traceparent";

/// What the headers of a request name.
pub(super) fn named(headers: &HeaderMap) -> Context {
    global::get_text_map_propagator(|propagator| {
        propagator.extract_with_context(&Context::new(), &HeaderExtractor(headers))
    })
}

/// Names a span in the headers of a call; or, if it is not recorded, what is being done now.
pub(super) fn hand_on(span: &Span, headers: &mut HeaderMap) {
    let context = if span.is_disabled() { Context::current() } else { span.context() };
    global::get_text_map_propagator(|propagator| propagator.inject_context(&context, &mut HeaderInjector(headers)));
}

/// What is being done now, if it is part of a trace that is recorded: to be kept beside what will be done later.
#[must_use]
pub fn traceparent() -> Option<String> {
    let context = Context::current();
    if !context.span().span_context().is_sampled() {
        return None;
    }
    let mut carrier = HashMap::new();
    global::get_text_map_propagator(|propagator| propagator.inject_context(&context, &mut carrier));
    carrier.remove(HEADER)
}

/// What was kept.
pub(super) fn context(traceparent: &str) -> Context {
    let carrier = HashMap::from([(HEADER.to_owned(), traceparent.to_owned())]);
    global::get_text_map_propagator(|propagator| propagator.extract_with_context(&Context::new(), &carrier))
}
