//! How long something took, many times.

use hdrhistogram::Histogram;
use serde::Serialize;
use std::time::Duration;

/// Durations, to the microsecond.
#[derive(Clone, Debug)]
pub(crate) struct Latencies(Histogram<u64>);

/// The usual figures of some durations, in milliseconds.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Figures {
    pub(crate) count: u64,
    pub(crate) p50_ms: f64,
    pub(crate) p99_ms: f64,
    pub(crate) max_ms: f64,
}

impl Latencies {
    /// None yet.
    pub(crate) fn new() -> anyhow::Result<Self> {
        Ok(Self(Histogram::new(3)?))
    }

    /// One more.
    pub(crate) fn add(&mut self, duration: Duration) {
        // A histogram that resizes itself takes every value.
        self.0.saturating_record(u64::try_from(duration.as_micros()).unwrap_or(u64::MAX));
    }

    /// Those of another.
    pub(crate) fn merge(&mut self, other: &Self) -> anyhow::Result<()> {
        Ok(self.0.add(&other.0)?)
    }

    /// The usual figures.
    pub(crate) fn figures(&self) -> Figures {
        let ms = |us: u64| us as f64 / 1_000.0;
        Figures {
            count: self.0.len(),
            p50_ms: ms(self.0.value_at_quantile(0.50)),
            p99_ms: ms(self.0.value_at_quantile(0.99)),
            max_ms: ms(self.0.max()),
        }
    }
}
