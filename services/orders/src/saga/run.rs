//! Down the table, and up again. Both look at what the journal says and do one step; the caller looks again.

use super::{Did, Saga, Task, Undid, names, step};
use crate::domain::{Entry, Order, Status, StepName};
use crate::metrics;
use crate::store::{Look, journal};
use contracts::ids::OrderId;
use service::Error;
use service::drive::Next;
use std::time::Duration;

/// The stock of an order is reserved so often at most.
const HOLDS: i32 = 2;
/// Bounds of the pause before something is asked again.
const SHORTEST: Duration = Duration::from_millis(200);
const LONGEST: Duration = Duration::from_secs(30);

impl Saga {
    /// Does the steps that are due, one after the other. `long`: also one that may take longer. `None`: look again.
    ///
    /// # Errors
    /// The database's.
    pub async fn forward(&self, look: Look, long: bool) -> Result<Option<Next>, Error> {
        let Look { mut order, mut journal, token, .. } = look;
        loop {
            let Some(due) = journal.due(names()) else {
                return Err(Error::internal(format!("{} is {} with all steps done", order.id, order.status)));
            };
            let step = step(due.step);
            if step.long && !long {
                return Ok(Some(Next::Long));
            }
            if !due.begun && !journal::begin(&self.pool, &order, due).await? {
                return Ok(None);
            }
            let known = journal.0.iter().find(|entry| entry.step == due.step && entry.attempt == due.attempt);
            let entry = known.cloned().unwrap_or_else(|| Entry::new(due.step, due.attempt));
            let task = Task { order: &order, entry: &entry, journal: &journal, token: token.as_ref(), long };
            let did = (step.act)(self, &task).await?;
            tracing::debug!(order_id = %order.id, step = %due.step, attempt = due.attempt, ?did, "fulfilment");
            metrics::did(due.step, &did);
            let sequence = match did {
                Did::Done(external) => {
                    let status = order.status.transition(step.command);
                    let follows = journal.done(entry.clone(), &external, names());
                    let sequence = journal::done(&self.pool, &order, &entry, &external, status, follows).await?;
                    self.publish(order.id, sequence);
                    let Some(sequence) = sequence else { return Ok(None) };
                    if status.is_some_and(Status::rests) {
                        return Ok(Some(Next::Done));
                    }
                    // As it was just written. Whoever has changed it since makes the next change fail.
                    order = Order { status: status.unwrap_or(order.status), sequence, ..order };
                    continue;
                }
                Did::Open(why) => {
                    let pause = pause(entry.age);
                    tracing::info!(order_id = %order.id, step = %due.step, why, ?pause, "fulfilment waits");
                    return Ok(Some(Next::after(pause)));
                }
                Did::Refused(reason) => journal::refused(&self.pool, &order, &entry, &reason).await?,
                Did::HoldLost(reason) => {
                    let gone = journal.last(StepName::Reserve).unwrap_or(&entry);
                    if gone.attempt < HOLDS {
                        journal::lost(&self.pool, &order, &entry, gone, &reason).await?
                    } else {
                        let reason = format!("RESERVATION_EXPIRED: {reason}");
                        journal::refused(&self.pool, &order, &entry, &reason).await?
                    }
                }
            };
            self.publish(order.id, sequence);
            return Ok(None);
        }
    }

    /// Undoes the last thing that was done. `None`: look again. What a partner is at is watched for a while, and one that
    /// is away is asked again and again, both in an activity of their own (`long`).
    ///
    /// # Errors
    /// The database's; in a long activity also that the partner is away.
    pub async fn backward(&self, look: &Look, long: bool) -> Result<Option<Next>, Error> {
        let Look { order, journal, .. } = look;
        let Some(entry) = journal.undo(names()) else {
            return Err(Error::internal(format!("{} unwinds with nothing to undo", order.id)));
        };
        let step = step(entry.step);
        let undid = (step.undo)(self, &Task { order, entry, journal, token: None, long }).await?;
        tracing::debug!(order_id = %order.id, step = %entry.step, attempt = entry.attempt, ?undid, "unwinding");
        metrics::undid(entry.step, &undid);
        Ok(match undid {
            Undid::Undone(words) => {
                let words = format!("{}: {words}", entry.step);
                self.publish(order.id, journal::undone(&self.pool, order.id, entry, &words).await?);
                None
            }
            Undid::Away(why) => {
                self.again(order, entry, false, &why).await?;
                if long {
                    return Err(Error::unavailable(format!("undo of {}: {why}", entry.step)));
                }
                Some(Next::Long)
            }
            Undid::Open(why) => {
                self.again(order, entry, false, &why).await?;
                let watched = step.long && !long && entry.undoing < self.partners.patience;
                Some(if watched { Next::Long } else { Next::after(pause(entry.undoing)) })
            }
            Undid::Failed(why) => {
                self.again(order, entry, true, &why).await?;
                Some(Next::after(pause(entry.undoing)))
            }
        })
    }

    /// Notes that an undo has to be tried again; `next`: under its next key.
    async fn again(&self, order: &Order, entry: &Entry, next: bool, why: &str) -> Result<(), Error> {
        let told = journal::undo_again(&self.pool, order.id, entry, next, why).await?;
        if told.is_some() || next {
            tracing::warn!(order_id = %order.id, step = %entry.step, why, undoing = ?entry.undoing, "undo is tried again");
        }
        self.publish(order.id, told);
        Ok(())
    }

    fn publish(&self, id: OrderId, sequence: Option<i64>) {
        if let Some(sequence) = sequence {
            self.hub.publish(&id.to_string(), sequence);
        }
    }
}

/// Half of the time waited so far: soon at first, rarely later.
fn pause(waited: Duration) -> Duration {
    (waited / 2).clamp(SHORTEST, LONGEST)
}
