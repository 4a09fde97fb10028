//! Cancelling, and Temporal away.

use crate::support::{NOWHERE, Stage, reason};
use contracts::payments::{CancelPaymentRequest, Payment, PaymentEventKind, PaymentStatus};
use futures::StreamExt as _;
use service::Role;
use std::time::{Duration, Instant};
use tonic::{Code, Status};

async fn cancel(stage: &Stage, id: &str) -> Result<Payment, Status> {
    let request =
        CancelPaymentRequest { payment_id: id.to_owned(), reason: "changed my mind".to_owned(), ..Default::default() };
    Ok(stage.client.clone().cancel_payment(request).await?.into_inner().payment.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pending_payment_is_cancelled_without_temporal() {
    let stage = Stage::with(Role::All, |config| config.temporal.address = NOWHERE.to_owned()).await;
    let begun = Instant::now();
    let (kept, dropped) = (stage.create("").await, stage.create("tok_1").await);
    let cancelled = cancel(&stage, &dropped.payment_id).await.unwrap();
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
    assert_eq!((cancelled.status(), cancelled.reason.as_str()), (PaymentStatus::Cancelled, "changed my mind"));
    let again = cancel(&stage, &dropped.payment_id).await.unwrap();
    assert_eq!(again.sequence, cancelled.sequence);
    assert_eq!(stage.count("SELECT count(*) FROM payments WHERE token IS NOT NULL").await, 0);
    assert_eq!(stage.get(&kept.payment_id).await.status(), PaymentStatus::Pending);
    assert!(stage.findings().await.is_empty());

    // Temporal is back: one is charged, the other settled.
    let worker = stage.join(Role::Worker).await;
    stage.until(&kept.payment_id, PaymentStatus::Completed).await;
    stage.watch(&dropped.payment_id, cancelled.sequence, |event| event.kind() == PaymentEventKind::Settled).await;
    assert!(stage.effects(&dropped.payment_id).await.is_empty());
    let refused = cancel(&stage, &kept.payment_id).await.unwrap_err();
    assert_eq!(
        reason(&refused, "state"),
        (Code::FailedPrecondition, "PAYMENT_STATE".to_owned(), "COMPLETED".to_owned())
    );
    worker.stop().await;
    stage.audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_provider_was_asked_for_is_not_cancelled() {
    let stage = Stage::new().await;
    let payment = stage.create("sim_unknown_1").await;
    stage.watch(&payment.payment_id, 0, |event| event.kind() == PaymentEventKind::AttemptStarted).await;
    let refused = cancel(&stage, &payment.payment_id).await.unwrap_err();
    assert_eq!(reason(&refused, "state").2, "PROCESSING");
    stage.until(&payment.payment_id, PaymentStatus::Completed).await;
    stage.audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_race_of_cancel_and_charge_has_one_winner() {
    let stage = Stage::new().await;
    let race = futures::stream::iter(0..20).map(|_| async {
        let payment = stage.create("").await;
        let cancelled = cancel(&stage, &payment.payment_id).await;
        let events = stage.watch(&payment.payment_id, 0, |event| event.kind() == PaymentEventKind::Settled).await;
        let end = events.last().unwrap().status();
        let expected = if cancelled.is_ok() { PaymentStatus::Cancelled } else { PaymentStatus::Completed };
        assert_eq!(end, expected);
        let charges = stage.effects(&payment.payment_id).await.len();
        assert_eq!(charges, usize::from(cancelled.is_err()));
    });
    // A few at a time: a database that is slow because the machine is busy is not what is tested.
    race.buffer_unordered(4).collect::<()>().await;
    stage.audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_do_not_starve_each_other_of_connections() {
    let stage = Stage::with(Role::All, |config| config.database.max_connections = 3).await;
    let payment = stage.charged("").await;
    let refused = futures::future::join_all((0..12).map(|_| cancel(&stage, &payment.payment_id))).await;
    for status in refused.into_iter().map(Result::unwrap_err) {
        assert_eq!(reason(&status, "state").2, "COMPLETED");
    }
    stage.audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_was_stopped_is_continued_by_another() {
    let stage = Stage::with(Role::Api, |_| {}).await;
    let payments: Vec<_> = futures::future::join_all((0..10).map(|_| stage.create("sim_transient_1"))).await;
    let worker = stage.join(Role::Worker).await;
    stage.watch(&payments[0].payment_id, 0, |event| event.kind() == PaymentEventKind::AttemptFailed).await;
    worker.stop().await;
    let worker = stage.join(Role::Worker).await;
    for payment in &payments {
        let payment = stage.until(&payment.payment_id, PaymentStatus::Completed).await;
        assert_eq!(payment.attempts, 2);
    }
    worker.stop().await;
    stage.audit().await;
}
