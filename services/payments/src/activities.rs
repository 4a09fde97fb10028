//! What is done to the world for a payment or a refund. Each step reads the row first,
//! so it may run twice, late or out of order; the provider's key makes the call itself
//! harmless to repeat.
#![expect(missing_docs, reason = "the macros make constants that can't be documented")]

use crate::domain::attempt::judge;
use crate::domain::{Due, Outcome, Verdict};
use crate::metrics::{self, Operation};
use crate::provider::{Charge, PayBack, Provider};
use crate::store::{self, ChargeTask, PaybackTask};
use contracts::ids::{PaymentId, RefundId};
use service::Error;
use service::drive::Next;
use service::telemetry::outbound;
use service::watch::Hub;
use sqlx::PgPool;
use std::sync::Arc;
use std::time::Duration;
use temporalio_macros::activities;
use temporalio_sdk::activities::{ActivityContext, ActivityError};
use tracing::Instrument as _;

/// A provider that takes longer has given no answer.
const DEADLINE: Duration = Duration::from_secs(2);

/// The side effects of the payment and refund workflows.
#[derive(Clone)]
pub struct PaymentActivities {
    /// The service's own database.
    pub pool: PgPool,
    /// Who moves the money.
    pub provider: Arc<dyn Provider>,
    /// The watchers in this process.
    pub hub: Hub,
}

#[activities]
impl PaymentActivities {
    /// Does all that is due for a payment, and says what to wait for.
    #[activity]
    pub async fn charge(self: Arc<Self>, _ctx: ActivityContext, id: String) -> Result<Next, ActivityError> {
        let id: PaymentId = id.parse()?;
        Ok(self.advance_payment(id).await?)
    }

    /// Does all that is due for a refund, and says what to wait for.
    #[activity]
    pub async fn pay_back(self: Arc<Self>, _ctx: ActivityContext, id: String) -> Result<Next, ActivityError> {
        let id: RefundId = id.parse()?;
        Ok(self.advance_refund(id).await?)
    }
}

impl PaymentActivities {
    /// One step of a payment's workflow.
    ///
    /// # Errors
    /// The database's; the step is then repeated.
    pub async fn advance_payment(&self, id: PaymentId) -> Result<Next, Error> {
        loop {
            let Some(task) = store::charge_task(&self.pool, id).await? else {
                tracing::error!(payment_id = %id, "a workflow without a payment");
                return Ok(Next::Done);
            };
            if task.settled {
                return Ok(Next::Done);
            }
            if !task.status.is_active() {
                let mut conn = self.pool.acquire().await?;
                let sequence = store::settle(&mut conn, id).await?;
                self.publish(id, sequence);
                return Ok(Next::Done);
            }
            let (attempt, repeats, asked) = match task.attempts.due() {
                Due::Wait(pause) => return Ok(Next::after(pause)),
                Due::Begin(attempt) => {
                    let sequence = store::begin(&self.pool, id, attempt).await?;
                    if !self.publish(id, sequence) {
                        continue;
                    }
                    (attempt, 0, None)
                }
                Due::Repeat(attempt) => (attempt, task.attempts.repeats, Some(task.age)),
            };
            let charge = charge(id, attempt, asked, task);
            let outcome = self.ask(Operation::Charge, &charge.key, self.provider.charge(&charge)).await;
            let verdict = judge(outcome, attempt, repeats);
            metrics::asked(Operation::Charge, &verdict);
            let (sequence, next) = match verdict {
                Verdict::Succeed { reference } => {
                    (store::completed(&self.pool, id, attempt, &reference).await?, Next::Done)
                }
                Verdict::Fail { reason } => (store::failed(&self.pool, id, attempt, &reason).await?, Next::Done),
                Verdict::Retry { reason, pause } => {
                    (store::retry(&self.pool, id, attempt, &reason, pause).await?, Next::after(pause))
                }
                Verdict::Repeat { reason, pause } => {
                    tracing::warn!(payment_id = %id, attempt, reason, ?pause, "outcome of the charge unknown; asking again");
                    (store::repeat(&self.pool, id, attempt, repeats, pause).await?, Next::after(pause))
                }
            };
            // Superseded: somebody changed the row meanwhile. Look again.
            if self.publish(id, sequence) {
                return Ok(next);
            }
        }
    }

    /// One step of a refund's workflow.
    ///
    /// # Errors
    /// The database's; the step is then repeated.
    pub async fn advance_refund(&self, id: RefundId) -> Result<Next, Error> {
        loop {
            let Some(task) = store::payback_task(&self.pool, id).await? else {
                tracing::error!(refund_id = %id, "a workflow without a refund");
                return Ok(Next::Done);
            };
            if !task.status.is_active() {
                return Ok(Next::Done);
            }
            let (attempt, repeats, asked) = match task.attempts.due() {
                Due::Wait(pause) => return Ok(Next::after(pause)),
                Due::Begin(attempt) => {
                    if !store::begin_payback(&self.pool, id, attempt).await? {
                        continue;
                    }
                    (attempt, 0, None)
                }
                Due::Repeat(attempt) => (attempt, task.attempts.repeats, Some(task.age)),
            };
            let refund = pay_back(&task, attempt, asked);
            let outcome = self.ask(Operation::Refund, &refund.key, self.provider.refund(&refund)).await;
            let verdict = judge(outcome, attempt, repeats);
            metrics::asked(Operation::Refund, &verdict);
            let (done, next) = match verdict {
                Verdict::Succeed { reference } => {
                    let sequence = store::paid_back(&self.pool, &task, attempt, &reference).await?;
                    (self.publish(task.payment, sequence), Next::Done)
                }
                Verdict::Fail { reason } => {
                    let sequence = store::payback_failed(&self.pool, &task, attempt, &reason).await?;
                    (self.publish(task.payment, sequence), Next::Done)
                }
                Verdict::Retry { reason, pause } => {
                    tracing::info!(refund_id = %id, attempt, reason, ?pause, "not refunded; another attempt follows");
                    (store::retry_payback(&self.pool, id, attempt, pause).await?, Next::after(pause))
                }
                Verdict::Repeat { reason, pause } => {
                    tracing::warn!(refund_id = %id, attempt, reason, ?pause, "outcome of the refund unknown; asking again");
                    (store::repeat_payback(&self.pool, id, attempt, repeats, pause).await?, Next::after(pause))
                }
            };
            if done {
                return Ok(next);
            }
        }
    }

    /// Asks the provider, for so long.
    async fn ask(&self, operation: Operation, key: &str, call: impl Future<Output = Outcome>) -> Outcome {
        let span = outbound::provider(operation.into(), self.provider.name(), key);
        let outcome = match tokio::time::timeout(DEADLINE, call.instrument(span.clone())).await {
            Ok(outcome) => outcome,
            Err(_) => Outcome::Unknown { reason: "the provider did not answer in time".to_owned() },
        };
        outbound::provider_answered(&span, (&outcome).into(), matches!(outcome, Outcome::Unknown { .. }));
        outcome
    }

    /// Tells the watchers. `false`: the change was superseded, and nothing happened.
    fn publish(&self, id: PaymentId, sequence: Option<i64>) -> bool {
        if let Some(sequence) = sequence {
            self.hub.publish(&id.to_string(), sequence);
        }
        sequence.is_some()
    }
}

fn charge(id: PaymentId, attempt: i32, asked: Option<Duration>, task: ChargeTask) -> Charge {
    Charge { key: format!("{id}/{attempt}"), amount: task.amount, method: task.method, token: task.token, asked }
}

fn pay_back(task: &PaybackTask, attempt: i32, asked: Option<Duration>) -> PayBack {
    PayBack {
        key: format!("{}/{attempt}", task.id),
        charge: task.charge.clone(),
        amount: task.amount,
        method: task.method,
        asked,
    }
}
