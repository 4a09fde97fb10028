//! Bad input is refused by its field, and never an internal error.

use crate::support::{Stage, fields, payment};
use contracts::ids::{PaymentId, RefundId};
use contracts::payments as proto;
use tonic::Code;

#[tokio::test(flavor = "multi_thread")]
async fn unknown_ids_are_not_found() {
    let stage = Stage::new().await;
    let mut client = stage.client.clone();
    let payment_id = PaymentId::new().to_string();
    let refund_id = RefundId::new().to_string();
    let codes = [
        client.get_payment(proto::GetPaymentRequest { payment_id: payment_id.clone() }).await.unwrap_err().code(),
        client
            .watch_payment(proto::WatchPaymentRequest { payment_id: payment_id.clone(), after_sequence: 0 })
            .await
            .unwrap_err()
            .code(),
        client
            .cancel_payment(proto::CancelPaymentRequest { payment_id: payment_id.clone(), ..Default::default() })
            .await
            .unwrap_err()
            .code(),
        client
            .create_refund(proto::CreateRefundRequest { payment_id: payment_id.clone(), ..Default::default() })
            .await
            .unwrap_err()
            .code(),
        client.get_refund(proto::GetRefundRequest { refund_id }).await.unwrap_err().code(),
        client.list_refunds(proto::ListRefundsRequest { payment_id, ..Default::default() }).await.unwrap_err().code(),
    ];
    assert_eq!(codes, [Code::NotFound; 6]);
    stage.audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn garbage_is_refused_by_its_field() {
    let stage = Stage::new().await;
    let garbage =
        ["", "pay_", "\0", "pay_zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz", "'; DROP TABLE payments", "é", &"x".repeat(70_000)];
    for text in garbage {
        let mut client = stage.client.clone();
        let text = || text.to_owned();
        let status = client.get_payment(proto::GetPaymentRequest { payment_id: text() }).await.unwrap_err();
        assert_eq!((status.code(), fields(&status)), (Code::InvalidArgument, vec!["payment_id".to_owned()]));
        let status = client.get_refund(proto::GetRefundRequest { refund_id: text() }).await.unwrap_err();
        assert_eq!((status.code(), fields(&status)), (Code::InvalidArgument, vec!["refund_id".to_owned()]));
        // Each of these may be fine for one field or another, but none may break the service.
        let create = proto::CreatePaymentRequest {
            request_id: text(),
            order_id: text(),
            payment_token: text(),
            saga_key: text(),
            ..payment("")
        };
        let list =
            proto::ListPaymentsRequest { order_id: text(), page_token: text(), order_by: text(), ..Default::default() };
        let ends = [
            client.create_payment(create).await.err(),
            client.list_payments(list).await.err(),
            client
                .list_refunds(proto::ListRefundsRequest {
                    payment_id: text(),
                    page_token: text(),
                    ..Default::default()
                })
                .await
                .err(),
        ];
        for status in ends.into_iter().flatten() {
            assert_eq!(status.code(), Code::InvalidArgument, "{status:?}");
            assert!(!fields(&status).is_empty());
        }
    }
    stage.audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_largest_amount_is_booked_and_given_back() {
    let stage = Stage::new().await;
    let request = proto::CreatePaymentRequest { amount: Some(crate::support::usd(i64::MAX)), ..payment("") };
    let created = stage.try_create(request).await.unwrap();
    stage.until(&created.payment_id, proto::PaymentStatus::Completed).await;
    let refund = stage.refund(&created.payment_id, None).await.unwrap();
    stage.until_refund(&refund, "completed").await;
    stage.until(&created.payment_id, proto::PaymentStatus::Refunded).await;
    stage.audit().await;
}
