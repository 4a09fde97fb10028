//! From accepted to charged, or not.

use crate::support::{Stage, outline};
use contracts::payments::PaymentEventKind::{AttemptFailed, AttemptStarted, Settled, StatusChanged};
use contracts::payments::PaymentStatus::{Completed, Failed, Pending, Processing};
use futures::StreamExt as _;

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_is_charged_once_and_booked() {
    let stage = Stage::new().await;
    let accepted = stage.create("tok_secret_4242").await;
    assert_eq!((accepted.status(), accepted.attempts), (Pending, 0));
    let payment = stage.until(&accepted.payment_id, Completed).await;
    assert_eq!(payment.attempts, 1);
    assert!(payment.provider_reference.starts_with("sim_"));
    assert!(payment.complete_time.is_some());
    assert_eq!(
        outline(&payment.timeline),
        [
            (StatusChanged, Pending, 0),
            (StatusChanged, Processing, 0),
            (AttemptStarted, Processing, 1),
            (StatusChanged, Completed, 1),
            (Settled, Completed, 0),
        ]
    );
    assert_eq!(stage.balance().await, 1_250);
    assert_eq!(stage.count("SELECT count(*) FROM notifications WHERE kind = 'PAYMENT_COMPLETED'").await, 1);
    assert_eq!(stage.count("SELECT count(*) FROM payments WHERE token IS NOT NULL").await, 0);
    assert_eq!(stage.count("SELECT count(*) FROM simulator_effects e WHERE e::text LIKE '%4242%'").await, 0);
    assert_eq!(stage.history(&payment.payment_id).await.into_events().await.unwrap().len(), 6);
    stage.audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn attempts_that_did_not_charge_are_repeated_and_shown() {
    let stage = Stage::new().await;
    let payment = stage.charged("sim_transient_2").await;
    assert_eq!(payment.attempts, 3);
    assert_eq!(
        outline(&payment.timeline)[2..],
        [
            (AttemptStarted, Processing, 1),
            (AttemptFailed, Processing, 1),
            (AttemptStarted, Processing, 2),
            (AttemptFailed, Processing, 2),
            (AttemptStarted, Processing, 3),
            (StatusChanged, Completed, 3),
            (Settled, Completed, 0),
        ]
    );
    let outcomes: Vec<_> =
        stage.effects(&payment.payment_id).await.into_iter().map(|(_, outcome, _)| outcome).collect();
    assert_eq!(outcomes, ["NOT_DONE", "NOT_DONE", "SUCCEEDED"]);
    stage.audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn three_attempts_are_enough() {
    let stage = Stage::new().await;
    let payment = stage.create("sim_transient_9").await;
    let payment = stage.until(&payment.payment_id, Failed).await;
    assert_eq!((payment.attempts, payment.reason.as_str()), (3, "failed 3 times, last: the provider is busy"));
    assert_eq!(stage.balance().await, 0);
    stage.audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decline_is_final() {
    let stage = Stage::new().await;
    let payment = stage.create("sim_decline").await;
    let payment = stage.until(&payment.payment_id, Failed).await;
    assert_eq!((payment.attempts, payment.reason.as_str()), (1, "declined by the provider"));
    assert!(payment.complete_time.is_none() && payment.provider_reference.is_empty());
    assert_eq!(stage.count("SELECT count(*) FROM notifications WHERE kind = 'PAYMENT_FAILED'").await, 1);
    stage.audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_reply_is_asked_for_under_the_same_key() {
    let stage = Stage::new().await;
    let (lost, late) = tokio::join!(stage.charged("sim_unknown_2"), stage.charged("sim_timeout"));
    for (payment, calls) in [(lost, 3), (late, 2)] {
        assert_eq!(payment.attempts, 1);
        stage.charged_after(&payment, calls).await;
        assert_eq!(payment.timeline.len(), 5, "{:#?}", payment.timeline);
    }
    assert_eq!(stage.balance().await, 2 * 1_250);
    stage.audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_with_moods_leaves_the_books_right() {
    let stage = Stage::with(service::Role::All, |config| config.simulator.random = true).await;
    let payments = futures::stream::iter(0..30).map(|_| async {
        let payment = stage.create("").await;
        stage.watch(&payment.payment_id, 0, |event| event.kind() == Settled).await;
    });
    payments.buffer_unordered(6).collect::<()>().await;
    let retried = stage.count("SELECT count(*) FROM payments WHERE attempts > 1").await;
    assert!((1..30).contains(&retried), "{retried} of 30 needed another attempt");
    stage.audit().await;
}
