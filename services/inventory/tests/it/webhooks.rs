//! Receivers are told of stock and reservations. What is the same for all services is tested with the orders.

use crate::harness::*;
use contracts::common::CreateWebhookEndpointRequest;
use contracts::inventory::webhook_service_client::WebhookServiceClient;
use service::Role;
use testkit::receiver::{Receiver, allow};

#[tokio::test(flavor = "multi_thread")]
async fn low_stock_and_expired_reservations_are_told() {
    let change = |config: &mut inventory::config::Config| {
        allow(&mut config.webhooks);
        config.reservation.hold_s = 1;
    };
    let inventory = Inventory::with(Role::All, change).await;
    let mut receiver = Receiver::start(&[]).await;
    let request = CreateWebhookEndpointRequest { url: receiver.url(), ..Default::default() };
    let mut hooks = WebhookServiceClient::new(inventory.running.channel());
    let secret = hooks.create_webhook_endpoint(request).await.unwrap().into_inner().secret;
    // There are five.
    let reservation = reserve(&mut inventory.client(), &[("PROD-005", 2, "")]).await.unwrap();

    let told = receiver.next().await;
    assert!(told.is_signed_with(&secret));
    assert_eq!(told.kind(), "stock.low");
    assert_eq!(told.json()["data"]["product_id"], "PROD-005");
    assert_eq!(told.json()["data"]["detail"], "3 available");
    let told = receiver.next().await;
    assert_eq!(told.kind(), "reservation.expired");
    assert_eq!(told.json()["data"]["reservation_id"], reservation.reservation_id);
    assert_eq!(told.json()["data"]["order_id"], "ORDER123");
    inventory.audit().await;
}
