//! A client of the system, at the gateway or at each service's own port.

use crate::basket::Basket;
use crate::followed::Followed;
use crate::way::Goal;
use anyhow::Context as _;
use contracts::inventory::inventory_service_client::InventoryServiceClient;
use contracts::inventory::{AdjustStockRequest, MovementType};
use contracts::orders::CreateOrderRequest;
use contracts::orders::order_service_client::OrderServiceClient;
use contracts::payments::payment_service_client::PaymentServiceClient;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::time::Instant;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Response, Status};

/// Before a call is repeated, or a watch that ended early resumed.
pub(crate) const PAUSE: Duration = Duration::from_millis(100);
/// As much as the services take.
const MAX_MESSAGE: usize = 16 * 1024 * 1024;
const LOCATION: &str = "MAIN";
/// More than a run can take.
const PIECES: i64 = 1_000_000;

/// Where the three services answer.
#[derive(Clone, Debug)]
pub(crate) struct Endpoints {
    pub(crate) orders: String,
    pub(crate) payments: String,
    pub(crate) inventory: String,
}

impl Endpoints {
    /// All of them at one address.
    pub(crate) fn at(address: &str) -> Self {
        Self { orders: address.to_owned(), payments: address.to_owned(), inventory: address.to_owned() }
    }
}

/// What a client does when there is no answer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Manners {
    /// How long it waits for anything.
    pub(crate) patience: Duration,
    /// Whether it repeats a call that got no answer, as customers do; every call that changes something has a key.
    pub(crate) repeats: bool,
}

impl Default for Manners {
    /// Those of somebody who measures: what gets no answer is a failure.
    fn default() -> Self {
        Self { patience: Duration::from_secs(120), repeats: false }
    }
}

/// A shop.
#[derive(Clone)]
pub(crate) struct Shop {
    pub(crate) orders: OrderServiceClient<Channel>,
    pub(crate) payments: PaymentServiceClient<Channel>,
    pub(crate) inventory: InventoryServiceClient<Channel>,
    pub(crate) manners: Manners,
    repeated: Arc<AtomicU64>,
}

/// Why something did not come to its end.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// Nothing happened any more.
    #[error("{0} did not move for {1:?}")]
    Stuck(String, Duration),
    /// The call was refused, or had no answer.
    #[error(transparent)]
    Call(#[from] Status),
    /// It ended, but not as it should.
    #[error("{0}")]
    Wrong(String),
}

impl Shop {
    /// Connects, each service by a connection of its own.
    pub(crate) async fn connect(endpoints: &Endpoints, manners: Manners) -> anyhow::Result<Self> {
        let connect = async |address: &str| {
            let endpoint = Endpoint::from_shared(address.to_owned())?.tcp_nodelay(true);
            let channel = endpoint.connect().await;
            channel.with_context(|| format!("connecting to {address}"))
        };
        Ok(Self {
            orders: OrderServiceClient::new(connect(&endpoints.orders).await?)
                .max_encoding_message_size(MAX_MESSAGE)
                .max_decoding_message_size(MAX_MESSAGE),
            payments: PaymentServiceClient::new(connect(&endpoints.payments).await?),
            inventory: InventoryServiceClient::new(connect(&endpoints.inventory).await?)
                .max_encoding_message_size(MAX_MESSAGE)
                .max_decoding_message_size(MAX_MESSAGE),
            manners,
            repeated: Arc::default(),
        })
    }

    /// Several, with connections of their own.
    pub(crate) async fn several(endpoints: &Endpoints, manners: Manners, count: usize) -> anyhow::Result<Vec<Self>> {
        futures::future::try_join_all((0..count.max(1)).map(|_| Self::connect(endpoints, manners))).await
    }

    /// Calls, and calls again while there is no answer if that is the shop's way.
    pub(crate) async fn call<T, F>(&self, call: impl Fn() -> F) -> Result<T, Status>
    where
        F: Future<Output = Result<Response<T>, Status>>,
    {
        let over = Instant::now() + self.manners.patience;
        loop {
            match call().await {
                Ok(reply) => return Ok(reply.into_inner()),
                Err(status) if self.repeats(&status) && Instant::now() < over => {
                    self.repeated.fetch_add(1, Ordering::Relaxed);
                    tokio::time::sleep(PAUSE).await;
                }
                Err(status) => return Err(status),
            }
        }
    }

    /// Whether a call with this outcome is made again.
    pub(crate) fn repeats(&self, status: &Status) -> bool {
        // One with a source was made here, by a connection that broke. The first request may still run.
        let silence = std::error::Error::source(status).is_some()
            || matches!(status.code(), Code::Unavailable | Code::Aborted | Code::DeadlineExceeded | Code::Cancelled);
        self.manners.repeats && silence
    }

    /// How many calls were made again so far.
    pub(crate) fn repeated(&self) -> u64 {
        self.repeated.load(Ordering::Relaxed)
    }

    /// Sees to it that nothing of the bench's orders runs out.
    pub(crate) async fn stock_up(&self) -> anyhow::Result<()> {
        for line in Basket::usual().lines {
            let request = AdjustStockRequest {
                product_id: line.product,
                location: LOCATION.to_owned(),
                quantity: PIECES,
                r#type: MovementType::Receipt.into(),
                ..AdjustStockRequest::default()
            };
            self.inventory.clone().adjust_stock(request).await?;
        }
        Ok(())
    }

    /// Creates an order of the bench, which will be valid.
    pub(crate) async fn create(&self, goal: Goal) -> Result<Followed, Failure> {
        self.order(Basket::usual().order("CUST-BENCH", goal), goal).await
    }

    /// Creates an order.
    pub(crate) async fn order(&self, request: CreateOrderRequest, goal: Goal) -> Result<Followed, Failure> {
        let create = || {
            let (mut orders, request) = (self.orders.clone(), request.clone());
            async move { orders.create_order(request).await }
        };
        let order = self.call(create).await?.order.unwrap_or_default();
        Ok(Followed::new(self.clone(), order.order_id, goal, order.sequence))
    }
}
