//! What the service says of its reservations.

use crate::domain::Status;
use ::metrics::{Counter, counter, gauge};
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

/// So many of a status are counted at most: the count must not depend on how many are stored.
pub(crate) const MOST: i64 = 1_000;

/// The statuses of reservations that something is still to be done with.
pub(crate) fn under_way() -> Vec<&'static str> {
    Status::VARIANTS.iter().filter(|status| !status.is_final()).map(Into::into).collect()
}

/// How many are in each of them.
pub(crate) fn standing(rows: Vec<(String, i64)>) {
    for (status, reservations) in rows {
        gauge!("oms_reservations", "status" => status).set(reservations as f64);
    }
}
