//! What drives a payment or a refund: look at the row, do what is due, until it is settled.
//!
//! The order of events is in [`service::drive`]; everything that touches the world
//! is in [`crate::activities`]. The names of the workflows and of their activities are
//! stored in running workflows: renaming them breaks those.
#![deny(clippy::disallowed_methods)]
#![expect(missing_docs, reason = "the macros make constants that can't be documented")]

use crate::activities::PaymentActivities;
use service::drive::{self, Driven, Woken};
use temporalio_macros::{workflow, workflow_methods};
use temporalio_sdk::{ContinueAsNewOptions, SyncWorkflowContext, WorkflowContext, WorkflowContextView, WorkflowResult};

/// Name of the workflow of a payment.
pub const PAYMENT: &str = "Payment";
/// Name of the workflow of a refund.
pub const REFUND: &str = "Refund";

/// Drives one payment; its id is the workflow id.
#[workflow]
pub struct PaymentWorkflow {
    id: String,
    woken: Woken,
}

#[workflow_methods]
impl PaymentWorkflow {
    /// A new run knows only its payment's id.
    #[init]
    pub fn new(_ctx: &WorkflowContextView, id: String) -> Self {
        Self { id, woken: Woken::default() }
    }

    /// Until the payment is settled.
    #[run(name = "Payment")]
    pub async fn run(ctx: &mut WorkflowContext<Self>) -> WorkflowResult<()> {
        let id = ctx.state(|w| w.id.clone());
        let step = || ctx.execute_local_activity(PaymentActivities::charge, id.clone(), drive::step_options());
        if !drive::run(ctx, step).await? {
            ctx.continue_as_new(id, ContinueAsNewOptions::default())?;
        }
        Ok(())
    }

    /// Something about the payment has changed.
    #[signal]
    pub fn wake(&mut self, _ctx: &mut SyncWorkflowContext<Self>, _nothing: ()) {
        self.woken.0 = true;
    }
}

impl Driven for PaymentWorkflow {
    fn woken(&self) -> &Woken {
        &self.woken
    }

    fn woken_mut(&mut self) -> &mut Woken {
        &mut self.woken
    }
}

/// Drives one refund; its id is the workflow id.
#[workflow]
pub struct RefundWorkflow {
    id: String,
    woken: Woken,
}

#[workflow_methods]
impl RefundWorkflow {
    /// A new run knows only its refund's id.
    #[init]
    pub fn new(_ctx: &WorkflowContextView, id: String) -> Self {
        Self { id, woken: Woken::default() }
    }

    /// Until the refund is settled.
    #[run(name = "Refund")]
    pub async fn run(ctx: &mut WorkflowContext<Self>) -> WorkflowResult<()> {
        let id = ctx.state(|w| w.id.clone());
        let step = || ctx.execute_local_activity(PaymentActivities::pay_back, id.clone(), drive::step_options());
        if !drive::run(ctx, step).await? {
            ctx.continue_as_new(id, ContinueAsNewOptions::default())?;
        }
        Ok(())
    }

    /// Something about the refund has changed.
    #[signal]
    pub fn wake(&mut self, _ctx: &mut SyncWorkflowContext<Self>, _nothing: ()) {
        self.woken.0 = true;
    }
}

impl Driven for RefundWorkflow {
    fn woken(&self) -> &Woken {
        &self.woken
    }

    fn woken_mut(&mut self) -> &mut Woken {
        &mut self.woken
    }
}
