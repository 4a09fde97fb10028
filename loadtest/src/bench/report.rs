//! The result, as it is written into the JSON file.

use crate::accounting::Cpu;
use crate::bench::history::Lengths;
use crate::bench::reads::Reads;
use crate::bench::settings::Settings;
use crate::latency::Figures;
use crate::machine::Machine;
use crate::way::Part;

use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;

/// Everything that was measured. Processor time is net of the idle burn unless it says otherwise.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    pub(crate) approved_order: OrderCosts,
    pub(crate) delivered_order: OrderCosts,
    pub(crate) status_reads_per_s: StatusReads,
    pub(crate) overload: Overload,
    pub(crate) open_loop: Open,
    pub(crate) delivered_open_loop: Open,
    pub(crate) reads: BTreeMap<String, Read>,
    pub(crate) idle_cpu_ms_per_s: Idle,
    pub(crate) rounds: Vec<Round>,
    pub(crate) machine: Machine,
    pub(crate) settings: Settings,
    pub(crate) notes: BTreeMap<String, String>,
}

/// One order from its creation until it was approved or delivered, and all its workflows have ended. Medians of the
/// rounds; history events are the most that any looked-at order has over its workflows; the p99 are those of the open
/// loop.
#[derive(Debug, Serialize)]
pub(crate) struct OrderCosts {
    pub(crate) history_events: i64,
    pub(crate) bare_history_events: i64,
    pub(crate) temporal_cpu_ms: f64,
    pub(crate) bare_temporal_cpu_ms: f64,
    pub(crate) own_cpu_ms: f64,
    pub(crate) postgres_cpu_ms: f64,
    pub(crate) orders_per_s: f64,
    pub(crate) bare_orders_per_s: f64,
    pub(crate) create_p99_ms: f64,
    pub(crate) approve_p99_ms: f64,
    pub(crate) cpu_ms_by_process: Cpu,
    pub(crate) bare_cpu_ms_by_process: Cpu,
    pub(crate) history: Lengths,
    pub(crate) bare_history: Lengths,
}

/// The two ways to read a status.
#[derive(Debug, Serialize)]
pub(crate) struct StatusReads {
    pub(crate) grpc: f64,
    pub(crate) rest: f64,
}

/// One of the two in detail.
#[derive(Debug, Serialize)]
pub(crate) struct Read {
    pub(crate) per_s: f64,
    pub(crate) latency: Figures,
    pub(crate) foreign: f64,
}

impl Read {
    /// `foreign`: see [`Round`].
    pub(crate) fn new(reads: &Reads, foreign: f64) -> Self {
        Self { per_s: reads.per_s, latency: reads.latency.figures(), foreign }
    }
}

/// Creates above the highest rate, with decisions beside them.
#[derive(Debug, Serialize)]
pub(crate) struct Overload {
    pub(crate) creates_per_s: f64,
    pub(crate) decisions_per_s: f64,
    pub(crate) decision_p99_ms: f64,
    pub(crate) decision: Figures,
    pub(crate) create: Figures,
    pub(crate) refused: u64,
    pub(crate) drained_s: f64,
    pub(crate) foreign: f64,
}

/// Orders at a part of the highest rate.
#[derive(Debug, Serialize)]
pub(crate) struct Open {
    pub(crate) orders_per_s: f64,
    #[serde(flatten)]
    pub(crate) latency: BTreeMap<Part, Figures>,
    pub(crate) late: usize,
    pub(crate) foreign: f64,
}

/// Milliseconds of processor time a second, by process, without work.
#[derive(Debug, Serialize)]
pub(crate) struct Idle {
    pub(crate) before: Cpu,
    pub(crate) after: Cpu,
    pub(crate) mean: Cpu,
}

/// What a round is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    Approved,
    Delivered,
    Bare,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Approved => "approved",
            Self::Delivered => "delivered",
            Self::Bare => "bare",
        })
    }
}

/// One round.
#[derive(Debug, Serialize)]
pub(crate) struct Round {
    pub(crate) kind: Kind,
    pub(crate) count: usize,
    pub(crate) per_s: f64,
    /// For each order or workflow.
    pub(crate) cpu_ms: Cpu,
    /// What everything that is not part of the bench took of the whole machine: a measure of the noise.
    pub(crate) foreign: f64,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) latency: BTreeMap<Part, Figures>,
}
