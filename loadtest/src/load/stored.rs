//! What lists and reads cost beside 10⁴, 10⁵ and 10⁶ stored orders.

use super::flow::Flow;
use super::run::Run;
use super::scenario::known;
use super::settings::{Amounts, Scenario};
use super::side::{Plan, Side, say};
use super::stage::Stage;
use std::time::Instant;

/// Few, so that a read waits for no other.
const READERS: usize = 2;
const CLIENTS: usize = 50;
/// Orders made by one statement.
const BATCH: u32 = 100_000;

/// Fills up to each number, and measures.
pub(crate) async fn run(stage: &Stage, amounts: &Amounts, runs: &mut Vec<Run>) -> anyhow::Result<()> {
    let side = stage.whole().await?;
    for &stored in &amounts.stored {
        fill(&side, stored).await?;
        let known = known(&side).await?;
        let flows = [(Flow::Get, READERS), (Flow::List, READERS), (Flow::Approved, CLIENTS)];
        for (flow, clients) in flows {
            let plan = Plan::new(Scenario::Stored, flow, amounts.closed(clients));
            let name = format!("{stored} stored, {flow}");
            let plan = Plan { name, known: known.clone(), at: Some(f64::from(stored)), ..plan };
            runs.push(side.measure(&plan.within("Stored orders")).await?);
        }
    }
    Ok(())
}

/// Sees to it that so many orders are stored: each approved and settled some time ago, with one line and all its events.
async fn fill(side: &Side, stored: u32) -> anyhow::Result<()> {
    let pool = side.books.pool();
    let began = Instant::now();
    loop {
        let there: i64 = sqlx::query_scalar("SELECT count(*) FROM orders.orders").fetch_one(pool).await?;
        let missing = u32::try_from((i64::from(stored) - there).max(0))?.min(BATCH);
        if missing == 0 {
            break;
        }
        say(&format!("{there} of {stored} orders stored"));
        sqlx::query(FILL).bind(i32::try_from(missing)?).bind(there).execute(pool).await?;
    }
    // What autovacuum would have done by and by.
    for table in ["orders", "order_lines", "order_events"] {
        let vacuum = format!("VACUUM (ANALYZE) orders.{table}");
        sqlx::raw_sql(sqlx::AssertSqlSafe(vacuum)).execute(pool).await?;
    }
    sqlx::raw_sql("CHECKPOINT").execute(pool).await?;
    say(&format!("{stored} orders stored after {:.0} s", began.elapsed().as_secs_f64()));
    Ok(())
}

/// Ids as the service makes them: version 7, a millisecond apart, all before today's. Of a thousand customers.
const FILL: &str = "
    WITH made AS (
        SELECT (lpad(to_hex((extract(epoch FROM now() - interval '30 days') * 1000)::bigint + $2 + n), 12, '0')
                || '7' || substr(md5(random()::text), 1, 3) || '8' || substr(md5(random()::text), 1, 15))::uuid AS id,
            n, now() - interval '30 days' + (($2 + n) || ' milliseconds')::interval AS at
        FROM generate_series(1, $1) n),
    o AS (
        INSERT INTO orders.orders (id, customer_id, status, currency, total_minor, seq, settled_at, created_at, updated_at)
        SELECT id, 'STORED-' || n % 1000, 'APPROVED', 'USD', 1000, 5, at, at, at FROM made),
    l AS (
        INSERT INTO orders.order_lines (order_id, line_no, product_id, quantity, price_minor)
        SELECT id, 1, 'LOAD-' || lpad((n % 10000)::text, 5, '0'), 1, 1000 FROM made)
    INSERT INTO orders.order_events (order_id, seq, kind, status, actor, at)
    SELECT id, seq, kind, status, 'fill', at FROM made, (VALUES
        (1, 'STATUS_CHANGED', 'CREATED'), (2, 'STATUS_CHANGED', 'VALIDATION_PENDING'),
        (3, 'STATUS_CHANGED', 'PENDING_APPROVAL'), (4, 'STATUS_CHANGED', 'APPROVED'), (5, 'SETTLED', 'APPROVED')
    ) AS events (seq, kind, status)";
