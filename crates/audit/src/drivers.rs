//! Whether everything that should be driven has a live workflow.
//!
//! The list of open workflows is a hint, because Temporal's visibility lags; only
//! Describe says that one is missing.

use crate::{Error, Look};
use futures::TryStreamExt as _;
use std::collections::HashSet;
use std::str::FromStr as _;
use std::time::Duration;
use temporalio_client::errors::WorkflowInteractionError;
use temporalio_client::{
    Client, ClientOptions, Connection, ConnectionOptions, TlsOptions, UntypedWorkflow, Url, WorkflowExecutionStatus,
};

/// Every unsettled entity has a live workflow. A system repairs a breach by itself, in time.
pub const RULE: &str = "temporal ENTITY_HAS_DRIVER";
const CONNECT: Duration = Duration::from_secs(5);

pub(crate) async fn look(client: &Client, expected: &[String], look: &mut Look) -> Result<(), Error> {
    look.rules.push(RULE.to_owned());
    let open: HashSet<String> = client
        .list_workflows("ExecutionStatus='Running'", Default::default())
        .map_ok(|workflow| workflow.id().to_owned())
        .try_collect()
        .await
        .map_err(|error| Error::Temporal(error.to_string()))?;
    for id in expected {
        if open.contains(id) || is_running(client, id).await? {
            look.driven += 1;
        } else {
            look.add(RULE, id, "no outbox row and no running workflow");
        }
    }
    Ok(())
}

async fn is_running(client: &Client, id: &str) -> Result<bool, Error> {
    match client.get_workflow_handle::<UntypedWorkflow>(id).describe(Default::default()).await {
        Ok(description) => Ok(description.status() == WorkflowExecutionStatus::Running),
        Err(WorkflowInteractionError::NotFound(_)) => Ok(false),
        Err(error) => Err(Error::Temporal(error.to_string())),
    }
}

pub(crate) async fn connect(address: &str, namespace: &str, tls: Option<TlsOptions>) -> Result<Client, Error> {
    let fault = |error: &dyn std::fmt::Display| Error::Temporal(error.to_string());
    let url = Url::from_str(address).map_err(|e| fault(&e))?;
    let options = ConnectionOptions::new(url).connect_timeout(CONNECT).maybe_tls_options(tls).build();
    let connection = Connection::connect(options).await.map_err(|e| fault(&e))?;
    Client::new(connection, ClientOptions::new(namespace).build()).map_err(|e| fault(&e))
}
