//! One call to Temporal: start the entity's workflow or wake it.

use super::{Entities, Pressure};
use crate::config;
use crate::drive::WAKE;
use crate::error::Error;
use crate::telemetry::spans;
use crate::temporal::Temporal;
use ::metrics::{Counter, counter};
use moka::sync::Cache;
use std::sync::Arc;
use std::time::Duration;
use temporalio_client::errors::{WorkflowInteractionError, WorkflowStartError};
use temporalio_client::{
    Client, NamespacedClient as _, RetryOptions, RpcOptions, UntypedSignal, UntypedWorkflow, WorkflowDescribeOptions,
    WorkflowExecutionInfo, WorkflowExecutionStatus, WorkflowIdConflictPolicy, WorkflowIdReusePolicy,
    WorkflowSignalOptions, WorkflowStartOptions,
};
use temporalio_common::data_converters::{PayloadConverter, RawValue};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tonic::{Code, Status};
use tracing::Instrument as _;

/// A call that takes longer is left to the relay.
const CALL: Duration = Duration::from_secs(2);

/// Of so many entities the run that this process started is remembered.
const RUNS: u64 = 10_000;

/// How a delivery ended.
#[derive(Debug)]
pub(super) enum Outcome {
    /// The entity's workflow knows, or none is needed.
    Done,
    /// Temporal or the database is away; later.
    Away(String),
    /// Refused for good.
    Refused(String),
}

/// Counts deliveries by their outcome.
#[derive(Clone)]
pub(super) struct Deliveries {
    done: Counter,
    away: Counter,
    refused: Counter,
}

impl Deliveries {
    /// Those of the dispatcher, or of the relay.
    pub(super) fn by(who: &'static str) -> Self {
        let counter =
            |outcome: &'static str| counter!("oms_outbox_deliveries_total", "by" => who, "outcome" => outcome);
        Self { done: counter("done"), away: counter("away"), refused: counter("refused") }
    }

    pub(super) fn count(&self, outcome: &Outcome) {
        match outcome {
            Outcome::Done => self.done.increment(1),
            Outcome::Away(_) => self.away.increment(1),
            Outcome::Refused(_) => self.refused.increment(1),
        }
    }
}

/// Room for one call. Starts are kept to a part of it, so that new entities never
/// starve those that somebody decided on.
pub(super) struct Permit {
    _call: OwnedSemaphorePermit,
    _start: Option<OwnedSemaphorePermit>,
}

pub(super) struct Deliverer {
    temporal: Temporal,
    task_queue: String,
    entities: Arc<dyn Entities>,
    calls: Arc<Semaphore>,
    starts: Arc<Semaphore>,
    pressure: Pressure,
    /// The run of an entity's workflow. Whoever names it saves Temporal looking up which one is current.
    runs: Cache<String, String>,
}

impl Deliverer {
    pub(super) fn new(
        config: &config::Outbox,
        temporal: Temporal,
        task_queue: String,
        entities: Arc<dyn Entities>,
        pressure: Pressure,
    ) -> Self {
        Self {
            temporal,
            task_queue,
            entities,
            calls: Arc::new(Semaphore::new(config.max_in_flight)),
            starts: Arc::new(Semaphore::new(config.max_starts_in_flight)),
            pressure,
            runs: Cache::new(RUNS),
        }
    }

    /// Whether there has been a connection. A process without one leaves the rows to
    /// those that have one: claiming them would only put them off.
    pub(super) fn is_connected(&self) -> bool {
        self.temporal.client().is_some()
    }

    /// Waits for room. `None` only when the process ends.
    pub(super) async fn permit(&self, start: bool) -> Option<Permit> {
        let start = if start { Some(Arc::clone(&self.starts).acquire_owned().await.ok()?) } else { None };
        let call = Arc::clone(&self.calls).acquire_owned().await.ok()?;
        Some(Permit { _call: call, _start: start })
    }

    /// Starts or wakes, as part of the trace in which the row was written. `row` makes a repeated signal recognisable to
    /// Temporal.
    pub(super) async fn deliver(&self, row: i64, entity: &str, start: bool, traceparent: Option<&str>) -> Outcome {
        let outcome = self.call(row, entity, start).instrument(spans::wake(entity, start, traceparent)).await;
        if start && matches!(outcome, Outcome::Done) {
            self.pressure.started();
        }
        outcome
    }

    async fn call(&self, row: i64, entity: &str, start: bool) -> Outcome {
        let Some(client) = self.temporal.client() else {
            return Outcome::Away("not connected to Temporal yet".to_owned());
        };
        let _giving_work = self.temporal.giving_work().await;
        if start {
            return self.start(&client, entity).await;
        }
        if let Some(run) = self.runs.get(entity) {
            match self.wake(&client, row, entity, Some(run)).await {
                // It has ended. There may be a later one, of another process or by somebody's reset.
                Err(WorkflowInteractionError::NotFound(_)) => self.runs.invalidate(entity),
                other => return woken(other),
            }
        }
        match self.wake(&client, row, entity, None).await {
            Err(WorkflowInteractionError::NotFound(_)) => self.restart(&client, entity).await,
            other => woken(other),
        }
    }

    /// Signals the run, or the current one.
    async fn wake(
        &self,
        client: &Client,
        row: i64,
        entity: &str,
        run: Option<String>,
    ) -> Result<(), WorkflowInteractionError> {
        let execution = WorkflowExecutionInfo::builder()
            .namespace(client.namespace())
            .workflow_id(entity)
            .maybe_run_id(run)
            .build();
        let options = WorkflowSignalOptions::builder()
            .request_id(format!("{}-{row}", self.task_queue))
            .rpc_options(rpc_options())
            .build();
        let payload = RawValue::from_value(&(), &PayloadConverter::default());
        let signal = execution.bind_untyped(client.clone());
        tokio::time::timeout(CALL, signal.signal(UntypedSignal::new(WAKE), payload, options))
            .await
            .unwrap_or_else(|_| Err(WorkflowInteractionError::Rpc(Status::deadline_exceeded("no answer in time"))))
    }

    /// There is no such workflow: it has ended, or Temporal has forgotten it. The row
    /// says whether another is needed.
    async fn restart(&self, client: &Client, entity: &str) -> Outcome {
        match self.entities.needs_driver(entity).await {
            Ok(true) => self.start(client, entity).await,
            Ok(false) => Outcome::Done,
            Err(error) => Outcome::Away(describe(&error)),
        }
    }

    /// Whether the entity has no running workflow. `None`: Temporal did not say.
    pub(super) async fn is_missing(&self, entity: &str) -> Option<bool> {
        let client = self.temporal.client()?;
        let handle = client.get_workflow_handle::<UntypedWorkflow>(entity);
        let options = WorkflowDescribeOptions::builder().rpc_options(rpc_options()).build();
        match tokio::time::timeout(CALL, handle.describe(options)).await {
            Ok(Ok(description)) => Some(description.status() != WorkflowExecutionStatus::Running),
            Ok(Err(WorkflowInteractionError::NotFound(_))) => Some(true),
            Ok(Err(_)) | Err(_) => None,
        }
    }

    async fn start(&self, client: &Client, entity: &str) -> Outcome {
        let options = WorkflowStartOptions::new(self.task_queue.clone(), entity)
            .id_reuse_policy(WorkflowIdReusePolicy::AllowDuplicate)
            .id_conflict_policy(WorkflowIdConflictPolicy::UseExisting)
            .enable_eager_workflow_start(true)
            .rpc_options(rpc_options())
            .build();
        let workflow = UntypedWorkflow::new(self.entities.workflow_type(entity));
        let input = RawValue::from_value(&entity.to_owned(), &PayloadConverter::default());
        match tokio::time::timeout(CALL, client.start_workflow(workflow, input, options)).await {
            Ok(Ok(handle)) => {
                if let Some(run) = &handle.info().run_id {
                    self.runs.insert(entity.to_owned(), run.clone());
                }
                Outcome::Done
            }
            Ok(Err(WorkflowStartError::AlreadyStarted { .. })) => Outcome::Done,
            Ok(Err(WorkflowStartError::Rpc(status))) => outcome(&status),
            Ok(Err(error)) => Outcome::Refused(error.to_string()),
            Err(_) => Outcome::Away("no answer in time".to_owned()),
        }
    }
}

fn rpc_options() -> RpcOptions {
    RpcOptions::builder().timeout(CALL).retry_options(RetryOptions::no_retries()).build()
}

/// How a signal ended, unless there was nobody to hear it.
fn woken(result: Result<(), WorkflowInteractionError>) -> Outcome {
    match result {
        Ok(()) => Outcome::Done,
        Err(WorkflowInteractionError::Rpc(status)) => outcome(&status),
        Err(error) => Outcome::Refused(error.to_string()),
    }
}

/// What the server will never accept must not be repeated; all else may pass.
fn outcome(status: &Status) -> Outcome {
    let text = format!("{:?}: {}", status.code(), status.message());
    match status.code() {
        Code::InvalidArgument | Code::PermissionDenied | Code::Unimplemented | Code::FailedPrecondition => {
            Outcome::Refused(text)
        }
        _ => Outcome::Away(text),
    }
}

fn describe(error: &Error) -> String {
    use std::error::Error as _;
    error.source().map_or_else(|| error.to_string(), ToString::to_string)
}
