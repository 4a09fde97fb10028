//! A client of the gateway, and the way of one order through the system as its shop sees it.

use anyhow::{Context as _, bail};
use contracts::google_type::Money;
use contracts::orders::order_service_client::OrderServiceClient;
use contracts::orders::{
    ApproveOrderRequest, CreateOrderRequest, OrderEvent, OrderEventKind, OrderItem, OrderStatus, WatchOrderRequest,
    WatchOrderResponse,
};
use std::time::Duration;
use tokio::time::Instant;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Streaming};

/// Nobody waits longer for an order.
const PATIENCE: Duration = Duration::from_secs(120);
/// Before a watch that ended early is resumed.
const PAUSE: Duration = Duration::from_millis(100);

/// A shop.
#[derive(Clone)]
pub(crate) struct Shop {
    client: OrderServiceClient<Channel>,
}

/// An order of a shop, followed by a stream of its events.
pub(crate) struct Followed {
    shop: Shop,
    pub(crate) id: String,
    seen: i64,
    events: Option<Streaming<WatchOrderResponse>>,
}

impl Shop {
    /// Connects to the gateway.
    pub(crate) async fn connect(gateway: &str) -> anyhow::Result<Self> {
        let endpoint = Endpoint::from_shared(gateway.to_owned())?.tcp_nodelay(true);
        let channel = endpoint.connect().await.context("connecting to the gateway")?;
        Ok(Self { client: OrderServiceClient::new(channel) })
    }

    /// Several, each with a connection of its own.
    pub(crate) async fn several(gateway: &str, count: usize) -> anyhow::Result<Vec<Self>> {
        futures::future::try_join_all((0..count.max(1)).map(|_| Self::connect(gateway))).await
    }

    /// Creates an order that will be valid.
    pub(crate) async fn create(&self) -> Result<Followed, tonic::Status> {
        let reply = self.client.clone().create_order(an_order()).await?.into_inner();
        let order = reply.order.unwrap_or_default();
        Ok(Followed { shop: self.clone(), id: order.order_id, seen: order.sequence, events: None })
    }
}

impl Followed {
    /// Waits until the order waits for a decision.
    pub(crate) async fn pending(&mut self) -> anyhow::Result<()> {
        self.until(|event| event.status() == OrderStatus::PendingApproval).await
    }

    /// Decides.
    pub(crate) async fn approve(&self) -> anyhow::Result<()> {
        let request =
            ApproveOrderRequest { order_id: self.id.clone(), reason: String::new(), request_id: String::new() };
        self.shop.client.clone().approve_order(request).await?;
        Ok(())
    }

    /// Waits until the decision was carried out.
    pub(crate) async fn settled(&mut self) -> anyhow::Result<()> {
        self.until(|event| event.kind() == OrderEventKind::Settled).await?;
        Ok(())
    }

    /// Stops following until the next time something is waited for.
    pub(crate) fn look_away(&mut self) {
        self.events = None;
    }

    async fn until(&mut self, wanted: impl Fn(&OrderEvent) -> bool) -> anyhow::Result<()> {
        let waiting = async {
            loop {
                let event = self.next().await?;
                self.seen = event.sequence;
                if wanted(&event) {
                    return Ok(());
                }
                if event.kind() == OrderEventKind::Settled {
                    bail!("{} settled too early, as {:?}: {}", self.id, event.status(), event.reason);
                }
            }
        };
        match tokio::time::timeout(PATIENCE, waiting).await {
            Ok(outcome) => outcome,
            Err(_) => bail!("an order did not move for {} s", PATIENCE.as_secs()),
        }
    }

    /// The next event; a stream that breaks is resumed where it ended.
    async fn next(&mut self) -> anyhow::Result<OrderEvent> {
        loop {
            let message = match &mut self.events {
                Some(events) => events.message().await,
                None => {
                    let request = WatchOrderRequest { order_id: self.id.clone(), after_sequence: self.seen };
                    match self.shop.client.clone().watch_order(request).await {
                        Ok(reply) => {
                            self.events = Some(reply.into_inner());
                            continue;
                        }
                        Err(status) => Err(status),
                    }
                }
            };
            match message {
                Ok(Some(WatchOrderResponse { event: Some(event) })) => return Ok(event),
                Ok(Some(_)) => {}
                Ok(None) => bail!("the watch of {} ended after event {}", self.id, self.seen),
                Err(status) if status.code() == Code::Unavailable => {
                    self.events = None;
                    tokio::time::sleep(PAUSE).await;
                }
                Err(status) => return Err(status.into()),
            }
        }
    }
}

/// How long each part of an order's way took, as its client saw it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Way {
    pub(crate) create: Duration,
    pub(crate) pending: Duration,
    pub(crate) approve: Duration,
    pub(crate) whole: Duration,
}

/// Create, wait, approve, wait: one order, without pauses.
pub(crate) async fn whole_way(shop: &Shop) -> anyhow::Result<(String, Way)> {
    let began = Instant::now();
    let mut order = shop.create().await?;
    let create = began.elapsed();
    order.pending().await?;
    let pending = began.elapsed();
    let decided = Instant::now();
    order.approve().await?;
    let approve = decided.elapsed();
    order.settled().await?;
    Ok((order.id.clone(), Way { create, pending, approve, whole: began.elapsed() }))
}

/// Two lines of products of the opening stock, paid by hand.
fn an_order() -> CreateOrderRequest {
    let money = |units| Some(Money { currency_code: "USD".to_owned(), units, nanos: 990_000_000 });
    let item = |product: &str, quantity, price| OrderItem { product_id: product.to_owned(), quantity, price };
    CreateOrderRequest {
        customer_id: "CUST-BENCH".to_owned(),
        items: vec![
            item("PROD-001", 1, money(1_299)),
            item("PROD-005", 2, Some(Money { currency_code: "USD".to_owned(), units: 49, nanos: 0 })),
        ],
        total_amount: money(1_397),
        ..CreateOrderRequest::default()
    }
}
