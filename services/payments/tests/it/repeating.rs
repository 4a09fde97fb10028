//! Requests and steps that come more than once.

use crate::support::{Stage, fields, payment, reason, usd};
use contracts::ids::PaymentId;
use contracts::payments::{CreatePaymentRequest, CreateRefundRequest, PaymentStatus};
use payments::activities::PaymentActivities;
use payments::provider::{Charge, Simulator};
use service::Role;
use service::drive::Next;
use service::idempotency::REPLAYED;
use service::watch::Hub;
use std::sync::Arc;
use std::time::Duration;
use testkit::carried_out;
use tokio_util::sync::CancellationToken;
use tonic::Code;

fn keyed(key: &str) -> CreatePaymentRequest {
    CreatePaymentRequest { request_id: key.to_owned(), ..payment("") }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_key_gets_the_first_reply() {
    let stage = Stage::new().await;
    let first = stage.try_create(keyed("k")).await.unwrap();
    stage.until(&first.payment_id, PaymentStatus::Completed).await;
    let reply = stage.client.clone().create_payment(keyed("k")).await.unwrap();
    assert_eq!(reply.metadata().get(REPLAYED).unwrap(), "true");
    assert_eq!(reply.into_inner().payment.unwrap(), first);
    let other = CreatePaymentRequest { amount: Some(usd(1)), ..keyed("k") };
    let refused = stage.try_create(other).await.unwrap_err();
    assert_eq!(reason(&refused, "").1, "IDEMPOTENCY_KEY_REUSED");
    assert_eq!(fields(&refused), ["request_id"]);
    let refund = CreateRefundRequest {
        payment_id: first.payment_id.clone(),
        amount: Some(usd(100)),
        request_id: "k".to_owned(),
        ..Default::default()
    };
    let a = stage.client.clone().create_refund(refund.clone()).await.unwrap().into_inner();
    let b = stage.client.clone().create_refund(refund).await.unwrap().into_inner();
    assert_eq!(a, b);
    stage.until_refund(&a.refund.unwrap(), "completed").await;
    assert_eq!(stage.count("SELECT count(*) FROM payments").await, 1);
    assert_eq!(stage.balance().await, 1_150);
    stage.audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_key_is_free_at_once() {
    let stage = Stage::new().await;
    let payment = stage.charged("").await;
    let request = CreateRefundRequest {
        payment_id: payment.payment_id,
        amount: Some(usd(2_000)),
        request_id: "k".to_owned(),
        ..Default::default()
    };
    for _ in 0..50 {
        let refused = stage.client.clone().create_refund(request.clone()).await.unwrap_err();
        assert_eq!(reason(&refused, "refundable").1, "REFUND_EXCEEDS_REST");
    }
    stage.audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_key_many_at_once_is_one_payment() {
    let stage = Stage::new().await;
    let create = || async {
        let mut client = stage.client.clone();
        carried_out(async || client.create_payment(keyed("k")).await).await
    };
    let replies = futures::future::join_all((0..8).map(|_| create())).await;
    let mut ids: Vec<String> = replies.into_iter().map(|reply| reply.payment.unwrap().payment_id).collect();
    ids.dedup();
    assert_eq!(ids.len(), 1);
    stage.until(&ids[0], PaymentStatus::Completed).await;
    assert_eq!(stage.count("SELECT count(*) FROM payments").await, 1);
    stage.audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_saga_step_makes_one_payment() {
    let stage = Stage::new().await;
    let step = || CreatePaymentRequest { saga_key: "ord_1/charge/1".to_owned(), ..payment("tok_1") };
    let replies = futures::future::join_all((0..8).map(|_| stage.try_create(step()))).await;
    let mut ids: Vec<_> = replies.into_iter().map(|reply| reply.unwrap().payment_id).collect();
    ids.dedup();
    assert_eq!(ids.len(), 1);
    stage.until(&ids[0], PaymentStatus::Completed).await;
    // Long after, with the token gone, it is still the same step.
    assert_eq!(stage.try_create(step()).await.unwrap().payment_id, ids[0]);
    let other = CreatePaymentRequest { amount: Some(usd(1)), ..step() };
    let refused = stage.try_create(other).await.unwrap_err();
    assert_eq!((refused.code(), fields(&refused)), (Code::InvalidArgument, vec!["saga_key".to_owned()]));
    stage.audit().await;
}

fn steps(stage: &Stage) -> PaymentActivities {
    PaymentActivities {
        pool: stage.db.clone(),
        provider: Arc::new(Simulator::new(stage.db.clone(), stage.config.simulator)),
        hub: Hub::new(CancellationToken::new()),
    }
}

/// What the workflow does with a step. On a busy machine the provider's answer may come too late, and is asked for again.
async fn to_the_end(steps: &PaymentActivities, id: PaymentId) {
    loop {
        match steps.advance_payment(id).await.unwrap() {
            Next::Done => return,
            Next::After(pause) => tokio::time::sleep(Duration::from_millis(pause)).await,
            next => panic!("a charge waits for nobody: {next:?}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn steps_side_by_side_charge_once() {
    let stage = Stage::with(Role::Api, |config| config.temporal.address = crate::support::NOWHERE.to_owned()).await;
    let payment = stage.create("").await;
    let id: PaymentId = payment.payment_id.parse().unwrap();
    let steps = steps(&stage);
    futures::future::join_all((0..8).map(|_| to_the_end(&steps, id))).await;
    let payment = stage.get(&payment.payment_id).await;
    assert_eq!((payment.status(), payment.attempts, payment.timeline.len()), (PaymentStatus::Completed, 1, 5));
    assert_eq!(stage.balance().await, 1_250);
    assert!(stage.findings().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_after_the_charge_books_that_charge() {
    let stage = Stage::with(Role::Api, |config| config.temporal.address = crate::support::NOWHERE.to_owned()).await;
    let payment = stage.create("").await;
    let id: PaymentId = payment.payment_id.parse().unwrap();
    // What a worker does that is killed before it can write the outcome down.
    payments::store::begin(&stage.db, id, 1).await.unwrap().unwrap();
    let task = payments::store::charge_task(&stage.db, id).await.unwrap().unwrap();
    let charge =
        Charge { key: format!("{id}/1"), amount: task.amount, method: task.method, token: task.token, asked: None };
    steps(&stage).provider.charge(&charge).await;
    assert_eq!(stage.get(&payment.payment_id).await.status(), PaymentStatus::Processing);
    // The next one, with Temporal back, finds the attempt in flight.
    let worker = stage.join(Role::Worker).await;
    let payment = stage.until(&payment.payment_id, PaymentStatus::Completed).await;
    assert_eq!(payment.attempts, 1);
    stage.charged_after(&payment, 2).await;
    worker.stop().await;
    stage.audit().await;
}
