//! What durable orchestration is compared with: the three services' own interfaces, transactions, steps and provider, in
//! one process, without Temporal, dispatcher, relay and reconciler. Whatever is to be driven is driven by a task of this
//! process, which ends with it. Nothing takes up what a killed process left behind.

use access::outbound::OwnToken;
use anyhow::Context as _;
use clap::Parser;
use contracts::ids::RefundId;
use contracts::{inventory as inventory_proto, orders as orders_proto, payments as payments_proto};
use inventory::activities::ReservationActivities;
use inventory_proto::audit_service_server::AuditServiceServer as InventoryAudit;
use inventory_proto::inventory_service_server::InventoryServiceServer;
use orders::activities::OrderActivities;
use orders::catalogue::Catalogue;
use orders::saga::Saga;
use orders::saga::partners::Partners;
use orders_proto::audit_service_server::AuditServiceServer as OrdersAudit;
use orders_proto::order_service_server::OrderServiceServer;
use payments::activities::PaymentActivities;
use payments::provider::Simulator;
use payments::provider::stripe::webhook::Webhook;
use payments_proto::audit_service_server::AuditServiceServer as PaymentsAudit;
use payments_proto::payment_service_server::PaymentServiceServer;
use service::drive::Next;
use service::feed::Feed;
use service::limits::Guards;
use service::outbox::{Hint, Outbox, Pressure};
use service::server::{self, MAX_MESSAGE};
use service::statistics::{Remembered, Window};
use service::watch::Hub;
use service::{config, db, migrations, shutdown, tls};
use std::future::Future;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::mpsc::Receiver;
use tokio_util::sync::CancellationToken;
use tonic::service::Routes;

/// After a step that failed, as when the database blinks.
const AFTER_FAILURE: Duration = Duration::from_millis(200);

/// The command line of the process.
#[derive(Clone, Debug, Parser)]
pub(crate) struct Settings {
    /// Where it answers for all three services
    #[arg(long)]
    listen: SocketAddr,
    #[command(flatten)]
    databases: Databases,
}

/// The database, as each of the services reaches it.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Databases {
    #[arg(long = "orders-database", env = "DIRECT_ORDERS_DATABASE", hide_env_values = true)]
    pub(crate) orders: String,
    #[arg(long = "payments-database", env = "DIRECT_PAYMENTS_DATABASE", hide_env_values = true)]
    pub(crate) payments: String,
    #[arg(long = "inventory-database", env = "DIRECT_INVENTORY_DATABASE", hide_env_values = true)]
    pub(crate) inventory: String,
}

/// Runs until it is told to stop.
pub(crate) async fn main(settings: Settings) -> anyhow::Result<ExitCode> {
    let listener =
        TcpListener::bind(settings.listen).await.with_context(|| format!("listening on {}", settings.listen))?;
    run(&settings.databases, listener, shutdown::on_signal()?).await?;
    Ok(ExitCode::SUCCESS)
}

/// Answers for all three services, and drives what they accept.
pub(crate) async fn run(databases: &Databases, listener: TcpListener, stop: CancellationToken) -> anyhow::Result<()> {
    let address = format!("http://{}", listener.local_addr()?);
    let routes = inventory_part(databases, Routes::default(), &stop).await?;
    let routes = payments_part(databases, routes, &stop).await?;
    let (routes, config) = orders_part(databases, routes, &address, &stop).await?;
    let routes = server::with_health_and_reflection(routes, &[]).await?;
    let guards = Guards { access: access::Guard::Local, limits: config.limits, pressure: Pressure::none() };
    Ok(server::serve(&config.server, &tls::Config::default(), listener, guards, routes, stop).await?)
}

async fn inventory_part(databases: &Databases, routes: Routes, stop: &CancellationToken) -> anyhow::Result<Routes> {
    let mut config: inventory::config::Config = config::load(inventory::config::DEFAULTS, None)?;
    config.database.url = databases.inventory.clone().into();
    let (pool, hub) = (db::pool(&config.database)?, Hub::new(stop.clone()));
    migrations::run(&config.database, &pool, &inventory::store::MIGRATIONS, stop).await?;
    let hold = Duration::from_secs(config.reservation.hold_s.into());
    let (outbox, hints) = Outbox::detached(&config.outbox);
    let steps = Arc::new(ReservationActivities { pool: pool.clone(), hub: hub.clone(), hold });
    spawn(hints, move |entity, _| {
        let steps = Arc::clone(&steps);
        async move { Ok(steps.advance(entity.parse()?).await?) }
    });
    let store = inventory::store::Store { pool: pool.clone() };
    let stream_lifetime = Duration::from_millis(config.server.stream_deadline_ms);
    let figures = Remembered::new(|()| inventory::store::Figures::REMEMBERED);
    let api = inventory::api::Api { store, outbox, hub, figures, hold, stream_lifetime };
    let api =
        InventoryServiceServer::new(api).max_decoding_message_size(MAX_MESSAGE).max_encoding_message_size(MAX_MESSAGE);
    Ok(routes.add_service(api).add_service(InventoryAudit::new(inventory::api::Audit { pool })))
}

async fn payments_part(databases: &Databases, routes: Routes, stop: &CancellationToken) -> anyhow::Result<Routes> {
    let mut config: payments::config::Config = config::load(payments::config::DEFAULTS, None)?;
    config.database.url = databases.payments.clone().into();
    let (pool, hub) = (db::pool(&config.database)?, Hub::new(stop.clone()));
    migrations::run(&config.database, &pool, &payments::store::MIGRATIONS, stop).await?;
    let (outbox, hints) = Outbox::detached(&config.outbox);
    let provider = Arc::new(Simulator::new(pool.clone(), config.simulator));
    let steps = Arc::new(PaymentActivities { pool: pool.clone(), provider, hub: hub.clone() });
    spawn(hints, move |entity, _| {
        let steps = Arc::clone(&steps);
        async move {
            Ok(if entity.starts_with(RefundId::PREFIX) {
                steps.advance_refund(entity.parse()?).await?
            } else {
                steps.advance_payment(entity.parse()?).await?
            })
        }
    });
    let api = payments::api::Api {
        store: payments::store::Store { pool: pool.clone() },
        outbox,
        hub,
        stream_lifetime: Duration::from_millis(config.server.stream_deadline_ms),
        refund_window: config.refund.window(),
        pseudonyms: privacy::Pseudonyms::new(&config.encryption)?,
        figures: Remembered::new(|window: &Window| window.remembered()),
        webhook: Webhook::new(&config.stripe),
    };
    let api = PaymentServiceServer::new(api);
    Ok(routes.add_service(api).add_service(PaymentsAudit::new(payments::api::Audit { pool })))
}

/// The orders call the other two as they always do: here, at this process's own address.
async fn orders_part(
    databases: &Databases,
    routes: Routes,
    address: &str,
    stop: &CancellationToken,
) -> anyhow::Result<(Routes, orders::config::Config)> {
    let mut config: orders::config::Config = config::load(orders::config::DEFAULTS, None)?;
    config.database.url = databases.orders.clone().into();
    address.clone_into(&mut config.inventory.address);
    address.clone_into(&mut config.payments.address);
    let (pool, hub) = (db::pool(&config.database)?, Hub::new(stop.clone()));
    migrations::run(&config.database, &pool, &orders::store::MIGRATIONS, stop).await?;
    let (outbox, hints) = Outbox::detached(&config.outbox);
    let steps = Arc::new(OrderActivities {
        pool: pool.clone(),
        catalogue: Catalogue::new(&config, &OwnToken::none())?,
        hub: hub.clone(),
        validation: config.validation,
        approval: config.approval.policy()?,
        saga: Saga { pool: pool.clone(), partners: Partners::new(&config, &OwnToken::none())?, hub: hub.clone() },
    });
    spawn(hints, move |entity, long| {
        let steps = Arc::clone(&steps);
        async move { Ok(steps.advance(entity.parse()?, long).await?) }
    });
    let personal = orders::Personal::new(&config.encryption)?;
    let feed = Feed::new(orders::store::Changes { pool: pool.clone(), personal: personal.clone() }, stop.clone());
    let figures = Remembered::new(|window: &Window| window.remembered());
    let store = orders::store::Store { pool: pool.clone(), personal };
    let stream_lifetime = Duration::from_millis(config.server.stream_deadline_ms);
    let api = OrderServiceServer::new(orders::api::Api { store, outbox, hub, feed, figures, stream_lifetime })
        .max_decoding_message_size(MAX_MESSAGE)
        .max_encoding_message_size(MAX_MESSAGE);
    let routes = routes.add_service(api).add_service(OrdersAudit::new(orders::api::Audit { pool }));
    Ok((routes, config))
}

/// Drives each entity that is to be woken by a task of its own, until there is nothing left to do or somebody else has
/// to act, whose change will wake it again.
fn spawn<S, F>(mut hints: Receiver<Hint>, step: S)
where
    S: Fn(String, bool) -> F + Clone + Send + 'static,
    F: Future<Output = anyhow::Result<Next>> + Send,
{
    tokio::spawn(async move {
        while let Some(hint) = hints.recv().await {
            let (step, entity) = (step.clone(), hint.entity().to_owned());
            tokio::spawn(async move {
                let mut long = false;
                loop {
                    let next = step(entity.clone(), long).await;
                    long = matches!(next, Ok(Next::Long));
                    match next {
                        Ok(Next::Done | Next::Wait) => return,
                        Ok(Next::Long) => {}
                        Ok(Next::After(pause)) => tokio::time::sleep(Duration::from_millis(pause)).await,
                        Err(error) => {
                            eprintln!("{entity}: {error:#}");
                            tokio::time::sleep(AFTER_FAILURE).await;
                        }
                    }
                }
            });
        }
    });
}
