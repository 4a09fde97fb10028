//! What those are sent who keep a list open: all that changes, whoever changed it, also while they were away.

use crate::common::*;
use crate::shelf::Shelf;
use crate::world::World;
use contracts::ids::OrderId;
use contracts::orders::*;
use orders::domain::Command;
use orders::store::{self, Change};
use service::Role;
use sqlx::PgPool;
use std::collections::HashSet;
use testkit::{PATIENCE, Running, Site};
use tokio::time::timeout;
use tonic::{Code, Status, Streaming};

/// An open list.
struct Open {
    stream: Streaming<WatchOrdersResponse>,
    /// As of the last message.
    position: String,
    list_again: bool,
}

impl Open {
    async fn new(client: &mut Client, request: WatchOrdersRequest) -> Self {
        let stream = client.watch_orders(request).await.unwrap().into_inner();
        let mut open = Self { stream, position: String::new(), list_again: false };
        let first = open.next().await.unwrap();
        assert!(first.order.is_none() && !first.position.is_empty());
        open.list_again = first.list_again;
        open
    }

    async fn all(client: &mut Client) -> Self {
        Self::new(client, WatchOrdersRequest::default()).await
    }

    async fn after(client: &mut Client, position: &str) -> Self {
        Self::new(client, WatchOrdersRequest { after_position: position.to_owned(), ..Default::default() }).await
    }

    async fn next(&mut self) -> Result<WatchOrdersResponse, Status> {
        let message = timeout(PATIENCE, self.stream.message()).await.unwrap()?.unwrap();
        self.position.clone_from(&message.position);
        Ok(message)
    }

    /// The next order that is as asked for.
    async fn until(&mut self, wanted: impl Fn(&Order) -> bool) -> Order {
        loop {
            if let Some(order) = self.next().await.unwrap().order
                && wanted(&order)
            {
                return order;
            }
        }
    }

    async fn until_status(&mut self, id: &str, status: OrderStatus) -> Order {
        self.until(|order| order.order_id == id && order.status() == status).await
    }

    /// Everything up to this order in this status.
    async fn up_to(&mut self, id: &str, status: OrderStatus) -> HashSet<(String, OrderStatus)> {
        let mut seen = HashSet::new();
        while !seen.contains(&(id.to_owned(), status)) {
            let message = self.next().await.unwrap();
            seen.extend(message.order.map(|order| (order.order_id.clone(), order.status())));
        }
        seen
    }
}

/// A service at this site that only answers.
async fn beside(site: &Site, shelf: &Shelf) -> Running {
    start(config(site, shelf), Role::Api).await
}

/// A service without a worker: what is made stays as it is.
async fn idle() -> (Site, Shelf, Running) {
    let (site, shelf) = (Site::new().await, Shelf::start().await);
    let running = beside(&site, &shelf).await;
    (site, shelf, running)
}

async fn waiting(client: &mut Client) -> String {
    let id = create(client, order()).await;
    until_status(client, &id, OrderStatus::PendingApproval).await;
    id
}

#[tokio::test(flavor = "multi_thread")]
async fn every_process_tells_of_what_any_did() {
    let orders = Orders::new().await;
    let other = beside(&orders.site, &orders.shelf).await;
    let (mut here, mut there) = (orders.client(), client(&other));
    let mut lists = [Open::all(&mut here).await, Open::all(&mut there).await];
    let (approved, cancelled) = (waiting(&mut here).await, waiting(&mut there).await);
    for list in &mut lists {
        assert!(!list.list_again);
        for id in [&approved, &cancelled] {
            let order = list.until_status(id, OrderStatus::PendingApproval).await;
            assert!(order.items.is_empty() && order.timeline.is_empty() && order.customer_id == "CUST123");
        }
    }
    approve(&mut there, &approved).await.unwrap();
    let sequence = cancel(&mut here, &cancelled).await.unwrap().sequence;
    for list in &mut lists {
        let mut left =
            HashSet::from([(approved.clone(), OrderStatus::Approved), (cancelled.clone(), OrderStatus::Cancelled)]);
        while !left.is_empty() {
            let order = list.until(|order| order.sequence >= sequence).await;
            left.remove(&(order.order_id.clone(), order.status()));
        }
    }
    orders.audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_notification_tells_of_is_seen_too() {
    let (site, shelf, running) = idle().await;
    let mut client = client(&running);
    let mut list = Open::all(&mut client).await;
    let id = create(&mut client, order()).await;
    list.until_status(&id, OrderStatus::Created).await;
    // The validation has to wait.
    shelf.fail_with(Some(Status::unavailable("closed")));
    let worker = start(config(&site, &shelf), Role::All).await;
    list.until_status(&id, OrderStatus::ValidationPending).await;
    shelf.fail_with(None);
    list.until_status(&id, OrderStatus::PendingApproval).await;
    site.audit(audit::Targets { orders: Some(worker.channel()), ..Default::default() }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fulfilment_and_its_undoing_are_followed() {
    let world = World::new().await;
    let mut client = world.client();
    let mut list = Open::all(&mut client).await;
    let id = world.buy(1, "").await;
    list.until_status(&id, OrderStatus::Processing).await;
    until(&mut client, &id, |e| e.kind() == OrderEventKind::Settled && e.status() == OrderStatus::Processing).await;
    let db = PgPool::connect(&world.site.admin_url()).await.unwrap();
    // Nothing can be undone meanwhile.
    let mut lock = db.begin().await.unwrap();
    sqlx::query("LOCK TABLE orders.order_journal IN SHARE ROW EXCLUSIVE MODE").execute(&mut *lock).await.unwrap();
    let cancelled = cancel(&mut client, &id).await.unwrap();
    let seen = list.until_status(&id, OrderStatus::Cancelled).await;
    assert!(seen.unwinding && seen.sequence == cancelled.sequence);
    lock.rollback().await.unwrap();
    let order = list.until(|order| order.order_id == id && !order.unwinding).await;
    assert!(order.status() == OrderStatus::Cancelled && order.sequence >= cancelled.sequence + 3);
    let shipped = world.buy(1, "").await;
    list.until_status(&shipped, OrderStatus::Processing).await;
    let parcel = ShipOrderRequest {
        order_id: shipped.clone(),
        carrier: "DHL".into(),
        tracking_number: "1".into(),
        ..Default::default()
    };
    client.ship_order(parcel).await.unwrap();
    assert_eq!(list.until_status(&shipped, OrderStatus::Shipped).await.tracking_number, "1");
    client.deliver_order(DeliverOrderRequest { order_id: shipped.clone(), ..Default::default() }).await.unwrap();
    list.until_status(&shipped, OrderStatus::Delivered).await;
    until_settled(&mut client, &id).await;
    world.audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_belongs_to_the_list_or_leaves_it() {
    let orders = Orders::new().await;
    let mut client = orders.client();
    let listed = waiting(&mut client).await;
    let statuses = vec![OrderStatus::PendingApproval.into()];
    let request = WatchOrdersRequest { statuses, ..Default::default() };
    let mut pending = Open::new(&mut client, request).await;
    let hers = WatchOrdersRequest { customer_id: "MRS-M".into(), ..Default::default() };
    let mut hers = Open::new(&mut client, hers).await;
    // It was in the list before the stream began, and leaves it.
    approve(&mut client, &listed).await.unwrap();
    pending.until_status(&listed, OrderStatus::Approved).await;
    let other =
        create(&mut client, CreateOrderRequest { customer_id: "MRS-M".into(), ..order_of(&[("PROD-001", 1, 1)], -1) })
            .await;
    until_settled(&mut client, &other).await;
    let last = waiting(&mut client).await;
    let seen = pending.up_to(&last, OrderStatus::PendingApproval).await;
    assert!(seen.iter().all(|(id, _)| *id != other), "one that failed was never in the list: {seen:?}");
    let order = hers.until(|_| true).await;
    assert_eq!(order.order_id, other, "the first of hers");
    orders.audit().await;
}

/// Makes a change as the service does, in a transaction that the caller ends. It is found by its number only.
async fn reject(tx: &mut sqlx::PgConnection, id: &str) {
    let id: OrderId = id.parse().unwrap();
    let change = Change { id, command: Command::Reject, reason: "", actor: "test", wake: true };
    let changed = store::change(tx, change).await.unwrap();
    drop(changed.unwrap().hint);
    let statement = "UPDATE orders SET updated_at = now() - interval '1 hour' WHERE id = $1";
    sqlx::query(statement).bind(id.uuid()).execute(tx).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_is_committed_late_is_not_passed_over() {
    let orders = Orders::new().await;
    let mut client = orders.client();
    let (late, later, early) = (waiting(&mut client).await, waiting(&mut client).await, waiting(&mut client).await);
    let mut list = Open::all(&mut client).await;
    let pool = PgPool::connect(&orders.site.database_url("orders")).await.unwrap();
    let (mut first, mut second) = (pool.begin().await.unwrap(), pool.begin().await.unwrap());
    reject(&mut first, &late).await;
    reject(&mut second, &later).await;
    // Its number is higher, and it is there before.
    approve(&mut client, &early).await.unwrap();
    let seen = list.up_to(&early, OrderStatus::Approved).await;
    assert!(!seen.contains(&(late.clone(), OrderStatus::Rejected)));
    first.commit().await.unwrap();
    list.until_status(&late, OrderStatus::Rejected).await;
    // Nobody watches when the other comes, in no process.
    let position = list.position.clone();
    drop(list);
    second.commit().await.unwrap();
    until_settled(&mut client, &later).await;
    let other = beside(&orders.site, &orders.shelf).await;
    let mut list = Open::after(&mut crate::common::client(&other), &position).await;
    assert!(!list.list_again);
    list.until_status(&later, OrderStatus::Rejected).await;
    orders.audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_missed_between_two_streams() {
    let (site, shelf, running) = idle().await;
    let mut client = client(&running);
    let mut list = Open::all(&mut client).await;
    let before = create(&mut client, order()).await;
    list.until_status(&before, OrderStatus::Created).await;
    let position = list.position.clone();
    drop(list);
    let (made, gone) = (create(&mut client, order()).await, create(&mut client, order()).await);
    cancel(&mut client, &gone).await.unwrap();
    cancel(&mut client, &before).await.unwrap();
    running.stop().await;
    let running = beside(&site, &shelf).await;
    let mut client = crate::common::client(&running);
    // A filter is for what comes: what changed may have been in it.
    let statuses = vec![OrderStatus::Created.into()];
    let request = WatchOrdersRequest { statuses, after_position: position.clone(), ..Default::default() };
    let mut list = Open::new(&mut client, request).await;
    assert_eq!(list.position, position, "until everything was sent");
    let mut left =
        HashSet::from([(before, OrderStatus::Cancelled), (made, OrderStatus::Created), (gone, OrderStatus::Cancelled)]);
    while !left.is_empty() {
        let order = list.until(|_| true).await;
        assert!(left.remove(&(order.order_id.clone(), order.status())), "{order:?} is sent once");
    }
    assert!(list.next().await.unwrap().order.is_none());
    assert_ne!(list.position, position);
    let last = create(&mut client, order()).await;
    list.until_status(&last, OrderStatus::Created).await;
    let refused = client.watch_orders(WatchOrdersRequest { after_position: "x".into(), ..Default::default() }).await;
    assert_eq!(refused.unwrap_err().code(), Code::InvalidArgument);
    running.stop().await;
    let worker = start(config(&site, &shelf), Role::All).await;
    until_status(&mut crate::common::client(&worker), &last, OrderStatus::PendingApproval).await;
    site.audit(audit::Targets { orders: Some(worker.channel()), ..Default::default() }).await;
}

/// Changes of so many orders, in one transaction, which nobody's statements made.
async fn change_many(site: &Site, count: i32) {
    let db = PgPool::connect(&site.database_url("orders")).await.unwrap();
    sqlx::query(
        "WITH o AS (
            INSERT INTO orders.orders (id, customer_id, status, reason, currency, total_minor, seq, settled_at)
            SELECT gen_random_uuid(), 'CROWD', 'APPROVED', repeat('x', 400), 'USD', 1, 1, now() FROM generate_series(1, $1)
            RETURNING id),
         e AS (
            INSERT INTO orders.order_events (order_id, seq, kind, status, actor)
            SELECT id, 1, 'STATUS_CHANGED', 'APPROVED', 'test' FROM o)
         INSERT INTO orders.notifications (order_id, seq, kind) SELECT id, 1, 'ORDER_APPROVED' FROM o",
    )
    .bind(count)
    .execute(&db)
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn after_too_many_changes_the_list_is_to_be_read_again() {
    let (site, _shelf, running) = idle().await;
    let mut client = client(&running);
    let position = Open::all(&mut client).await.position;
    change_many(&site, 4_990).await;
    let mut list = Open::after(&mut client, &position).await;
    assert!(!list.list_again);
    let mut seen = HashSet::new();
    while seen.len() < 4_990 {
        seen.insert(list.until(|order| order.customer_id == "CROWD").await.order_id);
    }
    drop(list);
    change_many(&site, 20).await;
    let mut list = Open::after(&mut client, &position).await;
    assert!(list.list_again);
    let id = create(&mut client, order()).await;
    list.until_status(&id, OrderStatus::Created).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_reads_too_slowly_is_ended_and_told_to_resume() {
    let (site, _shelf, running) = idle().await;
    let mut client = client(&running);
    let mut slow = Open::all(&mut client).await;
    let request = WatchOrdersRequest { customer_id: "CUST123".into(), ..Default::default() };
    let mut quick = Open::new(&mut client, request).await;
    for _ in 0..3 {
        change_many(&site, 24_000).await;
        let id = create(&mut client, order()).await;
        quick.until_status(&id, OrderStatus::Created).await;
    }
    let mut read = 0;
    let end = async {
        loop {
            match slow.next().await {
                Ok(_) => read += 1,
                Err(status) => return status,
            }
        }
    };
    assert_eq!(timeout(PATIENCE, end).await.expect("an end").code(), Code::Unavailable);
    assert!(read < 10_000, "{read} were kept for one that did not read");
    assert!(Open::after(&mut client, &slow.position).await.list_again);
}

/// The row and the history are read one after the other, and the first step of an order comes between them easily.
#[tokio::test(flavor = "multi_thread")]
async fn an_order_and_its_history_are_of_one_moment() {
    let orders = Orders::new().await;
    let mut client = orders.client();
    for _ in 0..20 {
        let id = create(&mut client, order()).await;
        let mut shown = get(&mut client, &id).await;
        while shown.status() != OrderStatus::PendingApproval {
            let last = shown.timeline.last().expect("an event").clone();
            assert_eq!((last.sequence, last.status()), (shown.sequence, shown.status()));
            shown = get(&mut client, &id).await;
        }
        assert_eq!(shown.timeline.last().map(|last| last.sequence), Some(shown.sequence));
    }
    orders.audit().await;
}
