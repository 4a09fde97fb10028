//! Giving back, whole and in parts.

use crate::support::{Stage, payment, reason, usd};
use contracts::payments::{CreateRefundRequest, ListRefundsRequest, PaymentStatus, RefundStatus};
use tonic::Code;

#[tokio::test(flavor = "multi_thread")]
async fn the_rest_is_refunded_unless_an_amount_is_given() {
    let stage = Stage::new().await;
    let payment = stage.charged("").await;
    let part = stage.refund(&payment.payment_id, Some(250)).await.unwrap();
    assert_eq!((part.status(), part.amount.as_ref()), (RefundStatus::Pending, Some(&usd(250))));
    let part = stage.until_refund(&part, "completed").await;
    assert_eq!((part.status(), part.attempts), (RefundStatus::Completed, 1));
    let after = stage.until(&payment.payment_id, PaymentStatus::PartiallyRefunded).await;
    assert_eq!(after.refunded_amount, Some(usd(250)));
    let rest = stage.refund(&payment.payment_id, None).await.unwrap();
    assert_eq!(rest.amount, Some(usd(1_000)));
    let after = stage.until(&payment.payment_id, PaymentStatus::Refunded).await;
    assert_eq!(after.refunded_amount, Some(usd(1_250)));
    assert_eq!(stage.balance().await, 0);
    assert_eq!(stage.history(&rest.refund_id).await.into_events().await.unwrap().len(), 6);
    let request = ListRefundsRequest { payment_id: payment.payment_id.clone(), ..Default::default() };
    let refunds = stage.client.clone().list_refunds(request).await.unwrap().into_inner().refunds;
    assert_eq!(refunds.iter().map(|r| &r.refund_id).collect::<Vec<_>>(), [&rest.refund_id, &part.refund_id]);
    stage.audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_more_than_the_rest_is_refunded() {
    let stage = Stage::new().await;
    let payment = stage.charged("").await;
    let refused = stage.refund(&payment.payment_id, Some(1_251)).await.unwrap_err();
    let expected = |rest: &str| (Code::FailedPrecondition, "REFUND_EXCEEDS_REST".to_owned(), rest.to_owned());
    assert_eq!(reason(&refused, "refundable"), expected("12.50"));
    let refund = stage.refund(&payment.payment_id, None).await.unwrap();
    let refused = stage.refund(&payment.payment_id, None).await.unwrap_err();
    assert_eq!(reason(&refused, "refundable"), expected("0.00"));
    stage.until_refund(&refund, "completed").await;
    stage.audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn refunds_at_the_same_time_share_one_rest() {
    let stage = Stage::new().await;
    let payment = stage.charged("").await;
    let asked = (0..10).map(|_| stage.refund(&payment.payment_id, Some(300)));
    let (admitted, refused): (Vec<_>, Vec<_>) =
        futures::future::join_all(asked).await.into_iter().partition(Result::is_ok);
    assert_eq!((admitted.len(), refused.len()), (4, 6));
    for status in refused.into_iter().filter_map(Result::err) {
        assert_eq!(reason(&status, "refundable").1, "REFUND_EXCEEDS_REST");
    }
    for refund in admitted.into_iter().flatten() {
        stage.until_refund(&refund, "completed").await;
    }
    let after = stage.get(&payment.payment_id).await;
    assert_eq!((after.status(), after.refunded_amount), (PaymentStatus::PartiallyRefunded, Some(usd(1_200))));
    assert_eq!(stage.balance().await, 50);
    stage.audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_refund_gives_the_amount_back() {
    let stage = Stage::new().await;
    let payment = stage.charged("sim_refund_decline").await;
    let refund = stage.refund(&payment.payment_id, None).await.unwrap();
    let refund = stage.until_refund(&refund, "failed").await;
    assert_eq!((refund.status(), refund.reason.as_str()), (RefundStatus::Failed, "declined by the provider"));
    let after = stage.get(&payment.payment_id).await;
    assert_eq!((after.status(), after.refunded_amount), (PaymentStatus::Completed, Some(usd(0))));
    stage.refund(&payment.payment_id, Some(1)).await.expect("the rest is the whole again");
    assert_eq!(stage.balance().await, 1_250);
    stage.audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn refunds_are_tried_again_and_asked_for_again() {
    let stage = Stage::new().await;
    let (transient, lost) =
        tokio::join!(stage.charged("sim_refund_transient_1"), stage.charged("sim_refund_unknown_1"));
    for (payment, attempts, calls) in [(transient, 2, 1), (lost, 1, 2)] {
        let refund = stage.refund(&payment.payment_id, None).await.unwrap();
        let refund = stage.until_refund(&refund, "completed").await;
        assert_eq!(refund.attempts, attempts);
        let effects = stage.effects(&refund.refund_id).await;
        let done: Vec<_> = effects.iter().filter(|(_, outcome, _)| outcome == "SUCCEEDED").collect();
        assert!(
            matches!(done[..], [(key, _, asked)] if *key == format!("{}/{attempts}", refund.refund_id) && *asked >= calls),
            "{done:?}"
        );
    }
    stage.audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_charges_can_be_refunded() {
    let stage = Stage::new().await;
    let failed = stage.create("sim_decline").await;
    stage.until(&failed.payment_id, PaymentStatus::Failed).await;
    let refused = stage.refund(&failed.payment_id, None).await.unwrap_err();
    assert_eq!(reason(&refused, "state"), (Code::FailedPrecondition, "PAYMENT_STATE".to_owned(), "FAILED".to_owned()));
    let charged = stage.charged("").await;
    let amount = contracts::google_type::Money { currency_code: "EUR".to_owned(), units: 1, nanos: 0 };
    let request = CreateRefundRequest { payment_id: charged.payment_id, amount: Some(amount), ..Default::default() };
    let refused = stage.client.clone().create_refund(request).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    assert_eq!(crate::support::fields(&refused), ["amount.currency_code"]);
    stage.audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_the_window_only_sagas_refund() {
    let stage = Stage::with(service::Role::All, |config| config.refund.window_s = 0).await;
    let charged = stage.charged("").await;
    let refused = stage.refund(&charged.payment_id, None).await.unwrap_err();
    assert_eq!(reason(&refused, "since").1, "REFUND_WINDOW_OVER");
    let request = || CreateRefundRequest {
        payment_id: charged.payment_id.clone(),
        saga_key: format!("{}/refund/1", charged.order_id),
        ..Default::default()
    };
    let first = stage.client.clone().create_refund(request()).await.unwrap().into_inner().refund.unwrap();
    stage.until(&charged.payment_id, PaymentStatus::Refunded).await;
    let again = stage.client.clone().create_refund(request()).await.unwrap().into_inner().refund.unwrap();
    assert_eq!(first.refund_id, again.refund_id);
    let other = CreateRefundRequest { amount: Some(usd(1)), ..request() };
    let refused = stage.client.clone().create_refund(other).await.unwrap_err();
    assert_eq!(
        (refused.code(), crate::support::fields(&refused)),
        (Code::InvalidArgument, vec!["saga_key".to_owned()])
    );
    // The key means the first payment for ever, whatever other payment is named.
    let second = stage.try_create(payment("")).await.unwrap();
    let other = CreateRefundRequest { payment_id: second.payment_id.clone(), ..request() };
    assert_eq!(stage.client.clone().create_refund(other).await.unwrap_err().code(), Code::InvalidArgument);
    stage.until(&second.payment_id, PaymentStatus::Completed).await;
    stage.audit().await;
}
