//! Workflow code is deterministic, and understands the histories of earlier versions.
//!
//! `OMS_RECORD_HISTORIES=1 cargo xtask test -- -p payments replaying` writes
//! `tests/histories` anew. Never do that to make a test pass: the old files stand for
//! workflows that run somewhere.

use crate::support::Stage;
use payments::workflow::{PaymentWorkflow, RefundWorkflow};
use temporalio_sdk::workflow_replayer::WorkflowReplayerOptions;
use testkit::histories;

const RECORDED: [(&str, &[u8]); 3] = [
    ("payment", include_bytes!("../histories/payment.json")),
    ("payment_retried", include_bytes!("../histories/payment_retried.json")),
    ("refund", include_bytes!("../histories/refund.json")),
];

async fn replay(json: &[u8]) {
    let options = WorkflowReplayerOptions::new()
        .register_workflow::<PaymentWorkflow>()
        .unwrap()
        .register_workflow::<RefundWorkflow>()
        .unwrap()
        .build();
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
    let stage = Stage::new().await;
    let payment = stage.charged("").await;
    let retried = stage.charged("sim_transient_1").await;
    let refund = stage.refund(&payment.payment_id, None).await.unwrap();
    let ids = [&payment.payment_id, &retried.payment_id, &refund.refund_id];
    for ((name, _), id) in RECORDED.into_iter().zip(ids) {
        let json = stage.history(id).await.to_json().await.unwrap();
        replay(&json).await;
        histories::record(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/histories"), name, &json);
    }
    stage.audit().await;
}
