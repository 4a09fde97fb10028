//! The result, as a table for people.
#![expect(clippy::print_stdout, reason = "the table is what the program is run for")]

use crate::accounting::{DRIVER, OWN, POSTGRES, TEMPORAL, sum};
use crate::bench::report::{Kind, Open, Report};
use crate::latency::Figures;

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
            "\n{:<10}{:>7}{:>9}{:>12}{:>9}{:>13}{:>10}",
            "round", "count", "per s", "Temporal ms", "own ms", "Postgres ms", "others %"
        );
        for round in &self.rounds {
            println!(
                "{:<10}{:>7}{:>9.1}{:>12.2}{:>9.2}{:>13.2}{:>10.1}",
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
        let (approved, delivered) = (&self.approved_order, &self.delivered_order);
        println!(
            "\n{:<14}{:>14}{:>15}{:>17}{:>12}",
            "CPU in ms", "approved order", "delivered", "bare workflow", "idle, a s"
        );
        for name in OWN.into_iter().chain([TEMPORAL, POSTGRES, DRIVER]) {
            println!(
                "{name:<14}{:>14.2}{:>15.2}{:>17.2}{:>12.1}",
                sum(&approved.cpu_ms_by_process, &[name]),
                sum(&delivered.cpu_ms_by_process, &[name]),
                sum(&approved.bare_cpu_ms_by_process, &[name]),
                sum(&self.idle_cpu_ms_per_s.mean, &[name])
            );
        }
    }

    fn print_latencies(&self) {
        println!("\n{:<46}{:>8}{:>10}{:>10}{:>10}", "latency in ms", "count", "p50", "p99", "max");
        let line = |what: &str, seen: &Figures| {
            println!("{what:<46}{:>8}{:>10.1}{:>10.1}{:>10.1}", seen.count, seen.p50_ms, seen.p99_ms, seen.max_ms);
        };
        for kind in [Kind::Approved, Kind::Delivered] {
            for (part, seen) in self.rounds.iter().rfind(|round| round.kind == kind).iter().flat_map(|r| &r.latency) {
                line(&format!("{kind}, closed loop, {part}"), seen);
            }
        }
        for (kind, open) in self.open_loops() {
            for (part, seen) in &open.latency {
                line(&format!("{kind}, open loop {:.0}/s, {part}", open.orders_per_s), seen);
            }
        }
        line(&format!("overload {:.0}/s, create", self.overload.creates_per_s), &self.overload.create);
        line("overload, decision carried out", &self.overload.decision);
        for (way, read) in &self.reads {
            line(&format!("status by {way}, {:.0}/s", read.per_s), &read.latency);
        }
        for (kind, open) in self.open_loops() {
            let others = 100.0 * open.foreign;
            println!("{kind}, open loop: {} orders late; others took {others:.0} % of the machine", open.late);
        }
        let (over, others) = (&self.overload, 100.0 * self.overload.foreign);
        println!("overload: {} refused, drained in {:.1} s; others {others:.0} %", over.refused, over.drained_s);
    }

    fn open_loops(&self) -> [(Kind, &Open); 2] {
        [(Kind::Approved, &self.open_loop), (Kind::Delivered, &self.delivered_open_loop)]
    }

    fn targets(&self) -> Vec<String> {
        let (order, delivered) = (&self.approved_order, &self.delivered_order);
        let at_most = |what: &str, value: f64, limit: f64| {
            format!("{:<46}{value:>9.2}  at most {limit:<8} {}", what, if value <= limit { "met" } else { "MISSED" })
        };
        let at_least = |what: &str, value: f64, limit: f64| {
            format!("{:<46}{value:>9.1}  at least {limit:<7.1} {}", what, if value >= limit { "met" } else { "MISSED" })
        };
        vec![
            at_most("history events", order.history_events as f64, 11.0),
            at_most("Temporal's CPU, times a bare workflow's", order.temporal_cpu_ms / order.bare_temporal_cpu_ms, 0.7),
            at_least(
                "orders a second, 1.1 times the bare workflows",
                order.orders_per_s,
                1.1 * order.bare_orders_per_s,
            ),
            at_most("our own CPU, ms an order", order.own_cpu_ms, 5.0),
            at_most("delivered: history events", delivered.history_events as f64, 40.0),
            at_most(
                "delivered: Temporal's CPU, times a bare one's",
                delivered.temporal_cpu_ms / delivered.bare_temporal_cpu_ms,
                2.5,
            ),
            at_most("delivered: our own CPU, ms an order", delivered.own_cpu_ms, 12.0),
            at_most("create p99, ms", order.create_p99_ms, 25.0),
            at_most("approve p99, ms", order.approve_p99_ms, 25.0),
            at_most("decision p99 under overload, ms", self.overload.decision_p99_ms, 1_000.0),
            at_least("status reads a second, gRPC", self.status_reads_per_s.grpc, 5_000.0),
            at_least("status reads a second, REST", self.status_reads_per_s.rest, 3_000.0),
        ]
    }
}
