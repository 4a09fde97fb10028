//! Where a reservation stands, and the one function that says what may follow.

use strum::VariantArray as _;

/// Where a reservation stands.
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
    /// The saga over its locations is at work.
    Pending,
    /// Every piece is held.
    Reserved,
    /// The pieces left the stock.
    Committed,
    /// Given back by request.
    Cancelled,
    /// Given back because the time was over.
    Expired,
    /// Stock was short; nothing stays held.
    Rejected,
}

/// What can be done to a reservation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::VariantArray)]
pub enum Command {
    /// The saga holds every piece.
    Reserve,
    /// The saga found a location short.
    Reject,
    /// The caller takes the pieces.
    Commit,
    /// The caller gives them back.
    Cancel,
    /// Nobody did either in time.
    Expire,
}

impl Status {
    /// What the command leads to, or `None` when it is not possible here.
    #[must_use]
    pub const fn transition(self, command: Command) -> Option<Self> {
        match (self, command) {
            (Self::Pending, Command::Reserve) => Some(Self::Reserved),
            (Self::Pending, Command::Reject) => Some(Self::Rejected),
            (Self::Reserved, Command::Commit) => Some(Self::Committed),
            (Self::Pending | Self::Reserved, Command::Cancel) => Some(Self::Cancelled),
            (Self::Reserved, Command::Expire) => Some(Self::Expired),
            _ => None,
        }
    }

    /// Whether nothing can follow.
    #[must_use]
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Committed | Self::Cancelled | Self::Expired | Self::Rejected)
    }
}

impl Command {
    /// Every status the command is possible in.
    pub fn sources(self) -> impl Iterator<Item = Status> {
        Status::VARIANTS.iter().copied().filter(move |s| s.transition(self).is_some())
    }

    /// Whether this is where the command leads: a repeated one finds its work done.
    #[must_use]
    pub fn leads_to(self, status: Status) -> bool {
        self.sources().any(|s| s.transition(self) == Some(status))
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
            assert!(!targets.is_empty() && targets.windows(2).all(|t| t[0] == t[1]), "{command:?}");
            assert!(command.leads_to(targets[0]));
        }
    }

    #[test]
    fn a_saga_at_work_can_be_cancelled_but_not_committed() {
        assert_eq!(Status::Pending.transition(Command::Commit), None);
        assert_eq!(Status::Pending.transition(Command::Cancel), Some(Status::Cancelled));
    }

    proptest! {
        #[test]
        fn final_is_final(start in prop::sample::select(Status::VARIANTS), commands in prop::collection::vec(prop::sample::select(Command::VARIANTS), 0..12)) {
            let mut status = start;
            for command in commands {
                let next = status.transition(command);
                prop_assert!(!(status.is_final() && next.is_some()));
                prop_assert_ne!(next, Some(Status::Pending));
                status = next.unwrap_or(status);
            }
        }
    }
}
