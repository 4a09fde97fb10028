//! How statements find their rows: by an index, also when the planner's statistics are older than a burst of large
//! orders.

use crate::whole::System;
use contracts::orders::OrderStatus;
use serde_json::{Value, json};
use sqlx::{Connection as _, PgConnection};
use testkit::PATIENCE;

/// Orders bought and delivered, given up, and looked at in every way.
async fn trade(system: &System) {
    let order = |method: &str| {
        json!({"customer_id": "C", "items": [{"product_id": "PROD-001", "quantity": 1, "price": 10}],
            "total_amount": 10, "payment_method": method})
    };
    let buy = async |order: Value| {
        let (status, reply) = system.post("/orders", order).await;
        assert_eq!(status, 202, "{reply}");
        let id = reply["order_id"].as_str().unwrap().to_owned();
        system.until(&id, OrderStatus::PendingApproval).await;
        id
    };
    let id = buy(order("CREDIT_CARD")).await;
    assert_eq!(system.post(&format!("/orders/{id}/approve"), Value::Null).await.0, 202);
    system.until(&id, OrderStatus::Processing).await;
    let parcel = json!({"carrier": "DHL", "tracking_number": "1"});
    assert_eq!(system.post(&format!("/orders/{id}/ship"), parcel).await.0, 202);
    assert_eq!(system.post(&format!("/orders/{id}/deliver"), Value::Null).await.0, 202);
    let id = buy(order("BANK_TRANSFER")).await;
    assert_eq!(system.post(&format!("/orders/{id}/cancel"), json!({"reason": "no"})).await.0, 202);
    system.until(&id, OrderStatus::Cancelled).await;
    for path in ["/orders?customer_id=C", "/payments", "/inventory", "/inventory/reservations"] {
        assert_eq!(system.get(path).await.0, 200, "{path}");
    }
}

async fn connections(db: &mut PgConnection) -> i64 {
    let others = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";
    sqlx::query_scalar(others).fetch_one(db).await.unwrap()
}

/// Waits until no connection is left: a connection that ends hands in what it has counted.
async fn counted(db: &mut PgConnection) {
    let ended = async { while connections(db).await > 0 {} };
    tokio::time::timeout(PATIENCE, ended).await.unwrap();
}

/// So many orders with so many lines and events, made just now, which nothing has to look at.
async fn fill(db: &mut PgConnection, orders: i32, lines: i32) {
    let statement = "
        WITH o AS (
            INSERT INTO orders.orders (id, customer_id, status, currency, total_minor, seq, settled_at)
            SELECT (lpad(to_hex((extract(epoch FROM clock_timestamp()) * 1000)::bigint), 12, '0')
                || '7' || lpad(($2 % 1000)::text, 3, '0') || '8' || lpad(n::text, 15, '0'))::uuid, 'FILL', 'APPROVED', 'USD', 1, $2, now()
            FROM generate_series(1, $1) n RETURNING id),
        l AS (
            INSERT INTO orders.order_lines (order_id, line_no, product_id, quantity, price_minor)
            SELECT id, n, 'PROD-002', 1, 1 FROM o, generate_series(1, $2) n),
        p AS (
            INSERT INTO orders.parcels (order_id, parcel_no, carrier, tracking_number) SELECT id, 1, 'DHL', '1' FROM o)
        INSERT INTO orders.order_events (order_id, seq, kind, status, actor)
        SELECT id, n, 'STATUS_CHANGED', 'APPROVED', 'test' FROM o, generate_series(1, $2) n";
    sqlx::query(statement).bind(orders).bind(lines).execute(db).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_burst_of_large_orders_makes_no_statement_read_a_whole_table() {
    let system = System::start().await;
    trade(&system).await;
    let site = system.stop().await;
    let mut db = PgConnection::connect(&site.admin_url()).await.unwrap();
    counted(&mut db).await;
    fill(&mut db, 300, 1).await;
    sqlx::query("ANALYZE").execute(&mut db).await.unwrap();
    fill(&mut db, 20, 5_000).await;
    // As autovacuum leaves it on its way: what is known of the lines is newer than what is known of the parcels.
    for statement in ["ANALYZE orders.order_lines, orders.order_events", "SELECT pg_stat_reset()"] {
        sqlx::query(statement).execute(&mut db).await.unwrap();
    }
    let system = System::start_at(site).await;
    trade(&system).await;
    let _site = system.stop().await;
    counted(&mut db).await;
    let read: Vec<(String, i64)> = sqlx::query_as(
        "SELECT relname, seq_tup_read + idx_tup_fetch FROM pg_stat_user_tables
         WHERE schemaname = 'orders' AND relname IN ('order_lines', 'order_events')",
    )
    .fetch_all(&mut db)
    .await
    .unwrap();
    assert!(read.iter().all(|(_, rows)| (1..1_000).contains(rows)), "{read:?}");
}
