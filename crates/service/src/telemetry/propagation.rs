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

/// The trace of what was kept, 32 hexadecimal digits, if it is recorded. Read here: a process without a collector has no
/// propagator.
#[must_use]
pub fn trace_id(traceparent: &str) -> Option<&str> {
    let mut parts = traceparent.split('-').skip(1);
    let (id, flags) = (parts.next()?, parts.nth(1)?);
    let sampled = u8::from_str_radix(flags, 16).is_ok_and(|flags| flags & 1 == 1);
    (sampled && id.len() == 32 && id.bytes().all(|b| b.is_ascii_hexdigit())).then_some(id)
}

/// What was kept.
pub(super) fn context(traceparent: &str) -> Context {
    let carrier = HashMap::from([(HEADER.to_owned(), traceparent.to_owned())]);
    global::get_text_map_propagator(|propagator| propagator.extract_with_context(&Context::new(), &carrier))
}

#[cfg(test)]
mod tests {
    use super::trace_id;

    #[test]
    fn only_a_trace_that_is_recorded_has_an_id() {
        let id = "4bf92f3577b34da6a3ce929d0e0e4736";
        assert_eq!(trace_id(&format!("00-{id}-00f067aa0ba902b7-01")), Some(id));
        let other =
            [format!("00-{id}-00f067aa0ba902b7-00"), format!("00-{id}"), "00-abc-00f067aa0ba902b7-01".to_owned()];
        assert!(other.iter().all(|text| trace_id(text).is_none()));
        assert_eq!(trace_id(""), None);
    }
}
