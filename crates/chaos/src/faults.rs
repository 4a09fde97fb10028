//! Carries the plan out.

use std::str::FromStr as _;
use std::sync::Arc;

use anyhow::Context;
use futures::TryStreamExt as _;
use stack::Progress;
use temporalio_client::errors::WorkflowInteractionError;
use temporalio_client::{
    Client, ClientOptions, Connection, ConnectionOptions, UntypedWorkflow, Url, WorkflowTerminateOptions,
};
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::dice::Dice;
use crate::map::Process;
use crate::plan::{Fault, Kind};
use crate::stage::Stage;

/// What was done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Done {
    pub(crate) kills: usize,
    /// Connections cut, delayed, throttled, or made to lose what is sent.
    pub(crate) cuts: usize,
    /// Workflows terminated.
    pub(crate) terminations: usize,
    /// Temporal's database deleted or replaced.
    pub(crate) database_faults: usize,
}

impl std::ops::AddAssign for Done {
    fn add_assign(&mut self, other: Self) {
        self.kills += other.kills;
        self.cuts += other.cuts;
        self.terminations += other.terminations;
        self.database_faults += other.database_faults;
    }
}

/// Does everything at its time and mends it. When it returns, all processes run and all connections are whole.
pub(crate) async fn run(stage: &Arc<Stage>, plan: Vec<Fault>, progress: &Progress) -> anyhow::Result<Done> {
    let began = Instant::now();
    let mut running = JoinSet::new();
    for fault in plan {
        let (stage, progress) = (Arc::clone(stage), progress.clone());
        running.spawn(async move {
            tokio::time::sleep_until(began + fault.at).await;
            progress.say(format!("  {}", fault.kind));
            let what = fault.kind.to_string();
            one(&stage, fault.kind).await.with_context(|| format!("{what}: the test itself failed"))
        });
    }
    let mut done = Done::default();
    while let Some(one) = running.join_next().await {
        done += one??;
    }
    Ok(done)
}

async fn one(stage: &Stage, kind: Kind) -> anyhow::Result<Done> {
    let mut done = Done::default();
    match kind {
        Kind::Kill { process, down } => {
            let _turn = stage.turn(process).await?;
            stage.kill(process).await?;
            tokio::time::sleep(down).await;
            stage.revive(process).await?;
            done.kills = 1;
        }
        Kind::Spoil { link, how, lasts } => {
            stage.spoil(link, how, lasts).await?;
            done.cuts = 1;
        }
        Kind::Terminate { workflows, dice } => done.terminations = terminate(stage, workflows, dice).await?,
        Kind::CopyTemporal => stage.copy_temporal().await?,
        Kind::ReplaceTemporal => {
            stage.replace_temporal().await?;
            done.database_faults = 1;
        }
        Kind::DeleteTemporal => {
            stage.delete_temporal().await?;
            done.database_faults = 1;
        }
    }
    Ok(done)
}

/// Terminates open workflows, as an operator can. Those that end by themselves meanwhile are not counted.
async fn terminate(stage: &Stage, workflows: usize, dice: u64) -> anyhow::Result<usize> {
    let _up = stage.turn(Process::Temporal).await?;
    let url = Url::from_str(&stage.system.temporal_url())?;
    let connection = Connection::connect(ConnectionOptions::new(url).build()).await?;
    let client = Client::new(connection, ClientOptions::new("default").build())?;
    let mut open: Vec<String> = client
        .list_workflows("ExecutionStatus='Running'", Default::default())
        .map_ok(|workflow| workflow.id().to_owned())
        .try_collect()
        .await?;
    open.sort_unstable();
    Dice::new(dice, 0).shuffle(&mut open);
    let mut terminated = 0;
    for id in open.into_iter().take(workflows) {
        let options = WorkflowTerminateOptions::builder().reason("chaos").build();
        match client.get_workflow_handle::<UntypedWorkflow>(id).terminate(options).await {
            Ok(()) => terminated += 1,
            Err(WorkflowInteractionError::NotFound(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(terminated)
}
