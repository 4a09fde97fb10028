//! Which orders a list shows, by every filter and all of them together, in pages.

use crate::common::*;
use crate::shelf::Shelf;
use contracts::ids::{OrderId, smallest_at};
use contracts::orders::*;
use contracts::timestamps::to_wire;
use service::Role;
use sqlx::{Connection as _, PgConnection, PgPool};
use testkit::{Running, Site};
use time::{Duration, OffsetDateTime};
use tonic::Code;
use tonic_types::StatusExt as _;
use uuid::Uuid;

const STATUSES: [OrderStatus; 4] =
    [OrderStatus::Approved, OrderStatus::Shipped, OrderStatus::Cancelled, OrderStatus::Rejected];

/// An order as it is stored.
struct Stored {
    id: Uuid,
    customer: String,
    status: OrderStatus,
    number: Option<String>,
    at: OffsetDateTime,
}

/// Orders a minute apart, of three customers, in four statuses; the newest last.
fn orders(count: u16) -> Vec<Stored> {
    let begin = OffsetDateTime::now_utc().replace_nanosecond(0).unwrap() - Duration::hours(5);
    let order = |n: u16| {
        let at = begin + Duration::minutes(n.into());
        // The id was made some seconds before, or by a clock that is ahead.
        let made = at + Duration::seconds(i64::from(n % 4) * 3 - 7);
        let id = Uuid::from_u128(smallest_at(made).as_u128() | (7 << 76) | (2 << 62) | u128::from(n));
        let status = STATUSES[usize::from(n) % 4];
        let number = (status == OrderStatus::Shipped).then(|| format!("PARCEL-{}", n % 8));
        // Somebody is called as a parcel is.
        let customer = if n % 10 == 3 { "PARCEL-1".to_owned() } else { format!("CUST-{}", n % 3) };
        Stored { id, customer, status, number, at }
    };
    (0..count).map(order).collect()
}

async fn store(site: &Site, orders: &[Stored]) {
    let db = PgPool::connect(&site.admin_url()).await.unwrap();
    for order in orders {
        let status = order.status.as_str_name().strip_prefix("ORDER_STATUS_").unwrap();
        sqlx::query(
            "WITH o AS (
                INSERT INTO orders.orders (id, customer_id, status, currency, total_minor, seq, settled_at, created_at, tracking_number)
                VALUES ($1, $2, $3, 'USD', 1, 1, now(), $4, $5)),
             l AS (INSERT INTO orders.order_lines (order_id, line_no, product_id, quantity, price_minor) VALUES ($1, 1, 'PROD-001', 1, 1)),
             p AS (INSERT INTO orders.parcels (order_id, parcel_no, carrier, tracking_number) SELECT $1, 1, 'DHL', $5 WHERE $5 IS NOT NULL),
             i AS (INSERT INTO orders.parcel_lines (order_id, parcel_no, line_no, quantity) SELECT $1, 1, 1, 1 WHERE $5 IS NOT NULL)
             INSERT INTO orders.order_events (order_id, seq, kind, status, actor) VALUES ($1, 1, 'STATUS_CHANGED', $3, 'test')",
        )
        .bind(order.id)
        .bind(&order.customer)
        .bind(status)
        .bind(order.at)
        .bind(&order.number)
        .execute(&db)
        .await
        .unwrap();
    }
}

/// A service that only answers.
async fn site() -> (Site, Shelf, Running) {
    let (site, shelf) = (Site::new().await, Shelf::start().await);
    let running = start(config(&site, &shelf), Role::Api).await;
    // It answers once its tables are there.
    client(&running).list_orders(ListOrdersRequest::default()).await.unwrap();
    (site, shelf, running)
}

/// All pages, so many orders on each.
async fn pages(client: &mut Client, request: &ListOrdersRequest) -> Vec<String> {
    let (mut request, mut found) = (request.clone(), Vec::new());
    loop {
        let page = client.list_orders(request.clone()).await.unwrap().into_inner();
        let size = usize::try_from(request.page_size).unwrap();
        assert!(page.orders.len() == size || page.next_page_token.is_empty());
        found.extend(page.orders.into_iter().map(|order| order.order_id));
        if page.next_page_token.is_empty() {
            return found;
        }
        request.page_token = page.next_page_token;
    }
}

fn shows(request: &ListOrdersRequest, order: &Stored) -> bool {
    let mut statuses: Vec<i32> = request.statuses.clone();
    statuses.extend(Some(request.status).filter(|status| *status != 0));
    let id = OrderId::from(order.id).to_string();
    let found = request.search.is_empty()
        || order.customer == request.search
        || order.number.as_ref() == Some(&request.search)
        || id.starts_with(&request.search)
        || id["ord_".len()..].starts_with(&request.search);
    let at = Some(to_wire(order.at)).map(|at| (at.seconds, at.nanos));
    let bound = |wire: &Option<prost_types::Timestamp>| wire.as_ref().map(|at| (at.seconds, at.nanos));
    found
        && (statuses.is_empty() || statuses.contains(&order.status.into()))
        && (request.customer_id.is_empty() || order.customer == request.customer_id)
        && bound(&request.create_time_from).is_none_or(|from| at >= Some(from))
        && bound(&request.create_time_until).is_none_or(|until| at < Some(until))
}

#[tokio::test(flavor = "multi_thread")]
async fn every_filter_with_every_other_in_pages() {
    let (site, _shelf, running) = site().await;
    let (stored, mut client) = (orders(60), client(&running));
    store(&site, &stored).await;
    let id = |n: usize| OrderId::from(stored[n].id).to_string();
    let statuses: [(i32, Vec<i32>); 4] = [
        (0, vec![]),
        (OrderStatus::Shipped.into(), vec![]),
        (0, vec![OrderStatus::Cancelled.into(), OrderStatus::Approved.into(), OrderStatus::Cancelled.into()]),
        (OrderStatus::Shipped.into(), vec![OrderStatus::Rejected.into(), OrderStatus::Delivered.into()]),
    ];
    let customers = ["", "CUST-1", "PARCEL-1", "NOBODY"];
    let times = [(None, None), (Some(20), None), (None, Some(41)), (Some(20), Some(41))];
    let searches = [
        "".to_owned(),
        id(30)[4..12].to_owned(),
        id(31),
        "PARCEL-1".to_owned(),
        "CUST-2".to_owned(),
        "nothing".to_owned(),
        // Neither an id nor a customer.
        "x".repeat(128),
    ];
    let (mut tried, mut shown) = (0, 0);
    for (status, statuses) in &statuses {
        for customer in customers {
            for (from, until) in times {
                for search in &searches {
                    let at = |n: Option<usize>| n.map(|n| to_wire(stored[n].at));
                    let mut request = ListOrdersRequest {
                        status: *status,
                        statuses: statuses.clone(),
                        customer_id: customer.to_owned(),
                        create_time_from: at(from),
                        create_time_until: at(until),
                        search: search.clone(),
                        page_size: 7,
                        ..Default::default()
                    };
                    let mut expected: Vec<_> = stored.iter().filter(|order| shows(&request, order)).collect();
                    expected.sort_by_key(|order| std::cmp::Reverse(order.id));
                    let mut expected: Vec<_> =
                        expected.iter().map(|order| OrderId::from(order.id).to_string()).collect();
                    assert_eq!(pages(&mut client, &request).await, expected, "{request:?}");
                    request.order_by = "create_time".to_owned();
                    expected.reverse();
                    assert_eq!(pages(&mut client, &request).await, expected, "{request:?}");
                    tried += 1;
                    shown += usize::from(!expected.is_empty());
                }
            }
        }
    }
    assert!(tried == 448 && shown > 100, "{shown} of {tried} lists show something");
    site.audit(audit::Targets { orders: Some(running.channel()), ..Default::default() }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn times_are_exact_to_the_microsecond() {
    let (site, _shelf, running) = site().await;
    let mut stored = orders(3);
    for (order, micros) in stored.iter_mut().zip([999_999, 0, 1]) {
        order.at = order.at.replace_microsecond(micros).unwrap();
    }
    store(&site, &stored).await;
    let mut client = client(&running);
    let mut count = async |from: Option<OffsetDateTime>, until: Option<OffsetDateTime>| {
        let request = ListOrdersRequest {
            create_time_from: from.map(to_wire),
            create_time_until: until.map(to_wire),
            ..Default::default()
        };
        client.list_orders(request).await.unwrap().into_inner().orders.len()
    };
    let micro = Duration::MICROSECOND;
    for order in &stored {
        assert_eq!(count(Some(order.at), Some(order.at + micro)).await, 1);
        assert_eq!(count(Some(order.at), Some(order.at)).await, 0);
        assert_eq!(count(Some(order.at + micro), Some(order.at + Duration::SECOND)).await, 0);
        assert_eq!(count(Some(order.at - Duration::SECOND), Some(order.at)).await, 0);
    }
    let years = |year| OffsetDateTime::UNIX_EPOCH.replace_year(year).unwrap();
    assert_eq!(count(Some(years(1)), Some(years(9999))).await, 3);
    site.audit(audit::Targets { orders: Some(running.channel()), ..Default::default() }).await;
}

/// However often it is asked for: after some times a statement is planned without its values.
#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_rare_statuses_does_not_read_all_orders() {
    let (site, _shelf, running) = site().await;
    store(&site, &orders(40)).await;
    let mut db = PgConnection::connect(&site.admin_url()).await.unwrap();
    let many = "INSERT INTO orders.orders (id, customer_id, status, currency, total_minor, seq, settled_at)
        SELECT ('ffff' || lpad(to_hex(n), 12, '0') || '7000800000000000')::uuid, 'MANY', 'DELIVERED', 'USD', 1, 1, now()
        FROM generate_series(1, 20000) n";
    for statement in [many, "VACUUM ANALYZE orders.orders", "SELECT pg_stat_reset()"] {
        sqlx::query(statement).execute(&mut db).await.unwrap();
    }
    let mut client = client(&running);
    let rare = [OrderStatus::Shipped.into(), OrderStatus::Rejected.into(), OrderStatus::PendingApproval.into()];
    for _ in 0..12 {
        for statuses in [&rare[..], &rare[..1]] {
            let request = ListOrdersRequest { statuses: statuses.to_vec(), page_size: 5, ..Default::default() };
            assert_eq!(client.list_orders(request).await.unwrap().into_inner().orders.len(), 5);
        }
    }
    running.stop().await;
    // A connection that ends hands in what it has counted.
    let others = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";
    let ended = async { while sqlx::query_scalar::<_, i64>(others).fetch_one(&mut db).await.unwrap() > 0 {} };
    tokio::time::timeout(testkit::PATIENCE, ended).await.unwrap();
    let read = "SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_user_tables WHERE relname = 'orders'";
    let read: i64 = sqlx::query_scalar(read).fetch_one(&mut db).await.unwrap();
    assert!((100..1_000).contains(&read), "{read} orders were read");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_belongs_to_its_filters() {
    let (site, _shelf, running) = site().await;
    let stored = orders(8);
    store(&site, &stored).await;
    let mut client = client(&running);
    let request = ListOrdersRequest {
        statuses: vec![OrderStatus::Approved.into(), OrderStatus::Shipped.into()],
        create_time_from: Some(to_wire(stored[0].at)),
        create_time_until: Some(to_wire(stored[7].at)),
        page_size: 1,
        ..Default::default()
    };
    let page_token = client.list_orders(request.clone()).await.unwrap().into_inner().next_page_token;
    let request = ListOrdersRequest { page_token, ..request };
    assert_eq!(client.list_orders(request.clone()).await.unwrap().into_inner().orders.len(), 1);
    let others = [
        ListOrdersRequest { statuses: vec![OrderStatus::Approved.into()], ..request.clone() },
        ListOrdersRequest { status: OrderStatus::Approved.into(), ..request.clone() },
        ListOrdersRequest { create_time_from: None, ..request.clone() },
        ListOrdersRequest { create_time_until: Some(to_wire(stored[6].at)), ..request.clone() },
        ListOrdersRequest { search: "CUST-1".into(), ..request.clone() },
        ListOrdersRequest { customer_id: "CUST-1".into(), ..request },
    ];
    for other in others {
        let refused = client.list_orders(other).await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument);
        let fields = refused.get_details_bad_request().unwrap().field_violations;
        assert_eq!(fields.iter().map(|v| v.field.as_str()).collect::<Vec<_>>(), ["page_token"]);
    }
    site.audit(audit::Targets { orders: Some(running.channel()), ..Default::default() }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_names_its_trace_if_that_is_recorded() {
    let (site, _shelf, running) = site().await;
    let mut client = client(&running);
    let id = create(&mut client, order()).await;
    assert_eq!(get(&mut client, &id).await.trace_id, "");
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    let db = PgPool::connect(&site.admin_url()).await.unwrap();
    for (flags, expected) in [("01", trace), ("00", "")] {
        sqlx::query("UPDATE orders.orders SET traceparent = '00-' || $1 || '-00f067aa0ba902b7-' || $2")
            .bind(trace)
            .bind(flags)
            .execute(&db)
            .await
            .unwrap();
        assert_eq!(get(&mut client, &id).await.trace_id, expected);
    }
    let listed = client.list_orders(ListOrdersRequest::default()).await.unwrap().into_inner().orders;
    assert_eq!(listed.len(), 1);
}
