//! Where spans go, and which.

use super::SCOPE;
use super::sampling::Recording;
use crate::config::Traces;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry::{KeyValue, global};
use opentelemetry_otlp::{ExporterBuildError, SpanExporter, WithExportConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{Sampler, SdkTracer, SdkTracerProvider};
use std::sync::OnceLock;
use std::time::Duration;
use temporalio_sdk::opentelemetry::WorkflowIdGenerator;

/// A collector that takes longer is away.
const SEND: Duration = Duration::from_secs(3);

static SHARED: OnceLock<Exporter> = OnceLock::new();

/// What the parts of a process share.
#[derive(Debug)]
pub(super) struct Exporter {
    pub(super) provider: SdkTracerProvider,
    /// Drawn by whoever begins a trace.
    pub(super) lots: Sampler,
}

/// What sends spans to the collector of the configuration; `None` without one.
pub(super) fn provider(
    traces: &Traces,
    service: &'static str,
) -> Result<Option<SdkTracerProvider>, ExporterBuildError> {
    if traces.endpoint.is_empty() {
        return Ok(None);
    }
    global::set_text_map_propagator(TraceContextPropagator::new());
    let exporter = SpanExporter::builder().with_tonic().with_endpoint(&traces.endpoint).with_timeout(SEND).build()?;
    let about = [
        KeyValue::new("service.namespace", "oms"),
        KeyValue::new("service.version", env!("CARGO_PKG_VERSION")),
        KeyValue::new("service.instance.id", uuid::Uuid::new_v4().to_string()),
    ];
    let provider = SdkTracerProvider::builder()
        .with_id_generator(WorkflowIdGenerator::default())
        .with_sampler(Recording)
        .with_resource(Resource::builder().with_service_name(service).with_attributes(about).build())
        .with_batch_exporter(exporter)
        .build();
    let lots = Sampler::TraceIdRatioBased(traces.sample_ratio);
    Ok(Some(SHARED.get_or_init(|| Exporter { provider, lots }).provider.clone()))
}

pub(super) fn shared() -> Option<&'static Exporter> {
    SHARED.get()
}

pub(super) fn tracer(provider: &SdkTracerProvider) -> SdkTracer {
    provider.tracer(SCOPE)
}
