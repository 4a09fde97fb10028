//! Whether the processes keep their size.

use super::flow::Flow;
use super::pace::Pace;
use super::run::Run;
use super::settings::{Amounts, Scenario};
use super::side::Plan;
use super::stage::Stage;
use serde::Serialize;
use std::collections::BTreeMap;

const CLIENTS: usize = 100;
/// The first part of a run, in which caches and pools fill.
const WARM_UP: f64 = 0.3;

/// How the memory of a process went.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Growth {
    /// `(seconds, MiB)`.
    pub(crate) samples: Vec<(f64, f64)>,
    /// MiB a minute, after the first part of the run.
    pub(crate) mib_per_minute: f64,
}

impl Growth {
    /// MiB.
    pub(crate) fn highest(&self) -> f64 {
        self.samples.iter().map(|(_, mib)| *mib).fold(0.0, f64::max)
    }
}

/// 100 clients for some minutes.
pub(crate) async fn run(stage: &Stage, amounts: &Amounts, runs: &mut Vec<Run>) -> anyhow::Result<()> {
    let side = stage.whole().await?;
    let pace =
        Pace::Closed { clients: amounts.clients_once(CLIENTS), seconds: amounts.minutes * 60.0, count: amounts.orders };
    let plan = Plan::new(Scenario::Memory, Flow::Delivered, pace).within("Memory");
    let mut run = side.measure(&plan).await?;
    run.growth = growth(&run.samples);
    runs.push(run);
    Ok(())
}

fn growth(samples: &BTreeMap<String, Vec<(f64, f64)>>) -> BTreeMap<String, Growth> {
    let of = |samples: &Vec<(f64, f64)>| {
        let begin = WARM_UP * samples.last().map_or(0.0, |(at, _)| *at);
        let late: Vec<(f64, f64)> = samples.iter().filter(|(at, _)| *at >= begin).copied().collect();
        Growth { samples: samples.clone(), mib_per_minute: 60.0 * slope(&late) }
    };
    samples.iter().map(|(name, samples)| (name.clone(), of(samples))).collect()
}

/// Of the line that fits best.
fn slope(points: &[(f64, f64)]) -> f64 {
    let count = points.len() as f64;
    let mean = |f: fn(&(f64, f64)) -> f64| points.iter().map(f).sum::<f64>() / count;
    let (x, y) = (mean(|point| point.0), mean(|point| point.1));
    let across: f64 = points.iter().map(|point| (point.0 - x) * (point.1 - y)).sum();
    let along: f64 = points.iter().map(|point| (point.0 - x).powi(2)).sum();
    if along > 0.0 { across / along } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_leak_has_a_slope() {
        let leak: Vec<(f64, f64)> =
            (0..600).map(|s| (f64::from(s), 40.0 + f64::from(s % 7) + f64::from(s) / 60.0)).collect();
        assert!((60.0 * slope(&leak) - 1.0).abs() < 0.01);
        let flat: Vec<(f64, f64)> = (0..600).map(|s| (f64::from(s), 40.0 + f64::from(s % 7))).collect();
        assert!((60.0 * slope(&flat)).abs() < 0.01);
        assert_eq!(slope(&[]), 0.0);
    }
}
