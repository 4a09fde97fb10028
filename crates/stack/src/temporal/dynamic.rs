//! What differs from Temporal's own defaults.

use serde_json::{Value, json};

/// For all servers. `deploy/temporal/dynamic.yaml` says why, and is what a deployment has.
fn everywhere() -> Vec<(&'static str, Value)> {
    vec![
        ("history.transferProcessorUpdateAckInterval", json!("5s")),
        ("history.timerProcessorUpdateAckInterval", json!("5s")),
        ("history.visibilityProcessorUpdateAckInterval", json!("5s")),
    ]
}

/// Also for those that tests use: every task queue is a deployment, and every test has its own.
fn for_tests() -> Vec<(&'static str, Value)> {
    [everywhere(), vec![("matching.maxDeployments", json!(100_000))]].concat()
}

/// Also for a dev server.
fn for_development() -> Vec<(&'static str, Value)> {
    vec![
        // Else it reads the cluster's metadata for every record of a workflow, so that a search attribute can be used as
        // soon as it is made. None are made here.
        ("system.forceSearchAttributesCacheRefreshOnRead", json!(false)),
        // It has one connection to its database. The list of workflows, which nobody waits for, is written by one at a
        // time instead of 512: what moves a workflow goes between. Who has ended before its turn is written once, not
        // three times.
        ("history.visibilityProcessorSchedulerWorkerCount", json!(1)),
    ]
}

/// As the arguments of a dev server.
pub(super) fn arguments() -> Vec<String> {
    let argument = |(name, value)| ["--dynamic-config-value".to_owned(), format!("{name}={value}")];
    for_tests().into_iter().chain(for_development()).flat_map(argument).collect()
}

/// As the file of a server.
pub(super) fn file() -> Value {
    for_tests().into_iter().map(|(name, value)| (name.to_owned(), json!([{ "value": value }]))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deployment_has_the_same() {
        let written = include_str!("../../../../deploy/temporal/dynamic.yaml");
        let lines: Vec<&str> = written.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
        let ours: Vec<String> = everywhere()
            .into_iter()
            .flat_map(|(name, value)| {
                let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                [format!("{name}:"), format!("  - value: {value}")]
            })
            .collect();
        assert_eq!(lines, ours);
    }
}
