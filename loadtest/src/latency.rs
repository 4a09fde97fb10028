//! How long something took, many times.

use hdrhistogram::Histogram;
use serde::Serialize;
use std::time::Duration;

/// Nothing here takes longer; what does is counted as this.
const LONGEST_US: u64 = 600_000_000;

/// Durations, in microseconds with three digits.
#[derive(Clone, Debug)]
pub(crate) struct Latencies(Histogram<u64>);

/// The usual figures of some durations, in milliseconds.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Figures {
    pub(crate) count: u64,
    pub(crate) p50_ms: f64,
    pub(crate) p90_ms: f64,
    pub(crate) p99_ms: f64,
    pub(crate) max_ms: f64,
}

impl Latencies {
    /// None yet.
    pub(crate) fn new() -> anyhow::Result<Self> {
        Ok(Self(Histogram::new_with_bounds(1, LONGEST_US, 3)?))
    }

    /// One more.
    pub(crate) fn add(&mut self, duration: Duration) {
        self.0.saturating_record(u64::try_from(duration.as_micros()).unwrap_or(u64::MAX));
    }

    /// Those of another.
    pub(crate) fn merge(&mut self, other: &Self) -> anyhow::Result<()> {
        Ok(self.0.add(&other.0)?)
    }

    /// The distribution: the part of all that took at most so many milliseconds.
    pub(crate) fn curve(&self) -> Vec<(f64, f64)> {
        let at = |part: f64| (part, self.0.value_at_quantile(part) as f64 / 1_000.0);
        (0..100).map(|percent| at(f64::from(percent) / 100.0)).chain([0.99, 0.995, 0.999, 1.0].map(at)).collect()
    }

    /// The usual figures.
    pub(crate) fn figures(&self) -> Figures {
        let ms = |us: u64| us as f64 / 1_000.0;
        Figures {
            count: self.0.len(),
            p50_ms: ms(self.0.value_at_quantile(0.50)),
            p90_ms: ms(self.0.value_at_quantile(0.90)),
            p99_ms: ms(self.0.value_at_quantile(0.99)),
            max_ms: ms(self.0.max()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_those_of_the_durations() {
        let mut latencies = Latencies::new().unwrap();
        (1..=100).for_each(|ms| latencies.add(Duration::from_millis(ms)));
        let figures = latencies.figures();
        assert_eq!(figures.count, 100);
        assert!((figures.p50_ms - 50.0).abs() < 0.1, "{figures:?}");
        assert!((figures.p99_ms - 99.0).abs() < 0.1, "{figures:?}");
        assert!((figures.max_ms - 100.0).abs() < 0.1, "{figures:?}");
    }
}
