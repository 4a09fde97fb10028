//! What many amounts come to.

use super::{Currency, Money, NANOS_DIGITS};
use crate::google_type;

/// A sum of amounts in one currency, which may be more than one amount can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Total {
    currency: Currency,
    minor: i128,
}

impl Total {
    /// `minor` minor units.
    #[must_use]
    pub const fn new(currency: Currency, minor: i128) -> Self {
        Self { currency, minor }
    }

    /// The currency.
    #[must_use]
    pub const fn currency(self) -> Currency {
        self.currency
    }

    /// Minor units.
    #[must_use]
    pub const fn minor(self) -> i128 {
        self.minor
    }
}

impl From<Money> for Total {
    fn from(money: Money) -> Self {
        Self::new(money.currency, money.minor.into())
    }
}

/// Exact as far as 64 bits of whole units go, which is more than there is of any currency. Beyond it stays there: a
/// figure that is off the scale must not keep the others from being seen.
impl From<Total> for google_type::Money {
    fn from(Total { currency, minor }: Total) -> Self {
        let per_unit = 10_i128.pow(currency.digits());
        let nanos = (minor % per_unit) * 10_i128.pow(NANOS_DIGITS - currency.digits());
        let (units, nanos) = match i64::try_from(minor / per_unit) {
            Ok(units) => (units, i32::try_from(nanos).unwrap_or_default()), // below 10^9 by construction
            Err(_) => (if minor < 0 { i64::MIN } else { i64::MAX }, 0),
        };
        Self { currency_code: currency.code().to_owned(), units, nanos }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wire(code: &str, minor: i128) -> (i64, i32) {
        let wire = google_type::Money::from(Total::new(code.parse().unwrap(), minor));
        assert_eq!(wire.currency_code, code);
        (wire.units, wire.nanos)
    }

    #[test]
    fn a_total_may_be_more_than_an_amount() {
        let most = i128::from(i64::MAX);
        assert_eq!(wire("USD", 2 * most), (184_467_440_737_095_516, 140_000_000));
        assert_eq!(wire("USD", -2 * most), (-184_467_440_737_095_516, -140_000_000));
        assert_eq!(wire("KWD", most * 1_000), (i64::MAX, 0));
    }

    #[test]
    fn what_the_wire_can_not_say_stays_at_its_end() {
        let most = i128::from(i64::MAX);
        assert_eq!(wire("JPY", most + 1), (i64::MAX, 0));
        assert_eq!(wire("JPY", i128::MIN), (i64::MIN, 0));
        assert_eq!(wire("USD", i128::MAX), (i64::MAX, 0));
    }
}
