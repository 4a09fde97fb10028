//! One measurement, and what came of it.

use super::books::Verdict;
use super::flow::{Done, Flow, Outcome};
use super::memory::Growth;
use super::settings::Scenario;
use crate::accounting::{Cpu, Memory};
use crate::latency::{Figures, Latencies};
use crate::way::Part;
use serde::Serialize;
use std::collections::BTreeMap;
use tokio::time::Instant;

/// What drives the orders.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, strum::Display)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub(crate) enum Drive {
    /// The system as it is.
    Temporal,
    /// The same without durable orchestration, in one process.
    Direct,
}

/// One measurement.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Run {
    pub(crate) scenario: Scenario,
    /// What it is shown with.
    pub(crate) group: String,
    /// What it is of, beside the load.
    pub(crate) name: String,
    pub(crate) drive: Drive,
    pub(crate) flow: Flow,
    /// `50 clients`, `40/s`.
    pub(crate) load: String,
    /// What the scenario varies, if it is a number: lines, clients, instances, stored orders.
    pub(crate) at: Option<f64>,
    pub(crate) count: usize,
    /// From the first beginning to the last end.
    pub(crate) seconds: f64,
    /// Reached or declined, a second.
    pub(crate) per_s: f64,
    /// From the intended beginning, of those that were reached.
    pub(crate) latency: Figures,
    /// `(part, milliseconds)`.
    pub(crate) curve: Vec<(f64, f64)>,
    pub(crate) parts: BTreeMap<Part, Figures>,
    /// Ends in each second.
    pub(crate) throughput: Vec<u32>,
    /// For each that was reached, without what the idle system burns; empty if a process was killed meanwhile.
    pub(crate) cpu_ms: Cpu,
    /// What all that is no part of the load took of the machine: a measure of the noise.
    pub(crate) foreign: f64,
    /// Resident, the highest seen.
    pub(crate) memory_mib: Memory,
    /// The same over the run, in `(seconds, MiB)`; told by `growth`.
    #[serde(skip)]
    pub(crate) samples: BTreeMap<String, Vec<(f64, f64)>>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) growth: BTreeMap<String, Growth>,
    /// Calls that were made again because there was no answer.
    pub(crate) repeated: u64,
    pub(crate) verdict: Verdict,
    /// What it was to show.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) targets: Vec<Target>,
}

/// A figure, and what it may be at most.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Target {
    pub(crate) name: String,
    pub(crate) value: f64,
    pub(crate) limit: f64,
    pub(crate) met: bool,
}

impl Target {
    /// Missed too if the figure could not be had.
    pub(crate) fn at_most(name: &str, value: f64, limit: f64) -> Self {
        Self { name: name.to_owned(), value, limit, met: value <= limit }
    }
}

/// What the visits say.
pub(crate) struct Seen {
    pub(crate) seconds: f64,
    pub(crate) per_s: f64,
    pub(crate) latency: Latencies,
    pub(crate) parts: BTreeMap<Part, Figures>,
    pub(crate) throughput: Vec<u32>,
}

impl Seen {
    /// Of the visits of a run.
    pub(crate) fn of(visits: &[Done]) -> anyhow::Result<Self> {
        let now = Instant::now();
        let begin = visits.iter().map(|visit| visit.due).min().unwrap_or(now);
        let end = visits.iter().map(|visit| visit.at).max().unwrap_or(now);
        let seconds = end.duration_since(begin).as_secs_f64();
        let mut latency = Latencies::new()?;
        let mut parts: BTreeMap<Part, Latencies> = BTreeMap::new();
        let mut throughput = vec![0; seconds as usize + 1];
        let mut ended = 0;
        for visit in visits {
            if matches!(visit.outcome, Outcome::Reached | Outcome::Declined) {
                ended += 1;
                if let Some(second) = throughput.get_mut(visit.at.duration_since(begin).as_secs() as usize) {
                    *second += 1;
                }
            }
            if visit.outcome == Outcome::Reached {
                latency.add(visit.took());
                for (part, took) in &visit.parts {
                    match parts.get_mut(part) {
                        Some(latencies) => latencies.add(*took),
                        None => parts.entry(*part).or_insert(Latencies::new()?).add(*took),
                    }
                }
            }
        }
        let parts = parts.into_iter().map(|(part, latencies)| (part, latencies.figures())).collect();
        Ok(Self { seconds, per_s: f64::from(ended) / seconds.max(0.001), latency, parts, throughput })
    }
}
