//! The page: everything in one file, nothing from elsewhere.

use super::Report;
use super::chart::{self, Bar, Scale, Series, escape};
use super::text::{cells, drive, has_verdict, success};
use crate::accounting::{POSTGRES, TEMPORAL, sum};
use crate::load::memory::Growth;
use crate::load::run::{Drive, Run};
use std::fmt::Write as _;

const STYLE: &str = include_str!("page.css");
/// The processes of a bar, with their colours.
const PROCESSES: [(&str, usize); 8] = [
    ("orders", 0),
    ("payments", 1),
    ("inventory", 2),
    ("gateway", 7),
    ("direct", 4),
    (TEMPORAL, 3),
    (POSTGRES, 6),
    ("driver", 5),
];
const COLOURS: usize = 8;

/// All of it.
pub(super) fn render(report: &Report) -> String {
    let machine = &report.machine;
    let (class, words) = if report.right { ("right", "all is right") } else { ("wrong", "not right") };
    let groups = report.groups();
    let links = groups.iter().enumerate().fold(String::new(), |mut links, (n, (group, _))| {
        let _ = write!(links, r##"<a href="#g{n}">{}</a>"##, escape(group));
        links
    });
    let sections: String = groups.iter().enumerate().map(|(n, (group, runs))| section(n, group, runs)).collect();
    format!(
        r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Load {time}</title>
<style>
{STYLE}</style>
</head>
<body>
<main>
<h1>Load of {time}</h1>
<p class="meta">{cores} cores, {model}, {memory} MiB, Linux {kernel}; load before {load:.1}</p>
<p class="meta">{notes}</p>
<p class="badge {class}">{words}: {rules} audit rules, {findings} findings</p>
{broken}<nav>{links}</nav>
{sections}</main>
</body>
</html>
"#,
        time = report.time,
        cores = machine.cores,
        model = escape(&machine.model),
        memory = machine.memory_mib,
        kernel = escape(&machine.kernel),
        load = machine.load_before[0],
        notes = escape(&report.settings.notes.join("; ")),
        rules = report.audit.rules,
        findings = report.audit.findings.len(),
        broken = wrongs(report),
    )
}

fn wrongs(report: &Report) -> String {
    let wrongs: Vec<&str> = report.audit.broken.iter().chain(&report.audit.findings).map(String::as_str).collect();
    if wrongs.is_empty() { String::new() } else { format!("<pre>{}</pre>\n", escape(&wrongs.join("\n"))) }
}

fn section(n: usize, group: &str, runs: &[&Run]) -> String {
    let mut html = format!("<section id=\"g{n}\">\n<h2>{}</h2>\n{}", escape(group), table(runs));
    if runs.iter().any(|run| has_verdict(run)) {
        html.push_str(&verdicts(runs));
    }
    let key = key(runs);
    let _ =
        write!(html, "<div class=\"plots\">\n<div><h3>Latency distribution, ms</h3>{}{key}</div>\n", latencies(runs));
    let _ = writeln!(html, "<div><h3>Throughput over time, ends in each second</h3>{}{key}</div>", throughput(runs));
    if runs.iter().any(|run| !run.cpu_ms.is_empty()) {
        let _ = writeln!(html, "<div><h3>CPU of each by process, ms</h3>{}{}</div>", cpu(runs), processes(runs));
    }
    if runs.iter().any(|run| !run.growth.is_empty()) {
        let (plot, key) = memory(runs);
        let _ = writeln!(html, "<div><h3>Resident memory, MiB</h3>{plot}{key}</div>");
    }
    html + "</div>\n</section>\n"
}

fn table(runs: &[&Run]) -> String {
    let mut html = r#"<div class="scroll"><table><tr><th class="name">flow</th><th class="name">by</th><th class="name">load</th>
<th>count</th><th>per s</th><th>p50 ms</th><th>p90 ms</th><th>p99 ms</th><th>max ms</th><th>own CPU ms</th><th>Temporal CPU ms</th>
<th>Postgres CPU ms</th><th>others %</th></tr>"#
        .to_owned();
    for run in runs {
        let [name, drive, load, numbers @ ..] = cells(run, "–");
        let _ = write!(
            html,
            r#"<tr><td class="name">{}</td><td class="name">{drive}</td><td class="name">{load}</td>"#,
            escape(&name)
        );
        for number in numbers {
            let _ = write!(html, "<td>{number}</td>");
        }
        html.push_str("</tr>");
    }
    html + "</table></div>\n"
}

fn verdicts(runs: &[&Run]) -> String {
    let mut html = r#"<div class="scroll"><table><tr><th class="name">what became of them</th><th class="name">by</th><th>success %</th>
<th>declined</th><th>refused</th><th>failed</th><th>lost</th><th>doubled</th><th>told wrongly</th><th>stuck</th><th>stuck, charged</th>
<th>stuck, holding stock</th><th>calls repeated</th></tr>"#
        .to_owned();
    let must_not = |n: usize| format!(r#"<td{}>{n}</td>"#, if n > 0 { r#" class="bad""# } else { "" });
    for run in runs {
        let verdict = &run.verdict;
        let _ = write!(
            html,
            r#"<tr><td class="name">{}</td><td class="name">{}</td><td>{:.2}</td><td>{}</td><td>{}</td>"#,
            escape(&run.name),
            drive(run.drive),
            success(run),
            verdict.declined,
            verdict.refused
        );
        let bad = [verdict.failed, verdict.lost, verdict.doubled, verdict.wrong, verdict.stuck];
        bad.iter().chain(&[verdict.stuck_charged, verdict.stuck_holding]).for_each(|n| html.push_str(&must_not(*n)));
        let _ = write!(html, "<td>{}</td></tr>", run.repeated);
    }
    html + "</table></div>\n"
}

/// One colour for each thing that was measured; where both sides did the same they have the same colour.
fn colour(runs: &[&Run], run: &Run) -> usize {
    let what = |run: &Run| (run.name.clone(), run.load.clone());
    let mut all: Vec<(String, String)> = Vec::new();
    for run in runs {
        if !all.contains(&what(run)) {
            all.push(what(run));
        }
    }
    all.iter().position(|one| *one == what(run)).unwrap_or_default() % COLOURS
}

fn label(run: &Run) -> String {
    match run.drive {
        Drive::Temporal => format!("{}, {}", run.name, run.load),
        Drive::Direct => format!("{}, {}, direct", run.name, run.load),
    }
}

fn series(runs: &[&Run], points: impl Fn(&Run) -> Vec<(f64, f64)>) -> Vec<Series> {
    let one = |run: &&Run| Series {
        colour: colour(runs, run),
        dashed: run.drive == Drive::Direct,
        label: label(run),
        points: points(run),
    };
    runs.iter().map(one).collect()
}

fn key(runs: &[&Run]) -> String {
    key_of(&series(runs, |_| Vec::new()))
}

fn key_of(series: &[Series]) -> String {
    let mut html = r#"<div class="key">"#.to_owned();
    for one in series {
        let dashed = if one.dashed { " dashed" } else { "" };
        let _ = write!(
            html,
            r#"<span><svg viewBox="0 0 22 10"><path class="line c{}{dashed}" d="M0 5h22"/></svg>{}</span>"#,
            one.colour,
            escape(&one.label)
        );
    }
    html + "</div>"
}

fn latencies(runs: &[&Run]) -> String {
    let series = series(runs, |run| run.curve.clone());
    let y = Scale::log(series.iter().flat_map(|one| one.points.iter().map(|(_, ms)| *ms)));
    chart::lines(("part of all, slowest to the right", "latency"), Scale::Nines, y, &series)
}

fn throughput(runs: &[&Run]) -> String {
    let series = series(runs, |run| {
        // What ended in the last, unfinished second says nothing of the rate.
        let whole = run.throughput.len().saturating_sub(1).max(1);
        run.throughput.iter().take(whole).enumerate().map(|(s, n)| (s as f64, f64::from(*n))).collect()
    });
    let all = || series.iter().flat_map(|one| one.points.iter());
    let x = Scale::linear(all().map(|(s, _)| *s));
    chart::lines(("seconds", "ends in a second"), x, Scale::linear(all().map(|(_, n)| *n)), &series)
}

/// Of each process over the run, and how it grows.
fn memory(runs: &[&Run]) -> (String, String) {
    let one = |(name, growth): (&String, &Growth)| Series {
        colour: PROCESSES.iter().find(|(process, _)| process == name).map_or(0, |(_, colour)| *colour),
        dashed: false,
        label: format!("{name}, {:+.2} MiB/min", growth.mib_per_minute),
        points: growth.samples.clone(),
    };
    let series: Vec<Series> = runs.iter().flat_map(|run| &run.growth).map(one).collect();
    let all = || series.iter().flat_map(|one| one.points.iter());
    let (x, y) = (Scale::linear(all().map(|(s, _)| *s)), Scale::linear(all().map(|(_, mib)| *mib)));
    (chart::lines(("seconds", "MiB"), x, y, &series), key_of(&series))
}

fn cpu(runs: &[&Run]) -> String {
    let bar = |run: &&&Run| Bar {
        label: label(run),
        parts: PROCESSES.map(|(name, colour)| (colour, name, sum(&run.cpu_ms, &[name]))).into(),
    };
    let bars: Vec<Bar> = runs.iter().filter(|run| !run.cpu_ms.is_empty()).map(|run| bar(&run)).collect();
    chart::bars("ms of processor time for each", &bars)
}

fn processes(runs: &[&Run]) -> String {
    let mut html = r#"<div class="key">"#.to_owned();
    for (name, colour) in PROCESSES.iter().filter(|(name, _)| runs.iter().any(|run| run.cpu_ms.contains_key(*name))) {
        let swatch = format!(r#"<svg viewBox="0 0 22 10"><rect class="fill c{colour}" width="14" height="10"/></svg>"#);
        let _ = write!(html, "<span>{swatch}{name}</span>");
    }
    html + "</div>"
}
