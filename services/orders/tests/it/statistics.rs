//! The figures, against orders that the test has put there.

use crate::common::*;
use crate::shelf::Shelf;
use contracts::common::StatisticsWindow;
use contracts::ids::smallest_at;
use contracts::orders::*;
use contracts::timestamps::{from_wire, to_wire};
use service::Role;
use sqlx::PgPool;
use testkit::Site;
use time::{Duration, OffsetDateTime};
use tonic::Code;
use tonic_types::StatusExt as _;
use uuid::Uuid;

/// An order that was made then, and what it was told to have become, each so many seconds later.
async fn put(db: &PgPool, at: OffsetDateTime, n: u128, became: &[(&str, i64)]) {
    let id = Uuid::from_u128(smallest_at(at).as_u128() | (7 << 76) | (2 << 62) | n);
    let status = became.last().map_or("CREATED", |(status, _)| *status);
    sqlx::query(
        "INSERT INTO orders.orders (id, customer_id, status, currency, total_minor, seq, settled_at, created_at, updated_at)
         VALUES ($1, 'C', $2, 'USD', 1, 1, now(), $3, $3)",
    )
    .bind(id)
    .bind(status)
    .bind(at)
    .execute(db)
    .await
    .unwrap();
    for (sequence, (status, seconds)) in (2_i64..).zip(became) {
        sqlx::query(
            "INSERT INTO orders.notifications (order_id, seq, kind, created_at) VALUES ($1, $2, 'ORDER_' || $3, $4)",
        )
        .bind(id)
        .bind(sequence)
        .bind(status)
        .bind(at + Duration::seconds(*seconds))
        .execute(db)
        .await
        .unwrap();
    }
}

fn seconds(time: Option<prost_types::Duration>) -> Option<f64> {
    time.map(|time| time.seconds as f64 + f64::from(time.nanos) / 1e9)
}

#[tokio::test(flavor = "multi_thread")]
async fn figures_are_what_happened() {
    let (site, shelf) = (Site::new().await, Shelf::start().await);
    let mut away = config(&site, &shelf);
    away.temporal.address = "http://127.0.0.1:1".to_owned();
    let running = start(away, Role::Api).await;
    let mut client = client(&running);
    // It answers once its tables are there.
    client.list_orders(ListOrdersRequest::default()).await.unwrap();
    let db = PgPool::connect(&site.database_url("orders")).await.unwrap();
    let now = OffsetDateTime::now_utc();
    let minute = now - Duration::seconds(now.second().into()) - Duration::nanoseconds(now.nanosecond().into());
    let (ten, five, early) =
        (minute - Duration::minutes(10), minute - Duration::minutes(5), minute - Duration::hours(4));
    put(&db, ten, 1, &[("PENDING_APPROVAL", 1), ("APPROVED", 10)]).await;
    put(
        &db,
        ten + Duration::seconds(30),
        2,
        &[("PENDING_APPROVAL", 1), ("APPROVED", 20), ("SHIPPED", 100), ("DELIVERED", 301)],
    )
    .await;
    put(&db, ten + Duration::seconds(59), 3, &[("VALIDATION_FAILED", 0)]).await;
    put(&db, ten + Duration::minutes(1), 4, &[("APPROVED", 300), ("CANCELLED", 301)]).await;
    put(&db, five, 5, &[("PENDING_APPROVAL", 1), ("REJECTED", 2)]).await;
    put(&db, early, 6, &[("APPROVED", 3_600), ("DELIVERED", 3_700)]).await;
    put(&db, early, 7, &[("AUTO_REJECTED", 1)]).await;
    put(&db, minute - Duration::hours(40), 8, &[("APPROVED", 5)]).await;
    for _ in 0..3 {
        create(&mut client, order()).await;
    }
    sqlx::query("UPDATE orders.outbox SET parked_at = now() WHERE id = (SELECT max(id) FROM orders.outbox)")
        .execute(&db)
        .await
        .unwrap();
    sqlx::query(
        "UPDATE orders.outbox SET created_at = now() - interval '90 s' WHERE id = (SELECT min(id) FROM orders.outbox)",
    )
    .execute(&db)
    .await
    .unwrap();

    let hour = client.get_order_statistics(GetOrderStatisticsRequest::default()).await.unwrap().into_inner();
    let counts: Vec<_> = hour.counts.iter().map(|count| (count.status(), count.orders)).collect();
    assert_eq!(
        counts,
        [
            (OrderStatus::Created, 3),
            (OrderStatus::Approved, 2),
            (OrderStatus::Delivered, 2),
            (OrderStatus::ValidationFailed, 1),
            (OrderStatus::AutoRejected, 1),
            (OrderStatus::Rejected, 1),
            (OrderStatus::Cancelled, 1),
        ]
    );
    assert_eq!(hour.steps.len(), 60);
    let starts: Vec<_> = hour.steps.iter().map(|step| from_wire(step.start_time.as_ref().unwrap()).unwrap()).collect();
    assert!(starts.windows(2).all(|two| two[1] - two[0] == Duration::MINUTE));
    let at = from_wire(hour.at.as_ref().unwrap()).unwrap();
    assert!(starts[59] <= at && at < starts[59] + Duration::MINUTE);
    let step = |at: OffsetDateTime| {
        let step = hour.steps.iter().find(|step| step.start_time == Some(to_wire(at))).unwrap();
        (step.created, step.approved, step.delivered, step.stopped, seconds(step.approval_median))
    };
    assert_eq!(step(ten), (3, 2, 0, 1, Some(15.0)));
    assert_eq!(step(ten + Duration::minutes(1)), (1, 0, 0, 0, None));
    assert_eq!(step(five), (1, 0, 1, 1, None));
    assert_eq!(step(five + Duration::minutes(1)), (0, 1, 0, 1, Some(300.0)));
    assert_eq!(hour.steps.iter().map(|step| step.created).sum::<i64>(), 5 + 3);
    assert_eq!(seconds(hour.approval_median), Some(20.0));
    let p95 = seconds(hour.approval_p95).unwrap();
    assert!((p95 - 272.0).abs() < 1e-6, "{p95}");
    let backlog = hour.backlog.unwrap();
    let oldest = seconds(backlog.oldest).unwrap();
    assert_eq!((backlog.waiting, backlog.parked), (2, 1));
    assert!((90.0..150.0).contains(&oldest), "{oldest}");

    let request = GetOrderStatisticsRequest { window: StatisticsWindow::Day.into() };
    let day = client.get_order_statistics(request).await.unwrap().into_inner();
    assert_eq!(day.steps.len(), 24);
    let sum = |of: fn(&OrderStatisticsStep) -> i64| day.steps.iter().map(of).sum::<i64>();
    assert_eq!((sum(|s| s.created), sum(|s| s.approved), sum(|s| s.delivered), sum(|s| s.stopped)), (10, 4, 2, 4));
    assert_eq!(seconds(day.approval_median), Some(160.0));
    // Remembered, also after something has changed.
    create(&mut client, order()).await;
    assert_eq!(client.get_order_statistics(request).await.unwrap().into_inner(), day);
    let unknown = client.get_order_statistics(GetOrderStatisticsRequest { window: 7 }).await.unwrap_err();
    assert_eq!(unknown.code(), Code::InvalidArgument);
    assert_eq!(unknown.get_details_bad_request().unwrap().field_violations[0].field, "window");
    let forgotten = async {
        loop {
            let now = client.get_order_statistics(GetOrderStatisticsRequest::default()).await.unwrap().into_inner();
            if now.at != hour.at {
                return now;
            }
        }
    };
    let anew = tokio::time::timeout(testkit::PATIENCE, forgotten).await.unwrap();
    assert_eq!((anew.counts[0].status(), anew.counts[0].orders), (OrderStatus::Created, 4));
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_yet_has_figures_too() {
    let orders = Orders::new().await;
    let none = orders.client().get_order_statistics(GetOrderStatisticsRequest::default()).await.unwrap().into_inner();
    assert_eq!((none.counts.len(), none.steps.len()), (0, 60));
    assert_eq!((none.approval_median, none.approval_p95), (None, None));
    assert_eq!(none.backlog.unwrap(), contracts::common::Backlog::default());
    orders.audit().await;
}
