//! What an order is compared with: the plainest workflow that waits for a decision. It starts without eagerness, runs one
//! normal activity, waits for a signal that is sent once the activity is done, and ends. Its worker has the settings of
//! the orders service, and runs in this process.

use crate::bench::closed;
use anyhow::Context as _;
use futures::future::BoxFuture;
use service::config;
use service::temporal::{self, Temporal};
use service::versioning::Build;
use service::worker;
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use temporalio_client::{
    Client, UntypedSignal, UntypedWorkflow, WorkflowGetResultOptions, WorkflowSignalOptions, WorkflowStartOptions,
};
use temporalio_common::data_converters::{PayloadConverter, RawValue};
use temporalio_macros::{activities, workflow, workflow_methods};
use temporalio_sdk::activities::{ActivityContext, ActivityError};
use temporalio_sdk::{ActivityOptions, SyncWorkflowContext, WorkflowContext, WorkflowResult};
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

const TASK_QUEUE: &str = "bare";
const PATIENCE: Duration = Duration::from_secs(60);

/// Who waits for which workflow's activity.
#[derive(Clone, Default)]
pub(crate) struct Waiting(Arc<Mutex<HashMap<String, oneshot::Sender<()>>>>);

/// What a bare workflow does.
#[derive(Clone)]
pub struct BareActivities {
    waiting: Waiting,
}

#[activities]
impl BareActivities {
    #[activity]
    pub async fn work(self: Arc<Self>, _ctx: ActivityContext, id: String) -> Result<(), ActivityError> {
        let waiting = self.waiting.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
        // Nobody waits any more when it is repeated.
        waiting.map(|waiting| waiting.send(()));
        Ok(())
    }
}

/// One activity, one signal.
#[workflow]
#[derive(Default)]
pub struct BareWorkflow {
    decided: bool,
}

#[workflow_methods]
impl BareWorkflow {
    #[run(name = "Bare")]
    pub async fn run(ctx: &mut WorkflowContext<Self>, id: String) -> WorkflowResult<()> {
        let options =
            ActivityOptions::with_start_to_close_timeout(Duration::from_secs(10)).do_not_eagerly_execute(true).build();
        ctx.execute_activity(BareActivities::work, id, options).await?;
        ctx.wait_condition(|bare: &Self| bare.decided).await?;
        Ok(())
    }

    #[signal]
    pub fn decide(&mut self, _ctx: &mut SyncWorkflowContext<Self>, _nothing: ()) {
        self.decided = true;
    }
}

/// A client that runs bare workflows.
#[derive(Clone)]
pub(crate) struct Bare {
    client: Client,
    waiting: Waiting,
    next: Arc<AtomicU64>,
}

/// Its worker.
pub(crate) struct Worker {
    stop: CancellationToken,
    ended: oneshot::Receiver<()>,
}

impl Worker {
    /// Says good-bye to Temporal.
    pub(crate) async fn stop(self) {
        self.stop.cancel();
        // What counts was measured before.
        let _ = tokio::time::timeout(Duration::from_secs(10), self.ended).await;
    }
}

impl Bare {
    /// Connects and starts the worker.
    pub(crate) async fn start(address: &str) -> anyhow::Result<(Self, Worker)> {
        let stop = CancellationToken::new();
        let settings = config::Temporal {
            ca: PathBuf::new(),
            certificate: PathBuf::new(),
            key: PathBuf::new(),
            server_name: String::new(),
            address: address.to_owned(),
            namespace: "default".to_owned(),
            task_queue: TASK_QUEUE.to_owned(),
            max_cached_workflows: 2_000,
            slots: 100,
            pollers: 20,
            activities_per_worker: u64::MAX,
            build_id: String::new(),
            revision: 0,
        };
        let temporal = Temporal::connect(&settings, None, stop.clone())?;
        let activities = BareActivities { waiting: Waiting::default() };
        let waiting = activities.waiting.clone();
        let options = move |build: Option<&Build>| {
            let options = temporal::worker_options(&settings, build).register_activities(activities.clone());
            Ok(options.register_workflow::<BareWorkflow>().map_err(service::Error::internal)?.build())
        };
        let ended = worker::spawn(temporal.clone(), None, u64::MAX, options, stop.clone())?;
        for _ in 0..100 {
            if let Some(client) = temporal.client() {
                return Ok((Self { client, waiting, next: Arc::default() }, Worker { stop, ended }));
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        anyhow::bail!("no connection to Temporal")
    }

    /// A client of the same server.
    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    /// Takes `count` workflows from start to end; returns their ids and the rate.
    pub(crate) async fn run(&self, clients: usize, count: usize) -> anyhow::Result<(Vec<String>, f64)> {
        let bare = self.clone();
        let work = move |_client: usize| -> BoxFuture<'static, _> {
            let bare = bare.clone();
            Box::pin(
                async move { tokio::time::timeout(PATIENCE, bare.one()).await.context("a bare workflow did not end")? },
            )
        };
        closed::run(clients, count, work).await
    }

    async fn one(&self) -> anyhow::Result<String> {
        let id = format!("bare-{}-{}", std::process::id(), self.next.fetch_add(1, Ordering::Relaxed));
        let (send, done) = oneshot::channel();
        self.waiting.0.lock().unwrap_or_else(PoisonError::into_inner).insert(id.clone(), send);
        let options = WorkflowStartOptions::new(TASK_QUEUE, id.as_str()).build();
        let input = RawValue::from_value(&id, &PayloadConverter::default());
        let handle = self.client.start_workflow(UntypedWorkflow::new("Bare"), input, options).await?;
        done.await?;
        let nothing = RawValue::from_value(&(), &PayloadConverter::default());
        handle.signal(UntypedSignal::new("decide"), nothing, WorkflowSignalOptions::default()).await?;
        handle.get_result(WorkflowGetResultOptions::default()).await?;
        Ok(id)
    }
}
