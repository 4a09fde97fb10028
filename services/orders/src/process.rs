//! Puts the parts of the service together, by role.

use crate::activities::OrderActivities;
use crate::api::{Api, Audit, Privacy};
use crate::catalogue::Catalogue;
use crate::config::Config;
use crate::metrics;
use crate::personal::Personal;
use crate::saga::Saga;
use crate::saga::partners::Partners;
use crate::store::{Changes, MIGRATIONS, Notifications, Store};
use crate::workflow::OrderWorkflow;
use access::outbound::OwnToken;
use contracts::orders::audit_service_server::AuditServiceServer;
use contracts::orders::order_service_server::OrderServiceServer;
use contracts::orders::privacy_service_server::PrivacyServiceServer;
use contracts::orders::webhook_service_server::WebhookServiceServer;
use service::error::Error;
use service::feed::Feed;
use service::limits::Guards;
use service::outbox::Outbox;
use service::server::{self, MAX_MESSAGE};
use service::statistics::{Remembered, Window};
use service::temporal::{self, Temporal};
use service::versioning::Build;
use service::watch::Hub;
use service::{Role, config, migrations, worker};
use std::error::Error as _;
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
    let token = OwnToken::of_file(&config.auth.token_file, stop.clone());
    metrics::announce();
    let Some(pool) = migrations::migrated(&config.database, &MIGRATIONS, role, &stop).await? else { return Ok(()) };
    let ring = config::keys(&config.encryption).map_err(Error::internal)?;
    let personal = Personal::new(&config.encryption).map_err(Error::internal)?;
    personal.check(&pool, &stop).await?;
    let hub = Hub::new(stop.clone());
    let temporal = Temporal::connect(&config.temporal, ring.clone(), stop.clone()).map_err(Error::internal)?;
    let store = Store { pool: pool.clone(), personal: personal.clone() };
    let source = Notifications { pool: pool.clone(), personal: personal.clone() };
    webhooks::announce(&source);
    let worker = if role.runs_worker() {
        let activities = OrderActivities {
            pool: pool.clone(),
            catalogue: Catalogue::new(&config, &token).map_err(Error::internal)?,
            hub: hub.clone(),
            validation: config.validation,
            approval: config.approval.policy().map_err(Error::internal)?,
            saga: Saga {
                pool: pool.clone(),
                partners: Partners::new(&config, &token).map_err(Error::internal)?,
                hub: hub.clone(),
            },
        };
        let settings = config.temporal.clone();
        let build = Build::of(&settings, pool.clone())?;
        let options = move |build: Option<&Build>| worker_options(&settings, build, &activities);
        webhooks::spawn(config.webhooks.clone(), ring.clone(), pool.clone(), Arc::new(source.clone()), stop.clone())?;
        tokio::spawn(renew(personal, pool.clone()));
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
        let stream_lifetime = Duration::from_millis(config.server.stream_deadline_ms);
        let privacy = Privacy { store: store.clone() };
        let feed = Feed::new(Changes { pool: pool.clone(), personal: store.personal.clone() }, stop.clone());
        let figures = Remembered::new(|window: &Window| window.remembered());
        let api = OrderServiceServer::new(Api { store, outbox, hub, feed, figures, stream_lifetime })
            .max_decoding_message_size(MAX_MESSAGE)
            .max_encoding_message_size(MAX_MESSAGE);
        let routes = Routes::new(api)
            .add_service(AuditServiceServer::new(Audit { pool: pool.clone() }))
            .add_service(PrivacyServiceServer::new(privacy))
            .add_service(WebhookServiceServer::new(webhooks::Api::new(&config.webhooks, ring, pool.clone(), &source)));
        let names = [
            "oms.orders.v1.OrderService",
            "oms.orders.v1.AuditService",
            "oms.orders.v1.PrivacyService",
            "oms.orders.v1.WebhookService",
        ];
        let routes = server::with_health_and_reflection(routes, &names).await?;
        tracing::info!(?role, address = ?listener.local_addr().ok(), "orders ready");
        server::serve(&config.server, &config.tls, listener, guards, routes, stop.clone()).await?;
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

/// After a rotation of the ring, while the old key is still there.
async fn renew(personal: Personal, pool: sqlx::PgPool) {
    if let Err(error) = personal.renew(&pool).await {
        tracing::warn!(%error, cause = ?error.source(), "keys of customers not wrapped by the new key; again at the next start");
    }
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
