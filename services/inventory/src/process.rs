//! Puts the parts of the service together, by role.

use crate::activities::ReservationActivities;
use crate::api::{Api, Audit};
use crate::config::Config;
use crate::metrics;
use crate::store::{Figures, MIGRATIONS, Notifications, Store};
use crate::workflow::ReservationWorkflow;
use contracts::inventory::audit_service_server::AuditServiceServer;
use contracts::inventory::inventory_service_server::InventoryServiceServer;
use contracts::inventory::webhook_service_server::WebhookServiceServer;
use service::error::Error;
use service::limits::Guards;
use service::outbox::Outbox;
use service::server::{self, MAX_MESSAGE};
use service::statistics::Remembered;
use service::temporal::{self, Temporal};
use service::versioning::Build;
use service::watch::Hub;
use service::{Role, config, migrations, worker};
use std::sync::Arc;
use std::time::Duration;
use temporalio_sdk::WorkerOptions;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tonic::service::Routes;

/// Runs the service until `stop`. The listener is for the roles with an API.
///
/// # Errors
/// Configuration that can't be used, or a migration that does not apply.
pub async fn run(
    config: Config,
    role: Role,
    listener: Option<TcpListener>,
    stop: CancellationToken,
) -> Result<(), Error> {
    let guard = access::Guard::new(&config.auth, stop.clone()).map_err(Error::internal)?;
    metrics::announce();
    let Some(pool) = migrations::migrated(&config.database, &MIGRATIONS, role, &stop).await? else { return Ok(()) };
    let ring = config::keys(&config.encryption).map_err(Error::internal)?;
    let hub = Hub::new(stop.clone());
    let temporal = Temporal::connect(&config.temporal, ring.clone(), stop.clone()).map_err(Error::internal)?;
    let store = Store { pool: pool.clone() };
    let source = Notifications { pool: pool.clone() };
    webhooks::announce(&source);
    let worker = if role.runs_worker() {
        let activities = ReservationActivities {
            pool: pool.clone(),
            hub: hub.clone(),
            hold: Duration::from_secs(config.reservation.hold_s.into()),
        };
        let settings = config.temporal.clone();
        let build = Build::of(&settings, pool.clone())?;
        let options = move |build: Option<&Build>| worker_options(&settings, build, &activities);
        webhooks::spawn(config.webhooks.clone(), ring.clone(), pool.clone(), Arc::new(source.clone()), stop.clone())?;
        let activities = config.temporal.activities_per_worker;
        let ended = worker::spawn(temporal.clone(), Some(build), activities, options, stop.clone());
        Some(ended.map_err(Error::internal)?)
    } else {
        None
    };
    let outbox = Outbox::start(
        &config.outbox,
        pool.clone(),
        temporal,
        config.temporal.task_queue.clone(),
        Arc::new(store.clone()),
        hub.clone(),
        &stop,
    );
    if let Some(listener) = listener {
        let guards = Guards { access: guard, limits: config.limits.clone(), pressure: outbox.pressure() };
        let hold = Duration::from_secs(config.reservation.hold_s.into());
        let stream_lifetime = Duration::from_millis(config.server.stream_deadline_ms);
        let figures = Remembered::new(|()| Figures::REMEMBERED);
        let api = InventoryServiceServer::new(Api { store, outbox, hub, figures, hold, stream_lifetime })
            .max_decoding_message_size(MAX_MESSAGE)
            .max_encoding_message_size(MAX_MESSAGE);
        let routes = Routes::new(api)
            .add_service(AuditServiceServer::new(Audit { pool: pool.clone() }))
            .add_service(WebhookServiceServer::new(webhooks::Api::new(&config.webhooks, ring, pool.clone(), &source)));
        let names =
            ["oms.inventory.v1.InventoryService", "oms.inventory.v1.AuditService", "oms.inventory.v1.WebhookService"];
        let routes = server::with_health_and_reflection(routes, &names).await?;
        tracing::info!(?role, address = ?listener.local_addr().ok(), "inventory ready");
        server::serve(&config.server, &config.tls, listener, guards, routes, stop.clone()).await?;
    } else {
        tracing::info!(?role, "inventory ready");
        stop.cancelled().await;
    }
    if let Some(ended) = worker {
        // Bounded: with Temporal away a worker can't say good-bye.
        let _ = tokio::time::timeout(config.server.grace(), ended).await;
    }
    let _ = tokio::time::timeout(config.server.grace(), pool.close()).await;
    Ok(())
}

fn worker_options(
    config: &service::config::Temporal,
    build: Option<&Build>,
    activities: &ReservationActivities,
) -> Result<WorkerOptions, Error> {
    Ok(temporal::worker_options(config, build)
        .register_activities(activities.clone())
        .register_workflow::<ReservationWorkflow>()
        .map_err(Error::internal)?
        .build())
}
