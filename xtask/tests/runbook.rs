//! Whoever is woken by an alert finds its entry in the runbook, and the commands there exist.

#![expect(clippy::unwrap_used, reason = "a test that can't go on has failed")]

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

fn read(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)).unwrap()
}

#[test]
fn every_alert_has_its_entry_and_every_entry_its_alert() {
    let (alerts, runbook) = (read("deploy/prometheus/alerts.yml"), read("docs/RUNBOOK.md"));
    let named: Vec<&str> = alerts.lines().filter_map(|line| line.trim().strip_prefix("- alert: ")).collect();
    let entries: Vec<&str> = runbook.lines().filter_map(|line| line.strip_prefix("## ")).collect();
    assert_eq!(named, entries, "the alerts, and the entries of the runbook, in their order");
    let links: Vec<String> =
        alerts.lines().filter_map(|line| Some(line.trim().strip_prefix("runbook_url: ")?.to_owned())).collect();
    let wanted: Vec<String> = named.iter().map(|name| format!("docs/RUNBOOK.md#{}", name.to_lowercase())).collect();
    assert_eq!(links, wanted);
}

#[test]
fn every_alert_says_how_bad_it_is_and_so_does_its_entry() {
    let (alerts, runbook) = (read("deploy/prometheus/alerts.yml"), read("docs/RUNBOOK.md"));
    for alert in alerts.split("- alert: ").skip(1) {
        let name = alert.lines().next().unwrap();
        let severity = ["critical", "warning"].into_iter().find(|s| alert.contains(&format!("severity: {s}")));
        let severity = severity.unwrap_or_else(|| panic!("{name} has no severity"));
        assert!(alert.contains("summary: ") && alert.contains("description: "), "{name}");
        let entry = runbook.split("\n## ").find(|entry| entry.lines().next() == Some(name)).unwrap();
        assert!(entry.contains(&format!("*{severity}*")), "{name} is {severity}, its entry says otherwise");
        assert!(
            entry.contains("**Customers**") && entry.contains("**Do**") || entry.contains("**Look and do**"),
            "{name}"
        );
    }
}

#[test]
fn the_commands_in_the_runbook_exist() {
    let runbook = read("docs/RUNBOOK.md");
    let words =
        runbook.split("cargo xtask ").skip(1).map(|rest| rest.split([' ', '`', '\n']).next().unwrap_or_default());
    let commands: BTreeSet<&str> = words.collect();
    assert!(commands.contains("status") && commands.contains("audit"), "{commands:?}");
    for command in commands {
        let help = Command::new(env!("CARGO_BIN_EXE_xtask")).args([command, "--help"]).output().unwrap();
        assert!(help.status.success(), "there is no `cargo xtask {command}`");
    }
}
