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

const FILL: &str = include_str!("stored.sql");
