//! A client of the gateway.

use crate::way::Goal;
use anyhow::{Context as _, bail};
use contracts::google_type::Money;
use contracts::inventory::inventory_service_client::InventoryServiceClient;
use contracts::inventory::{AdjustStockRequest, MovementType};
use contracts::orders::order_service_client::OrderServiceClient;
use contracts::orders::{
    ApproveOrderRequest, CreateOrderRequest, DeliverOrderRequest, Order, OrderEvent, OrderEventKind, OrderItem,
    OrderStatus, PaymentMethod, ShipOrderRequest, WatchOrderRequest, WatchOrderResponse,
};
use std::time::Duration;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Streaming};

/// Nobody waits longer for an order.
const PATIENCE: Duration = Duration::from_secs(120);
/// Before a watch that ended early is resumed.
const PAUSE: Duration = Duration::from_millis(100);
/// What an order has, with the pieces and the price in dollars of each, and where it lies.
const LINES: [(&str, i64, i64); 2] = [("PROD-001", 1, 1_299), ("PROD-005", 2, 49)];
const LOCATION: &str = "MAIN";
/// More than a run can take.
const PIECES: i64 = 1_000_000;

/// A shop.
#[derive(Clone)]
pub(crate) struct Shop {
    channel: Channel,
}

/// An order of a shop, followed by a stream of its events.
pub(crate) struct Followed {
    shop: Shop,
    pub(crate) id: String,
    pub(crate) goal: Goal,
    seen: i64,
    events: Option<Streaming<WatchOrderResponse>>,
}

impl Shop {
    /// Connects to the gateway.
    pub(crate) async fn connect(gateway: &str) -> anyhow::Result<Self> {
        let endpoint = Endpoint::from_shared(gateway.to_owned())?.tcp_nodelay(true);
        Ok(Self { channel: endpoint.connect().await.context("connecting to the gateway")? })
    }

    /// Several, each with a connection of its own.
    pub(crate) async fn several(gateway: &str, count: usize) -> anyhow::Result<Vec<Self>> {
        futures::future::try_join_all((0..count.max(1)).map(|_| Self::connect(gateway))).await
    }

    fn client(&self) -> OrderServiceClient<Channel> {
        OrderServiceClient::new(self.channel.clone())
    }

    /// Sees to it that nothing runs out.
    pub(crate) async fn stock_up(&self) -> anyhow::Result<()> {
        let mut client = InventoryServiceClient::new(self.channel.clone());
        for (product, ..) in LINES {
            let request = AdjustStockRequest {
                product_id: product.to_owned(),
                location: LOCATION.to_owned(),
                quantity: PIECES,
                r#type: MovementType::Receipt.into(),
                ..AdjustStockRequest::default()
            };
            client.adjust_stock(request).await?;
        }
        Ok(())
    }

    /// Creates an order that will be valid.
    pub(crate) async fn create(&self, goal: Goal) -> Result<Followed, tonic::Status> {
        let reply = self.client().create_order(an_order(goal)).await?.into_inner();
        let order = reply.order.unwrap_or_default();
        Ok(Followed { shop: self.clone(), id: order.order_id, goal, seen: order.sequence, events: None })
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
        self.shop.client().approve_order(request).await?;
        Ok(())
    }

    /// Waits until the decision was carried out.
    pub(crate) async fn carried_out(&mut self) -> anyhow::Result<()> {
        let rest = self.goal.rest();
        self.until(|event| event.kind() == OrderEventKind::Settled && event.status() == rest).await
    }

    /// Hands the parcel to a carrier.
    pub(crate) async fn ship(&self) -> anyhow::Result<()> {
        let request = ShipOrderRequest {
            order_id: self.id.clone(),
            carrier: "DHL".to_owned(),
            tracking_number: "JD0001".to_owned(),
            request_id: String::new(),
        };
        self.shop.client().ship_order(request).await?;
        Ok(())
    }

    /// The parcel has arrived. Returns the order.
    pub(crate) async fn deliver(&self) -> anyhow::Result<Order> {
        let request = DeliverOrderRequest { order_id: self.id.clone(), ..DeliverOrderRequest::default() };
        let reply = self.shop.client().deliver_order(request).await?.into_inner();
        let order = reply.order.context("a reply without its order")?;
        if order.status() != OrderStatus::Delivered {
            bail!("{} was delivered and is {:?}", self.id, order.status());
        }
        Ok(order)
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
                    bail!("{} settled, as {:?}: {}", self.id, event.status(), event.reason);
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
                    match self.shop.client().watch_order(request).await {
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

/// A line of each product of [`LINES`].
fn an_order(goal: Goal) -> CreateOrderRequest {
    let money = |units| Some(Money { currency_code: "USD".to_owned(), units, nanos: 0 });
    let (payment_method, payment_token) = match goal {
        Goal::Approved => (PaymentMethod::Unspecified, String::new()),
        Goal::Delivered => (PaymentMethod::CreditCard, "tok_visa".to_owned()),
    };
    CreateOrderRequest {
        customer_id: "CUST-BENCH".to_owned(),
        items: LINES
            .map(|(product, quantity, price)| OrderItem {
                product_id: product.to_owned(),
                quantity,
                price: money(price),
            })
            .into(),
        total_amount: money(LINES.iter().map(|(_, quantity, price)| quantity * price).sum()),
        payment_method: payment_method.into(),
        payment_token,
        ..CreateOrderRequest::default()
    }
}
