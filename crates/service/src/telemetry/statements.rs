//! A span for each statement. sqlx tells of a statement when it has ended, and how long it took.

use opentelemetry::trace::{Span as _, SpanKind, Tracer as _};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::trace::SdkTracer;
use std::fmt::Debug;
use std::time::{Duration, SystemTime};
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context as LayerContext;

/// Of what sqlx says.
pub(super) const TARGET: &str = "sqlx::query";
/// A statement is named by a comment at its beginning, `-- name`.
const COMMENT: &str = "-- ";

/// Turns what sqlx says, which is all that its filter may let through, into spans.
pub(super) struct Statements(SdkTracer);

impl Statements {
    pub(super) const fn new(tracer: SdkTracer) -> Self {
        Self(tracer)
    }
}

impl<S: Subscriber> Layer<S> for Statements {
    fn on_event(&self, event: &Event<'_>, _: LayerContext<'_, S>) {
        let parent = Context::current();
        let mut said = Said::default();
        event.record(&mut said);
        let end = SystemTime::now();
        let name = name(&said.summary).to_owned();
        let mut span = self
            .0
            .span_builder(name.clone())
            .with_kind(SpanKind::Client)
            .with_start_time(end.checked_sub(said.took).unwrap_or(end))
            .with_attributes([KeyValue::new("db.system.name", "postgresql"), KeyValue::new("db.query.summary", name)])
            .start_with_context(&self.0, &parent);
        span.end_with_timestamp(end);
    }
}

/// The name of a statement, or its first words.
fn name(summary: &str) -> &str {
    let named = summary.strip_prefix(COMMENT).and_then(|rest| rest.split(' ').next());
    named.unwrap_or_else(|| summary.trim_end_matches('…').trim_end())
}

#[derive(Default)]
struct Said {
    summary: String,
    took: Duration,
}

impl Visit for Said {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "summary" {
            value.clone_into(&mut self.summary);
        }
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        if field.name() == "elapsed_secs" {
            self.took = Duration::try_from_secs_f64(value).unwrap_or_default();
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn Debug) {}
}

#[cfg(test)]
mod tests {
    use super::name;

    #[test]
    fn a_statement_is_named_by_its_comment() {
        assert_eq!(name("-- look WITH s …"), "look");
        assert_eq!(name("DELETE FROM outbox WHERE …"), "DELETE FROM outbox WHERE");
    }
}
