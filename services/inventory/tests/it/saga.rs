//! Reserving over several locations.

use crate::harness::*;
use contracts::inventory::*;
use service::Role;
use std::time::Duration;
use tonic::Request;

#[tokio::test(flavor = "multi_thread")]
async fn two_locations_are_held_one_after_the_other() {
    let inventory = Inventory::new().await;
    let mut client = inventory.client();
    receive(&mut client, "PROD-005", "EAST", 5).await;
    let reservation = reserve(&mut client, &[("PROD-001", 2, "MAIN"), ("PROD-005", 3, "EAST")]).await.unwrap();
    assert_eq!(reservation.status(), ReservationStatus::Reserved);
    assert!(reservation.lines.iter().all(|line| line.held) && reservation.expire_time.is_some());
    assert_eq!(stock(&mut client, "PROD-001", "MAIN").await, (50, 5, 2));
    assert_eq!(stock(&mut client, "PROD-005", "EAST").await, (5, 0, 3));
    commit(&mut client, &reservation.reservation_id).await.unwrap();
    let events = watch(&mut client, &reservation.reservation_id, 0).await;
    assert_eq!(
        story(&events),
        ["PENDING", "LOCATION_HELD MAIN", "LOCATION_HELD EAST", "RESERVED", "COMMITTED", "SETTLED"]
    );
    assert_eq!(stock(&mut client, "PROD-005", "EAST").await, (2, 0, 0));

    // More than any location has, without naming one: split; then given back at once.
    let split = reserve(&mut client, &[("PROD-005", 7, "")]).await.unwrap();
    let parts: Vec<_> = split.lines.iter().map(|l| (l.location.as_str(), l.quantity)).collect();
    assert_eq!(parts, [("MAIN", 5), ("EAST", 2)]);
    let cancelled = cancel(&mut client, &split.reservation_id).await.unwrap();
    assert_eq!((cancelled.status(), cancelled.unwinding), (ReservationStatus::Cancelled, false));
    watch(&mut client, &split.reservation_id, 0).await;
    assert_eq!(stock(&mut client, "PROD-005", "EAST").await, (2, 0, 0));
    inventory.audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_short_second_location_undoes_the_first() {
    let inventory = Inventory::new().await;
    let mut client = inventory.client();
    receive(&mut client, "PROD-005", "EAST", 5).await;
    let wanted = [("PROD-001", 2, "MAIN"), ("PROD-005", 6, "EAST")];
    let refused = reserve(&mut client, &wanted).await.unwrap_err();
    assert_short(&refused);
    let id = fact(&refused, "reservation_id");
    let events = watch(&mut client, &id, 0).await;
    assert_eq!(
        story(&events),
        ["PENDING", "LOCATION_HELD MAIN", "LOCATION_SHORT EAST", "REJECTED", "LOCATION_RELEASED MAIN", "SETTLED"]
    );
    assert_eq!(events[2].reason, "PROD-005: requested 6, available 5");
    let rejected = get(&mut client, &id).await;
    assert!(!rejected.unwinding && rejected.lines.iter().all(|line| !line.held));
    assert_eq!(rejected.shortages[0].location, "EAST");
    assert_eq!(stock(&mut client, "PROD-001", "MAIN").await, (50, 5, 0));
    inventory.audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_worker_a_saga_is_pending_and_can_be_cancelled() {
    let inventory = Inventory::with(Role::Api, |_| {}).await;
    let mut client = inventory.client();
    receive(&mut client, "PROD-005", "EAST", 5).await;
    let wanted = [("PROD-001", 2, "MAIN"), ("PROD-005", 3, "EAST")];
    let mut pending = Vec::new();
    for _ in 0..3 {
        let mut request = Request::new(lines(&wanted));
        request.set_timeout(Duration::from_millis(900));
        let reservation = client.reserve_stock(request).await.unwrap().into_inner().reservation.unwrap();
        assert_eq!(reservation.status(), ReservationStatus::Pending);
        pending.push(reservation.reservation_id);
    }
    let refused = commit(&mut client, &pending[0]).await.unwrap_err();
    assert_eq!(fact(&refused, "state"), "PENDING");

    // The first is cancelled before anything is held, the second in the middle.
    let first = cancel(&mut client, &pending[0]).await.unwrap();
    assert_eq!((first.status(), first.unwinding), (ReservationStatus::Cancelled, false));
    let pool = inventory.pool().await;
    let _held =
        inventory::store::hold(&pool, pending[1].parse().unwrap(), &"MAIN".parse().unwrap()).await.unwrap().unwrap();
    assert_eq!(stock(&mut client, "PROD-001", "MAIN").await, (50, 5, 2));
    let second = cancel(&mut client, &pending[1]).await.unwrap();
    assert_eq!((second.status(), second.unwinding), (ReservationStatus::Cancelled, true));

    let _worker = start(inventory.config.clone(), Role::Worker).await;
    assert_eq!(story(&watch(&mut client, &pending[0], 0).await), ["PENDING", "CANCELLED", "SETTLED"]);
    assert_eq!(
        story(&watch(&mut client, &pending[1], 0).await),
        ["PENDING", "LOCATION_HELD MAIN", "CANCELLED", "LOCATION_RELEASED MAIN", "SETTLED"]
    );
    commit_when_reserved(&mut client, &pending[2]).await;
    watch(&mut client, &pending[2], 0).await;
    assert_eq!(stock(&mut client, "PROD-001", "MAIN").await, (48, 5, 0));
    assert_eq!(stock(&mut client, "PROD-005", "EAST").await, (2, 0, 0));
    inventory.audit().await;
}

async fn commit_when_reserved(client: &mut Client, id: &str) {
    let request = WatchReservationRequest { reservation_id: id.to_owned(), after_sequence: 0 };
    let mut stream = client.watch_reservation(request).await.unwrap().into_inner();
    while let Some(message) = stream.message().await.unwrap() {
        if message.event.unwrap().status() == ReservationStatus::Reserved {
            commit(client, id).await.unwrap();
            return;
        }
    }
    panic!("{id} was never reserved");
}

#[tokio::test(flavor = "multi_thread")]
async fn racing_sagas_hold_all_or_nothing() {
    let inventory = Inventory::new().await;
    let mut client = inventory.client();
    receive(&mut client, "PROD-005", "EAST", 5).await;
    let tasks: Vec<_> = (0..12)
        .map(|i| {
            let mut client = client.clone();
            let (main, east) = (("PROD-005", 1, "MAIN"), ("PROD-005", 1, "EAST"));
            let wanted = if i % 2 == 0 { [main, east] } else { [east, main] };
            tokio::spawn(async move { reserve(&mut client, &wanted).await })
        })
        .collect();
    let mut won = 0;
    for task in tasks {
        match task.await.unwrap() {
            Ok(reservation) => {
                assert_eq!(reservation.status(), ReservationStatus::Reserved);
                won += 1;
            }
            Err(refused) => {
                assert_short(&refused);
                watch(&mut client, &fact(&refused, "reservation_id"), 0).await;
            }
        }
    }
    // Two that meet in opposite order may refuse each other; nobody gets more than there is.
    assert!((1..=5).contains(&won), "{won}");
    assert_eq!(stock(&mut client, "PROD-005", "MAIN").await, (5, 0, won));
    assert_eq!(stock(&mut client, "PROD-005", "EAST").await, (5, 0, won));
    inventory.audit().await;
}
