//! What the service says of its reservations.

use crate::domain::Status;
use ::metrics::{Counter, counter};
use strum::VariantArray as _;

/// Shows every counter at 0, so that the first of anything is seen as an increase.
pub(crate) fn announce() {
    Status::VARIANTS.iter().for_each(|&status| reservations(status).increment(0));
}

/// A reservation came to this status.
pub(crate) fn became(status: Status) {
    reservations(status).increment(1);
}

fn reservations(status: Status) -> Counter {
    counter!("oms_reservations_total", "status" => <&str>::from(status))
}

/// The statuses of reservations that something is still to be done with.
pub(crate) fn under_way() -> Vec<&'static str> {
    Status::VARIANTS.iter().filter(|status| !status.is_final()).map(Into::into).collect()
}
