//! What the system says of itself at the end, and whether it is at rest.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Context;
use contracts::inventory::inventory_service_client::InventoryServiceClient;
use contracts::inventory::{ListProductsRequest, ListReservationsRequest, Product, Reservation, ReservationStatus};
use contracts::orders::order_service_client::OrderServiceClient;
use contracts::orders::{ListOrdersRequest, Order, OrderStatus, OrderView, PaymentMethod};
use contracts::payments::payment_service_client::PaymentServiceClient;
use contracts::payments::{ListPaymentsRequest, ListRefundsRequest, Payment, PaymentStatus, Refund, RefundStatus};
use stack::Progress;
use tokio::time::Instant;
use tonic::transport::{Channel, Endpoint};

const PAGE: i32 = 1_000;
/// So long after anything came to rest, what has not is a finding.
const STALLED: Duration = Duration::from_secs(150);
const LOOK_EVERY: Duration = Duration::from_secs(4);
const SAY_EVERY: Duration = Duration::from_secs(15);

/// Where the services themselves listen.
#[derive(Clone)]
pub(crate) struct Services {
    pub(crate) orders: Channel,
    pub(crate) payments: Channel,
    pub(crate) inventory: Channel,
}

impl Services {
    pub(crate) fn of(system: &stack::system::System) -> anyhow::Result<Self> {
        let channel = |port: u16| Endpoint::from_shared(format!("http://127.0.0.1:{port}")).map(|e| e.connect_lazy());
        let ports = system.ports;
        Ok(Self {
            orders: channel(ports.orders)?,
            payments: channel(ports.payments)?,
            inventory: channel(ports.inventory)?,
        })
    }
}

/// All entities, by id.
#[derive(Debug, Default)]
pub(crate) struct Books {
    pub(crate) orders: BTreeMap<String, Order>,
    pub(crate) payments: BTreeMap<String, Payment>,
    pub(crate) refunds: BTreeMap<String, Refund>,
    pub(crate) reservations: BTreeMap<String, Reservation>,
    pub(crate) products: BTreeMap<String, Product>,
}

/// Reads every page of a list into a map by id.
macro_rules! pages {
    ($client:ident.$method:ident($request:ident { $($field:ident: $value:expr),* }), $list:ident by $id:ident) => {{
        let (mut found, mut page_token) = (BTreeMap::new(), String::new());
        loop {
            let request = $request { page_size: PAGE, page_token, $($field: $value,)* ..Default::default() };
            let page = $client.$method(request).await.context(stringify!($method))?.into_inner();
            found.extend(page.$list.into_iter().map(|entity| (entity.$id.clone(), entity)));
            page_token = page.next_page_token;
            if page_token.is_empty() {
                break found;
            }
        }
    }};
}

impl Books {
    /// Reads everything.
    pub(crate) async fn read(services: &Services) -> anyhow::Result<Self> {
        let mut orders = OrderServiceClient::new(services.orders.clone());
        let mut payments = PaymentServiceClient::new(services.payments.clone());
        let mut inventory = InventoryServiceClient::new(services.inventory.clone());
        Ok(Self {
            orders: pages!(orders.list_orders(ListOrdersRequest { view: OrderView::Basic.into() }), orders by order_id),
            payments: pages!(payments.list_payments(ListPaymentsRequest {}), payments by payment_id),
            refunds: pages!(payments.list_refunds(ListRefundsRequest {}), refunds by refund_id),
            reservations: pages!(inventory.list_reservations(ListReservationsRequest {}), reservations by reservation_id),
            products: pages!(inventory.list_products(ListProductsRequest {}), products by product_id),
        })
    }

    /// What still moves, or waits for a workflow.
    pub(crate) fn restless(&self) -> Vec<String> {
        let orders = self.orders.values().filter(|order| !order_rests(order));
        let orders =
            orders.map(|o| format!("{} is {}, unwinding {}", o.order_id, o.status().as_str_name(), o.unwinding));
        let payments = self.payments.values().filter(|payment| !payment_rests(payment.status()));
        let payments = payments.map(|p| format!("{} is {}", p.payment_id, p.status().as_str_name()));
        let refunds = self.refunds.values().filter(|refund| !refund_rests(refund.status()));
        let refunds = refunds.map(|r| format!("{} is {}", r.refund_id, r.status().as_str_name()));
        let reservations = self.reservations.values().filter(|reservation| !reservation_rests(reservation));
        let reservations = reservations.map(|r| format!("{} is {}", r.reservation_id, r.status().as_str_name()));
        orders.chain(payments).chain(refunds).chain(reservations).collect()
    }
}

/// Reads the books until everything rests, or nothing has come to rest for long.
pub(crate) async fn at_rest(services: &Services, progress: &Progress) -> anyhow::Result<Books> {
    let (mut fewest, mut since, mut said) = (usize::MAX, Instant::now(), Instant::now() - SAY_EVERY);
    loop {
        let books = Books::read(services).await?;
        let moving = books.restless().len();
        if moving < fewest {
            (fewest, since) = (moving, Instant::now());
        }
        if moving == 0 || since.elapsed() > STALLED {
            return Ok(books);
        }
        if said.elapsed() >= SAY_EVERY {
            said = Instant::now();
            progress.say(format!("waiting for quiet: {moving} entities move"));
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

fn order_rests(order: &Order) -> bool {
    use OrderStatus::{
        Approved, AutoRejected, Cancelled, Delivered, PendingApproval, Processing, Rejected, Shipped, ValidationFailed,
    };
    let resting = match order.status() {
        PendingApproval | Processing | Shipped | Delivered | ValidationFailed | AutoRejected | Rejected | Cancelled => {
            true
        }
        Approved => order.payment_method() == PaymentMethod::Unspecified,
        _ => false,
    };
    resting && !order.unwinding
}

fn payment_rests(status: PaymentStatus) -> bool {
    !matches!(status, PaymentStatus::Unspecified | PaymentStatus::Pending | PaymentStatus::Processing)
}

fn refund_rests(status: RefundStatus) -> bool {
    matches!(status, RefundStatus::Completed | RefundStatus::Failed)
}

/// Stock that is held rests only once its time is over.
fn reservation_rests(reservation: &Reservation) -> bool {
    use ReservationStatus::{Cancelled, Committed, Expired, Rejected};
    matches!(reservation.status(), Cancelled | Committed | Expired | Rejected) && !reservation.unwinding
}
