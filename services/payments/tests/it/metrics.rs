//! What the process says of itself.

use crate::support::payment;
use contracts::payments::payment_service_client::PaymentServiceClient;
use testkit::{Site, Spawned};

#[tokio::test(flavor = "multi_thread")]
async fn charges_are_counted_by_their_outcome() {
    let site = Site::new().await;
    let service = Spawned::start(env!("CARGO_BIN_EXE_payments"), &site.settings("payments")).await;
    let mut client = PaymentServiceClient::new(service.channel());
    for token in ["", "", "sim_decline", "sim_transient_1", "sim_unknown_1"] {
        client.create_payment(payment(token)).await.unwrap();
    }
    for (outcome, charges) in [("succeeded", 4.0), ("failed", 1.0), ("retried", 1.0), ("unknown", 1.0)] {
        let series = format!("oms_payment_attempts_total{{operation=\"charge\",outcome=\"{outcome}\"}}");
        service.until_metric(&series, charges).await;
    }
    let created = "oms_rpc_requests_total{method=\"oms.payments.v1.PaymentService/CreatePayment\",code=\"OK\"}";
    assert_eq!(service.metric(created).await, Some(5.0));
}
