//! Puts the parts of the service together, by role.

use crate::activities::OrderActivities;
use crate::api::{Api, Audit};
use crate::catalogue::Catalogue;
use crate::config::Config;
use crate::metrics;
use crate::saga::Saga;
use crate::saga::partners::Partners;
use crate::store::{MIGRATIONS, Notifications, Store};
use crate::workflow::OrderWorkflow;
use contracts::orders::audit_service_server::AuditServiceServer;
use contracts::orders::order_service_server::OrderServiceServer;
use contracts::orders::webhook_service_server::WebhookServiceServer;
use service::error::Error;
use service::outbox::Outbox;
use service::server::{self, MAX_MESSAGE};
use service::temporal::{self, Temporal};
use service::versioning::Build;
use service::watch::Hub;
use service::{Role, db, worker};
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
    metrics::announce();
    let pool = db::pool(&config.database).map_err(Error::internal)?;
    match db::migrate(&pool, &MIGRATIONS, &stop).await {
        // Told to stop while the database was away: that is no fault.
        Err(_) if stop.is_cancelled() => return Ok(()),
        migrated => migrated?,
    }
    let hub = Hub::new(stop.clone());
    let temporal = Temporal::connect(&config.temporal, stop.clone()).map_err(Error::internal)?;
    let store = Store { pool: pool.clone() };
    let source = Notifications { pool: pool.clone() };
    webhooks::announce(&source);
    let worker = if role.runs_worker() {
        let activities = OrderActivities {
            pool: pool.clone(),
            catalogue: Catalogue::new(&config.inventory).map_err(Error::internal)?,
            hub: hub.clone(),
            validation: config.validation,
            approval: config.approval.policy().map_err(Error::internal)?,
            saga: Saga {
                pool: pool.clone(),
                partners: Partners::new(&config).map_err(Error::internal)?,
                hub: hub.clone(),
            },
        };
        let settings = config.temporal.clone();
        let build = Build::of(&settings, pool.clone())?;
        let options = move |build: Option<&Build>| worker_options(&settings, build, &activities);
        webhooks::spawn(config.webhooks.clone(), pool.clone(), Arc::new(source.clone()), stop.clone())?;
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
        let stream_lifetime = Duration::from_millis(config.server.stream_deadline_ms);
        let api = OrderServiceServer::new(Api { store, outbox, hub, stream_lifetime })
            .max_decoding_message_size(MAX_MESSAGE)
            .max_encoding_message_size(MAX_MESSAGE);
        let routes = Routes::new(api)
            .add_service(AuditServiceServer::new(Audit { pool: pool.clone() }))
            .add_service(WebhookServiceServer::new(webhooks::Api::new(&config.webhooks, pool.clone(), &source)));
        let names = ["oms.orders.v1.OrderService", "oms.orders.v1.AuditService", "oms.orders.v1.WebhookService"];
        let routes = server::with_health_and_reflection(routes, &names).await?;
        tracing::info!(?role, address = ?listener.local_addr().ok(), "orders ready");
        server::serve(&config.server, listener, routes, stop.clone()).await?;
    } else {
        tracing::info!(?role, "orders ready");
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
    activities: &OrderActivities,
) -> Result<WorkerOptions, Error> {
    Ok(temporal::worker_options(config, build)
        .register_activities(activities.clone())
        .register_workflow::<OrderWorkflow>()
        .map_err(Error::internal)?
        .build())
}
