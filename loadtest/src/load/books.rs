//! What the customers were told, compared with what the system has.

use super::flow::{Done, Flow, Outcome};
use serde::Serialize;
use sqlx::PgPool;
use std::collections::HashMap;
use std::time::Duration;

/// How long the system may take to come to rest after the last customer has left.
const REST: Duration = Duration::from_secs(15);
const LOOK: Duration = Duration::from_millis(250);

/// A superuser's look into the database.
#[derive(Clone)]
pub(crate) struct Books {
    pool: PgPool,
}

/// What became of all visits of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Verdict {
    /// Ended as they should.
    pub(crate) reached: usize,
    /// The provider declined, and all was undone.
    pub(crate) declined: usize,
    /// Refused at once: too much waits, or the stock is short.
    pub(crate) refused: usize,
    /// The customer gave up, or was told something unexpected.
    pub(crate) failed: usize,
    /// Accepted, and not there.
    pub(crate) lost: usize,
    /// There without having been asked for, or charged twice.
    pub(crate) doubled: usize,
    /// There, but not as the customer was told.
    pub(crate) wrong: usize,
    /// There, and nothing happens to them any more.
    pub(crate) stuck: usize,
    /// Of these, those whose customer was charged.
    pub(crate) stuck_charged: usize,
    /// Of these, those that hold or have taken stock.
    pub(crate) stuck_holding: usize,
    /// Some of what customers saw go wrong, in words.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) examples: Vec<String>,
}

impl Verdict {
    /// Whether nothing happened that must not.
    pub(crate) fn is_clean(&self) -> bool {
        self.failed + self.lost + self.doubled + self.wrong + self.stuck == 0
    }
}

/// An order, a reservation or a payment as it is stored.
#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    order_id: String,
    status: String,
    /// Nothing happens to it until somebody acts.
    rests: bool,
}

impl Books {
    /// `admin_url`: of somebody who may read all schemas.
    pub(crate) fn open(admin_url: &str) -> anyhow::Result<Self> {
        Ok(Self { pool: PgPool::connect_lazy(admin_url)? })
    }

    /// The database, to fill it.
    pub(crate) fn pool(&self) -> &PgPool {
        &self.pool
    }

    /// Waits until all that a run made has come to rest, though not for ever, and compares.
    pub(crate) async fn judge(&self, flow: Flow, customer: &str, visits: &[Done]) -> anyhow::Result<Verdict> {
        let mut verdict = count(visits);
        if flow.only_reads() {
            return Ok(verdict);
        }
        let rows = self.at_rest(flow, customer).await?;
        let told: HashMap<&str, &Done> = visits.iter().filter(|v| !v.id.is_empty()).map(|v| (&*v.id, v)).collect();
        let there: HashMap<&str, &Row> = rows.iter().map(|row| (&*row.id, row)).collect();
        verdict.lost = told.keys().filter(|id| !there.contains_key(*id)).count();
        // Who got no answer may have made something nevertheless, once.
        let unanswered = visits.iter().filter(|v| v.id.is_empty() && matches!(v.outcome, Outcome::Failed(_))).count();
        let untold = there.keys().filter(|id| !told.contains_key(*id)).count();
        verdict.doubled = untold.saturating_sub(unanswered) + self.charged_twice(&rows).await?;
        verdict.wrong =
            told.iter().filter(|(id, done)| there.get(*id).is_some_and(|row| is_wrong(flow, row, done))).count();
        let stuck: Vec<String> = rows.iter().filter(|row| !row.rests).map(|row| row.order_id.clone()).collect();
        verdict.stuck = stuck.len();
        (verdict.stuck_charged, verdict.stuck_holding) = self.kept(&stuck).await?;
        Ok(verdict)
    }

    async fn at_rest(&self, flow: Flow, customer: &str) -> anyhow::Result<Vec<Row>> {
        let over = tokio::time::Instant::now() + REST;
        loop {
            let rows = self.rows(flow, customer).await?;
            if rows.iter().all(|row| row.rests) || tokio::time::Instant::now() > over {
                return Ok(rows);
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    async fn rows(&self, flow: Flow, customer: &str) -> sqlx::Result<Vec<Row>> {
        let query = match flow {
            Flow::Approved | Flow::Delivered => {
                "SELECT 'ord_' || replace(id::text, '-', '') AS id, 'ord_' || replace(id::text, '-', '') AS order_id, status,
                    settled_at IS NOT NULL OR status = 'PENDING_APPROVAL' AS rests
                 FROM orders.orders WHERE customer_id = $1"
            }
            Flow::Reserve => {
                "SELECT 'res_' || replace(id::text, '-', '') AS id, order_id, status,
                    settled_at IS NOT NULL OR status = 'RESERVED' AS rests
                 FROM inventory.reservations WHERE order_id LIKE $1 || '-%'"
            }
            Flow::Refund | Flow::Reads | Flow::Get | Flow::List | Flow::Call => {
                "SELECT 'pay_' || replace(id::text, '-', '') AS id, order_id, status, settled_at IS NOT NULL AS rests
                 FROM payments.payments WHERE order_id LIKE $1 || '-%'"
            }
        };
        sqlx::query_as(query).bind(customer).fetch_all(&self.pool).await
    }

    /// By the books of the provider, which know what a service may have forgotten.
    async fn charged_twice(&self, rows: &[Row]) -> anyhow::Result<usize> {
        let orders: Vec<&str> = rows.iter().map(|row| &*row.order_id).collect();
        let twice: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM (SELECT p.order_id FROM payments.payments p JOIN payments.simulator_effects e
                    ON e.subject = 'pay_' || replace(p.id::text, '-', '') AND e.kind = 'CHARGE' AND e.outcome = 'SUCCEEDED'
                WHERE p.order_id = ANY($1) GROUP BY p.order_id HAVING count(*) > 1) t",
        )
        .bind(orders)
        .fetch_one(&self.pool)
        .await?;
        Ok(usize::try_from(twice)?)
    }

    /// Of these orders, how many have been charged and not refunded, and how many have stock.
    async fn kept(&self, orders: &[String]) -> anyhow::Result<(usize, usize)> {
        let (charged, holding): (i64, i64) = sqlx::query_as(
            "SELECT (SELECT count(DISTINCT p.order_id) FROM payments.payments p JOIN payments.simulator_effects e
                    ON e.subject = 'pay_' || replace(p.id::text, '-', '') AND e.kind = 'CHARGE' AND e.outcome = 'SUCCEEDED'
                    WHERE p.order_id = ANY($1) AND p.status <> 'REFUNDED'),
                (SELECT count(DISTINCT order_id) FROM inventory.reservations
                    WHERE order_id = ANY($1) AND status IN ('RESERVED', 'COMMITTED'))",
        )
        .bind(orders)
        .fetch_one(&self.pool)
        .await?;
        Ok((usize::try_from(charged)?, usize::try_from(holding)?))
    }
}

fn count(visits: &[Done]) -> Verdict {
    let mut verdict = Verdict::default();
    for visit in visits {
        match &visit.outcome {
            Outcome::Reached => verdict.reached += 1,
            Outcome::Declined => verdict.declined += 1,
            Outcome::Refused => verdict.refused += 1,
            Outcome::Stuck => verdict.failed += 1,
            Outcome::Failed(why) => {
                verdict.failed += 1;
                if verdict.examples.len() < 3 {
                    verdict.examples.push(why.clone());
                }
            }
        }
    }
    verdict
}

/// Whether the customer was told of an end that the row does not have.
fn is_wrong(flow: Flow, row: &Row, done: &Done) -> bool {
    let expected: &[&str] = match (&done.outcome, flow) {
        (Outcome::Reached, Flow::Approved) => &["APPROVED"],
        (Outcome::Reached, Flow::Delivered) => &["DELIVERED"],
        (Outcome::Reached, Flow::Reserve) => &["COMMITTED"],
        (Outcome::Reached, Flow::Refund) => &["REFUNDED"],
        (Outcome::Declined, _) => &["CANCELLED", "FAILED"],
        (Outcome::Refused, Flow::Reserve) => &["REJECTED"],
        (Outcome::Reached | Outcome::Refused | Outcome::Stuck | Outcome::Failed(_), _) => return false,
    };
    !expected.contains(&&*row.status)
}
