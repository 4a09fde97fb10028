//! How many events Temporal keeps of a workflow.

use anyhow::{bail, ensure};
use serde::Serialize;
use std::time::Duration;
use temporalio_client::{Client, UntypedWorkflow, WorkflowDescribeOptions, WorkflowExecutionStatus};

const SAMPLE: usize = 50;
const TRIES: usize = 50;

/// Lengths of the histories of some workflows.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Lengths {
    pub(crate) workflows: usize,
    pub(crate) least: i64,
    pub(crate) median: i64,
    pub(crate) most: i64,
}

/// Looks at some of these workflows. All of them must have ended well.
pub(crate) async fn lengths(client: &Client, ids: &[String]) -> anyhow::Result<Lengths> {
    let step = ids.len().div_ceil(SAMPLE).max(1);
    let mut lengths = Vec::new();
    for id in ids.iter().step_by(step) {
        lengths.push(length(client, id).await?);
    }
    ensure!(!lengths.is_empty(), "there are no workflows to look at");
    lengths.sort_unstable();
    let at = |index: usize| lengths.get(index).copied().unwrap_or_default();
    Ok(Lengths { workflows: lengths.len(), least: at(0), median: at(lengths.len() / 2), most: at(lengths.len() - 1) })
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
