//! Workflow code is deterministic, and understands the histories of earlier versions.
//!
//! `OMS_RECORD_HISTORIES=1 cargo xtask test -- -p inventory@0.1.0 replaying` writes
//! `tests/histories` anew. Never do that to make a test pass: the old files stand for
//! workflows that run somewhere.

use crate::harness::*;
use contracts::inventory::ReservationStatus;
use inventory::workflow::ReservationWorkflow;
use service::Role;
use temporalio_sdk::workflow_replayer::WorkflowReplayerOptions;
use testkit::histories;

const RECORDED: [(&str, &[u8]); 3] = [
    ("committed", include_bytes!("../histories/committed.json")),
    ("expired", include_bytes!("../histories/expired.json")),
    ("refused", include_bytes!("../histories/refused.json")),
];

async fn replay(json: &[u8]) {
    let options = WorkflowReplayerOptions::new().register_workflow::<ReservationWorkflow>().unwrap().build();
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
    let inventory = Inventory::with(Role::All, |config| config.reservation.hold_s = 3).await;
    let mut client = inventory.client();
    receive(&mut client, "PROD-005", "EAST", 5).await;
    let wanted = [("PROD-001", 2, "MAIN"), ("PROD-005", 6, "EAST")];
    let refused = fact(&reserve(&mut client, &wanted).await.unwrap_err(), "reservation_id");
    let wanted = [("PROD-001", 2, "MAIN"), ("PROD-005", 5, "EAST")];
    let committed = reserve(&mut client, &wanted).await.unwrap().reservation_id;
    assert_eq!(commit(&mut client, &committed).await.unwrap().status(), ReservationStatus::Committed);
    // The worker is at work by now, so this one gets its timer.
    let expired = reserve(&mut client, &[("PROD-002", 1, "")]).await.unwrap().reservation_id;
    for ((name, _), id) in RECORDED.into_iter().zip([committed, expired, refused]) {
        watch(&mut client, &id, 0).await;
        let json = inventory.history(&id).await.to_json().await.unwrap();
        replay(&json).await;
        histories::record(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/histories"), name, &json);
    }
    inventory.audit().await;
}
