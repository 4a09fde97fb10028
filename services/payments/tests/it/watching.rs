//! Watches and lists.

use crate::support::{Stage, payment};
use contracts::payments::{
    CreatePaymentRequest, ListPaymentsRequest, PaymentEventKind, PaymentStatus, WatchPaymentRequest,
};
use testkit::PATIENCE;

#[tokio::test(flavor = "multi_thread")]
async fn a_watch_resumes_and_ends_when_nothing_can_follow() {
    let stage = Stage::new().await;
    let created = stage.charged("").await;
    let all = stage.watch(&created.payment_id, 0, |event| event.kind() == PaymentEventKind::Settled).await;
    assert_eq!(all.iter().map(|event| event.sequence).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
    let resumed = stage.watch(&created.payment_id, 3, |event| event.kind() == PaymentEventKind::Settled).await;
    assert_eq!(resumed, all[3..]);

    // A charged payment can still be refunded, so its watch stays open until it is.
    let request = WatchPaymentRequest { payment_id: created.payment_id.clone(), after_sequence: 5 };
    let mut open = stage.client.clone().watch_payment(request).await.unwrap().into_inner();
    stage.refund(&created.payment_id, None).await.unwrap();
    let mut seen = Vec::new();
    while let Some(message) = tokio::time::timeout(PATIENCE, open.message()).await.unwrap().unwrap() {
        let event = message.event.unwrap();
        seen.push((event.sequence, event.kind(), event.status()));
    }
    use PaymentEventKind::{Refund, StatusChanged};
    assert_eq!(
        seen,
        [
            (6, Refund, PaymentStatus::Completed),
            (7, Refund, PaymentStatus::Completed),
            (8, StatusChanged, PaymentStatus::Refunded),
        ]
    );
    stage.audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_are_filtered_ordered_and_paged() {
    let stage = Stage::new().await;
    let mut ids = Vec::new();
    for n in 0..5 {
        let order_id = format!("ORDER-{}", n % 2);
        let payment = stage.try_create(CreatePaymentRequest { order_id, ..payment("") }).await.unwrap();
        stage.until(&payment.payment_id, PaymentStatus::Completed).await;
        ids.push(payment.payment_id);
    }
    let list =
        async |request: ListPaymentsRequest| stage.client.clone().list_payments(request).await.unwrap().into_inner();
    let first = ListPaymentsRequest { order_id: "ORDER-0".to_owned(), page_size: 2, ..Default::default() };
    let page = list(first.clone()).await;
    let found =
        |payments: &[contracts::payments::Payment]| payments.iter().map(|p| p.payment_id.clone()).collect::<Vec<_>>();
    assert_eq!(found(&page.payments), [ids[4].clone(), ids[2].clone()]);
    let page = list(ListPaymentsRequest { page_token: page.next_page_token, ..first.clone() }).await;
    assert_eq!(found(&page.payments), [ids[0].clone()]);
    assert_eq!(page.next_page_token, "");
    let page = list(ListPaymentsRequest { order_by: "create_time".to_owned(), ..Default::default() }).await;
    assert_eq!(found(&page.payments), ids);
    let mut none = ListPaymentsRequest::default();
    none.set_status(PaymentStatus::Failed);
    assert!(list(none).await.payments.is_empty());
    stage.audit().await;
}
