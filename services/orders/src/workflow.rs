//! What drives an order: wait to be woken, look at the row, do what is due.
//!
//! The order of events is in [`service::drive`]; everything that touches the world
//! is in [`crate::activities`]. The name of the workflow and of its activity are
//! stored in running workflows: renaming either breaks them.
#![deny(clippy::disallowed_methods)]
#![expect(missing_docs, reason = "constants that the workflow macros make")]

use crate::activities::OrderActivities;
use service::drive::{self, Driven, Next, Woken};
use temporalio_macros::{workflow, workflow_methods};
use temporalio_sdk::{
    ContinueAsNewOptions, SyncWorkflowContext, WorkflowCancellationToken, WorkflowContext, WorkflowContextView,
    WorkflowResult,
};

/// Name of the workflow of an order.
pub const ORDER: &str = "Order";

/// Drives one order; its id is the workflow id.
#[workflow]
pub struct OrderWorkflow {
    id: String,
    woken: Woken,
}

#[workflow_methods]
impl OrderWorkflow {
    /// A new run knows only its order's id.
    #[init]
    pub fn new(_ctx: &WorkflowContextView, id: String) -> Self {
        Self { id, woken: Woken::default() }
    }

    /// Until the order is settled.
    #[run(name = "Order")]
    pub async fn run(ctx: &mut WorkflowContext<Self>) -> WorkflowResult<()> {
        let id = ctx.state(|w| w.id.clone());
        let workflow = &*ctx;
        let step = || async {
            let next =
                workflow.execute_local_activity(OrderActivities::step, id.clone(), drive::step_options()).await?;
            if next != Next::Long {
                return Ok(next);
            }
            let end = WorkflowCancellationToken::new();
            let options = drive::long_options(end.clone());
            let long = workflow.execute_activity(OrderActivities::long_step, id.clone(), options);
            drive::unless_woken(workflow, long, end).await
        };
        if !drive::run(workflow, step).await? {
            ctx.continue_as_new(id, ContinueAsNewOptions::default())?;
        }
        Ok(())
    }

    /// Something about the order has changed.
    #[signal]
    pub fn wake(&mut self, _ctx: &mut SyncWorkflowContext<Self>, _nothing: ()) {
        self.woken.0 = true;
    }
}

impl Driven for OrderWorkflow {
    fn woken(&self) -> &Woken {
        &self.woken
    }

    fn woken_mut(&mut self) -> &mut Woken {
        &mut self.woken
    }
}
