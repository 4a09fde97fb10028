//! The result: a table for people, JSON for programs.
#![expect(clippy::print_stdout, reason = "the table is what the program is run for")]

use crate::accounting::{Cpu, DRIVER, OWN, POSTGRES, TEMPORAL, sum};
use crate::history::Lengths;
use crate::latency::Figures;
use crate::reads::Reads;
use crate::settings::Settings;
use procfs::Current as _;
use serde::Serialize;
use std::collections::BTreeMap;

/// Everything that was measured. Processor time is net of the idle burn unless it says otherwise.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    pub(crate) approved_order: ApprovedOrder,
    pub(crate) status_reads_per_s: StatusReads,
    pub(crate) overload: Overload,
    pub(crate) open_loop: Open,
    pub(crate) reads: BTreeMap<String, Read>,
    pub(crate) idle_cpu_ms_per_s: Idle,
    pub(crate) rounds: Vec<Round>,
    pub(crate) machine: Machine,
    pub(crate) settings: Settings,
    pub(crate) notes: BTreeMap<String, String>,
}

/// One order from its creation until its approval was carried out and its workflow has ended. Medians of the rounds;
/// history events are the most that any looked-at workflow has; the p99 are those of the open loop.
#[derive(Debug, Serialize)]
pub(crate) struct ApprovedOrder {
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
    pub(crate) create: Figures,
    pub(crate) approve: Figures,
    pub(crate) decision: Figures,
    pub(crate) late: u64,
    pub(crate) foreign: f64,
}

/// Milliseconds of processor time a second, by process, without work.
#[derive(Debug, Serialize)]
pub(crate) struct Idle {
    pub(crate) before: Cpu,
    pub(crate) after: Cpu,
    pub(crate) mean: Cpu,
}

/// One round.
#[derive(Debug, Serialize)]
pub(crate) struct Round {
    pub(crate) kind: &'static str,
    pub(crate) count: usize,
    pub(crate) per_s: f64,
    /// For each order or workflow.
    pub(crate) cpu_ms: Cpu,
    /// What everything that is not part of the bench took of the whole machine: a measure of the noise.
    pub(crate) foreign: f64,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) latency: BTreeMap<String, Figures>,
}

/// Where it was measured.
#[derive(Debug, Serialize)]
pub(crate) struct Machine {
    cores: usize,
    model: String,
    memory_mib: u64,
    kernel: String,
    load_before: [f32; 3],
}

/// What this machine is.
pub(crate) fn machine() -> anyhow::Result<Machine> {
    let load = procfs::LoadAverage::current()?;
    let model = procfs::CpuInfo::current()?.model_name(0).unwrap_or("unknown").to_owned();
    Ok(Machine {
        cores: std::thread::available_parallelism()?.get(),
        model,
        memory_mib: procfs::Meminfo::current()?.mem_total >> 20,
        kernel: std::fs::read_to_string("/proc/sys/kernel/osrelease")?.trim().to_owned(),
        load_before: [load.one, load.five, load.fifteen],
    })
}

impl Report {
    /// To standard output.
    pub(crate) fn print(&self) {
        let machine = &self.machine;
        println!(
            "machine: {} cores, {}, {} MiB, Linux {}, load before {:.1}",
            machine.cores, machine.model, machine.memory_mib, machine.kernel, machine.load_before[0]
        );
        self.print_rounds();
        self.print_processes();
        self.print_latencies();
        println!("\ntargets");
        for target in self.targets() {
            println!("  {target}");
        }
    }

    fn print_rounds(&self) {
        println!(
            "\n{:<8}{:>7}{:>9}{:>12}{:>9}{:>13}{:>10}",
            "round", "count", "per s", "Temporal ms", "own ms", "Postgres ms", "others %"
        );
        for round in &self.rounds {
            println!(
                "{:<8}{:>7}{:>9.1}{:>12.2}{:>9.2}{:>13.2}{:>10.1}",
                round.kind,
                round.count,
                round.per_s,
                sum(&round.cpu_ms, &[TEMPORAL]),
                sum(&round.cpu_ms, &OWN),
                sum(&round.cpu_ms, &[POSTGRES]),
                100.0 * round.foreign
            );
        }
    }

    fn print_processes(&self) {
        let order = &self.approved_order;
        println!("\n{:<14}{:>18}{:>22}{:>18}", "CPU by process", "ms/approved order", "ms/bare workflow", "idle ms/s");
        for name in OWN.into_iter().chain([TEMPORAL, POSTGRES, DRIVER]) {
            println!(
                "{name:<14}{:>18.2}{:>22.2}{:>18.1}",
                sum(&order.cpu_ms_by_process, &[name]),
                sum(&order.bare_cpu_ms_by_process, &[name]),
                sum(&self.idle_cpu_ms_per_s.mean, &[name])
            );
        }
    }

    fn print_latencies(&self) {
        println!("\n{:<34}{:>8}{:>10}{:>10}{:>10}", "latency in ms", "count", "p50", "p99", "max");
        let line = |what: &str, seen: &Figures| {
            println!("{what:<34}{:>8}{:>10.1}{:>10.1}{:>10.1}", seen.count, seen.p50_ms, seen.p99_ms, seen.max_ms);
        };
        for (part, seen) in
            self.rounds.iter().rev().find(|round| round.kind == "orders").iter().flat_map(|r| &r.latency)
        {
            line(&format!("closed loop, {part}"), seen);
        }
        let open = &self.open_loop;
        let at = format!("open loop {:.0}/s", open.orders_per_s);
        line(&format!("{at}, create"), &open.create);
        line(&format!("{at}, approve"), &open.approve);
        line(&format!("{at}, carried out"), &open.decision);
        line(&format!("overload {:.0}/s, create", self.overload.creates_per_s), &self.overload.create);
        line("overload, decision carried out", &self.overload.decision);
        for (way, read) in &self.reads {
            line(&format!("status by {way}, {:.0}/s", read.per_s), &read.latency);
        }
        println!(
            "open loop: {} orders late; others took {:.0} % of the machine. Overload: {} refused, drained in {:.1} s; others {:.0} %",
            open.late,
            100.0 * open.foreign,
            self.overload.refused,
            self.overload.drained_s,
            100.0 * self.overload.foreign
        );
    }

    fn targets(&self) -> Vec<String> {
        let order = &self.approved_order;
        let at_most = |what: &str, value: f64, limit: f64| {
            format!("{:<44}{value:>9.2}  at most {limit:<8} {}", what, if value <= limit { "met" } else { "MISSED" })
        };
        let at_least = |what: &str, value: f64, limit: f64| {
            format!("{:<44}{value:>9.1}  at least {limit:<7.1} {}", what, if value >= limit { "met" } else { "MISSED" })
        };
        vec![
            at_most("history events", order.history_events as f64, 11.0),
            at_most(
                "Temporal's CPU, times a bare workflow's",
                order.temporal_cpu_ms / order.bare_temporal_cpu_ms,
                0.75,
            ),
            at_least("orders a second, bare workflows beside", order.orders_per_s, order.bare_orders_per_s),
            at_most("our own CPU, ms an order", order.own_cpu_ms, 5.0),
            at_most("create p99, ms", order.create_p99_ms, 25.0),
            at_most("approve p99, ms", order.approve_p99_ms, 25.0),
            at_most("decision p99 under overload, ms", self.overload.decision_p99_ms, 1_000.0),
            at_least("status reads a second, gRPC", self.status_reads_per_s.grpc, 5_000.0),
            at_least("status reads a second, REST", self.status_reads_per_s.rest, 3_000.0),
        ]
    }
}
