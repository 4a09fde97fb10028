//! What every example must have done, whatever it says.

use crate::whole::System;
use contracts::orders::order_service_client::OrderServiceClient;
use contracts::orders::{
    GetOrderRequest, ListOrdersRequest, Order, OrderEvent, OrderEventKind, OrderStatus, PaymentMethod,
};
use contracts::payments::payment_service_client::PaymentServiceClient;
use contracts::payments::{ListPaymentsRequest, PaymentStatus};
use std::time::Duration;
use testkit::proxy::{Proxy, Spoil};

/// What the postponed approval is told to wait; much longer than a first pause.
const POSTPONED: Duration = Duration::from_millis(1_500);

/// A system for one run of an example, in which three things go wrong.
pub(super) struct Story {
    system: System,
    proxy: Proxy,
}

impl Story {
    pub(super) async fn begin() -> Self {
        let (system, proxy) = System::start_with_proxy().await;
        // The order is made, and nobody hears of it.
        proxy.spoil("CreateOrder", Spoil::LoseReply);
        proxy.spoil("WatchOrder", Spoil::Break);
        // This status is repeated only because the refusal says so.
        proxy.spoil("ApproveOrder", Spoil::Postpone(POSTPONED));
        Self { system, proxy }
    }

    /// `host:port` of the gateway.
    pub(super) fn address(&self) -> String {
        self.system.gateway.address.to_string()
    }

    /// Compares what an example said with what happened.
    pub(super) async fn end(self, customer: &str, said: &str) {
        assert!(self.proxy.is_done(), "not all went wrong that should:\n{said}");
        let after = |start: &str| said.lines().find_map(|line| line.strip_prefix(start)).unwrap_or_default().trim();
        let delivered = self.order(after("created ")).await;
        assert_eq!(delivered.status(), OrderStatus::Delivered, "{said}");
        assert_eq!(delivered.payment_method(), PaymentMethod::CreditCard);
        assert_eq!(after("delivered "), format!("{} paid by {}", delivered.order_id, delivered.payment_id));
        self.paid_once(&delivered).await;

        // Though its watch broke, it has seen each event once.
        let seen: Vec<&str> =
            said.lines().filter(|line| line.contains(" STATUS_CHANGED") || line.contains(" SETTLED")).collect();
        let shown: Vec<String> = delivered.timeline.iter().map(line).collect();
        assert_eq!(seen, shown, "{said}");
        let waited = moment(&delivered, OrderStatus::Approved) - moment(&delivered, OrderStatus::PendingApproval);
        assert!(waited >= POSTPONED.as_secs_f64(), "the approval was repeated after {waited} s");

        assert!(after("refused ORDER_STATE: it is ").ends_with(" already"), "{said}");
        assert!(said.contains("refused INVALID_FIELDS"), "{said}");
        for field in ["customer_id: ", "items[0].quantity: "] {
            assert!(!after(&format!("  {field}")).is_empty(), "{field} is not named:\n{said}");
        }

        let replayed = self.order(after("replayed ")).await;
        assert_eq!(replayed.status(), OrderStatus::Cancelled, "{said}");
        // No repetition made another.
        let mut made = [delivered.order_id, replayed.order_id];
        made.sort();
        assert_eq!(self.orders_of(customer).await, made, "{said}");
        self.system.audit().await;
    }

    async fn order(&self, id: &str) -> Order {
        let mut orders = OrderServiceClient::new(self.system.gateway.channel());
        let request = GetOrderRequest { order_id: id.to_owned(), ..Default::default() };
        orders.get_order(request).await.unwrap().into_inner().order.unwrap()
    }

    async fn orders_of(&self, customer: &str) -> Vec<String> {
        let mut orders = OrderServiceClient::new(self.system.gateway.channel());
        let request = ListOrdersRequest { customer_id: customer.to_owned(), ..Default::default() };
        let found = orders.list_orders(request).await.unwrap().into_inner().orders;
        let mut ids: Vec<String> = found.into_iter().map(|order| order.order_id).collect();
        ids.sort();
        ids
    }

    async fn paid_once(&self, order: &Order) {
        let mut payments = PaymentServiceClient::new(self.system.gateway.channel());
        let request = ListPaymentsRequest { order_id: order.order_id.clone(), ..Default::default() };
        let found = payments.list_payments(request).await.unwrap().into_inner().payments;
        let [payment] = found.as_slice() else { panic!("the payments of the order: {found:#?}") };
        assert_eq!((&payment.payment_id, payment.status()), (&order.payment_id, PaymentStatus::Completed));
        assert_eq!(payment.amount, order.total_amount);
    }
}

/// An event as the examples show it.
fn line(event: &OrderEvent) -> String {
    let status = event.status().as_str_name().replace("ORDER_STATUS_", "");
    let kind = event.kind().as_str_name().replace("ORDER_EVENT_KIND_", "");
    format!("  {} {status} {kind}", event.sequence)
}

/// When the order got this status, in seconds.
fn moment(order: &Order, status: OrderStatus) -> f64 {
    let changed = |event: &&OrderEvent| event.kind() == OrderEventKind::StatusChanged && event.status() == status;
    let time = order.timeline.iter().find(changed).unwrap().create_time.unwrap();
    time.seconds as f64 + f64::from(time.nanos) / 1e9
}
