//! What one service says about another's entities.

use crate::{Error, Look, Targets};
use contracts::inventory::GetReservationRequest;
use contracts::inventory::inventory_service_client::InventoryServiceClient;
use contracts::orders::order_service_client::OrderServiceClient;
use contracts::orders::{ListOrdersRequest, Order, OrderView};
use contracts::payments::GetPaymentRequest;
use contracts::payments::payment_service_client::PaymentServiceClient;
use tonic::transport::Channel;
use tonic::{Code, Status};

const PAYMENT: &str = "across ORDER_PAYMENT_EXISTS";
const RESERVATION: &str = "across ORDER_RESERVATION_EXISTS";
const PAGE: i32 = 1_000;

fn fault(service: &'static str) -> impl Fn(Status) -> Error {
    move |status| Error::Service { service, status: Box::new(status) }
}

/// Every payment and reservation that an order names exists, and names the order.
pub(crate) async fn look(targets: &Targets, look: &mut Look) -> Result<(), Error> {
    let (Some(orders), Some(payments), Some(inventory)) = (&targets.orders, &targets.payments, &targets.inventory)
    else {
        return Ok(());
    };
    look.rules.extend([PAYMENT.to_owned(), RESERVATION.to_owned()]);
    let mut client = OrderServiceClient::new(orders.clone());
    let mut page_token = String::new();
    loop {
        let request =
            ListOrdersRequest { page_size: PAGE, page_token, view: OrderView::Basic.into(), ..Default::default() };
        let page = client.list_orders(request).await.map_err(fault("orders"))?.into_inner();
        for order in &page.orders {
            payment(payments, order, look).await?;
            reservation(inventory, order, look).await?;
        }
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return Ok(());
        }
    }
}

async fn payment(channel: &Channel, order: &Order, look: &mut Look) -> Result<(), Error> {
    if order.payment_id.is_empty() {
        return Ok(());
    }
    let request = GetPaymentRequest { payment_id: order.payment_id.clone() };
    match PaymentServiceClient::new(channel.clone()).get_payment(request).await {
        Ok(reply) => {
            let names = reply.into_inner().payment.unwrap_or_default().order_id;
            if names != order.order_id {
                look.add(PAYMENT, &order.order_id, format!("{} is for {names}", order.payment_id));
            }
        }
        Err(status) if status.code() == Code::NotFound => {
            look.add(PAYMENT, &order.order_id, format!("{} does not exist", order.payment_id));
        }
        Err(status) => return Err(fault("payments")(status)),
    }
    Ok(())
}

async fn reservation(channel: &Channel, order: &Order, look: &mut Look) -> Result<(), Error> {
    if order.reservation_id.is_empty() {
        return Ok(());
    }
    let request = GetReservationRequest { reservation_id: order.reservation_id.clone() };
    match InventoryServiceClient::new(channel.clone()).get_reservation(request).await {
        Ok(reply) => {
            let names = reply.into_inner().reservation.unwrap_or_default().order_id;
            if names != order.order_id {
                look.add(RESERVATION, &order.order_id, format!("{} is for {names}", order.reservation_id));
            }
        }
        Err(status) if status.code() == Code::NotFound => {
            look.add(RESERVATION, &order.order_id, format!("{} does not exist", order.reservation_id));
        }
        Err(status) => return Err(fault("inventory")(status)),
    }
    Ok(())
}
