//! Reserving at one location, and what follows.

use crate::harness::*;
use contracts::inventory::*;
use tonic::Code;
use tonic_types::StatusExt as _;

#[tokio::test(flavor = "multi_thread")]
async fn reserved_pieces_are_committed_or_given_back() {
    let inventory = Inventory::new().await;
    let mut client = inventory.client();
    let first = reserve(&mut client, &[("PROD-001", 2, ""), ("PROD-002", 1, ""), ("PROD-001", 1, "")]).await.unwrap();
    assert_eq!(first.status(), ReservationStatus::Reserved);
    let held: Vec<_> = first.lines.iter().map(|l| (l.product_id.as_str(), l.quantity, l.held)).collect();
    assert_eq!(held, [("PROD-001", 3, true), ("PROD-002", 1, true)]);
    assert!(first.expire_time.is_some());
    assert_eq!(stock(&mut client, "PROD-001", "MAIN").await, (50, 5, 3));

    let committed = commit(&mut client, &first.reservation_id).await.unwrap();
    assert_eq!(committed.status(), ReservationStatus::Committed);
    assert_eq!(stock(&mut client, "PROD-001", "MAIN").await, (47, 5, 0));
    assert_eq!(commit(&mut client, &first.reservation_id).await.unwrap().status(), ReservationStatus::Committed);
    let refused = cancel(&mut client, &first.reservation_id).await.unwrap_err();
    assert_eq!((reason(&refused).as_str(), fact(&refused, "state").as_str()), ("RESERVATION_STATE", "COMMITTED"));
    assert_eq!(story(&watch(&mut client, &first.reservation_id, 0).await), ["RESERVED", "COMMITTED", "SETTLED"]);

    let second = reserve(&mut client, &[("PROD-001", 4, "MAIN")]).await.unwrap();
    let cancelled = cancel(&mut client, &second.reservation_id).await.unwrap();
    assert_eq!((cancelled.status(), cancelled.unwinding), (ReservationStatus::Cancelled, false));
    assert_eq!(cancel(&mut client, &second.reservation_id).await.unwrap().status(), ReservationStatus::Cancelled);
    let refused = commit(&mut client, &second.reservation_id).await.unwrap_err();
    assert_eq!(refused.code(), Code::FailedPrecondition);
    assert_eq!(stock(&mut client, "PROD-001", "MAIN").await, (47, 5, 0));
    assert_eq!(story(&watch(&mut client, &second.reservation_id, 1).await), ["CANCELLED", "SETTLED"]);
    assert_eq!(story(&watch(&mut client, &second.reservation_id, 3).await), [""; 0]);
    inventory.audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_buyers_of_the_last_ten() {
    let inventory = Inventory::new().await;
    let mut client = inventory.client();
    inventory.warm().await;
    assert_eq!(stock(&mut client, "PROD-004", "MAIN").await, (12, 2, 0));
    let begun = std::time::Instant::now();
    let buyers: Vec<_> = (0..100)
        .map(|_| {
            let mut client = client.clone();
            tokio::spawn(async move { reserve(&mut client, &[("PROD-004", 1, "")]).await })
        })
        .collect();
    let mut won = Vec::new();
    let mut lost = 0;
    for buyer in buyers {
        match buyer.await.unwrap() {
            Ok(reservation) => won.push(reservation.reservation_id),
            Err(refused) => {
                assert_short(&refused);
                lost += 1;
            }
        }
    }
    eprintln!("a hundred buyers took {:?}", begun.elapsed());
    assert_eq!((won.len(), lost), (10, 90));
    assert_eq!(stock(&mut client, "PROD-004", "MAIN").await, (12, 2, 10));
    for id in &won {
        commit(&mut client, id).await.unwrap();
    }
    for id in &won {
        watch(&mut client, id, 0).await;
    }
    assert_eq!(stock(&mut client, "PROD-004", "MAIN").await, (2, 2, 0));
    let low: Vec<String> = sqlx::query_scalar("SELECT detail FROM notifications WHERE kind = 'LOW_STOCK' ORDER BY id")
        .fetch_all(&inventory.pool().await)
        .await
        .unwrap();
    assert_eq!((low.len(), low[0].as_str(), low[9].as_str()), (10, "9 available", "0 available"));
    inventory.audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn crossed_reservations_do_not_block_each_other() {
    let inventory = Inventory::new().await;
    inventory.warm().await;
    let client = inventory.client();
    let tasks: Vec<_> = (0..40)
        .map(|i| {
            let mut client = client.clone();
            let (a, b) = if i % 2 == 0 { ("PROD-001", "PROD-002") } else { ("PROD-002", "PROD-001") };
            tokio::spawn(async move {
                let id = reserve(&mut client, &[(a, 1, ""), (b, 1, "")]).await.unwrap().reservation_id;
                if i % 3 == 0 { cancel(&mut client, &id).await } else { commit(&mut client, &id).await }.unwrap();
                watch(&mut client, &id, 0).await;
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    inventory.audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_says_what_was_missing() {
    let inventory = Inventory::new().await;
    let mut client = inventory.client();
    let refused =
        reserve(&mut client, &[("PROD-001", 1, ""), ("PROD-005", 4, ""), ("PROD-005", 2, "")]).await.unwrap_err();
    assert_short(&refused);
    let details = refused.get_error_details();
    let violation = &details.precondition_failure().unwrap().violations[0];
    assert_eq!((violation.subject.as_str(), violation.description.as_str()), ("PROD-005", "requested 6, available 5"));
    let rejected = get(&mut client, &fact(&refused, "reservation_id")).await;
    assert_eq!((rejected.status(), rejected.lines.len()), (ReservationStatus::Rejected, 0));
    assert_eq!((rejected.shortages[0].requested, rejected.shortages[0].available), (6, 5));
    assert_eq!(story(&watch(&mut client, &rejected.reservation_id, 0).await), ["REJECTED"]);
    assert_eq!(stock(&mut client, "PROD-001", "MAIN").await, (50, 5, 0));

    let refused = reserve(&mut client, &[("PROD-001", 1, ""), ("NOPE", 1, ""), ("NADA", 1, "")]).await.unwrap_err();
    assert_eq!((refused.code(), reason(&refused).as_str()), (Code::NotFound, "PRODUCT_UNKNOWN"));
    assert!(refused.message().contains("NOPE") && refused.message().contains("NADA"), "{refused}");
    assert_eq!(refused.get_error_details().bad_request().unwrap().field_violations[0].field, "items[1].product_id");
    for id in ["", "res_1", "res_00000000000000000000000000000000"] {
        let code = commit(&mut client, id).await.unwrap_err().code();
        assert_eq!(code, if id.len() == 36 { Code::NotFound } else { Code::InvalidArgument }, "{id}");
    }
    inventory.audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_lines_are_one_reservation() {
    let inventory = Inventory::new().await;
    let mut client = inventory.client();
    sqlx::raw_sql(
        "INSERT INTO products SELECT 'BULK-' || i, 'Bulk' FROM generate_series(1, 10000) i;
         INSERT INTO stock (product_id, location, on_hand, opening_on_hand)
         SELECT 'BULK-' || i, 'MAIN', 100, 100 FROM generate_series(1, 10000) i",
    )
    .execute(&inventory.pool().await)
    .await
    .unwrap();
    let names: Vec<String> = (1..=10_000).map(|i| format!("BULK-{i}")).collect();
    let wanted: Vec<_> = names.iter().map(|name| (name.as_str(), 1, "")).collect();
    let begun = std::time::Instant::now();
    let reservation = reserve(&mut client, &wanted).await.unwrap();
    let reserved = begun.elapsed();
    assert_eq!((reservation.status(), reservation.lines.len()), (ReservationStatus::Reserved, 10_000));
    commit(&mut client, &reservation.reservation_id).await.unwrap();
    eprintln!("10,000 lines: reserved in {reserved:?}, committed {:?} later", begun.elapsed() - reserved);
    watch(&mut client, &reservation.reservation_id, 0).await;
    inventory.audit().await;
}
