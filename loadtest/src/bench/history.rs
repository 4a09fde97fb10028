//! How many events Temporal keeps.

use anyhow::bail;
use serde::Serialize;
use std::time::Duration;
use temporalio_client::{Client, UntypedWorkflow, WorkflowDescribeOptions, WorkflowExecutionStatus};

const SAMPLE: usize = 50;
const TRIES: usize = 50;

/// Events over all workflows of one thing, for some of many.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Lengths {
    /// Of each thing.
    pub(crate) workflows: usize,
    /// Things that were looked at.
    pub(crate) looked_at: usize,
    pub(crate) least: i64,
    pub(crate) median: i64,
    pub(crate) most: i64,
}

/// Looks at the workflows of some of these. All of them must have ended well.
pub(crate) async fn lengths(client: &Client, things: &[Vec<String>]) -> anyhow::Result<Lengths> {
    let step = things.len().div_ceil(SAMPLE).max(1);
    let mut lengths = Vec::new();
    for workflows in things.iter().step_by(step) {
        let mut events = 0;
        for id in workflows {
            events += length(client, id).await?;
        }
        lengths.push(events);
    }
    let Some(first) = things.first() else { bail!("there are no workflows to look at") };
    lengths.sort_unstable();
    let at = |index: usize| lengths.get(index).copied().unwrap_or_default();
    Ok(Lengths {
        workflows: first.len(),
        looked_at: lengths.len(),
        least: at(0),
        median: at(lengths.len() / 2),
        most: at(lengths.len() - 1),
    })
}

async fn length(client: &Client, id: &str) -> anyhow::Result<i64> {
    for _ in 0..TRIES {
        let handle = client.get_workflow_handle::<UntypedWorkflow>(id);
        let description = handle.describe(WorkflowDescribeOptions::default()).await?;
        match description.status() {
            WorkflowExecutionStatus::Completed => return Ok(i64::try_from(description.history_length())?),
            WorkflowExecutionStatus::Running => tokio::time::sleep(Duration::from_millis(100)).await,
            other => bail!("the workflow {id} ended as {other:?}"),
        }
    }
    bail!("the workflow {id} still runs")
}
