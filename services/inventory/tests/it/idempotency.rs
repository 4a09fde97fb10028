//! Repeated requests.

use crate::harness::*;
use contracts::inventory::*;
use futures::future::join_all;
use std::collections::BTreeSet;
use testkit::carried_out;
use tonic::Code;

fn keyed(key: &str, wanted: &[(&str, i64, &str)]) -> ReserveStockRequest {
    ReserveStockRequest { request_id: key.into(), ..lines(wanted) }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_request_gets_the_first_reply() {
    let inventory = Inventory::new().await;
    let mut client = inventory.client();
    receive(&mut client, "PROD-005", "EAST", 5).await;
    let one = [("PROD-001", 2, "")];
    let two = [("PROD-001", 2, "MAIN"), ("PROD-005", 2, "EAST")];
    for (key, wanted) in [("one", &one[..]), ("two", &two[..])] {
        let first = client.reserve_stock(keyed(key, wanted)).await.unwrap();
        let again = client.reserve_stock(keyed(key, wanted)).await.unwrap();
        assert!(first.metadata().get("idempotent-replayed").is_none());
        assert!(again.metadata().get("idempotent-replayed").is_some_and(|v| v == "true"));
        let (first, again) = (first.into_inner().reservation.unwrap(), again.into_inner().reservation.unwrap());
        assert_eq!(first.reservation_id, again.reservation_id);
        assert_eq!(again.status(), ReservationStatus::Reserved);
    }
    assert_eq!(stock(&mut client, "PROD-001", "MAIN").await, (50, 5, 4));

    let refused = client.reserve_stock(keyed("one", &[("PROD-001", 3, "")])).await.unwrap_err();
    assert_eq!((refused.code(), reason(&refused).as_str()), (Code::InvalidArgument, "IDEMPOTENCY_KEY_REUSED"));

    let short = [("PROD-003", 29, "")];
    let first = client.reserve_stock(keyed("short", &short)).await.unwrap_err();
    receive(&mut client, "PROD-003", "MAIN", 100).await;
    let again = client.reserve_stock(keyed("short", &short)).await.unwrap_err();
    assert_short(&again);
    assert_eq!(fact(&first, "reservation_id"), fact(&again, "reservation_id"));

    let adjust =
        AdjustStockRequest { request_id: "a".into(), ..adjustment("PROD-002", "MAIN", 5, MovementType::Receipt) };
    for _ in 0..2 {
        let reply = client.adjust_stock(adjust.clone()).await.unwrap().into_inner();
        assert_eq!(reply.stock.unwrap().on_hand, 105);
    }
    inventory.audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_key_at_one_time_takes_effect_once() {
    let inventory = Inventory::new().await;
    let mut client = inventory.client();
    let request = || keyed("same", &[("PROD-002", 1, "")]);
    let reserve = async |mut client: Client| carried_out(async || client.reserve_stock(request()).await).await;
    let replies = join_all((0..20).map(|_| reserve(client.clone()))).await;
    let made: BTreeSet<_> = replies.into_iter().map(|reply| reply.reservation.unwrap().reservation_id).collect();
    assert_eq!(made.len(), 1);
    assert_eq!(stock(&mut client, "PROD-002", "MAIN").await, (100, 10, 1));
    inventory.audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_saga_step_of_a_caller_makes_one_reservation_for_ever() {
    let inventory = Inventory::new().await;
    let mut client = inventory.client();
    let request =
        |product: &str| ReserveStockRequest { saga_key: "ord_1/reserve/1".into(), ..lines(&[(product, 1, "")]) };
    let tasks: Vec<_> = ["PROD-001", "PROD-002", "PROD-003", "PROD-001"]
        .map(|product| {
            let (mut client, request) = (client.clone(), request(product));
            tokio::spawn(async move { client.reserve_stock(request).await.unwrap().into_inner().reservation.unwrap() })
        })
        .into_iter()
        .collect();
    let mut made = BTreeSet::new();
    for task in tasks {
        made.insert(task.await.unwrap().reservation_id);
    }
    assert_eq!(made.len(), 1, "{made:?}");
    let id = made.pop_first().unwrap();
    cancel(&mut client, &id).await.unwrap();
    let again = client.reserve_stock(request("PROD-001")).await.unwrap().into_inner().reservation.unwrap();
    assert_eq!((again.status(), again.reservation_id), (ReservationStatus::Cancelled, id));

    let short = ReserveStockRequest { saga_key: "ord_2/reserve/1".into(), ..lines(&[("PROD-005", 6, "")]) };
    let first = client.reserve_stock(short.clone()).await.unwrap_err();
    let second = client.reserve_stock(short).await.unwrap_err();
    assert_short(&second);
    assert_eq!(fact(&first, "reservation_id"), fact(&second, "reservation_id"));
    inventory.audit().await;
}
