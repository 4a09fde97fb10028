//! What one service says about another's entities.

use crate::{Error, Look, Targets};
use access::outbound::Bearing;
use contracts::inventory::inventory_service_client::InventoryServiceClient;
use contracts::inventory::{ListReservationsRequest, Reservation, ReservationStatus};
use contracts::orders::order_service_client::OrderServiceClient;
use contracts::orders::{ListOrdersRequest, Order, OrderStatus, OrderView};
use contracts::payments::payment_service_client::PaymentServiceClient;
use contracts::payments::{ListPaymentsRequest, Payment, PaymentStatus};
use std::collections::HashMap;
use tonic::Status;
use tonic::transport::Channel;

const PAYMENT: &str = "across ORDER_PAYMENT_EXISTS";
const RESERVATION: &str = "across ORDER_RESERVATION_EXISTS";
const FULFILLED: &str = "across ORDER_FULFILLED";
const UNDONE: &str = "across ORDER_UNDONE";
const CHARGED_ONCE: &str = "across ORDER_CHARGED_ONCE";
const SAGA_PAYMENT: &str = "across SAGA_PAYMENT_HAS_ORDER";
const SAGA_HOLD: &str = "across SAGA_HOLD_HAS_ORDER";
const PAGE: i32 = 1_000;

fn fault(service: &'static str) -> impl Fn(Status) -> Error {
    move |status| Error::Service { service, status: Box::new(status) }
}

/// Compares the books of the three services.
pub(crate) async fn look(targets: &Targets, look: &mut Look) -> Result<(), Error> {
    let (Some(orders), Some(payments), Some(inventory)) = (&targets.orders, &targets.payments, &targets.inventory)
    else {
        return Ok(());
    };
    let rules = [PAYMENT, RESERVATION, FULFILLED, UNDONE, CHARGED_ONCE, SAGA_PAYMENT, SAGA_HOLD];
    look.rules.extend(rules.map(str::to_owned));
    // The orders last: whatever a saga made before belongs to one of them.
    let payments = all_payments(targets.with_token(payments)).await?;
    let reservations = all_reservations(targets.with_token(inventory)).await?;
    let orders = all_orders(targets.with_token(orders)).await?;
    for order in orders.values() {
        payment(order, payments.get(&order.payment_id), look);
        reservation(order, reservations.get(&order.reservation_id), look);
    }
    let mut charged: HashMap<&str, usize> = HashMap::new();
    for payment in payments.values().filter(|p| !p.saga_key.is_empty() && took_money(p)) {
        *charged.entry(payment.order_id.as_str()).or_default() += 1;
        let order = orders.get(&payment.order_id).filter(|order| is_quiet(order));
        if order.is_some_and(|order| order.payment_id != payment.payment_id) || !orders.contains_key(&payment.order_id)
        {
            look.add(
                SAGA_PAYMENT,
                &payment.payment_id,
                format!("charged for {}, which has no such step", payment.order_id),
            );
        }
    }
    for (order, times) in charged.into_iter().filter(|(_, times)| *times > 1) {
        look.add(CHARGED_ONCE, order, format!("charged {times} times"));
    }
    for held in reservations.values().filter(|r| !r.saga_key.is_empty() && keeps_stock(r)) {
        let order = orders.get(&held.order_id).filter(|order| is_quiet(order));
        if order.is_some_and(|order| order.reservation_id != held.reservation_id)
            || !orders.contains_key(&held.order_id)
        {
            look.add(
                SAGA_HOLD,
                &held.reservation_id,
                format!("keeps stock for {}, which has no such step", held.order_id),
            );
        }
    }
    Ok(())
}

/// Whether no saga is at work on the order.
fn is_quiet(order: &Order) -> bool {
    let at_work = [OrderStatus::Approved, OrderStatus::PaymentPending, OrderStatus::PaymentCompleted];
    !order.unwinding && !at_work.contains(&order.status())
}

/// Whether the customer's money was taken, given back or not.
fn took_money(payment: &Payment) -> bool {
    use PaymentStatus::{Completed, PartiallyRefunded, Refunded};
    matches!(payment.status(), Completed | PartiallyRefunded | Refunded)
}

/// Whether pieces are held by it, or gone for it.
fn keeps_stock(reservation: &Reservation) -> bool {
    match reservation.status() {
        ReservationStatus::Pending | ReservationStatus::Reserved => true,
        ReservationStatus::Committed => reservation.lines.iter().any(|line| line.restocked < line.quantity),
        _ => false,
    }
}

fn is_fulfilled(order: &Order) -> bool {
    matches!(order.status(), OrderStatus::Processing | OrderStatus::Shipped | OrderStatus::Delivered)
}

fn is_undone(order: &Order) -> bool {
    order.status() == OrderStatus::Cancelled && !order.unwinding
}

fn payment(order: &Order, payment: Option<&Payment>, look: &mut Look) {
    let Some(payment) = payment else {
        if !order.payment_id.is_empty() {
            look.add(PAYMENT, &order.order_id, format!("{} does not exist", order.payment_id));
        } else if is_fulfilled(order) {
            look.add(FULFILLED, &order.order_id, "has no payment");
        }
        return;
    };
    if payment.order_id != order.order_id {
        look.add(PAYMENT, &order.order_id, format!("{} is for {}", order.payment_id, payment.order_id));
    }
    let status = payment.status();
    if is_fulfilled(order) && !took_money(payment) {
        look.add(FULFILLED, &order.order_id, format!("{} is {}", order.payment_id, status.as_str_name()));
    }
    let nothing_kept = [PaymentStatus::Failed, PaymentStatus::Cancelled, PaymentStatus::Refunded];
    if is_undone(order) && !nothing_kept.contains(&status) {
        look.add(UNDONE, &order.order_id, format!("{} is {}", order.payment_id, status.as_str_name()));
    }
}

fn reservation(order: &Order, reservation: Option<&Reservation>, look: &mut Look) {
    let Some(reservation) = reservation else {
        if !order.reservation_id.is_empty() {
            look.add(RESERVATION, &order.order_id, format!("{} does not exist", order.reservation_id));
        } else if is_fulfilled(order) {
            look.add(FULFILLED, &order.order_id, "has no reservation");
        }
        return;
    };
    if reservation.order_id != order.order_id {
        look.add(RESERVATION, &order.order_id, format!("{} is for {}", order.reservation_id, reservation.order_id));
    }
    let status = reservation.status().as_str_name();
    if is_fulfilled(order) && reservation.status() != ReservationStatus::Committed {
        look.add(FULFILLED, &order.order_id, format!("{} is {status}", order.reservation_id));
    }
    if is_undone(order) && keeps_stock(reservation) {
        look.add(UNDONE, &order.order_id, format!("{} is {status} and keeps its stock", order.reservation_id));
    }
}

/// Reads every page of a list into a map by id.
macro_rules! every_page {
    ($name:ident, $service:literal, $client:ident::$method:ident($request:expr), $list:ident by $id:ident: $entity:ty) => {
        async fn $name(channel: Bearing<Channel>) -> Result<HashMap<String, $entity>, Error> {
            let mut client = $client::new(channel);
            let (mut found, mut page_token) = (HashMap::new(), String::new());
            loop {
                let mut request = $request;
                (request.page_size, request.page_token) = (PAGE, page_token);
                let page = client.$method(request).await.map_err(fault($service))?.into_inner();
                found.extend(page.$list.into_iter().map(|entity| (entity.$id.clone(), entity)));
                page_token = page.next_page_token;
                if page_token.is_empty() {
                    return Ok(found);
                }
            }
        }
    };
}

every_page!(all_orders, "orders",
    OrderServiceClient::list_orders(ListOrdersRequest { view: OrderView::Basic.into(), ..Default::default() }),
    orders by order_id: Order);
every_page!(all_payments, "payments",
    PaymentServiceClient::list_payments(ListPaymentsRequest::default()), payments by payment_id: Payment);
every_page!(all_reservations, "inventory",
    InventoryServiceClient::list_reservations(ListReservationsRequest::default()), reservations by reservation_id: Reservation);
