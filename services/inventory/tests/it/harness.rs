//! An inventory service in the test's process.

use contracts::inventory::inventory_service_client::InventoryServiceClient;
use contracts::inventory::*;
use inventory::config::{Config, DEFAULTS};
use service::Role;
use sqlx::PgPool;
use std::str::FromStr as _;
use temporalio_client::{
    Client as Temporal, ClientOptions, Connection, ConnectionOptions, UntypedWorkflow, Url, WorkflowHistory,
};
use testkit::{PATIENCE, Running, Site};
use tonic::transport::Channel;
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

pub(crate) type Client = InventoryServiceClient<Channel>;

/// A running inventory service.
pub(crate) struct Inventory {
    pub(crate) site: Site,
    pub(crate) config: Config,
    pub(crate) running: Running,
}

impl Inventory {
    pub(crate) async fn new() -> Self {
        Self::with(Role::All, |_| {}).await
    }

    pub(crate) async fn with(role: Role, change: impl FnOnce(&mut Config)) -> Self {
        let site = Site::new().await;
        let mut config: Config = service::config::load(DEFAULTS, None).unwrap();
        site.adopt("inventory", &mut config.database, &mut config.temporal);
        change(&mut config);
        let running = start(config.clone(), role).await;
        Self { site, config, running }
    }

    pub(crate) fn client(&self) -> Client {
        Client::new(self.running.channel())
    }

    /// The service's own view of its database, once there are tables.
    pub(crate) async fn pool(&self) -> PgPool {
        stock(&mut self.client(), "PROD-001", "MAIN").await;
        PgPool::connect(&self.site.database_url("inventory")).await.unwrap()
    }

    /// For a crowd: the service's connections are open, which in a debug build takes a
    /// good part of the time that a request waits for one.
    pub(crate) async fn warm(&self) {
        let looks = (0..self.config.database.max_connections).map(|_| {
            let mut client = self.client();
            tokio::spawn(async move {
                let request = GetProductRequest { product_id: "PROD-001".into() };
                while client.get_product(request.clone()).await.is_err() {}
            })
        });
        for look in looks.collect::<Vec<_>>() {
            look.await.unwrap();
        }
    }

    pub(crate) async fn temporal(&self) -> Temporal {
        let url = Url::from_str(&self.site.temporal_address()).unwrap();
        let connection = Connection::connect(ConnectionOptions::new(url).build()).await.unwrap();
        Temporal::new(connection, ClientOptions::new("default").build()).unwrap()
    }

    /// What Temporal recorded of a reservation whose workflow has ended or is about to.
    pub(crate) async fn history(&self, id: &str) -> WorkflowHistory {
        let temporal = self.temporal().await;
        let workflow = temporal.get_workflow_handle::<UntypedWorkflow>(id);
        let _ended = workflow.get_result(Default::default()).await;
        workflow.fetch_history(Default::default())
    }

    /// Every test ends with it.
    pub(crate) async fn audit(&self) {
        self.site.audit(audit::Targets { inventory: Some(self.running.channel()), ..Default::default() }).await;
    }
}

pub(crate) async fn start(config: Config, role: Role) -> Running {
    Running::start(|listener, stop| inventory::run(config, role, Some(listener), stop)).await
}

/// A request for lines of product, pieces and location (may be empty).
pub(crate) fn lines(lines: &[(&str, i64, &str)]) -> ReserveStockRequest {
    let item = |&(product, quantity, location): &(&str, i64, &str)| ReservationItem {
        product_id: product.to_owned(),
        quantity,
        location: location.to_owned(),
    };
    ReserveStockRequest { order_id: "ORDER123".into(), items: lines.iter().map(item).collect(), ..Default::default() }
}

pub(crate) async fn reserve(client: &mut Client, wanted: &[(&str, i64, &str)]) -> Result<Reservation, Status> {
    Ok(client.reserve_stock(lines(wanted)).await?.into_inner().reservation.unwrap())
}

pub(crate) async fn commit(client: &mut Client, id: &str) -> Result<Reservation, Status> {
    let request = CommitReservationRequest { reservation_id: id.to_owned(), ..Default::default() };
    Ok(client.commit_reservation(request).await?.into_inner().reservation.unwrap())
}

pub(crate) async fn cancel(client: &mut Client, id: &str) -> Result<Reservation, Status> {
    let request = CancelReservationRequest { reservation_id: id.to_owned(), ..Default::default() };
    Ok(client.cancel_reservation(request).await?.into_inner().reservation.unwrap())
}

pub(crate) async fn get(client: &mut Client, id: &str) -> Reservation {
    let request = GetReservationRequest { reservation_id: id.to_owned() };
    client.get_reservation(request).await.unwrap().into_inner().reservation.unwrap()
}

pub(crate) fn adjustment(product: &str, location: &str, quantity: i64, kind: MovementType) -> AdjustStockRequest {
    AdjustStockRequest {
        product_id: product.into(),
        location: location.into(),
        quantity,
        r#type: kind.into(),
        ..Default::default()
    }
}

pub(crate) async fn receive(client: &mut Client, product: &str, location: &str, quantity: i64) {
    client.adjust_stock(adjustment(product, location, quantity, MovementType::Receipt)).await.unwrap();
}

/// On hand, held back, reserved.
pub(crate) async fn stock(client: &mut Client, product: &str, location: &str) -> (i64, i64, i64) {
    let request = GetProductRequest { product_id: product.to_owned() };
    let product = client.get_product(request).await.unwrap().into_inner().product.unwrap();
    let level = product.stock.into_iter().find(|level| level.location == location).unwrap();
    assert_eq!(level.available, level.on_hand - level.held_back - level.reserved);
    (level.on_hand, level.held_back, level.reserved)
}

/// Watches from after a sequence number to the end of the stream.
pub(crate) async fn watch(client: &mut Client, id: &str, after: i64) -> Vec<ReservationEvent> {
    let request = WatchReservationRequest { reservation_id: id.to_owned(), after_sequence: after };
    let whole = async {
        let mut stream = client.watch_reservation(request).await.unwrap().into_inner();
        let mut events = Vec::new();
        while let Some(message) = stream.message().await.unwrap() {
            events.push(message.event.unwrap());
        }
        events
    };
    tokio::time::timeout(PATIENCE, whole).await.unwrap_or_else(|_| panic!("the watch of {id} did not end"))
}

/// Kinds, statuses and locations of events, in short.
pub(crate) fn story(events: &[ReservationEvent]) -> Vec<String> {
    let word = |event: &ReservationEvent| match event.kind() {
        ReservationEventKind::StatusChanged => event.status().as_str_name().replace("RESERVATION_STATUS_", ""),
        kind => kind.as_str_name().replace("RESERVATION_EVENT_KIND_", ""),
    };
    events.iter().map(|e| format!("{} {}", word(e), e.location).trim().to_owned()).collect()
}

/// The reason and a fact in the `ErrorInfo` of a refusal.
pub(crate) fn reason(status: &Status) -> String {
    status.get_error_details().error_info().map(|info| info.reason.clone()).unwrap_or_default()
}

pub(crate) fn fact(status: &Status, name: &str) -> String {
    status.get_error_details().error_info().and_then(|info| info.metadata.get(name).cloned()).unwrap_or_default()
}

pub(crate) fn assert_short(status: &Status) {
    assert_eq!((status.code(), reason(status).as_str()), (Code::FailedPrecondition, "INSUFFICIENT_STOCK"), "{status}");
}
