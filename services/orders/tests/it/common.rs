//! An orders service in the test's process, with a shelf of products beside it.

use crate::shelf::Shelf;
use contracts::google_type::Money;
use contracts::orders::order_service_client::OrderServiceClient;
use contracts::orders::*;
use orders::config::{Config, DEFAULTS};
use service::Role;
use temporalio_client::{Client as Temporal, ClientOptions, Connection, ConnectionOptions, Url};
use testkit::{PATIENCE, Running, Site};
use tonic::transport::Channel;

pub type Client = OrderServiceClient<Channel>;

/// A running orders service.
pub struct Orders {
    pub site: Site,
    pub shelf: Shelf,
    pub running: Running,
}

/// The configuration of a service at a site.
pub fn config(site: &Site, shelf: &Shelf) -> Config {
    let mut config: Config = service::config::load(DEFAULTS, None).unwrap();
    site.adopt("orders", &mut config.database, &mut config.temporal);
    config.inventory.address = shelf.running.url();
    config
}

pub async fn start(config: Config, role: Role) -> Running {
    Running::start(|listener, stop| orders::run(config, role, Some(listener), stop)).await
}

impl Orders {
    pub async fn new() -> Self {
        Self::with(|_| {}).await
    }

    pub async fn with(change: impl FnOnce(&mut Config)) -> Self {
        let (site, shelf) = (Site::new().await, Shelf::start().await);
        let mut config = config(&site, &shelf);
        change(&mut config);
        let running = start(config, Role::All).await;
        Self { site, shelf, running }
    }

    pub fn client(&self) -> Client {
        client(&self.running)
    }

    /// The Temporal that the service uses.
    pub async fn temporal(&self) -> Temporal {
        temporal(&self.site).await
    }

    /// Every test ends with it.
    pub async fn audit(&self) {
        self.site.audit(audit::Targets { orders: Some(self.running.channel()), ..Default::default() }).await;
    }
}

/// The Temporal of a site.
pub async fn temporal(site: &Site) -> Temporal {
    temporal_at(&site.temporal_address()).await
}

/// The Temporal at this address.
pub async fn temporal_at(address: &str) -> Temporal {
    let url: Url = address.parse().unwrap();
    let connection = Connection::connect(ConnectionOptions::new(url).build()).await.unwrap();
    Temporal::new(connection, ClientOptions::new("default").build()).unwrap()
}

pub fn client(running: &Running) -> Client {
    OrderServiceClient::new(running.channel())
}

pub fn usd(cents: i64) -> Money {
    contracts::Money::new(contracts::Currency::USD, cents).into()
}

/// One line of a known product; valid.
pub fn order() -> CreateOrderRequest {
    order_of(&[("PROD-001", 1, 129_999)], 129_999)
}

pub fn order_of(lines: &[(&str, i64, i64)], total: i64) -> CreateOrderRequest {
    let item = |&(product, quantity, cents): &(&str, i64, i64)| OrderItem {
        product_id: product.to_owned(),
        quantity,
        price: Some(usd(cents)),
    };
    CreateOrderRequest {
        customer_id: "CUST123".into(),
        items: lines.iter().map(item).collect(),
        total_amount: Some(usd(total)),
        ..Default::default()
    }
}

pub async fn create(client: &mut Client, request: CreateOrderRequest) -> String {
    client.create_order(request).await.unwrap().into_inner().order.unwrap().order_id
}

pub async fn approve(client: &mut Client, id: &str) -> Result<Order, tonic::Status> {
    let request = ApproveOrderRequest { order_id: id.to_owned(), ..Default::default() };
    Ok(client.approve_order(request).await?.into_inner().order.unwrap())
}

pub async fn cancel(client: &mut Client, id: &str) -> Result<Order, tonic::Status> {
    let request =
        CancelOrderRequest { order_id: id.to_owned(), reason: "changed my mind".into(), ..Default::default() };
    Ok(client.cancel_order(request).await?.into_inner().order.unwrap())
}

pub async fn get(client: &mut Client, id: &str) -> Order {
    let request = GetOrderRequest { order_id: id.to_owned(), ..Default::default() };
    client.get_order(request).await.unwrap().into_inner().order.unwrap()
}

/// Watches the order until an event is as asked for, and returns all events up to it.
pub async fn until(client: &mut Client, id: &str, reached: impl Fn(&OrderEvent) -> bool) -> Vec<OrderEvent> {
    let watch = async {
        let mut events = Vec::new();
        let mut after = 0;
        loop {
            let request = WatchOrderRequest { order_id: id.to_owned(), after_sequence: after };
            let mut stream = client.watch_order(request).await.unwrap().into_inner();
            // A stream that breaks (the database restarts, say) is resumed.
            while let Ok(Some(message)) = stream.message().await {
                let event = message.event.unwrap();
                after = event.sequence;
                let done = reached(&event);
                events.push(event);
                if done {
                    return events;
                }
            }
        }
    };
    tokio::time::timeout(PATIENCE, watch).await.unwrap_or_else(|_| panic!("{id} did not get there"))
}

pub async fn until_status(client: &mut Client, id: &str, status: OrderStatus) -> Vec<OrderEvent> {
    until(client, id, |event| event.status() == status).await
}

pub async fn until_settled(client: &mut Client, id: &str) -> Vec<OrderEvent> {
    until(client, id, |event| event.kind() == OrderEventKind::Settled).await
}

/// The reason in the `ErrorInfo` of a refusal.
pub fn reason(status: &tonic::Status) -> String {
    use tonic_types::StatusExt as _;
    status.get_error_details().error_info().map(|info| info.reason.clone()).unwrap_or_default()
}
