//! `/orders`.

use super::doors::Doors;
use super::input::Input;
use super::model::orders::{CreateOrder, Order, OrderAccepted, Orders, ShipOrder};
use super::model::{Nothing, Reason, StatusOnly};
use super::{App, Result, State};
use crate::Error;
use crate::json::Word as _;
use axum::Router;
use contracts::Method as M;
use contracts::ids::{CustomerId, OrderId, ProductId};
use contracts::orders as wire;
use contracts::orders::{OrderStatus, OrderView, PaymentMethod};
use contracts::values::{MAX_LINES, Note};
use http::StatusCode;
use std::sync::Arc;
use utoipa::OpenApi;

const SERVICE: &str = "orders";
/// What a path id is called when it is unknown.
const ORDER: &str = "order";

/// The part of the document about orders.
#[derive(OpenApi)]
#[openapi(paths(create, list, fetch, status, approve, reject, cancel, ship, deliver))]
pub(crate) struct OrdersApi;

pub(super) fn routes(doors: &Doors<'_>) -> Router<Arc<App>> {
    Router::new()
        .route("/orders", doors.post(M::OrdersCreateOrder, create).merge(doors.get(M::OrdersListOrders, list)))
        .route("/orders/{order_id}", doors.get(M::OrdersGetOrder, fetch))
        .route("/orders/{order_id}/status", doors.get(M::OrdersGetOrder, status))
        .route("/orders/{order_id}/approve", doors.post(M::OrdersApproveOrder, approve))
        .route("/orders/{order_id}/reject", doors.post(M::OrdersRejectOrder, reject))
        .route("/orders/{order_id}/cancel", doors.post(M::OrdersCancelOrder, cancel))
        .route("/orders/{order_id}/ship", doors.post(M::OrdersShipOrder, ship))
        .route("/orders/{order_id}/deliver", doors.post(M::OrdersDeliverOrder, deliver))
}

/// Accept an order
///
/// It is stored when the reply comes and validated afterwards.
#[utoipa::path(post, path = "/orders", tag = "orders", operation_id = "create_order", request_body = CreateOrder,
    responses((status = 202, description = "Accepted", body = OrderAccepted)))]
async fn create(axum::extract::State(app): State, input: Input) -> Result<OrderAccepted> {
    let (message, sender) = input.read(SERVICE, |_, body, input| {
        let request_id = input.key();
        let faults = &mut input.faults;
        let currency = body.field("currency", faults).currency();
        wire::CreateOrderRequest {
            request_id,
            customer_id: body.field("customer_id", faults).required().valid::<CustomerId>().unwrap_or_default(),
            items: body.field("items", faults).required().objects(MAX_LINES, |item, faults| wire::OrderItem {
                product_id: item.field("product_id", faults).required().valid::<ProductId>().unwrap_or_default(),
                quantity: item.field("quantity", faults).required().quantity().unwrap_or_default(),
                price: item.field("price", faults).required().money(currency),
            }),
            total_amount: body.field("total_amount", faults).required().money(currency),
            payment_method: body.field("payment_method", faults).word::<PaymentMethod>().unwrap_or_default(),
            payment_token: body.field("payment_token", faults).text().unwrap_or_default(),
        }
    })?;
    let mut client = app.upstreams.order_client();
    let answer = sender.send(app.deadline, message, |m| client.create_order(m)).await?;
    answer.reply(StatusCode::ACCEPTED, |r| OrderAccepted::new(r.order, "The order is accepted and will be validated."))
}

/// List orders, newest first
#[utoipa::path(get, path = "/orders", tag = "orders", operation_id = "list_orders",
    params(
        ("status" = Option<String>, Query, description = "Only orders in this status"),
        ("statuses" = Option<Vec<String>>, Query, description = "Only orders in one of these statuses, `status` included"),
        ("customer_id" = Option<String>, Query, max_length = 64, pattern = "^[^\\x00-\\x1f\\x7f-\\x9f]*$", description = "Only orders of this customer"),
        ("created_from" = Option<String>, Query, format = DateTime, description = "Only orders that were made at this time or later"),
        ("created_until" = Option<String>, Query, format = DateTime, description = "Only orders that were made before this time"),
        ("search" = Option<String>, Query, max_length = 128, pattern = "^[^\\x00-\\x1f\\x7f-\\x9f]*$",
            description = "Only orders whose id begins with this (4 digits at least), or whose customer or tracking number it is"),
        ("page_size" = Option<i32>, Query, minimum = 1, maximum = 1000, description = "At most so many; 50 by default"),
        ("page_token" = Option<String>, Query, description = "`next_page_token` of the page before, with the same filters"),
    ),
    responses((status = 200, description = "One page", body = Orders)))]
async fn list(axum::extract::State(app): State, input: Input) -> Result<Orders> {
    let (message, sender) = input.read(SERVICE, |query, _, input| {
        input.rename("create_time_from", "created_from");
        input.rename("create_time_until", "created_until");
        let faults = &mut input.faults;
        wire::ListOrdersRequest {
            status: query.word::<OrderStatus>("status", faults),
            statuses: query.words::<OrderStatus>("statuses", faults),
            customer_id: query.valid::<CustomerId>("customer_id", faults),
            create_time_from: query.time("created_from", faults),
            create_time_until: query.time("created_until", faults),
            search: query.text("search"),
            page_size: query.page_size(faults),
            page_token: query.text("page_token"),
            view: OrderView::Basic.into(),
            order_by: String::new(),
        }
    })?;
    let mut client = app.upstreams.order_client();
    let answer = sender.send(app.deadline, message, |m| client.list_orders(m)).await?;
    answer.reply(StatusCode::OK, |r| {
        let orders = r.orders.into_iter().map(TryInto::try_into).collect::<std::result::Result<_, Error>>()?;
        Ok(Orders { orders, next_page_token: r.next_page_token })
    })
}

/// Get an order with its lines and timeline
#[utoipa::path(get, path = "/orders/{order_id}", tag = "orders", operation_id = "get_order",
    params(("order_id" = String, Path, description = "The order")),
    responses((status = 200, description = "The order", body = Order)))]
async fn fetch(axum::extract::State(app): State, input: Input) -> Result<Order> {
    let order_id = input.id::<OrderId>(ORDER)?;
    let (message, sender) =
        input.read(SERVICE, |_, _, _| wire::GetOrderRequest { order_id, view: OrderView::Full.into() })?;
    let mut client = app.upstreams.order_client();
    let answer = sender.send(app.deadline, message, |m| client.get_order(m)).await?;
    answer.reply(StatusCode::OK, |r| r.order.try_into())
}

/// Get only the status of an order
#[utoipa::path(get, path = "/orders/{order_id}/status", tag = "orders", operation_id = "get_order_status",
    params(("order_id" = String, Path, description = "The order")),
    responses((status = 200, description = "The status", body = StatusOnly)))]
async fn status(axum::extract::State(app): State, input: Input) -> Result<StatusOnly> {
    let order_id = input.id::<OrderId>(ORDER)?;
    let (message, sender) =
        input.read(SERVICE, |_, _, _| wire::GetOrderRequest { order_id, view: OrderView::Basic.into() })?;
    let mut client = app.upstreams.order_client();
    let answer = sender.send(app.deadline, message, |m| client.get_order(m)).await?;
    answer.reply(StatusCode::OK, |r| {
        let order = r.order.ok_or(Error::Reply("no order in the reply"))?;
        Ok(StatusOnly { status: OrderStatus::of(order.status) })
    })
}

/// Approve an order that waits for the decision
#[utoipa::path(post, path = "/orders/{order_id}/approve", tag = "orders", operation_id = "approve_order",
    params(("order_id" = String, Path, description = "The order")), request_body = Option<Reason>,
    responses((status = 202, description = "Approved", body = OrderAccepted)))]
async fn approve(axum::extract::State(app): State, input: Input) -> Result<OrderAccepted> {
    let order_id = input.id::<OrderId>(ORDER)?;
    let (message, sender) = input.read(SERVICE, |_, body, input| wire::ApproveOrderRequest {
        order_id,
        request_id: input.key(),
        reason: body.field("reason", &mut input.faults).valid::<Note>().unwrap_or_default(),
    })?;
    let mut client = app.upstreams.order_client();
    let answer = sender.send(app.deadline, message, |m| client.approve_order(m)).await?;
    answer.reply(StatusCode::ACCEPTED, |r| OrderAccepted::new(r.order, "The order is approved."))
}

/// Reject an order that waits for the decision
#[utoipa::path(post, path = "/orders/{order_id}/reject", tag = "orders", operation_id = "reject_order",
    params(("order_id" = String, Path, description = "The order")), request_body = Option<Reason>,
    responses((status = 202, description = "Rejected", body = OrderAccepted)))]
async fn reject(axum::extract::State(app): State, input: Input) -> Result<OrderAccepted> {
    let order_id = input.id::<OrderId>(ORDER)?;
    let (message, sender) = input.read(SERVICE, |_, body, input| wire::RejectOrderRequest {
        order_id,
        request_id: input.key(),
        reason: body.field("reason", &mut input.faults).valid::<Note>().unwrap_or_default(),
    })?;
    let mut client = app.upstreams.order_client();
    let answer = sender.send(app.deadline, message, |m| client.reject_order(m)).await?;
    answer.reply(StatusCode::ACCEPTED, |r| OrderAccepted::new(r.order, "The order is rejected."))
}

/// Cancel an order that has not been shipped
///
/// What was already done for it is undone afterwards; `unwinding` is true meanwhile.
#[utoipa::path(post, path = "/orders/{order_id}/cancel", tag = "orders", operation_id = "cancel_order",
    params(("order_id" = String, Path, description = "The order")), request_body = Option<Reason>,
    responses((status = 202, description = "Cancelled", body = OrderAccepted)))]
async fn cancel(axum::extract::State(app): State, input: Input) -> Result<OrderAccepted> {
    let order_id = input.id::<OrderId>(ORDER)?;
    let (message, sender) = input.read(SERVICE, |_, body, input| wire::CancelOrderRequest {
        order_id,
        request_id: input.key(),
        reason: body.field("reason", &mut input.faults).valid::<Note>().unwrap_or_default(),
    })?;
    let mut client = app.upstreams.order_client();
    let answer = sender.send(app.deadline, message, |m| client.cancel_order(m)).await?;
    answer.reply(StatusCode::ACCEPTED, |r| {
        OrderAccepted::new(r.order, "The order is cancelled; what was done for it is undone.")
    })
}

/// Record that the parcel left
#[utoipa::path(post, path = "/orders/{order_id}/ship", tag = "orders", operation_id = "ship_order",
    params(("order_id" = String, Path, description = "The order")), request_body = ShipOrder,
    responses((status = 202, description = "Shipped", body = OrderAccepted)))]
async fn ship(axum::extract::State(app): State, input: Input) -> Result<OrderAccepted> {
    let order_id = input.id::<OrderId>(ORDER)?;
    let (message, sender) = input.read(SERVICE, |_, body, input| {
        let request_id = input.key();
        let faults = &mut input.faults;
        wire::ShipOrderRequest {
            order_id,
            carrier: body.field("carrier", faults).required().text_up_to(64).unwrap_or_default(),
            tracking_number: body.field("tracking_number", faults).required().text_up_to(64).unwrap_or_default(),
            request_id,
        }
    })?;
    let mut client = app.upstreams.order_client();
    let answer = sender.send(app.deadline, message, |m| client.ship_order(m)).await?;
    answer.reply(StatusCode::ACCEPTED, |r| OrderAccepted::new(r.order, "The order is shipped."))
}

/// Record that the parcel arrived
#[utoipa::path(post, path = "/orders/{order_id}/deliver", tag = "orders", operation_id = "deliver_order",
    params(("order_id" = String, Path, description = "The order")), request_body = Option<Nothing>,
    responses((status = 202, description = "Delivered", body = OrderAccepted)))]
async fn deliver(axum::extract::State(app): State, input: Input) -> Result<OrderAccepted> {
    let order_id = input.id::<OrderId>(ORDER)?;
    let (message, sender) =
        input.read(SERVICE, |_, _, input| wire::DeliverOrderRequest { order_id, request_id: input.key() })?;
    let mut client = app.upstreams.order_client();
    let answer = sender.send(app.deadline, message, |m| client.deliver_order(m)).await?;
    answer.reply(StatusCode::ACCEPTED, |r| OrderAccepted::new(r.order, "The order is delivered."))
}
