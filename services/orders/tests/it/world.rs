//! All three services at one site, for what an order does with the other two.

use crate::common::*;
use contracts::inventory::inventory_service_client::InventoryServiceClient;
use contracts::inventory::{
    CancelReservationRequest, GetProductRequest, GetReservationRequest, Reservation, ReservationStatus,
};
use contracts::orders::*;
use contracts::payments::payment_service_client::PaymentServiceClient;
use contracts::payments::{GetPaymentRequest, ListPaymentsRequest, Payment};
use orders::config::{Config, DEFAULTS};
use service::Role;
use service::config::load;
use testkit::{PATIENCE, Running, Site};
use tokio::net::TcpListener;
use tonic::transport::Channel;

pub struct World {
    pub site: Site,
    pub inventory: Running,
    pub payments: Running,
    pub orders: Running,
}

pub async fn payments(site: &Site, role: Role, listener: TcpListener) -> Running {
    let mut config: payments::config::Config = load(payments::config::DEFAULTS, None).unwrap();
    site.adopt("payments", &mut config.database, &mut config.temporal);
    Running::start_on(listener, |listener, stop| payments::run(config, role, Some(listener), stop))
}

pub async fn listener() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").await.unwrap()
}

impl World {
    pub async fn new() -> Self {
        Self::with(Role::All, |_| {}).await
    }

    /// Without a worker of the orders service.
    pub async fn idle() -> Self {
        Self::made(Role::All, Role::Api, |_| {}).await
    }

    /// The payments service in this role.
    pub async fn with(role: Role, change: impl FnOnce(&mut Config)) -> Self {
        Self::made(role, Role::All, change).await
    }

    async fn made(role: Role, orders: Role, change: impl FnOnce(&mut Config)) -> Self {
        let site = Site::new().await;
        let mut config: inventory::config::Config = load(inventory::config::DEFAULTS, None).unwrap();
        site.adopt("inventory", &mut config.database, &mut config.temporal);
        let inventory = Running::start(|listener, stop| inventory::run(config, Role::All, Some(listener), stop)).await;
        let payments = payments(&site, role, listener().await).await;
        let mut config: Config = load(DEFAULTS, None).unwrap();
        site.adopt("orders", &mut config.database, &mut config.temporal);
        config.inventory.address = inventory.url();
        config.payments.address = payments.url();
        change(&mut config);
        let orders = start(config, orders).await;
        Self { site, inventory, payments, orders }
    }

    pub fn client(&self) -> Client {
        client(&self.orders)
    }

    pub fn stock(&self) -> InventoryServiceClient<Channel> {
        InventoryServiceClient::new(self.inventory.channel())
    }

    pub fn till(&self) -> PaymentServiceClient<Channel> {
        PaymentServiceClient::new(self.payments.channel())
    }

    /// Creates and approves an order of so many mice (5 are there), paid by card with this token.
    pub async fn buy(&self, mice: i64, token: &str) -> String {
        let mut client = self.client();
        let mut order = order_of(&[("PROD-005", mice, 5_000)], mice * 5_000);
        order.set_payment_method(PaymentMethod::CreditCard);
        token.clone_into(&mut order.payment_token);
        let id = create(&mut client, order).await;
        until_status(&mut client, &id, OrderStatus::PendingApproval).await;
        approve(&mut client, &id).await.unwrap();
        id
    }

    /// Mice that can be reserved, and mice on the shelves.
    pub async fn mice(&self) -> (i64, i64) {
        let request = GetProductRequest { product_id: "PROD-005".into() };
        let product = self.stock().get_product(request).await.unwrap().into_inner().product.unwrap();
        (product.available_quantity, product.stock.iter().map(|level| level.on_hand).sum())
    }

    /// Pieces of a product that can be reserved.
    pub async fn available(&self, product_id: &str) -> i64 {
        let request = GetProductRequest { product_id: product_id.to_owned() };
        self.stock().get_product(request).await.unwrap().into_inner().product.unwrap().available_quantity
    }

    pub async fn payment(&self, order: &str) -> Payment {
        let payment_id = get(&mut self.client(), order).await.payment_id;
        self.till().get_payment(GetPaymentRequest { payment_id }).await.unwrap().into_inner().payment.unwrap()
    }

    pub async fn payments_of(&self, order: &str) -> Vec<Payment> {
        let request = ListPaymentsRequest { order_id: order.to_owned(), ..Default::default() };
        self.till().list_payments(request).await.unwrap().into_inner().payments
    }

    pub async fn reservation(&self, order: &str) -> Reservation {
        let reservation_id = get(&mut self.client(), order).await.reservation_id;
        let request = GetReservationRequest { reservation_id };
        self.stock().get_reservation(request).await.unwrap().into_inner().reservation.unwrap()
    }

    /// Somebody gives the stock of an order back by hand.
    pub async fn release(&self, order: &str) {
        let reservation_id = get(&mut self.client(), order).await.reservation_id;
        let request = CancelReservationRequest { reservation_id, ..Default::default() };
        let reply = self.stock().cancel_reservation(request).await.unwrap().into_inner();
        assert_eq!(reply.reservation.unwrap().status(), ReservationStatus::Cancelled);
    }

    /// Until a payment of the order exists.
    pub async fn until_payment(&self, order: &str) -> Payment {
        let look = async {
            loop {
                if let Some(payment) = self.payments_of(order).await.into_iter().next() {
                    return payment;
                }
            }
        };
        tokio::time::timeout(PATIENCE, look).await.unwrap()
    }

    /// Every test ends with it.
    pub async fn audit(&self) {
        let (orders, payments, inventory) = (&self.orders, &self.payments, &self.inventory);
        self.site.audit_all(orders.channel(), payments.channel(), inventory.channel()).await;
    }
}
