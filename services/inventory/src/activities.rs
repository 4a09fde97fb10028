//! What is done for a reservation. Each step reads the row first, so it may run
//! twice, late or out of order.

#![expect(missing_docs, reason = "constants that the activity macro makes")]

use crate::domain::Status;
use crate::error::Error;
use crate::store::{self, Effects, Journal, Progress};
use contracts::ids::ReservationId;
use service::drive::Next;
use service::metrics::Repair;
use service::watch::Hub;
use sqlx::PgPool;
use std::sync::Arc;
use std::time::{Duration, Instant};
use temporalio_macros::activities;
use temporalio_sdk::activities::{ActivityContext, ActivityError};

/// A saga over very many locations goes on in another step after so long, well within
/// a step's time.
const STEP: Duration = Duration::from_secs(10);
/// A hold that ends so much after its time was overlooked by its timer.
const LATE_MS: i64 = 60_000;

/// The side effects of the reservation workflow.
#[derive(Clone)]
pub struct ReservationActivities {
    /// The service's own database.
    pub pool: PgPool,
    /// The watchers in this process.
    pub hub: Hub,
    /// How long a reservation holds.
    pub hold: Duration,
}

#[activities]
impl ReservationActivities {
    /// Does all that is due for the reservation, and says what to wait for.
    #[activity]
    pub async fn step(self: Arc<Self>, _ctx: ActivityContext, id: String) -> Result<Next, ActivityError> {
        let id: ReservationId = id.parse()?;
        Ok(self.advance(id).await?)
    }
}

impl ReservationActivities {
    /// The step, for tests too.
    ///
    /// # Errors
    /// The database's; the step is then repeated.
    pub async fn advance(&self, id: ReservationId) -> Result<Next, Error> {
        let begun = Instant::now();
        while begun.elapsed() < STEP {
            let Some(progress) = store::progress(&self.pool, id).await? else {
                tracing::error!(reservation_id = %id, "a workflow without a reservation");
                return Ok(Next::Done);
            };
            match progress.status {
                _ if progress.settled => return Ok(Next::Done),
                Status::Pending => self.hold_all(id, &progress, begun).await?,
                Status::Reserved => match progress.left_ms {
                    Some(left) if left > 0 => return Ok(Next::After(left.unsigned_abs())),
                    left => {
                        let expired = store::expire(&self.pool, id).await?;
                        Repair::HoldExpired
                            .count(u64::from(expired.is_some() && left.is_some_and(|left| left < -LATE_MS)));
                        self.announce(expired);
                    }
                },
                Status::Committed | Status::Cancelled | Status::Expired | Status::Rejected => {
                    self.undo_all(id, &progress, begun).await?;
                    if self.settle(id).await? {
                        return Ok(Next::Done);
                    }
                }
            }
        }
        Ok(Next::After(1))
    }

    /// The dos, in order, until one location is short.
    async fn hold_all(&self, id: ReservationId, progress: &Progress, begun: Instant) -> Result<(), Error> {
        for site in progress.sites.iter().filter(|site| site.journal != Some(Journal::Done)) {
            let effects = store::hold(&self.pool, id, &site.location).await?;
            let superseded = effects.is_none();
            self.announce(effects);
            if superseded || begun.elapsed() > STEP {
                return Ok(());
            }
        }
        self.announce(store::complete(&self.pool, id, self.hold).await?);
        Ok(())
    }

    /// The undos, in reverse order.
    async fn undo_all(&self, id: ReservationId, progress: &Progress, begun: Instant) -> Result<(), Error> {
        let live = |journal| matches!(journal, Some(Journal::Started | Journal::Done));
        for site in progress.sites.iter().rev().filter(|site| live(site.journal)) {
            self.announce(store::undo(&self.pool, id, &site.location).await?);
            if begun.elapsed() > STEP {
                return Ok(());
            }
        }
        Ok(())
    }

    /// `false`: something is left to do.
    async fn settle(&self, id: ReservationId) -> Result<bool, Error> {
        let sequence = store::settle(&mut *self.pool.acquire().await?, id).await?;
        self.announce(sequence.map(|sequence| Effects {
            changed: Some((id, sequence)),
            status: None,
            hint: None,
            notices: Vec::new(),
        }));
        Ok(sequence.is_some())
    }

    /// A change by the workflow needs no other to wake it.
    fn announce(&self, effects: Option<Effects>) {
        let _none = effects.and_then(|effects| effects.announce(&self.hub));
    }
}
