//! What is done to the world for an order. Each step reads the row first, so it
//! may run twice, late or out of order.

#![expect(missing_docs, reason = "constants that the activity macro make")]

use crate::catalogue::{Catalogue, Lookup};
use crate::config::Validation;
use crate::domain::{Command, Line, Order, Policy, rules};
use crate::saga::Saga;
use crate::store::{self, Change, SYSTEM};
use contracts::ids::OrderId;
use service::Error;
use service::drive::Next;
use service::watch::Hub;
use sqlx::PgPool;
use std::sync::Arc;
use std::time::Duration;
use temporalio_macros::activities;
use temporalio_sdk::activities::{ActivityContext, ActivityError};
use time::OffsetDateTime;
use tokio::time::Instant;

/// Bounds of the pause while a part of the system is away.
const SHORTEST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(30);
/// How often a long step says that it is alive.
const HEARTBEAT: Duration = Duration::from_secs(1);

/// The side effects of the order workflow.
#[derive(Clone)]
pub struct OrderActivities {
    /// The service's own database.
    pub pool: PgPool,
    /// Which products exist.
    pub catalogue: Catalogue,
    /// The watchers in this process.
    pub hub: Hub,
    /// The validator's own failures.
    pub validation: Validation,
    /// Who approves.
    pub approval: Policy,
    /// The fulfilment.
    pub saga: Saga,
}

#[activities]
impl OrderActivities {
    /// Does all that is due for the order, and says what to wait for.
    #[activity]
    pub async fn step(self: Arc<Self>, _ctx: ActivityContext, id: String) -> Result<Next, ActivityError> {
        let id: OrderId = id.parse()?;
        Ok(self.advance(id, false).await?)
    }

    /// The same, for what may take longer than a moment. It fails while a partner of an undo is away, and is then
    /// repeated by Temporal, which shows why.
    #[activity]
    pub async fn long_step(self: Arc<Self>, ctx: ActivityContext, id: String) -> Result<Next, ActivityError> {
        let id: OrderId = id.parse()?;
        let mut work = std::pin::pin!(self.advance(id, true));
        let mut beat = tokio::time::interval_at(Instant::now() + HEARTBEAT, HEARTBEAT);
        loop {
            tokio::select! {
                next = &mut work => return Ok(next?),
                _ = beat.tick() => ctx.record_heartbeat(()).await?,
                // Somebody has changed the order. The workflow, which is woken, looks again.
                () = ctx.cancelled() => return Err(ActivityError::cancelled()),
            }
        }
    }
}

impl OrderActivities {
    /// Does what is due until something has to be waited for. `long`: also what may take longer than a moment.
    ///
    /// # Errors
    /// The database's; the step is then repeated.
    pub async fn advance(&self, id: OrderId, long: bool) -> Result<Next, Error> {
        loop {
            let Some(look) = store::look(&self.pool, id).await? else {
                tracing::error!(order_id = %id, "a workflow without an order");
                return Ok(Next::Done);
            };
            let order = &look.order;
            if let Some(sequence) = look.settled {
                self.hub.publish(&id.to_string(), sequence);
                return Ok(Next::Done);
            }
            if order.settled {
                return Ok(Next::Done);
            }
            if order.status.is_waiting()
                && let Some(next) = self.decide(order).await?
            {
                return Ok(next);
            }
            if order.status.is_unchecked()
                && let Some(next) = self.validate(order, &look.lines).await?
            {
                return Ok(next);
            }
            if order.unwinding {
                if let Some(next) = self.saga.backward(&look, long).await? {
                    return Ok(next);
                }
            } else if order.status.is_in_fulfilment()
                && let Some(next) = self.saga.forward(look, long).await?
            {
                return Ok(next);
            }
            // Something was done, or somebody changed the row meanwhile. Look again.
        }
    }

    /// Approves what needs nobody's approval, and tells of what has waited too long for it.
    async fn decide(&self, order: &Order) -> Result<Option<Next>, Error> {
        if let Some(limit) = self.approval.approves(order.total) {
            let reason = format!("below {limit}");
            let change =
                Change { id: order.id, command: Command::Approve, reason: &reason, actor: SYSTEM, wake: false };
            let changed = store::change(&mut *self.pool.acquire().await?, change).await?;
            self.published(order, changed.map(|changed| changed.order.sequence));
            return Ok(None);
        }
        match self.approval.left(order.updated_at, OffsetDateTime::now_utc()) {
            None => Ok(Some(Next::Wait)),
            Some(Duration::ZERO) => {
                let sequence = store::overdue(&self.pool, order.id).await?;
                self.published(order, sequence);
                Ok(Some(Next::Wait))
            }
            Some(left) => Ok(Some(Next::after(left))),
        }
    }

    async fn validate(&self, order: &Order, lines: &[Line]) -> Result<Option<Next>, Error> {
        if let Some(due) = order.validation_due_at {
            let left = due - OffsetDateTime::now_utc();
            if left.is_positive() {
                return Ok(Some(Next::after(left.unsigned_abs())));
            }
        }
        let lookup = self.catalogue.unknown(rules::products(lines)).await;
        let mut conn = self.pool.acquire().await?;
        match lookup {
            Lookup::Unknown(unknown) => {
                let reasons = rules::broken(lines, order.total, &unknown);
                let (command, next) = if reasons.is_empty() {
                    (Command::Pass, (!self.approval.is_on()).then_some(Next::Wait))
                } else {
                    (Command::Fail, Some(Next::Done))
                };
                let sequence = store::validated(&mut conn, order, command, &reasons.join("; ")).await?;
                Ok(self.published(order, sequence).and(next))
            }
            Lookup::Failed(why) if order.validation_failures + 1 >= self.validation.attempts => {
                let reason = format!("the validation failed {} times, last: {why}", self.validation.attempts);
                let sequence = store::validated(&mut conn, order, Command::GiveUp, &reason).await?;
                Ok(self.published(order, sequence).map(|()| Next::Done))
            }
            Lookup::Failed(why) => {
                let pause = self.validation.pause(order.validation_failures + 1);
                let sequence = store::retry_validation(&mut conn, order, true, pause, &why).await?;
                Ok(self.published(order, sequence).map(|()| Next::after(pause)))
            }
            Lookup::Away(why) => {
                let pause = wait_for(order);
                tracing::debug!(order_id = %order.id, why, ?pause, "validation waits");
                let sequence = store::retry_validation(&mut conn, order, false, pause, &why).await?;
                Ok(self.published(order, sequence).map(|()| Next::after(pause)))
            }
        }
    }

    fn published(&self, order: &Order, sequence: Option<i64>) -> Option<()> {
        self.hub.publish(&order.id.to_string(), sequence?);
        Some(())
    }
}

/// Half of the time waited so far: soon at first, rarely later.
fn wait_for(order: &Order) -> Duration {
    let waited = (OffsetDateTime::now_utc() - order.created_at).unsigned_abs();
    (waited / 2).clamp(SHORTEST_WAIT, LONGEST_WAIT)
}
