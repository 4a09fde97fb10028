//! A key that is not there stops a workflow where everybody sees it, and no longer than it is away.

use crate::harness::*;
use service::Role;
use std::time::Duration;
use temporalio_client::UntypedWorkflow;
use testkit::PATIENCE;
use testkit::leaks::{encryption, payloads};

#[tokio::test(flavor = "multi_thread")]
async fn a_workflow_waits_for_its_key() {
    let inventory = Inventory::with(Role::Api, |config| config.encryption = encryption(&[("k1", 1)])).await;
    let mut config = inventory.config.clone();
    let worker = start(config.clone(), Role::Worker).await;
    let mut client = inventory.client();
    let reservation = reserve(&mut client, &[("PROD-001", 1, "")]).await.unwrap().reservation_id;
    let temporal = inventory.temporal().await;
    // Nothing in Temporal can be awaited for these.
    let until = async |wanted: &str| {
        let workflow = temporal.get_workflow_handle::<UntypedWorkflow>(&reservation);
        let look = async {
            loop {
                let history = workflow.fetch_history(Default::default()).to_json().await.unwrap_or_default();
                if String::from_utf8(history).unwrap().contains(wanted) {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(PATIENCE, look).await.unwrap_or_else(|_| panic!("its history has no {wanted}"));
    };
    until("TimerStartedEventAttributes").await;
    worker.stop().await;

    config.encryption = encryption(&[("k2", 2)]);
    let lacking = start(config.clone(), Role::Worker).await;
    commit(&mut client, &reservation).await.unwrap();
    until("there is no key `k1`").await;
    lacking.stop().await;

    config.encryption = encryption(&[("k2", 2), ("k1", 1)]);
    let _worker = start(config, Role::Worker).await;
    let events = watch(&mut client, &reservation, 0).await;
    assert_eq!(story(&events), ["RESERVED", "COMMITTED", "SETTLED"]);
    let _ended = temporal.get_workflow_handle::<UntypedWorkflow>(&reservation).get_result(Default::default()).await;
    let kept = payloads(&temporal, &reservation).await;
    assert!(kept.iter().all(|kept| kept.encoding == "binary/encrypted"), "{kept:#?}");
    assert_eq!((kept[0].key_id.as_str(), kept[kept.len() - 1].key_id.as_str()), ("k1", "k2"));
    inventory.audit().await;
}
