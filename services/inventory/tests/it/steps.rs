//! The saga's table of dos and undos: each may run twice, fail at any place, and is
//! undone completely.

use crate::harness::*;
use contracts::ids::{LocationId, ReservationId};
use contracts::inventory::*;
use inventory::store;
use service::Role;
use sqlx::PgPool;
use std::time::Duration;
use tonic::Request;

/// A saga over MAIN, EAST and WEST that no workflow drives.
async fn planned(client: &mut Client) -> ReservationId {
    let wanted = [("PROD-001", 1, "MAIN"), ("PROD-005", 2, "EAST"), ("PROD-005", 3, "WEST")];
    let mut request = Request::new(lines(&wanted));
    request.set_timeout(Duration::from_millis(700));
    let reservation = client.reserve_stock(request).await.unwrap().into_inner().reservation.unwrap();
    reservation.reservation_id.parse().unwrap()
}

async fn site() -> (Inventory, Client, PgPool) {
    let inventory = Inventory::with(Role::Api, |_| {}).await;
    let mut client = inventory.client();
    receive(&mut client, "PROD-005", "EAST", 10).await;
    receive(&mut client, "PROD-005", "WEST", 10).await;
    let pool = inventory.pool().await;
    (inventory, client, pool)
}

fn locations() -> [LocationId; 3] {
    ["MAIN", "EAST", "WEST"].map(|location| location.parse().unwrap())
}

async fn reserved(client: &mut Client) -> [i64; 3] {
    [
        stock(client, "PROD-001", "MAIN").await.2,
        stock(client, "PROD-005", "EAST").await.2,
        stock(client, "PROD-005", "WEST").await.2,
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn dos_and_undos_may_run_twice() {
    let (inventory, mut client, pool) = site().await;
    let id = planned(&mut client).await;
    for location in &locations() {
        assert!(store::hold(&pool, id, location).await.unwrap().is_some());
        assert!(store::hold(&pool, id, location).await.unwrap().is_none(), "held twice at {location}");
    }
    assert_eq!(reserved(&mut client).await, [1, 2, 3]);
    cancel(&mut client, &id.to_string()).await.unwrap();
    assert!(get(&mut client, &id.to_string()).await.unwinding);
    for location in locations().iter().rev() {
        assert!(store::undo(&pool, id, location).await.unwrap().is_some());
        assert!(store::undo(&pool, id, location).await.unwrap().is_none(), "undone twice at {location}");
        assert!(store::hold(&pool, id, location).await.unwrap().is_none(), "held after its undo at {location}");
    }
    assert!(!get(&mut client, &id.to_string()).await.unwinding);
    assert_eq!(reserved(&mut client).await, [0, 0, 0]);
    inventory.audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_place_of_failure_is_undone() {
    let (inventory, mut client, pool) = site().await;
    for done in 0..=3 {
        let id = planned(&mut client).await;
        for location in &locations()[..done] {
            let _ = store::hold(&pool, id, location).await.unwrap().unwrap();
        }
        if let Some(next) = locations().get(done) {
            // The do was begun, and nobody knows how it ended.
            sqlx::query(
                "INSERT INTO reservation_journal (reservation_id, step, attempt, location, state, updated_at)
                 VALUES ($1, 'hold:' || $2, 1, $2, 'STARTED', now())",
            )
            .bind(id.uuid())
            .bind(next.as_str())
            .execute(&pool)
            .await
            .unwrap();
        }
        cancel(&mut client, &id.to_string()).await.unwrap();
        for location in locations().iter().rev() {
            let _ = store::undo(&pool, id, location).await.unwrap();
        }
        let mut conn = pool.acquire().await.unwrap();
        assert!(store::settle(&mut conn, id).await.unwrap().is_some());
        assert!(store::settle(&mut conn, id).await.unwrap().is_none());
        let events = get(&mut client, &id.to_string()).await.timeline;
        let released = events.iter().filter(|e| e.kind() == ReservationEventKind::LocationReleased).count();
        assert_eq!(released, done);
        assert_eq!(reserved(&mut client).await, [0, 0, 0]);
    }
    inventory.audit().await;
}
