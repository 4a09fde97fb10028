//! Which build of a service's worker gets Temporal's work.
//!
//! Workers are versioned: Temporal gives tasks only to the build that is *current*, and to nobody while none is. Which
//! one should be is in the service's own database, and so survives the loss of Temporal's: `worker_builds` has every
//! build that has run there. The highest revision is current; among equals, the one that came last. A worker sees to it
//! that Temporal agrees, but only ever in favour of its own build: one that is older and starts again during a
//! deployment takes nothing back.

use crate::config::{self, Temporal as Config};
use crate::error::Error;
use sqlx::PgPool;
use std::time::Duration;
use temporalio_client::Client;
use temporalio_common::protos::temporal::api::enums::v1::TaskQueueType;
use temporalio_common::protos::temporal::api::taskqueue::v1::TaskQueue;
use temporalio_common::protos::temporal::api::workflowservice::v1::{
    DescribeTaskQueueRequest, SetWorkerDeploymentCurrentVersionRequest,
};
use temporalio_common::worker::{
    VersioningBehavior, WorkerDeploymentOptions, WorkerDeploymentVersion, build_id_from_current_exe,
};
use tonic::{IntoRequest as _, Status};

/// How often a worker looks whether its build is still what it should be.
const LOOK: Duration = Duration::from_secs(5);
/// The first pause before another try; doubled up to [`LOOK`].
const AGAIN: Duration = Duration::from_millis(100);
/// Longest call to Temporal. Making a build current runs a workflow of Temporal's own.
const CALL: Duration = Duration::from_secs(10);

/// The build that this process runs.
#[derive(Clone, Debug)]
pub struct Build {
    pool: PgPool,
    namespace: String,
    version: WorkerDeploymentVersion,
    revision: i64,
}

/// Why a build is not yet what it should be.
#[derive(Debug, thiserror::Error)]
enum Fault {
    #[error("the database: {0}")]
    Database(#[from] sqlx::Error),
    #[error("{:?}: {}", .0.code(), .0.message())]
    Temporal(#[from] Status),
    #[error("no answer in time")]
    Silence(#[from] tokio::time::error::Elapsed),
}

impl Build {
    /// What the configuration says of this process. The deployment is named after the task queue.
    ///
    /// # Errors
    /// The build has no name.
    pub fn of(config: &Config, pool: PgPool) -> Result<Self, Error> {
        let build_id = if config.build_id.is_empty() { executable()? } else { config.build_id.clone() };
        let version =
            WorkerDeploymentVersion::builder().deployment_name(config.task_queue.clone()).build_id(build_id).build();
        Ok(Self { pool, namespace: config.namespace.clone(), version, revision: config.revision })
    }

    /// How its workers present themselves. A workflow that waits for days goes on with the build that is current then.
    pub(crate) fn options(&self) -> WorkerDeploymentOptions {
        WorkerDeploymentOptions::new(self.version.clone())
            .use_worker_versioning(true)
            .default_versioning_behavior(VersioningBehavior::AutoUpgrade)
            .build()
    }

    /// Makes the build current whenever it should be and is not. Does not end.
    pub(crate) async fn keep(self, client: Client) {
        let mut again = AGAIN;
        let mut told = self.version.build_id.clone();
        loop {
            let pause = match self.agree(&client).await {
                Ok(current) => {
                    if current != told && current != self.version.build_id {
                        tracing::warn!(
                            build_id = self.version.build_id,
                            current,
                            "another build gets Temporal's work, this one none"
                        );
                    }
                    told = current;
                    again = AGAIN;
                    LOOK
                }
                Err(fault) => {
                    let build_id = &self.version.build_id;
                    // Temporal hears of a worker a moment after it starts.
                    if again < LOOK {
                        tracing::debug!(build_id, %fault, "the build is not current yet");
                    } else {
                        tracing::warn!(build_id, %fault, "the build should be current and is not");
                    }
                    let pause = again;
                    again = (again * 2).min(LOOK);
                    pause
                }
            };
            tokio::time::sleep(pause).await;
        }
    }

    /// Returns which build should be current, after it was made so if it is this one.
    async fn agree(&self, client: &Client) -> Result<String, Fault> {
        let current = self.current().await?;
        if current != self.version.build_id || self.routed(client).await? {
            return Ok(current);
        }
        let request = SetWorkerDeploymentCurrentVersionRequest {
            namespace: self.namespace.clone(),
            deployment_name: self.version.deployment_name.clone(),
            build_id: self.version.build_id.clone(),
            identity: client.connection().identity().to_owned(),
            ..Default::default()
        };
        let mut temporal = client.connection().workflow_service();
        tokio::time::timeout(CALL, temporal.set_worker_deployment_current_version(request.into_request())).await??;
        tracing::info!(build_id = self.version.build_id, "this build gets Temporal's work now");
        Ok(current)
    }

    /// Whether Temporal gives the work of the task queue to this build.
    async fn routed(&self, client: &Client) -> Result<bool, Fault> {
        let name = self.version.deployment_name.clone();
        let request = DescribeTaskQueueRequest {
            namespace: self.namespace.clone(),
            task_queue: Some(TaskQueue { name, ..Default::default() }),
            task_queue_type: TaskQueueType::Workflow.into(),
            ..Default::default()
        };
        let mut temporal = client.connection().workflow_service();
        let described = tokio::time::timeout(CALL, temporal.describe_task_queue(request.into_request())).await??;
        let current = described.into_inner().versioning_info.and_then(|info| info.current_deployment_version);
        Ok(current.is_some_and(|current| current.build_id == self.version.build_id))
    }

    /// Enters the build, if it is not there with this revision, and returns which one should be current.
    async fn current(&self) -> Result<String, sqlx::Error> {
        sqlx::query(
            "-- versioning.current\nINSERT INTO worker_builds (build_id, revision)
             SELECT $1, $2 WHERE NOT EXISTS (SELECT FROM worker_builds WHERE build_id = $1 AND revision >= $2)
             ON CONFLICT (build_id) DO UPDATE SET revision = greatest(worker_builds.revision, excluded.revision)",
        )
        .bind(&self.version.build_id)
        .bind(self.revision)
        .execute(&self.pool)
        .await?;
        sqlx::query_scalar(
            "-- versioning.current\nSELECT build_id FROM worker_builds ORDER BY revision DESC, first_seen_at DESC, build_id LIMIT 1",
        )
        .fetch_one(&self.pool)
        .await
    }
}

/// The name of the build that this executable is: the same wherever and whenever it runs.
fn executable() -> Result<String, Error> {
    match build_id_from_current_exe() {
        "undetermined" => {
            let message = "temporal.build_id is needed, because the executable can't be read".to_owned();
            Err(Error::internal(config::Error::Invalid(message)))
        }
        checksum => Ok(format!("{}-{checksum}", env!("CARGO_PKG_VERSION"))),
    }
}
