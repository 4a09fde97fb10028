//! The inventory while Temporal is away.

use crate::harness::*;
use contracts::inventory::*;
use service::Role;
use std::time::{Duration, Instant};

#[tokio::test(flavor = "multi_thread")]
async fn stock_is_reserved_committed_and_cancelled_without_temporal() {
    let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let inventory = Inventory::with(Role::All, |config| config.temporal.address = format!("http://{closed}")).await;
    let mut client = inventory.client();
    reserve(&mut client, &[("PROD-003", 1, "")]).await.unwrap();
    let begun = Instant::now();
    let first = reserve(&mut client, &[("PROD-001", 2, "")]).await.unwrap();
    let second = reserve(&mut client, &[("PROD-001", 3, "")]).await.unwrap();
    assert_eq!(first.status(), ReservationStatus::Reserved);
    commit(&mut client, &first.reservation_id).await.unwrap();
    cancel(&mut client, &second.reservation_id).await.unwrap();
    assert!(begun.elapsed() < Duration::from_secs(1), "four calls took {:?}", begun.elapsed());
    assert_eq!(stock(&mut client, "PROD-001", "MAIN").await, (48, 5, 0));
    inventory.audit().await;

    // The same rows with a Temporal: everything carries on.
    let mut config = inventory.config.clone();
    config.temporal.address = inventory.site.temporal_address();
    let _connected = start(config, Role::Worker).await;
    assert_eq!(story(&watch(&mut client, &first.reservation_id, 0).await), ["RESERVED", "COMMITTED", "SETTLED"]);
    assert_eq!(story(&watch(&mut client, &second.reservation_id, 0).await), ["RESERVED", "CANCELLED", "SETTLED"]);
    inventory.audit().await;
}
