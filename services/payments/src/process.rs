//! Puts the parts of the service together, by role.

use crate::activities::PaymentActivities;
use crate::api::{Api, Audit};
use crate::config::{Config, ProviderKind};
use crate::metrics;
use crate::provider::stripe::webhook::Webhook;
use crate::provider::{Provider, Simulator, Stripe};
use crate::store::{MIGRATIONS, Notifications, Store};
use crate::workflow::{PaymentWorkflow, RefundWorkflow};
use contracts::payments::audit_service_server::AuditServiceServer;
use contracts::payments::payment_service_server::PaymentServiceServer;
use contracts::payments::webhook_service_server::WebhookServiceServer;
use service::error::Error;
use service::limits::Guards;
use service::outbox::Outbox;
use service::server::{self, MAX_MESSAGE};
use service::statistics::{Remembered, Window};
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
        let provider: Arc<dyn Provider> = match config.provider.kind {
            ProviderKind::Simulator => Arc::new(Simulator::new(pool.clone(), config.simulator)),
            ProviderKind::Stripe => Arc::new(Stripe::new(&config.stripe).map_err(Error::internal)?),
        };
        let activities = PaymentActivities { pool: pool.clone(), provider, hub: hub.clone() };
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
        let api = Api {
            store,
            outbox,
            hub,
            stream_lifetime: Duration::from_millis(config.server.stream_deadline_ms),
            refund_window: config.refund.window(),
            pseudonyms: privacy::Pseudonyms::new(&config.encryption).map_err(Error::internal)?,
            figures: Remembered::new(|window: &Window| window.remembered()),
            webhook: Webhook::new(&config.stripe),
        };
        let api = PaymentServiceServer::new(api)
            .max_decoding_message_size(MAX_MESSAGE)
            .max_encoding_message_size(MAX_MESSAGE);
        let routes = Routes::new(api)
            .add_service(AuditServiceServer::new(Audit { pool: pool.clone() }))
            .add_service(WebhookServiceServer::new(webhooks::Api::new(&config.webhooks, ring, pool.clone(), &source)));
        let names =
            ["oms.payments.v1.PaymentService", "oms.payments.v1.AuditService", "oms.payments.v1.WebhookService"];
        let routes = server::with_health_and_reflection(routes, &names).await?;
        tracing::info!(?role, address = ?listener.local_addr().ok(), "payments ready");
        server::serve(&config.server, &config.tls, listener, guards, routes, stop.clone()).await?;
    } else {
        tracing::info!(?role, "payments ready");
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
    activities: &PaymentActivities,
) -> Result<WorkerOptions, Error> {
    Ok(temporal::worker_options(config, build)
        .register_activities(activities.clone())
        .register_workflow::<PaymentWorkflow>()
        .map_err(Error::internal)?
        .register_workflow::<RefundWorkflow>()
        .map_err(Error::internal)?
        .build())
}
