//! Where an order stands, and the one function that says what may follow.

use strum::VariantArray as _;

/// Where an order stands.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    strum::Display,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantArray,
)]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
pub enum Status {
    /// Stored; nothing has looked at it yet.
    Created,
    /// Being checked.
    ValidationPending,
    /// Waits for the decision.
    PendingApproval,
    /// Approved.
    Approved,
    /// Stock is reserved, the charge is under way.
    PaymentPending,
    /// Charged, the stock is not yet committed.
    PaymentCompleted,
    /// Paid and committed, waits to be shipped.
    Processing,
    /// On its way.
    Shipped,
    /// Received.
    Delivered,
    /// A business rule is broken.
    ValidationFailed,
    /// The validator failed every time.
    AutoRejected,
    /// Refused by a manager.
    Rejected,
    /// Cancelled by the customer, or not fulfillable.
    Cancelled,
}

/// What can be done to an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::VariantArray)]
pub enum Command {
    /// The validator begins, or failed to come to a result.
    Validate,
    /// Every business rule holds.
    Pass,
    /// A business rule is broken.
    Fail,
    /// The validator has failed too often.
    GiveUp,
    /// A manager approves.
    Approve,
    /// A manager refuses.
    Reject,
    /// The customer, or a manager, cancels.
    Cancel,
    /// The stock is held.
    Reserve,
    /// The payment is charged.
    Charge,
    /// The stock has left the books.
    Commit,
    /// The fulfilment failed for good.
    Abort,
    /// The parcel left.
    Ship,
    /// The parcel arrived.
    Deliver,
}

impl Status {
    /// What the command leads to, or `None` when it is not possible here.
    #[must_use]
    pub const fn transition(self, command: Command) -> Option<Self> {
        match (self, command) {
            (Self::Created, Command::Validate) => Some(Self::ValidationPending),
            (Self::Created | Self::ValidationPending, Command::Pass) => Some(Self::PendingApproval),
            (Self::Created | Self::ValidationPending, Command::Fail) => Some(Self::ValidationFailed),
            (Self::Created | Self::ValidationPending, Command::GiveUp) => Some(Self::AutoRejected),
            (Self::PendingApproval, Command::Approve) => Some(Self::Approved),
            (Self::PendingApproval, Command::Reject) => Some(Self::Rejected),
            (
                Self::Created
                | Self::ValidationPending
                | Self::PendingApproval
                | Self::Approved
                | Self::PaymentPending
                | Self::PaymentCompleted
                | Self::Processing,
                Command::Cancel,
            ) => Some(Self::Cancelled),
            (Self::Approved, Command::Reserve) => Some(Self::PaymentPending),
            (Self::PaymentPending, Command::Charge) => Some(Self::PaymentCompleted),
            (Self::PaymentCompleted, Command::Commit) => Some(Self::Processing),
            (Self::Approved | Self::PaymentPending | Self::PaymentCompleted, Command::Abort) => Some(Self::Cancelled),
            (Self::Processing, Command::Ship) => Some(Self::Shipped),
            (Self::Shipped, Command::Deliver) => Some(Self::Delivered),
            _ => None,
        }
    }

    /// Whether nothing can follow.
    #[must_use]
    pub fn is_final(self) -> bool {
        matches!(self, Self::Delivered | Self::ValidationFailed | Self::AutoRejected | Self::Rejected | Self::Cancelled)
    }

    /// Whether a workflow waits here for somebody, for as long as it takes.
    #[must_use]
    pub fn is_waiting(self) -> bool {
        matches!(self, Self::PendingApproval)
    }

    /// Whether it is still to be validated.
    #[must_use]
    pub fn is_unchecked(self) -> bool {
        matches!(self, Self::Created | Self::ValidationPending)
    }

    /// Whether the fulfilment of an order with a payment method is under way here.
    #[must_use]
    pub fn is_in_fulfilment(self) -> bool {
        matches!(self, Self::Approved | Self::PaymentPending | Self::PaymentCompleted)
    }

    /// Whether no workflow is needed here, once what was done is undone. An approved order rests only without a
    /// payment method.
    #[must_use]
    pub fn rests(self) -> bool {
        !self.is_unchecked() && !self.is_waiting() && (self == Self::Approved || !self.is_in_fulfilment())
    }
}

impl Command {
    /// Every status the command is possible in.
    pub fn sources(self) -> impl Iterator<Item = Status> {
        Status::VARIANTS.iter().copied().filter(move |s| s.transition(self).is_some())
    }

    /// Where the command leads. Each leads to one status, wherever it starts.
    #[must_use]
    pub fn target(self) -> Option<Status> {
        self.sources().find_map(|s| s.transition(self))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_command_leads_to_one_status() {
        for &command in Command::VARIANTS {
            let targets: Vec<_> = command.sources().filter_map(|s| s.transition(command)).collect();
            assert!(targets.windows(2).all(|t| t[0] == t[1]), "{command:?}");
            assert!(command.target().is_some(), "{command:?}");
        }
    }

    #[test]
    fn shipped_orders_are_not_cancelled() {
        assert_eq!(Status::Shipped.transition(Command::Cancel), None);
        assert_eq!(Status::Processing.transition(Command::Cancel), Some(Status::Cancelled));
    }

    proptest! {
        #[test]
        fn final_is_final(start in prop::sample::select(Status::VARIANTS), commands in prop::collection::vec(prop::sample::select(Command::VARIANTS), 0..12)) {
            let mut status = start;
            for command in commands {
                let next = status.transition(command);
                prop_assert!(!(status.is_final() && next.is_some()));
                prop_assert_ne!(next, Some(Status::Created));
                status = next.unwrap_or(status);
            }
        }
    }
}
