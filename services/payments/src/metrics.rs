//! What the service says of the provider.

use crate::domain::{PaymentStatus, Verdict};
use ::metrics::{Counter, counter};
use strum::{VariantArray as _, VariantNames as _};

/// What the provider was asked for.
#[derive(Clone, Copy, Debug, strum::IntoStaticStr, strum::VariantArray)]
#[strum(serialize_all = "snake_case")]
pub(crate) enum Operation {
    /// To take the money of a payment.
    Charge,
    /// To give the money of a refund back.
    Refund,
}

/// Shows every counter at 0, so that the first of anything is seen as an increase.
pub(crate) fn announce() {
    for &operation in Operation::VARIANTS {
        Verdict::VARIANTS.iter().for_each(|outcome| attempts(operation, outcome).increment(0));
    }
}

/// The provider was asked, and this is what came of it.
pub(crate) fn asked(operation: Operation, verdict: &Verdict) {
    attempts(operation, verdict.into()).increment(1);
}

fn attempts(operation: Operation, outcome: &'static str) -> Counter {
    counter!("oms_payment_attempts_total", "operation" => <&str>::from(operation), "outcome" => outcome)
}

/// The statuses of payments that something is still to be done with.
pub(crate) fn under_way() -> Vec<&'static str> {
    PaymentStatus::VARIANTS.iter().filter(|status| status.is_active()).map(Into::into).collect()
}
