//! What was booked.

use contracts::Money;
use contracts::ids::RefundId;
use contracts::money::Total;
use time::OffsetDateTime;

/// An account of the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::Display, strum::EnumString, strum::IntoStaticStr)]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
pub enum Account {
    /// What the provider owes.
    ProviderClearing,
    /// What was sold.
    Sales,
}

/// One side of a booking.
#[derive(Clone, Debug)]
pub struct LedgerEntry {
    /// Where.
    pub account: Account,
    /// A debit above 0, a credit below.
    pub amount: Money,
    /// The refund that is booked; `None`: the capture.
    pub refund: Option<RefundId>,
    /// When.
    pub at: OffsetDateTime,
}

/// What was booked in one currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turnover {
    /// From customers.
    pub captured: Total,
    /// Given back to them, 0 or above.
    pub refunded: Total,
}
