//! The Temporal connection of a process, and what its workers have in common.

use crate::codec;
use crate::config::Temporal as Config;
use crate::metrics::sdk;
use crate::telemetry;
use crate::tls;
use crate::versioning::Build;
use privacy::KeyRing;
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;
use temporalio_client::{Client, ClientOptions, Connection, ConnectionOptions, GrpcCompression, TlsOptions, Url};
use temporalio_common::data_converters::DataConverter;
use temporalio_sdk::WorkerOptions;
use temporalio_sdk::runtime::worker_tuner::{FixedSizeSlotSupplier, TunerHolder};
use temporalio_sdk::runtime::{PollerBehavior, WorkflowErrorType};
use tokio::sync::{OwnedRwLockReadGuard, OwnedRwLockWriteGuard, RwLock, watch};
use tokio_util::sync::CancellationToken;

pub(crate) const RECONNECT: Duration = Duration::from_secs(1);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// The connection, once there is one. Services start and work without it.
#[derive(Clone)]
pub struct Temporal {
    client: watch::Receiver<Option<Client>>,
    /// Read by whoever gives workflows work, written by whoever needs that nobody does.
    work: Arc<RwLock<()>>,
}

impl Temporal {
    /// Connects in the background, for as long as it takes. A connection that breaks
    /// later mends itself. With a ring, payloads are encrypted.
    ///
    /// # Errors
    /// A malformed address, or certificates that can't be used.
    pub fn connect(
        config: &Config,
        ring: Option<KeyRing>,
        stop: CancellationToken,
    ) -> Result<Self, crate::config::Error> {
        let (url, tls) = tls::temporal::options(config)?;
        let namespace = config.namespace.clone();
        let converter = codec::converter(ring, &namespace);
        let (send, client) = watch::channel(None);
        tokio::spawn(async move {
            loop {
                match open(&url, tls.as_ref(), &namespace, &converter).await {
                    Ok(client) => {
                        tracing::info!(address = %url, "connected to Temporal");
                        send.send_replace(Some(client));
                        return;
                    }
                    Err(error) => tracing::warn!(address = %url, error, "waiting for Temporal"),
                }
                tokio::select! {
                    () = tokio::time::sleep(RECONNECT) => {}
                    () = stop.cancelled() => return,
                }
            }
        });
        Ok(Self { client, work: Arc::default() })
    }

    /// The client, if the first connection has been made.
    #[must_use]
    pub fn client(&self) -> Option<Client> {
        self.client.borrow().clone()
    }

    /// To be held while a workflow is started or woken: waits while a worker is being replaced.
    pub(crate) async fn giving_work(&self) -> OwnedRwLockReadGuard<()> {
        Arc::clone(&self.work).read_owned().await
    }

    /// While this is held, this process starts and wakes no workflow.
    pub(crate) async fn no_new_work(&self) -> OwnedRwLockWriteGuard<()> {
        Arc::clone(&self.work).write_owned().await
    }

    pub(crate) async fn connected(&mut self) -> Option<Client> {
        self.client.wait_for(Option::is_some).await.ok().and_then(|c| c.clone())
    }
}

async fn open(
    url: &Url,
    tls: Option<&TlsOptions>,
    namespace: &str,
    converter: &DataConverter,
) -> Result<Client, String> {
    let mut options = ConnectionOptions::new(url.clone())
        .identity(format!("{}@{}", std::process::id(), env!("CARGO_PKG_NAME")))
        .connect_timeout(CONNECT_TIMEOUT)
        .grpc_compression(GrpcCompression::None)
        .metrics_meter(sdk::client())
        .build();
    if let Some(tls) = tls {
        options.tls_options = Some(tls.clone());
        // The SDK has certificates that change only for one connection at a time.
        options.dns_load_balancing = None;
    }
    let connection = tokio::time::timeout(CONNECT_TIMEOUT, Connection::connect(options))
        .await
        .map_err(|_| "no answer".to_owned())?
        .map_err(|error| error.to_string())?;
    let options = ClientOptions::new(namespace).data_converter(converter.clone()).plugins(telemetry::plugin()).build();
    Client::new(connection, options).map_err(|error| error.to_string())
}

/// Options common to the workers of all services. The caller registers its
/// workflows and activities.
pub fn worker_options(
    config: &Config,
    build: Option<&Build>,
) -> temporalio_sdk::WorkerOptionsBuilder<impl temporalio_sdk::worker_options_builder::State> {
    let slots = || FixedSizeSlotSupplier::new(config.slots);
    let tuner = TunerHolder::builder()
        .workflow_task_slot_supplier(slots())
        .activity_task_slot_supplier(slots())
        .local_activity_task_slot_supplier(slots())
        .nexus_task_slot_supplier(FixedSizeSlotSupplier::new(1))
        .build();
    WorkerOptions::new(config.task_queue.clone())
        .tuner(tuner)
        .max_cached_workflows(config.max_cached_workflows)
        .workflow_task_poller_behavior(PollerBehavior::SimpleMaximum(config.pollers))
        .graceful_shutdown_period(Duration::from_secs(5))
        // A history that the code can't have written (Temporal went back to an older copy, a build that knew another
        // patch) would fail its tasks for ever. The row is the truth: end the run, and the next wake-up starts another.
        .workflow_failure_errors(HashSet::from([WorkflowErrorType::Nondeterminism]))
        .maybe_deployment_options(build.map(Build::options))
}
