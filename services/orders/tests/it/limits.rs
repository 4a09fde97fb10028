//! What is too much is refused, and decisions are taken all the same.

use crate::common::*;
use crate::shelf::Shelf;
use contracts::orders::*;
use service::Role;
use sqlx::PgPool;
use std::time::Duration;
use testkit::{PATIENCE, Site};
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

fn is_refused(status: &Status, because: &str) {
    assert_eq!((status.code(), reason(status).as_str()), (Code::ResourceExhausted, because), "{status}");
    let wait = status.get_error_details().retry_info().and_then(|info| info.retry_delay);
    assert!(wait.is_some_and(|wait| wait > Duration::ZERO && wait <= Duration::from_secs(5)), "{wait:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn decisions_find_room_when_new_orders_do_not() {
    let orders = Orders::with(|config| config.limits.in_flight = 4).await;
    let mut client = orders.client();
    let mut waiting = Vec::new();
    for _ in 0..3 {
        let id = create(&mut client, order()).await;
        until_status(&mut client, &id, OrderStatus::PendingApproval).await;
        waiting.push(id);
    }
    let pool = PgPool::connect(&orders.site.admin_url()).await.unwrap();
    let mut lock = pool.begin().await.unwrap();
    sqlx::query("LOCK TABLE orders.orders IN ACCESS EXCLUSIVE MODE").execute(&mut *lock).await.unwrap();
    let decide = |id: &String| {
        let (mut client, id) = (orders.client(), id.clone());
        tokio::spawn(async move { approve(&mut client, &id).await })
    };
    let mut decisions: Vec<_> = waiting.iter().take(2).map(decide).collect();
    // The service's own looks may wait at the lock too, so its decisions are counted by their statement.
    let inside = async {
        let held =
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%write.change%'";
        while sqlx::query_scalar::<_, i64>(held).fetch_one(&pool).await.unwrap() < 2 {}
    };
    timeout(PATIENCE, inside).await.expect("two decisions that wait at the lock");
    is_refused(&client.create_order(order()).await.unwrap_err(), "OVERLOADED");
    decisions.extend(waiting.iter().skip(2).map(decide));
    lock.rollback().await.unwrap();
    for decision in decisions {
        assert_eq!(decision.await.unwrap().unwrap().status(), OrderStatus::Approved);
    }
    let id = create(&mut client, order()).await;
    until_status(&mut client, &id, OrderStatus::PendingApproval).await;
    orders.audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_outbox_takes_decisions_and_no_new_orders() {
    let (site, shelf) = (Site::new().await, Shelf::start().await);
    let mut away = config(&site, &shelf);
    away.outbox.backlog_limit = 3;
    away.temporal.address = "http://127.0.0.1:1".to_owned();
    let running = start(away, Role::Api).await;
    let mut client = client(&running);
    let mut taken = Vec::new();
    for _ in 0..3 {
        taken.push(create(&mut client, order()).await);
    }
    is_refused(&client.create_order(order()).await.unwrap_err(), "BACKLOG_FULL");
    assert_eq!(cancel(&mut client, &taken[0]).await.unwrap().status(), OrderStatus::Cancelled);

    running.stop().await;
    let running = start(config(&site, &shelf), Role::All).await;
    let mut client = crate::common::client(&running);
    until_settled(&mut client, &taken[0]).await;
    for id in &taken[1..] {
        until_status(&mut client, id, OrderStatus::PendingApproval).await;
    }
    site.audit(audit::Targets { orders: Some(running.channel()), ..Default::default() }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watch_is_given_back_when_its_caller_vanishes() {
    let orders = Orders::with(|config| config.limits.watches = 2).await;
    let mut client = orders.client();
    let id = create(&mut client, order()).await;
    let watch = || WatchOrderRequest { order_id: id.clone(), after_sequence: 0 };
    let mut vanishing = orders.client();
    let open = (vanishing.watch_order(watch()).await.unwrap(), vanishing.watch_order(watch()).await.unwrap());
    is_refused(&client.watch_order(watch()).await.unwrap_err(), "TOO_MANY_WATCHES");
    drop((open, vanishing));
    let again = async { while client.watch_order(watch()).await.is_err() {} };
    timeout(PATIENCE, again).await.expect("room for another watch");
    until_status(&mut client, &id, OrderStatus::PendingApproval).await;
    orders.audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_says_nothing_is_let_go() {
    let orders = Orders::with(|config| config.limits.first_request_ms = 200).await;
    let mut silent = TcpStream::connect(orders.running.address).await.unwrap();
    let mut all = Vec::new();
    timeout(PATIENCE, silent.read_to_end(&mut all)).await.expect("an end to it").unwrap();
    orders.audit().await;
}
