//! Receivers are told of payments and refunds. What is the same for all services is tested with the orders.

use crate::support::Stage;
use contracts::common::CreateWebhookEndpointRequest;
use contracts::payments::webhook_service_client::WebhookServiceClient;
use service::Role;
use testkit::receiver::{Receiver, allow};

#[tokio::test(flavor = "multi_thread")]
async fn payments_and_refunds_are_told_with_their_amounts() {
    let stage = Stage::with(Role::All, |config| allow(&mut config.webhooks)).await;
    let mut receiver = Receiver::start(&[]).await;
    let request = CreateWebhookEndpointRequest { url: receiver.url(), ..Default::default() };
    let mut hooks = WebhookServiceClient::new(stage.service.channel());
    let secret = hooks.create_webhook_endpoint(request).await.unwrap().into_inner().secret;

    let payment = stage.charged("").await;
    let told = receiver.next().await;
    assert!(told.is_signed_with(&secret));
    assert_eq!(told.kind(), "payment.completed");
    let data = told.json()["data"].clone();
    assert_eq!(data["payment_id"], payment.payment_id);
    assert_eq!((&data["order_id"], &data["status"]), (&payment.order_id.as_str().into(), &"COMPLETED".into()));
    assert_eq!((&data["amount"], &data["currency"]), (&"12.50".into(), &"USD".into()));

    let refund = stage.refund(&payment.payment_id, Some(250)).await.unwrap();
    let told = receiver.next().await;
    assert_eq!(told.kind(), "refund.completed");
    assert_eq!(told.json()["data"]["refund_id"], refund.refund_id);
    assert_eq!(told.json()["data"]["amount"], "2.50");

    stage.create("sim_decline").await;
    assert_eq!(receiver.next().await.kind(), "payment.failed");
    stage.audit().await;
}
