//! Orders in JSON.

use super::{Bare, amount, currencies, present, rfc3339, words, words_or_null};
use crate::Error;
use crate::json::{Decimal, Word as _};
use contracts::orders as wire;
use contracts::orders::{OrderEventKind, OrderStatus, PaymentMethod};
use serde::Serialize;
use utoipa::ToSchema;

/// An order to be accepted.
#[derive(ToSchema)]
#[schema(example = json!({"customer_id": "CUST123", "items": [{"product_id": "PROD-001", "quantity": 1, "price": 1299.99}], "total_amount": 1299.99}))]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "describes what the handler reads")]
pub(crate) struct CreateOrder {
    /// The shop's id of the customer.
    #[schema(min_length = 1, max_length = 64, pattern = "^[^\\x00-\\x1f\\x7f-\\x9f]+$")]
    customer_id: String,
    /// The lines.
    #[schema(min_items = 1, max_items = 10_000)]
    items: Vec<CreateOrderItem>,
    /// The total as the shop computed it. If it is not the sum over the lines, the order is accepted
    /// and ends in `VALIDATION_FAILED`.
    #[schema(schema_with = amount)]
    total_amount: Decimal,
    /// ISO 4217 code.
    #[schema(schema_with = currencies)]
    currency: Option<String>,
    /// With a method the order is fulfilled automatically after its approval.
    #[schema(schema_with = words_or_null::<PaymentMethod>)]
    payment_method: Option<String>,
    /// The payment provider's token. Needs a payment method.
    #[schema(max_length = 256, pattern = "^[!-~]*$")]
    payment_token: Option<String>,
}

/// A line of an order to be accepted.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "describes what the handler reads")]
pub(crate) struct CreateOrderItem {
    /// The product.
    #[schema(min_length = 1, max_length = 64, pattern = "^[^\\x00-\\x1f\\x7f-\\x9f]+$", example = "PROD-001")]
    product_id: String,
    /// Pieces.
    #[schema(minimum = 1, maximum = 1_000_000, example = 1)]
    quantity: i64,
    /// Price of one piece.
    #[schema(schema_with = amount)]
    price: Decimal,
}

/// A parcel that left.
#[derive(ToSchema)]
#[schema(example = json!({"carrier": "DHL", "tracking_number": "JJD0099999"}))]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "describes what the handler reads")]
pub(crate) struct ShipOrder {
    /// Who carries it.
    #[schema(min_length = 1, max_length = 64, pattern = "^[^\\x00-\\x1f\\x7f-\\x9f]+$")]
    carrier: String,
    /// The carrier's number of it.
    #[schema(min_length = 1, max_length = 64, pattern = "^[^\\x00-\\x1f\\x7f-\\x9f]+$")]
    tracking_number: String,
}

/// What became of a request about an order.
#[derive(Serialize, ToSchema)]
pub(crate) struct OrderAccepted {
    /// The order.
    #[schema(example = "ord_0199a1b2c3d47e5f8a9b0c1d2e3f4a5b")]
    order_id: String,
    /// Its status now.
    #[schema(schema_with = words::<OrderStatus>)]
    status: Bare,
    /// What happens next, for people.
    message: &'static str,
}

impl OrderAccepted {
    pub(crate) fn new(order: Option<wire::Order>, message: &'static str) -> Result<Self, Error> {
        let order = order.ok_or(Error::Reply("no order in the reply"))?;
        Ok(Self { order_id: order.order_id, status: OrderStatus::of(order.status), message })
    }
}

/// An order without its lines and timeline.
#[derive(Serialize, ToSchema)]
pub(crate) struct OrderSummary {
    /// `ord_` and 32 hexadecimal digits.
    #[schema(example = "ord_0199a1b2c3d47e5f8a9b0c1d2e3f4a5b")]
    order_id: String,
    /// The shop's id of the customer; empty once the customer was erased.
    customer_id: String,
    /// Where the order stands.
    #[schema(schema_with = words::<OrderStatus>)]
    status: Bare,
    /// Why it stands there.
    #[schema(required)]
    reason: Option<String>,
    /// True while what was done for a cancelled order is being undone.
    unwinding: bool,
    /// The total as the shop gave it.
    total_amount: Decimal,
    /// ISO 4217 code of all amounts.
    #[schema(example = "USD")]
    currency: &'static str,
    /// How it is paid; null: by hand.
    #[schema(schema_with = words_or_null::<PaymentMethod>, required)]
    payment_method: Bare,
    /// The payment made by the fulfilment.
    #[schema(required)]
    payment_id: Option<String>,
    /// The reservation made by the fulfilment.
    #[schema(required)]
    reservation_id: Option<String>,
    /// Who carries the parcel.
    #[schema(required)]
    carrier: Option<String>,
    /// The carrier's number of the parcel.
    #[schema(required)]
    tracking_number: Option<String>,
    /// When it was accepted.
    #[schema(required, format = DateTime)]
    create_time: Option<String>,
    /// When it last changed.
    #[schema(required, format = DateTime)]
    update_time: Option<String>,
}

/// An order with everything.
#[derive(Serialize, ToSchema)]
pub(crate) struct Order {
    #[serde(flatten)]
    summary: OrderSummary,
    /// The lines.
    items: Vec<OrderItem>,
    /// What happened so far, oldest first.
    timeline: Vec<OrderEvent>,
}

/// A line of an order.
#[derive(Serialize, ToSchema)]
pub(crate) struct OrderItem {
    /// The product.
    product_id: String,
    /// Pieces.
    quantity: i64,
    /// Price of one piece.
    price: Decimal,
}

/// One recorded fact of an order's life.
#[derive(Serialize, ToSchema)]
pub(crate) struct OrderEvent {
    /// Position, from 1, without gaps.
    sequence: i64,
    /// What is recorded.
    #[schema(schema_with = words::<OrderEventKind>)]
    kind: Bare,
    /// The status after it.
    #[schema(schema_with = words::<OrderStatus>)]
    status: Bare,
    /// Why.
    #[schema(required)]
    reason: Option<String>,
    /// Who caused it.
    #[schema(required, example = "system")]
    actor: Option<String>,
    /// When.
    #[schema(required, format = DateTime)]
    time: Option<String>,
}

/// A page of orders.
#[derive(Serialize, ToSchema)]
pub(crate) struct Orders {
    /// Newest first.
    pub(crate) orders: Vec<OrderSummary>,
    /// Where the next page starts; empty on the last one.
    pub(crate) next_page_token: String,
}

impl TryFrom<wire::Order> for OrderSummary {
    type Error = Error;

    fn try_from(order: wire::Order) -> Result<Self, Error> {
        let total_amount = Decimal::try_from(order.total_amount.as_ref())?;
        Ok(Self {
            order_id: order.order_id,
            customer_id: order.customer_id,
            status: OrderStatus::of(order.status),
            reason: present(order.reason),
            unwinding: order.unwinding,
            total_amount,
            currency: total_amount.currency(),
            payment_method: PaymentMethod::of(order.payment_method),
            payment_id: present(order.payment_id),
            reservation_id: present(order.reservation_id),
            carrier: present(order.carrier),
            tracking_number: present(order.tracking_number),
            create_time: rfc3339(order.create_time.as_ref()),
            update_time: rfc3339(order.update_time.as_ref()),
        })
    }
}

impl TryFrom<Option<wire::Order>> for Order {
    type Error = Error;

    fn try_from(order: Option<wire::Order>) -> Result<Self, Error> {
        let mut order = order.ok_or(Error::Reply("no order in the reply"))?;
        let items = std::mem::take(&mut order.items).into_iter().map(TryInto::try_into).collect::<Result<_, _>>()?;
        let timeline = std::mem::take(&mut order.timeline).into_iter().map(Into::into).collect();
        Ok(Self { summary: order.try_into()?, items, timeline })
    }
}

impl TryFrom<wire::OrderItem> for OrderItem {
    type Error = Error;

    fn try_from(item: wire::OrderItem) -> Result<Self, Error> {
        let price = Decimal::try_from(item.price.as_ref())?;
        Ok(Self { product_id: item.product_id, quantity: item.quantity, price })
    }
}

impl From<wire::OrderEvent> for OrderEvent {
    fn from(event: wire::OrderEvent) -> Self {
        Self {
            sequence: event.sequence,
            kind: OrderEventKind::of(event.kind),
            status: OrderStatus::of(event.status),
            reason: present(event.reason),
            actor: present(event.actor),
            time: rfc3339(event.create_time.as_ref()),
        }
    }
}

/// A customer was erased.
#[derive(Serialize, ToSchema)]
pub(crate) struct CustomerErased {
    /// Orders that showed the customer before.
    orders: i64,
    /// When.
    #[schema(required, format = DateTime)]
    erase_time: Option<String>,
}

impl From<wire::EraseCustomerResponse> for CustomerErased {
    fn from(reply: wire::EraseCustomerResponse) -> Self {
        Self { orders: reply.orders, erase_time: rfc3339(reply.erase_time.as_ref()) }
    }
}
