//! Workflow code is deterministic, and understands the histories of earlier versions.
//!
//! `OMS_RECORD_HISTORIES=1 cargo xtask test -- -p orders fresh_histories` writes
//! `tests/histories` anew. Never do that to make a test pass: the old files stand for
//! workflows that run somewhere.

use crate::common::*;
use crate::world::World;
use contracts::orders::*;
use orders::workflow::OrderWorkflow;
use temporalio_client::{Client as Temporal, UntypedWorkflow};
use temporalio_sdk::workflow_replayer::WorkflowReplayerOptions;
use testkit::histories;
use tonic::Status;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/histories");
/// Of versions that are gone: no test can record them again.
const EARLIER: [&[u8]; 2] = [
    include_bytes!("../histories/compensated_by_timers.json"),
    include_bytes!("../histories/cancelled_in_charge_unpatched.json"),
];
const FULFILMENTS: [(&str, &[u8]); 3] = [
    ("fulfilled", include_bytes!("../histories/fulfilled.json")),
    ("compensated", include_bytes!("../histories/compensated.json")),
    ("cancelled_in_charge", include_bytes!("../histories/cancelled_in_charge.json")),
];
const RECORDED: [(&str, &[u8]); 3] = [
    ("approved", include_bytes!("../histories/approved.json")),
    ("rejected", include_bytes!("../histories/rejected.json")),
    ("validation_retried", include_bytes!("../histories/validation_retried.json")),
];

async fn replay(json: &[u8]) {
    let options = WorkflowReplayerOptions::new().register_workflow::<OrderWorkflow>().unwrap().build();
    histories::replay(options, json).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn recorded_histories_replay() {
    for json in EARLIER.into_iter().chain(RECORDED.into_iter().chain(FULFILMENTS).map(|(_, json)| json)) {
        replay(json).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn fresh_histories_replay() {
    let orders = Orders::with(|config| config.validation.first_retry_ms = 50).await;
    let mut client = orders.client();
    let approved = create(&mut client, order()).await;
    let rejected = create(&mut client, order()).await;
    for id in [&approved, &rejected] {
        until_status(&mut client, id, OrderStatus::PendingApproval).await;
    }
    approve(&mut client, &approved).await.unwrap();
    client.reject_order(RejectOrderRequest { order_id: rejected.clone(), ..Default::default() }).await.unwrap();
    orders.shelf.fail_with(Some(Status::internal("broken")));
    let unheard = order_of(&[("PROD-0-not-remembered", 1, 100)], 100);
    let retried = create(&mut client, unheard).await;
    for ((name, _), id) in RECORDED.into_iter().zip([approved, rejected, retried]) {
        until_settled(&mut client, &id).await;
        let json = history(&orders.temporal().await, &id).await;
        replay(&json).await;
        histories::record(FOLDER, name, &json);
    }
    orders.audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fresh_fulfilments_replay() {
    let world = World::new().await;
    let mut client = world.client();
    let fulfilled = world.buy(1, "").await;
    // Its refund takes a second try.
    let compensated = world.buy(1, "sim_refund_transient_1").await;
    for id in [&fulfilled, &compensated] {
        until(&mut client, id, |e| e.kind() == OrderEventKind::Settled && e.status() == OrderStatus::Processing).await;
    }
    let interrupted = world.buy(1, "sim_slow").await;
    world.until_payment(&interrupted).await;
    for id in [&compensated, &interrupted] {
        cancel(&mut client, id).await.unwrap();
    }
    for id in [&compensated, &interrupted] {
        until(&mut client, id, |e| e.kind() == OrderEventKind::Settled && e.status() == OrderStatus::Cancelled).await;
    }
    let temporal = temporal(&world.site).await;
    for ((name, _), id) in FULFILMENTS.into_iter().zip([fulfilled, compensated, interrupted]) {
        let json = history(&temporal, &id).await;
        replay(&json).await;
        histories::record(FOLDER, name, &json);
    }
    world.audit().await;
}

async fn history(temporal: &Temporal, id: &str) -> Vec<u8> {
    let handle = temporal.get_workflow_handle::<UntypedWorkflow>(id);
    handle.get_result(Default::default()).await.unwrap();
    handle.fetch_history(Default::default()).to_json().await.unwrap()
}
