//! The table for people at a terminal.
#![expect(clippy::print_stdout, reason = "the table is what the program is run for")]

use super::Report;
use crate::accounting::{OWN, POSTGRES, TEMPORAL, sum};
use crate::load::run::{Drive, Run};
use std::fmt::Write as _;

/// To standard output.
pub(super) fn print(text: &str) {
    println!("{text}");
}

/// Everything but the curves.
pub(super) fn render(report: &Report) -> String {
    let machine = &report.machine;
    let mut text = format!(
        "{}: {} cores, {}, {} MiB, Linux {}, load before {:.1}\n",
        report.time, machine.cores, machine.model, machine.memory_mib, machine.kernel, machine.load_before[0]
    );
    for note in &report.settings.notes {
        let _ = writeln!(text, "{note}");
    }
    for (group, runs) in report.groups() {
        let _ = write!(text, "\n{group}\n\n{}", header());
        runs.iter().for_each(|run| text.push_str(&line(run)));
        if runs.iter().any(|run| has_verdict(run)) {
            let _ = write!(text, "\n{}", verdict_header());
            runs.iter().for_each(|run| text.push_str(&verdict(run)));
        }
        for (name, growth) in runs.iter().flat_map(|run| &run.growth) {
            let highest = growth.highest();
            let _ =
                writeln!(text, "{name:<12} at most {highest:>7.1} MiB, grows {:>6.2} MiB/min", growth.mib_per_minute);
        }
        for target in runs.iter().flat_map(|run| &run.targets) {
            let (value, limit) = (target.value, target.limit);
            let met = if target.met { "met" } else { "MISSED" };
            let _ = writeln!(text, "{:<72}{value:>9.1}  at most {limit:>8.1}: {met}", target.name);
        }
        for example in runs.iter().flat_map(|run| &run.verdict.examples) {
            let _ = writeln!(text, "  {example}");
        }
    }
    if let Some(broken) = &report.audit.broken {
        let _ = writeln!(text, "\nbroken off: {broken}");
    }
    for finding in &report.audit.findings {
        let _ = writeln!(text, "{finding}");
    }
    let _ = writeln!(text, "\naudit: {} rules, {} findings", report.audit.rules, report.audit.findings.len());
    text.push_str(if report.right { "all is right\n" } else { "NOT RIGHT\n" });
    text
}

/// Who drove the orders, in a table.
pub(super) const fn drive(drive: Drive) -> &'static str {
    match drive {
        Drive::Temporal => "Temporal",
        Drive::Direct => "direct",
    }
}

/// What our own processes took for each; without Temporal that is one.
pub(super) fn own_cpu(run: &Run) -> f64 {
    sum(&run.cpu_ms, &OWN) + sum(&run.cpu_ms, &["direct"])
}

fn header() -> String {
    format!(
        "{:<46}{:<9}{:<12}{:>7}{:>9}{:>9}{:>9}{:>9}{:>9}{:>8}{:>9}{:>8}{:>8}\n",
        "flow",
        "by",
        "load",
        "count",
        "per s",
        "p50 ms",
        "p90 ms",
        "p99 ms",
        "max ms",
        "own ms",
        "Temporal",
        "Pg ms",
        "others"
    )
}

/// What is said of a measurement, in columns. `none` stands for what was not measured.
pub(super) fn cells(run: &Run, none: &str) -> [String; 13] {
    let latency = &run.latency;
    let tenths = |number: f64| format!("{number:.1}");
    let cpu = |ms: f64| if run.cpu_ms.is_empty() { none.to_owned() } else { format!("{ms:.2}") };
    [
        run.name.clone(),
        drive(run.drive).to_owned(),
        run.load.clone(),
        run.count.to_string(),
        tenths(run.per_s),
        tenths(latency.p50_ms),
        tenths(latency.p90_ms),
        tenths(latency.p99_ms),
        tenths(latency.max_ms),
        cpu(own_cpu(run)),
        cpu(sum(&run.cpu_ms, &[TEMPORAL])),
        cpu(sum(&run.cpu_ms, &[POSTGRES])),
        format!("{:.0}", 100.0 * run.foreign),
    ]
}

fn line(run: &Run) -> String {
    let [name, drive, load, count, rate, p50, p90, p99, max, own, temporal, postgres, others] = cells(run, "-");
    format!(
        "{name:<46}{drive:<9}{load:<12}{count:>7}{rate:>9}{p50:>9}{p90:>9}{p99:>9}{max:>9}{own:>8}{temporal:>9}{postgres:>8}{others:>7}%\n"
    )
}

/// Whether there is more to tell than that all came to a good end.
pub(super) fn has_verdict(run: &Run) -> bool {
    run.verdict.reached != run.count || !run.verdict.is_clean() || run.repeated > 0
}

fn verdict_header() -> String {
    format!(
        "{:<46}{:<9}{:>8}{:>9}{:>8}{:>7}{:>6}{:>8}{:>6}{:>6}{:>14}{:>14}{:>9}\n",
        "",
        "by",
        "success",
        "declined",
        "refused",
        "failed",
        "lost",
        "doubled",
        "wrong",
        "stuck",
        "stuck charged",
        "stuck holding",
        "repeated"
    )
}

/// Those that ended as they should, of those that were not declined.
pub(super) fn success(run: &Run) -> f64 {
    let asked = run.count.saturating_sub(run.verdict.declined);
    100.0 * run.verdict.reached as f64 / asked.max(1) as f64
}

fn verdict(run: &Run) -> String {
    let verdict = &run.verdict;
    format!(
        "{:<46}{:<9}{:>7.2}%{:>9}{:>8}{:>7}{:>6}{:>8}{:>6}{:>6}{:>14}{:>14}{:>9}\n",
        run.name,
        drive(run.drive),
        success(run),
        verdict.declined,
        verdict.refused,
        verdict.failed,
        verdict.lost,
        verdict.doubled,
        verdict.wrong,
        verdict.stuck,
        verdict.stuck_charged,
        verdict.stuck_holding,
        run.repeated,
    )
}
