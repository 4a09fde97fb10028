//! Reservations that nobody takes, and what their workflows cost.

use crate::harness::*;
use contracts::inventory::*;
use service::Role;
use std::time::Duration;
use temporalio_client::UntypedWorkflow;
use testkit::PATIENCE;

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_takes_is_given_back() {
    let inventory = Inventory::with(Role::All, |config| config.reservation.hold_s = 1).await;
    let mut client = inventory.client();
    receive(&mut client, "PROD-005", "EAST", 5).await;
    let one = reserve(&mut client, &[("PROD-003", 3, "")]).await.unwrap();
    let saga = reserve(&mut client, &[("PROD-003", 1, ""), ("PROD-005", 2, "EAST")]).await.unwrap();
    assert_eq!(story(&watch(&mut client, &one.reservation_id, 0).await), ["RESERVED", "EXPIRED", "SETTLED"]);
    let events = watch(&mut client, &saga.reservation_id, 3).await;
    assert_eq!(story(&events), ["RESERVED", "EXPIRED", "SETTLED"]);
    assert_eq!(stock(&mut client, "PROD-003", "MAIN").await, (30, 2, 0));
    assert_eq!(stock(&mut client, "PROD-005", "EAST").await, (5, 0, 0));
    let refused = commit(&mut client, &one.reservation_id).await.unwrap_err();
    assert_eq!(fact(&refused, "state"), "EXPIRED");
    let told: i64 = sqlx::query_scalar("SELECT count(*) FROM notifications WHERE kind = 'RESERVATION_EXPIRED'")
        .fetch_one(&inventory.pool().await)
        .await
        .unwrap();
    assert_eq!(told, 2);
    inventory.audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_status_decides_and_not_the_clock() {
    let inventory = Inventory::with(Role::Api, |config| config.reservation.hold_s = 0).await;
    let mut client = inventory.client();
    let overdue = reserve(&mut client, &[("PROD-003", 3, "")]).await.unwrap();
    assert_eq!(commit(&mut client, &overdue.reservation_id).await.unwrap().status(), ReservationStatus::Committed);
    let _worker = start(inventory.config.clone(), Role::Worker).await;
    assert_eq!(story(&watch(&mut client, &overdue.reservation_id, 0).await), ["RESERVED", "COMMITTED", "SETTLED"]);
    inventory.audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_committed_reservation_costs_twelve_events() {
    let inventory = Inventory::new().await;
    let mut client = inventory.client();
    let reservation = reserve(&mut client, &[("PROD-001", 1, "")]).await.unwrap();
    let temporal = inventory.temporal().await;
    let workflow = temporal.get_workflow_handle::<UntypedWorkflow>(&reservation.reservation_id);
    let length = async || workflow.describe(Default::default()).await.map_or(0, |d| d.history_length());
    // Until its timer runs; Temporal has nothing to be awaited for that.
    let started = async {
        while length().await < 6 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, started).await.expect("no workflow");
    commit(&mut client, &reservation.reservation_id).await.unwrap();
    watch(&mut client, &reservation.reservation_id, 0).await;
    let _ended = workflow.get_result(Default::default()).await;
    assert_eq!(length().await, 12);
    inventory.audit().await;
}
