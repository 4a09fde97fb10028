//! Lines of the log, each with the trace in which it was written.

use opentelemetry::Context;
use opentelemetry::trace::TraceContextExt as _;
use std::fmt;
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

/// Adds `trace_id` and `span_id` to what another format writes, while something is done that is part of a trace. The spans
/// themselves can't say: the log does not see them.
pub(super) struct WithTrace<F> {
    /// Writes the line.
    pub(super) format: F,
    /// Whether the line is a JSON object.
    pub(super) json: bool,
}

impl<S, N, F> FormatEvent<S, N> for WithTrace<F>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
    F: FormatEvent<S, N>,
{
    fn format_event(&self, ctx: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let context = Context::current();
        let span = context.span();
        let span = span.span_context();
        if !span.is_valid() {
            return self.format.format_event(ctx, writer, event);
        }
        let mut line = String::new();
        self.format.format_event(ctx, Writer::new(&mut line), event)?;
        let (trace, span) = (span.trace_id(), span.span_id());
        match line.strip_suffix("}\n").filter(|_| self.json) {
            Some(object) => writeln!(writer, r#"{object},"trace_id":"{trace}","span_id":"{span}"}}"#),
            None => writeln!(writer, "{} trace_id={trace} span_id={span}", line.trim_end()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use opentelemetry::trace::{SpanContext, SpanId, TraceFlags, TraceId, TraceState};
    use serde_json::Value;
    use std::io;
    use std::sync::{Arc, Mutex};
    use tracing_subscriber::fmt;
    use tracing_subscriber::layer::SubscriberExt as _;

    #[derive(Clone, Default)]
    struct Page(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Page {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn said(json: bool, inside: bool) -> String {
        let page = Page::default();
        let writer = page.clone();
        let layer = fmt::layer().with_writer(move || writer.clone());
        let plain = || fmt::format().with_ansi(false);
        let lines: Box<dyn tracing_subscriber::Layer<_> + Send + Sync> = if json {
            let format = plain().json().flatten_event(true);
            Box::new(layer.fmt_fields(fmt::format::JsonFields::new()).event_format(WithTrace { format, json }))
        } else {
            Box::new(layer.event_format(WithTrace { format: plain(), json }))
        };
        let span = SpanContext::new(
            TraceId::from(0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736_u128),
            SpanId::from(0x00f0_67aa_0ba9_02b7_u64),
            TraceFlags::SAMPLED,
            false,
            TraceState::NONE,
        );
        tracing::subscriber::with_default(tracing_subscriber::registry().with(lines), || {
            let _inside = inside.then(|| Context::new().with_remote_span_context(span).attach());
            tracing::info!(order_id = "ord_1", "notification");
        });
        let bytes = page.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn a_line_within_a_trace_names_it() {
        let line: Value = serde_json::from_str(&said(true, true)).unwrap();
        assert_eq!(line["trace_id"], "4bf92f3577b34da6a3ce929d0e0e4736");
        assert_eq!((&line["span_id"], &line["order_id"]), (&"00f067aa0ba902b7".into(), &"ord_1".into()));
        let line = said(false, true);
        let end =
            "notification order_id=\"ord_1\" trace_id=4bf92f3577b34da6a3ce929d0e0e4736 span_id=00f067aa0ba902b7\n";
        assert!(line.ends_with(end), "{line}");
    }

    #[test]
    fn a_line_without_a_trace_is_as_it_was() {
        let line: Value = serde_json::from_str(&said(true, false)).unwrap();
        assert_eq!(line.get("trace_id"), None);
        assert!(said(false, false).ends_with("order_id=\"ord_1\"\n"));
    }
}
