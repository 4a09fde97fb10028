//! The in-process queue: wakes before starts, bounded, never waited for.

use super::Hint;
use super::deliver::{Deliverer, Deliveries, Outcome};
use ::metrics::{Counter, counter};
use sqlx::postgres::PgPool;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// Older hints are left to the relay, which may already have their rows: a row is
/// its to take two seconds after it was written.
const FRESH: Duration = Duration::from_millis(1_500);
const DELETE_EVERY: Duration = Duration::from_millis(100);
const DELETE_AT_ONCE: usize = 500;

#[derive(Clone)]
pub(super) struct Queues {
    wakes: mpsc::Sender<Hint>,
    starts: mpsc::Sender<Hint>,
    left: Counter,
}

impl Queues {
    pub(super) fn push(&self, hint: Hint) {
        let queue = if hint.start { &self.starts } else { &self.wakes };
        // Full: the row is in the table, and the relay will find it.
        if queue.try_send(hint).is_err() {
            self.left.increment(1);
        }
    }
}

/// Starts the two lanes. A lane that waits for room holds up only its own kind.
pub(super) fn spawn(
    size: usize,
    deliverer: Arc<Deliverer>,
    done: mpsc::Sender<i64>,
    stop: CancellationToken,
) -> Queues {
    let left = counter!("oms_outbox_hints_left_total");
    let lane = |start: bool| {
        let (send, receive) = mpsc::channel(size);
        let lane = Lane { start, deliverer: Arc::clone(&deliverer), done: done.clone(), left: left.clone() };
        tokio::spawn(lane.run(receive, stop.clone()));
        send
    };
    Queues { wakes: lane(false), starts: lane(true), left: left.clone() }
}

/// One queue for both, with nothing behind it.
pub(super) fn detached(size: usize) -> (Queues, mpsc::Receiver<Hint>) {
    let (wakes, hints) = mpsc::channel(size);
    (Queues { starts: wakes.clone(), wakes, left: counter!("oms_outbox_hints_left_total") }, hints)
}

struct Lane {
    start: bool,
    deliverer: Arc<Deliverer>,
    done: mpsc::Sender<i64>,
    left: Counter,
}

impl Lane {
    async fn run(self, mut hints: mpsc::Receiver<Hint>, stop: CancellationToken) {
        let deliveries = Deliveries::by("dispatcher");
        loop {
            let hint = tokio::select! {
                hint = hints.recv() => hint,
                () = stop.cancelled() => None,
            };
            let Some(hint) = hint else { return };
            if hint.at.elapsed() > FRESH {
                self.left.increment(1);
                continue;
            }
            let Some(permit) = self.deliverer.permit(self.start).await else { return };
            let (deliverer, done, deliveries) = (Arc::clone(&self.deliverer), self.done.clone(), deliveries.clone());
            let start = self.start;
            tokio::spawn(async move {
                let outcome = deliverer.deliver(hint.row, &hint.entity, start, hint.traceparent.as_deref()).await;
                drop(permit);
                deliveries.count(&outcome);
                if matches!(outcome, Outcome::Done) {
                    // Not deleted means delivered again, which is harmless.
                    let _ = done.send(hint.row).await;
                }
            });
        }
    }
}

/// Deletes delivered rows in batches.
pub(super) fn spawn_deleter(pool: PgPool, stop: CancellationToken) -> mpsc::Sender<i64> {
    let (send, mut receive) = mpsc::channel(4 * DELETE_AT_ONCE);
    tokio::spawn(async move {
        let mut rows = Vec::new();
        loop {
            tokio::select! {
                n = receive.recv_many(&mut rows, DELETE_AT_ONCE) => if n == 0 { return },
                () = stop.cancelled() => {
                    while let Ok(row) = receive.try_recv() { rows.push(row); }
                    delete(&pool, &mut rows).await;
                    return;
                }
            }
            tokio::time::sleep(DELETE_EVERY).await;
            while let Ok(row) = receive.try_recv() {
                rows.push(row);
            }
            delete(&pool, &mut rows).await;
        }
    });
    send
}

async fn delete(pool: &PgPool, rows: &mut Vec<i64>) {
    if rows.is_empty() {
        return;
    }
    let deleted =
        sqlx::query("-- dispatch.delete\nDELETE FROM outbox WHERE id = ANY($1)").bind(&*rows).execute(pool).await;
    if let Err(error) = deleted {
        tracing::warn!(%error, rows = rows.len(), "delivered outbox rows not deleted; they will be delivered again");
    }
    rows.clear();
}
