//! What a process tells of its work: the log, and the traces.
//!
//! Spans for the traces have a [`TARGET`] of their own, which the log does not show. They are made only for work that is
//! recorded, and for none while no collector is configured.

mod exporter;
mod lines;
pub mod outbound;
pub mod propagation;
mod sampling;
pub mod spans;
mod statements;

use crate::config::{self, Log, LogFormat, Traces};
use lines::WithTrace;
use opentelemetry_sdk::trace::SdkTracerProvider;
use sampling::Recorded;
use statements::Statements;
use std::io::IsTerminal as _;
use temporalio_sdk::SimplePlugin;
use temporalio_sdk::opentelemetry::OpenTelemetryPlugin;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt::format::JsonFields;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _, fmt};

/// Of spans that are part of a trace.
pub const TARGET: &str = "oms::trace";
/// Who says so in a trace.
const SCOPE: &str = "oms";

/// Ends the telemetry of the process when dropped: what was not yet sent to the collector is sent.
#[derive(Debug)]
#[must_use = "dropping it ends the traces"]
pub struct Telemetry(Option<SdkTracerProvider>);

/// Starts the log, on standard output, and the traces, if there is a collector. The Temporal SDK's own messages are kept
/// to warnings unless the filter names it. To be called within the runtime.
///
/// # Errors
/// A filter or an address that can't be parsed.
pub fn init(log: &Log, traces: &Traces, service: &'static str) -> Result<Telemetry, config::Error> {
    let invalid = |what: &str, error: &dyn std::fmt::Display| config::Error::Invalid(format!("{what}: {error}"));
    let hidden = format!("{TARGET}=off").parse().map_err(|error| invalid("log.filter", &error))?;
    let filter = EnvFilter::try_new(&log.filter).map_err(|error| invalid("log.filter", &error))?.add_directive(hidden);
    let lines = match log.format {
        LogFormat::Pretty => {
            let format = fmt::format().with_target(false).with_ansi(std::io::stdout().is_terminal());
            fmt::layer().event_format(WithTrace { format, json: false }).boxed()
        }
        LogFormat::Json => {
            let format = fmt::format().json().flatten_event(true);
            fmt::layer().fmt_fields(JsonFields::new()).event_format(WithTrace { format, json: true }).boxed()
        }
    };
    let provider = exporter::provider(traces, service).map_err(|error| invalid("traces.endpoint", &error))?;
    let spans = provider.as_ref().map(|provider| {
        tracing_opentelemetry::layer()
            .with_tracer(exporter::tracer(provider))
            .with_location(false)
            .with_threads(false)
            .with_level(false)
            .with_target(false)
            .with_tracked_inactivity(false)
            .with_filter(Recorded { target: TARGET, level: LevelFilter::INFO })
            .and_then(
                Statements::new(exporter::tracer(provider))
                    .with_filter(Recorded { target: statements::TARGET, level: LevelFilter::TRACE }),
            )
    });
    // A second subscriber (tests start several services in one process) is no fault.
    drop(tracing_subscriber::registry().with(spans).with(lines.with_filter(filter)).try_init());
    Ok(Telemetry(provider))
}

impl Drop for Telemetry {
    fn drop(&mut self) {
        if let Some(provider) = &self.0
            && let Err(error) = provider.shutdown()
        {
            tracing::warn!(%error, "some spans were not sent");
        }
    }
}

/// What a Temporal client needs so that a trace goes on in workflows and activities; `None` without traces.
pub(crate) fn plugin() -> Option<SimplePlugin> {
    exporter::shared().map(|shared| OpenTelemetryPlugin::builder().tracer(exporter::tracer(&shared.provider)).build())
}
