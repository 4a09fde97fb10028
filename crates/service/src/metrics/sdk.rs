//! What the Temporal SDK says of itself, on the page of the process: its meter, written to the facade of the crate `metrics`.

use metrics::{Key, KeyName, Label, Level, Metadata, with_recorder};
use std::collections::HashMap;
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;
use temporalio_common::telemetry::metrics as sdk;
use temporalio_common::telemetry::metrics::{
    CoreMeter, CounterBase, GaugeBase, GaugeF64Base, HistogramBase, HistogramDurationBase, HistogramF64Base,
    MetricAttributable, MetricAttributes, MetricParameters, NewAttributes, TemporalMeter, UpDownCounterBase,
};
use temporalio_common::telemetry::{TaskQueueLabelStrategy, TelemetryOptions};

/// Before the name of every series.
pub(super) const PREFIX: &str = "temporal_";
const METADATA: Metadata<'static> = Metadata::new(module_path!(), Level::INFO, Some(module_path!()));

/// What makes a worker's runtime measure.
pub(crate) fn telemetry() -> TelemetryOptions {
    // The prefix is ours.
    TelemetryOptions::builder()
        .metrics(Arc::new(Meter) as Arc<dyn CoreMeter>)
        .metric_prefix(String::new())
        .attach_service_name(false)
        .build()
}

/// What makes a client measure.
pub(crate) fn client() -> TemporalMeter {
    TemporalMeter::new(Arc::new(Meter), NewAttributes::default(), TaskQueueLabelStrategy::UseNormal)
}

/// Makes the SDK's instruments. Its attributes are kept as the plain map that the SDK has for this, since it reads them
/// for the heartbeats of its workers.
#[derive(Debug)]
struct Meter;

impl CoreMeter for Meter {
    fn new_attributes(&self, attributes: NewAttributes) -> MetricAttributes {
        MetricAttributes::NoOp(Arc::new(attributes.into()))
    }

    fn extend_attributes(&self, existing: MetricAttributes, more: NewAttributes) -> MetricAttributes {
        let mut all = labels(&existing).cloned().unwrap_or_default();
        all.extend(HashMap::from(more));
        MetricAttributes::NoOp(Arc::new(all))
    }

    fn counter(&self, parameters: MetricParameters) -> sdk::Counter {
        sdk::Counter::new(Instrument::named(&parameters, "_total"))
    }

    fn histogram(&self, parameters: MetricParameters) -> sdk::Histogram {
        sdk::Histogram::new(Instrument::named(&parameters, ""))
    }

    fn histogram_f64(&self, parameters: MetricParameters) -> sdk::HistogramF64 {
        sdk::HistogramF64::new(Instrument::named(&parameters, ""))
    }

    fn histogram_duration(&self, parameters: MetricParameters) -> sdk::HistogramDuration {
        sdk::HistogramDuration::new(Instrument::named(&parameters, "_seconds"))
    }

    fn gauge(&self, parameters: MetricParameters) -> sdk::Gauge {
        sdk::Gauge::new(Instrument::named(&parameters, ""))
    }

    fn gauge_f64(&self, parameters: MetricParameters) -> sdk::GaugeF64 {
        sdk::GaugeF64::new(Instrument::named(&parameters, ""))
    }

    fn up_down_counter(&self, parameters: MetricParameters) -> sdk::UpDownCounter {
        sdk::UpDownCounter::new(Instrument::named(&parameters, ""))
    }
}

fn labels(attributes: &MetricAttributes) -> Option<&HashMap<String, String>> {
    match attributes {
        MetricAttributes::NoOp(labels) => Some(labels),
        _ => None,
    }
}

/// A name, for which there is a series for each set of labels.
struct Instrument(KeyName);

impl Instrument {
    /// Named as Prometheus wants it.
    fn named(parameters: &MetricParameters, suffix: &str) -> Arc<Self> {
        let name = parameters.name.strip_suffix(suffix).unwrap_or(&parameters.name);
        Arc::new(Self(format!("{PREFIX}{name}{suffix}").into()))
    }

    fn key(&self, attributes: &MetricAttributes) -> Key {
        let label = |(key, value): (&String, &String)| Label::new(key.clone(), value.clone());
        let mut labels: Vec<Label> = labels(attributes).into_iter().flatten().map(label).collect();
        // The same labels in another order would be another series.
        labels.sort_unstable();
        Key::from_parts(self.0.clone(), labels)
    }
}

/// A series.
struct Series<T>(T);

macro_rules! makes {
    ($($base:ident: $register:ident,)*) => {$(
        impl MetricAttributable<Box<dyn $base>> for Instrument {
            fn with_attributes(&self, attributes: &MetricAttributes) -> Result<Box<dyn $base>, Box<dyn Error>> {
                let key = self.key(attributes);
                Ok(Box::new(Series(with_recorder(|recorder| recorder.$register(&key, &METADATA)))))
            }
        }
    )*};
}
makes! {
    CounterBase: register_counter,
    UpDownCounterBase: register_gauge,
    GaugeBase: register_gauge,
    GaugeF64Base: register_gauge,
    HistogramBase: register_histogram,
    HistogramF64Base: register_histogram,
    HistogramDurationBase: register_histogram,
}

impl CounterBase for Series<metrics::Counter> {
    fn adds(&self, value: u64) {
        self.0.increment(value);
    }
}

impl UpDownCounterBase for Series<metrics::Gauge> {
    fn adds(&self, value: i64) {
        self.0.increment(value as f64);
    }
}

impl GaugeBase for Series<metrics::Gauge> {
    fn records(&self, value: u64) {
        self.0.set(value as f64);
    }
}

impl GaugeF64Base for Series<metrics::Gauge> {
    fn records(&self, value: f64) {
        self.0.set(value);
    }
}

impl HistogramBase for Series<metrics::Histogram> {
    fn records(&self, value: u64) {
        self.0.record(value as f64);
    }
}

impl HistogramF64Base for Series<metrics::Histogram> {
    fn records(&self, value: f64) {
        self.0.record(value);
    }
}

impl HistogramDurationBase for Series<metrics::Histogram> {
    fn records(&self, value: Duration) {
        self.0.record(value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use metrics_exporter_prometheus::PrometheusBuilder;
    use sdk::MetricKeyValue;

    #[test]
    fn the_sdks_series_are_on_our_page_as_prometheus_wants_them() {
        let recorder = PrometheusBuilder::new().build_recorder();
        metrics::with_local_recorder(&recorder, || {
            let meter = client();
            let some = meter.new_attributes(NewAttributes::from([MetricKeyValue::new("b", "2")]));
            // Many, so that a map with another order would show it.
            let more = || (0..9).map(|n| MetricKeyValue::new(format!("c{n}"), n));
            for _ in 0..20 {
                let all = meter.extend_attributes(some.clone(), more().into());
                meter.counter("request".into()).add(1, &all);
            }
            meter.counter("local_activity_total".into()).add(2, &some);
            meter.gauge("num_pollers".into()).record(5, &some);
            meter.histogram_duration("latency".into()).record(Duration::from_millis(1_500), &some);
        });
        let page = recorder.handle().render();
        let labels = "b=\"2\",c0=\"0\",c1=\"1\",c2=\"2\",c3=\"3\",c4=\"4\",c5=\"5\",c6=\"6\",c7=\"7\",c8=\"8\"";
        for line in [
            &format!("temporal_request_total{{{labels}}} 20"),
            "temporal_local_activity_total{b=\"2\"} 2",
            "temporal_num_pollers{b=\"2\"} 5",
            "temporal_latency_seconds_sum{b=\"2\"} 1.5",
        ] {
            assert!(page.lines().any(|l| l == line), "no {line} in\n{page}");
        }
    }
}
