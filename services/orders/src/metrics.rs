//! What the fulfilment says of itself.

use crate::domain::{Status, StepName};
use crate::saga::{Did, Undid};
use ::metrics::{Counter, counter, gauge};
use std::collections::HashMap;
use strum::{VariantArray as _, VariantNames as _};

/// Shows every counter at 0, so that the first of anything is seen as an increase.
pub(crate) fn announce() {
    for &step in StepName::VARIANTS {
        Did::VARIANTS.iter().for_each(|outcome| steps(step, outcome).increment(0));
        Undid::VARIANTS.iter().for_each(|outcome| undos(step, outcome).increment(0));
    }
}

/// A do was made.
pub(crate) fn did(step: StepName, did: &Did) {
    steps(step, did.into()).increment(1);
}

/// An undo was made.
pub(crate) fn undid(step: StepName, undid: &Undid) {
    undos(step, undid.into()).increment(1);
}

/// Undos under way of which a delay was told, by step.
pub(crate) fn delayed(undos: &HashMap<StepName, i64>) {
    for &step in StepName::VARIANTS {
        let delayed = undos.get(&step).copied().unwrap_or_default();
        gauge!("oms_undo_delayed", "step" => <&str>::from(step)).set(delayed as f64);
    }
}

fn steps(step: StepName, outcome: &'static str) -> Counter {
    counter!("oms_saga_steps_total", "step" => <&str>::from(step), "outcome" => outcome)
}

fn undos(step: StepName, outcome: &'static str) -> Counter {
    counter!("oms_saga_undos_total", "step" => <&str>::from(step), "outcome" => outcome)
}

/// The statuses of orders that something is still to be done with.
pub(crate) fn under_way() -> Vec<&'static str> {
    Status::VARIANTS.iter().filter(|status| !status.is_final()).map(Into::into).collect()
}
