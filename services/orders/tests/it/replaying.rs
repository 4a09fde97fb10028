//! Workflow code is deterministic, and understands the histories of earlier versions.
//!
//! `OMS_RECORD_HISTORIES=1 cargo xtask test -- -p orders fresh_histories` writes
//! `tests/histories` anew. Never do that to make a test pass: the old files stand for
//! workflows that run somewhere.

use crate::common::*;
use contracts::orders::*;
use orders::workflow::OrderWorkflow;
use temporalio_client::UntypedWorkflow;
use temporalio_sdk::workflow_replayer::WorkflowReplayerOptions;
use testkit::histories;
use tonic::Status;

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
    for (_, json) in RECORDED {
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
        let handle = orders.temporal().await.get_workflow_handle::<UntypedWorkflow>(id);
        handle.get_result(Default::default()).await.unwrap();
        let json = handle.fetch_history(Default::default()).to_json().await.unwrap();
        replay(&json).await;
        histories::record(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/histories"), name, &json);
    }
    orders.audit().await;
}
