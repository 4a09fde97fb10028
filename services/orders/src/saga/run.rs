//! Down the table, and up again. Both look at what the journal says and do one step; the caller looks again.

use super::{Did, Saga, Task, Undid, names, step};
use crate::domain::{Due, Entry, Journal, JournalState, Order, StepName};
use crate::metrics;
use crate::store::journal;
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
    /// Does the step that is due. `long`: also one that may take longer. `None`: look again.
    ///
    /// # Errors
    /// The database's.
    pub async fn forward(&self, order: &Order, journal: &Journal, long: bool) -> Result<Option<Next>, Error> {
        let Some(due) = journal.due(names()) else {
            return Err(Error::internal(format!("{} is {} with all steps done", order.id, order.status)));
        };
        let step = step(due.step);
        if step.long && !long {
            return Ok(Some(Next::Long));
        }
        if !due.begun && !journal::begin(&self.pool, order, due).await? {
            return Ok(None);
        }
        let known = journal.0.iter().find(|entry| entry.step == due.step && entry.attempt == due.attempt);
        let entry = known.cloned().unwrap_or_else(|| Entry::new(due.step, due.attempt));
        let did = (step.act)(self, &Task { order, entry: &entry, journal, long }).await?;
        tracing::debug!(order_id = %order.id, step = %due.step, attempt = due.attempt, ?did, "fulfilment");
        metrics::did(due.step, &did);
        let sequence = match did {
            Did::Done(external) => {
                let follows = follows(journal, &entry);
                journal::done(&self.pool, order, &entry, &external, step.command, follows).await?
            }
            Did::Open(why) => {
                let pause = pause(entry.age);
                tracing::info!(order_id = %order.id, step = %due.step, why, ?pause, "fulfilment waits");
                return Ok(Some(Next::after(pause)));
            }
            Did::Refused(reason) => journal::refused(&self.pool, order, &entry, &reason).await?,
            Did::HoldLost(reason) => {
                let gone = journal.last(StepName::Reserve).unwrap_or(&entry);
                if gone.attempt < HOLDS {
                    journal::lost(&self.pool, order, &entry, gone, &reason).await?
                } else {
                    let reason = format!("RESERVATION_EXPIRED: {reason}");
                    journal::refused(&self.pool, order, &entry, &reason).await?
                }
            }
        };
        self.publish(order.id, sequence);
        Ok(None)
    }

    /// Undoes the last thing that was done. `None`: look again. What a partner is at is watched for a while, and one that
    /// is away is asked again and again, both in an activity of their own (`long`).
    ///
    /// # Errors
    /// The database's; in a long activity also that the partner is away.
    pub async fn backward(&self, order: &Order, journal: &Journal, long: bool) -> Result<Option<Next>, Error> {
        let Some(entry) = journal.undo(names()) else {
            return Err(Error::internal(format!("{} unwinds with nothing to undo", order.id)));
        };
        let step = step(entry.step);
        let undid = (step.undo)(self, &Task { order, entry, journal, long }).await?;
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

/// What is due once this attempt is done.
fn follows(journal: &Journal, entry: &Entry) -> Option<Due> {
    let mut after = journal.clone();
    after.0.retain(|e| !(e.step == entry.step && e.attempt == entry.attempt));
    after.0.push(Entry { state: JournalState::Done, ..entry.clone() });
    after.due(names()).filter(|due| !due.begun)
}

/// Half of the time waited so far: soon at first, rarely later.
fn pause(waited: Duration) -> Duration {
    (waited / 2).clamp(SHORTEST, LONGEST)
}
