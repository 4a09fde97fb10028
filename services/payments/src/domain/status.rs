//! Where payments and refunds stand, and the functions that say what may follow.

use strum::VariantArray as _;

/// Where a payment stands.
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
pub enum PaymentStatus {
    /// Stored; the provider has not been asked.
    Pending,
    /// The provider has been asked, or is about to be.
    Processing,
    /// Charged.
    Completed,
    /// Not charged, for good.
    Failed,
    /// Cancelled before the provider was asked.
    Cancelled,
    /// A part was given back.
    PartiallyRefunded,
    /// All of it was given back.
    Refunded,
}

/// What can be done to a payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::VariantArray)]
pub enum PaymentCommand {
    /// An attempt begins.
    Begin,
    /// The provider has charged.
    Complete,
    /// The provider will not charge.
    Fail,
    /// Somebody cancels.
    Cancel,
    /// A refund was paid back, and a rest remains.
    RefundPart,
    /// The last refund was paid back.
    RefundRest,
}

impl PaymentStatus {
    /// What the command leads to, or `None` when it is not possible here.
    #[must_use]
    pub const fn transition(self, command: PaymentCommand) -> Option<Self> {
        match (self, command) {
            (Self::Pending | Self::Processing, PaymentCommand::Begin) => Some(Self::Processing),
            (Self::Processing, PaymentCommand::Complete) => Some(Self::Completed),
            (Self::Processing, PaymentCommand::Fail) => Some(Self::Failed),
            (Self::Pending, PaymentCommand::Cancel) => Some(Self::Cancelled),
            (Self::Completed | Self::PartiallyRefunded, PaymentCommand::RefundPart) => Some(Self::PartiallyRefunded),
            (Self::Completed | Self::PartiallyRefunded, PaymentCommand::RefundRest) => Some(Self::Refunded),
            _ => None,
        }
    }

    /// Whether a workflow should be working on it.
    #[must_use]
    pub const fn is_active(self) -> bool {
        matches!(self, Self::Pending | Self::Processing)
    }

    /// Whether nothing can follow.
    #[must_use]
    pub fn is_final(self) -> bool {
        PaymentCommand::VARIANTS.iter().all(|&command| self.transition(command).is_none())
    }

    /// Whether the provider has the money, or had it.
    #[must_use]
    pub const fn is_charged(self) -> bool {
        matches!(self, Self::Completed | Self::PartiallyRefunded | Self::Refunded)
    }
}

impl PaymentCommand {
    /// Every status the command is possible in.
    pub fn sources(self) -> impl Iterator<Item = PaymentStatus> {
        PaymentStatus::VARIANTS.iter().copied().filter(move |s| s.transition(self).is_some())
    }
}

/// Where a refund stands.
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
pub enum RefundStatus {
    /// Admitted; the provider has not been asked.
    Pending,
    /// The provider has been asked, or is about to be.
    Processing,
    /// Paid back.
    Completed,
    /// Not paid back, for good.
    Failed,
}

/// What can be done to a refund.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::VariantArray)]
pub enum RefundCommand {
    /// An attempt begins.
    Begin,
    /// The provider has paid back.
    Complete,
    /// The provider will not pay back.
    Fail,
}

impl RefundStatus {
    /// What the command leads to, or `None` when it is not possible here.
    #[must_use]
    pub const fn transition(self, command: RefundCommand) -> Option<Self> {
        match (self, command) {
            (Self::Pending | Self::Processing, RefundCommand::Begin) => Some(Self::Processing),
            (Self::Processing, RefundCommand::Complete) => Some(Self::Completed),
            (Self::Processing, RefundCommand::Fail) => Some(Self::Failed),
            _ => None,
        }
    }

    /// Whether a workflow should be working on it.
    #[must_use]
    pub const fn is_active(self) -> bool {
        matches!(self, Self::Pending | Self::Processing)
    }
}

impl RefundCommand {
    /// Every status the command is possible in.
    pub fn sources(self) -> impl Iterator<Item = RefundStatus> {
        RefundStatus::VARIANTS.iter().copied().filter(move |s| s.transition(self).is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn only_pending_payments_are_cancelled() {
        assert!(PaymentCommand::Cancel.sources().eq([PaymentStatus::Pending]));
        assert!(PaymentCommand::Complete.sources().eq([PaymentStatus::Processing]));
    }

    #[test]
    fn final_is_what_nothing_follows() {
        let last: Vec<_> = PaymentStatus::VARIANTS.iter().filter(|s| s.is_final()).collect();
        assert_eq!(last, [&PaymentStatus::Failed, &PaymentStatus::Cancelled, &PaymentStatus::Refunded]);
    }

    #[test]
    fn only_active_refunds_change() {
        for &status in RefundStatus::VARIANTS {
            let moves = RefundCommand::VARIANTS.iter().any(|&c| status.transition(c).is_some());
            assert_eq!(moves, status.is_active(), "{status}");
        }
    }

    proptest! {
        #[test]
        fn no_money_moves_twice(commands in prop::collection::vec(prop::sample::select(PaymentCommand::VARIANTS), 0..40)) {
            let (mut status, mut charges) = (PaymentStatus::Pending, 0);
            for command in commands {
                let Some(next) = status.transition(command) else { continue };
                prop_assert!(!status.is_final());
                charges += i32::from(command == PaymentCommand::Complete);
                // What was charged once stays known as charged.
                prop_assert!(!status.is_charged() || next.is_charged());
                status = next;
            }
            prop_assert_eq!(charges, i32::from(status.is_charged()));
        }
    }
}
