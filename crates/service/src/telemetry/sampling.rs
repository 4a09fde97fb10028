//! Which work is recorded. Lots are drawn once, where a trace begins: at a request that comes without one. All else asks
//! whether what is being done now is recorded, and makes no span otherwise, since a span costs the same whether it is
//! recorded or not.

use super::exporter;
use http::HeaderMap;
use opentelemetry::trace::{Link, SpanContext, SpanKind, TraceContextExt as _, TraceFlags, TraceId, TraceState};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::trace::{
    IdGenerator as _, RandomIdGenerator, Sampler, SamplingDecision, SamplingResult, ShouldSample,
};
use tracing::Metadata;
use tracing::subscriber::Interest;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::{Context as LayerContext, Filter};

/// In the context of work that is recorded and has no span yet.
#[derive(Clone, Copy, Debug)]
struct Begins;

/// Whether what is being done now is recorded.
fn is_recorded(context: &Context) -> bool {
    if context.has_active_span() {
        context.span().span_context().is_sampled()
    } else {
        context.get::<Begins>().is_some()
    }
}

/// The trace that a request belongs to: the one that its headers name, or one that begins with it. Without a collector
/// there is none.
pub(super) fn received(headers: &HeaderMap) -> Context {
    let Some(exporter) = exporter::shared() else { return Context::new() };
    let named = super::propagation::named(headers);
    if named.has_active_span() {
        return named;
    }
    let ids = RandomIdGenerator::default();
    let trace = ids.new_trace_id();
    if is_drawn(&exporter.lots, trace) {
        return Context::new().with_value(Begins);
    }
    // Whoever is called next is told, and draws none of its own.
    let unrecorded = SpanContext::new(trace, ids.new_span_id(), TraceFlags::NOT_SAMPLED, false, TraceState::NONE);
    Context::new().with_remote_span_context(unrecorded)
}

fn is_drawn(lots: &Sampler, trace: TraceId) -> bool {
    let drawn = lots.should_sample(None, trace, "", &SpanKind::Server, &[], &[]).decision;
    drawn == SamplingDecision::RecordAndSample
}

/// Records spans whose parent is recorded, and the first of a trace that was drawn. The Temporal SDK asks for spans also
/// where no trace is known.
#[derive(Clone, Debug)]
pub(super) struct Recording;

impl ShouldSample for Recording {
    fn should_sample(
        &self,
        parent: Option<&Context>,
        _: TraceId,
        _: &str,
        _: &SpanKind,
        _: &[KeyValue],
        _: &[Link],
    ) -> SamplingResult {
        let recorded = parent.is_some_and(is_recorded);
        SamplingResult {
            decision: if recorded { SamplingDecision::RecordAndSample } else { SamplingDecision::Drop },
            attributes: Vec::new(),
            trace_state: parent.map_or(TraceState::NONE, |parent| parent.span().span_context().trace_state().clone()),
        }
    }
}

/// Lets through what has this target while something is done that is recorded.
pub(super) struct Recorded {
    pub(super) target: &'static str,
    pub(super) level: LevelFilter,
}

impl<S> Filter<S> for Recorded {
    fn enabled(&self, metadata: &Metadata<'_>, _: &LayerContext<'_, S>) -> bool {
        metadata.target() == self.target && Context::map_current(is_recorded)
    }

    fn callsite_enabled(&self, metadata: &'static Metadata<'static>) -> Interest {
        if metadata.target() == self.target { Interest::sometimes() } else { Interest::never() }
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(self.level)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use opentelemetry::trace::SpanId;

    fn within(flags: TraceFlags) -> Context {
        let span = SpanContext::new(TraceId::from(1), SpanId::from(1), flags, true, TraceState::NONE);
        Context::new().with_remote_span_context(span)
    }

    #[test]
    fn only_a_request_begins_a_trace() {
        let decides = |context: &Context| {
            Recording.should_sample(Some(context), TraceId::from(1), "", &SpanKind::Server, &[], &[]).decision
        };
        assert_eq!(decides(&Context::new()), SamplingDecision::Drop);
        assert_eq!(decides(&Context::new().with_value(Begins)), SamplingDecision::RecordAndSample);
        assert_eq!(decides(&within(TraceFlags::SAMPLED)), SamplingDecision::RecordAndSample);
        assert_eq!(decides(&within(TraceFlags::NOT_SAMPLED)), SamplingDecision::Drop);
        // The caller has decided, whatever is drawn here.
        assert_eq!(decides(&within(TraceFlags::NOT_SAMPLED).with_value(Begins)), SamplingDecision::Drop);
    }

    #[test]
    fn as_many_are_drawn_as_asked_for() {
        let ids = RandomIdGenerator::default();
        let drawn = |ratio| {
            let lots = Sampler::TraceIdRatioBased(ratio);
            (0..10_000).filter(|_| is_drawn(&lots, ids.new_trace_id())).count()
        };
        assert_eq!((drawn(0.0), drawn(1.0)), (0, 10_000));
        // Six standard deviations.
        assert!((700..1300).contains(&drawn(0.1)), "{}", drawn(0.1));
    }
}
