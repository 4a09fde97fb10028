//! What drives a reservation: wait to be woken, look at the row, do what is due.
//!
//! The order of events is in [`service::drive`]; everything that touches the world
//! is in [`crate::activities`]. The name of the workflow and of its activity are
//! stored in running workflows: renaming either breaks them.
#![deny(clippy::disallowed_methods)]
#![expect(missing_docs, reason = "constants that the workflow macros make")]

use crate::activities::ReservationActivities;
use service::drive::{self, Driven, Woken};
use temporalio_macros::{workflow, workflow_methods};
use temporalio_sdk::{ContinueAsNewOptions, SyncWorkflowContext, WorkflowContext, WorkflowContextView, WorkflowResult};

/// Name of the workflow of a reservation.
pub const RESERVATION: &str = "Reservation";

/// Drives one reservation; its id is the workflow id.
#[workflow]
pub struct ReservationWorkflow {
    id: String,
    woken: Woken,
}

#[workflow_methods]
impl ReservationWorkflow {
    /// A new run knows only its reservation's id.
    #[init]
    pub fn new(_ctx: &WorkflowContextView, id: String) -> Self {
        Self { id, woken: Woken::default() }
    }

    /// Until the reservation is settled.
    #[run(name = "Reservation")]
    pub async fn run(ctx: &mut WorkflowContext<Self>) -> WorkflowResult<()> {
        let id = ctx.state(|w| w.id.clone());
        let step = || ctx.execute_local_activity(ReservationActivities::step, id.clone(), drive::step_options());
        if !drive::run(ctx, step).await? {
            ctx.continue_as_new(id, ContinueAsNewOptions::default())?;
        }
        Ok(())
    }

    /// Something about the reservation has changed.
    #[signal]
    pub fn wake(&mut self, _ctx: &mut SyncWorkflowContext<Self>, _nothing: ()) {
        self.woken.0 = true;
    }
}

impl Driven for ReservationWorkflow {
    fn woken(&self) -> &Woken {
        &self.woken
    }

    fn woken_mut(&mut self) -> &mut Woken {
        &mut self.woken
    }
}
