//! Exact money: a currency and a whole number of its minor units.
//!
//! On the wire it is `google.type.Money`, in JSON a decimal number with at most
//! the currency's digits. No floating point is involved anywhere.

mod total;

pub use total::Total;

use crate::google_type;
use std::fmt;
use std::str::FromStr;

const NANOS_DIGITS: u32 = 9;
/// More than any text has digits: an exponent beyond it leads nowhere, whatever the digits are.
const FAR: i64 = 1 << 40;

/// Why an amount can't be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// Not an ISO 4217 code of a currency that is used for payment.
    #[error("is not a known ISO 4217 currency")]
    UnknownCurrency,
    /// Finer than the currency's minor unit.
    #[error("has more decimals than the {0} of its currency")]
    TooManyDecimals(u32),
    /// Does not fit 64 bits of minor units.
    #[error("is too large")]
    OutOfRange,
    /// `units` and `nanos` disagree in sign, or `nanos` has a whole unit in it.
    #[error("has units and nanos that do not belong together")]
    Malformed,
    /// Text that is not a decimal number.
    #[error("is not a decimal number")]
    NotANumber,
}

/// A currency of ISO 4217 that has a minor unit.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Currency(iso_currency::Currency);

impl Currency {
    /// US dollar, the default of the REST interface.
    pub const USD: Self = Self(iso_currency::Currency::USD);

    /// Three capital letters.
    #[must_use]
    pub fn code(self) -> &'static str {
        self.0.code()
    }

    /// Decimals of an amount: 2 for USD, 0 for JPY, 3 for KWD.
    #[must_use]
    pub fn digits(self) -> u32 {
        u32::from(self.0.exponent().unwrap_or(0))
    }
}

impl FromStr for Currency {
    type Err = MoneyError;

    fn from_str(code: &str) -> Result<Self, MoneyError> {
        iso_currency::Currency::from_code(code)
            .filter(|c| c.exponent().is_some_and(|e| u32::from(e) <= NANOS_DIGITS))
            .map(Self)
            .ok_or(MoneyError::UnknownCurrency)
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// An amount in one currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Money {
    currency: Currency,
    minor: i64,
}

impl Money {
    /// `minor` minor units (cents, for USD).
    #[must_use]
    pub const fn new(currency: Currency, minor: i64) -> Self {
        Self { currency, minor }
    }

    /// The currency.
    #[must_use]
    pub const fn currency(self) -> Currency {
        self.currency
    }

    /// Minor units.
    #[must_use]
    pub const fn minor(self) -> i64 {
        self.minor
    }

    /// `self - other`; `None` for different currencies or on overflow.
    #[must_use]
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        if self.currency != other.currency {
            return None;
        }
        Some(Self::new(self.currency, self.minor.checked_sub(other.minor)?))
    }

    /// Reads a decimal number as JSON writes it, exponent included.
    ///
    /// # Errors
    /// [`MoneyError::NotANumber`], [`MoneyError::TooManyDecimals`] (trailing
    /// zeros do not count) or [`MoneyError::OutOfRange`].
    pub fn parse_decimal(text: &str, currency: Currency) -> Result<Self, MoneyError> {
        let (negative, text) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((m, e)) => (m, parse_exponent(e)?),
            None => (text, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let all_digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
        let dangling_point = mantissa.contains('.') && fraction.is_empty();
        if whole.is_empty() || dangling_point || !all_digits(whole) || !all_digits(fraction) {
            return Err(MoneyError::NotANumber);
        }
        let digits: String = [whole, fraction].concat();
        let significant = digits.trim_start_matches('0');
        if significant.is_empty() {
            return Ok(Self::new(currency, 0));
        }
        let trimmed = significant.trim_end_matches('0');
        let dropped = i64::try_from(significant.len() - trimmed.len()).map_err(|_| MoneyError::OutOfRange)?;
        let scale = i64::try_from(fraction.len()).map_err(|_| MoneyError::OutOfRange)?;
        // value = trimmed × 10^shift minor units
        let shift = exponent - scale + dropped + i64::from(currency.digits());
        if shift < 0 {
            return Err(MoneyError::TooManyDecimals(currency.digits()));
        }
        if trimmed.len() > 19 || shift > 19 {
            return Err(MoneyError::OutOfRange);
        }
        let value: i128 = trimmed.parse().map_err(|_| MoneyError::NotANumber)?;
        let shift = u32::try_from(shift).map_err(|_| MoneyError::OutOfRange)?;
        let value = value * 10_i128.pow(shift) * if negative { -1 } else { 1 };
        let minor = i64::try_from(value).map_err(|_| MoneyError::OutOfRange)?;
        Ok(Self::new(currency, minor))
    }

    /// The amount as a decimal number with the currency's digits, `1299.90`.
    #[must_use]
    pub fn to_decimal(self) -> String {
        let digits = self.currency.digits() as usize;
        let sign = if self.minor < 0 { "-" } else { "" };
        let magnitude = format!("{:0width$}", self.minor.unsigned_abs(), width = digits + 1);
        let (whole, fraction) = magnitude.split_at(magnitude.len() - digits);
        if digits == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
    }
}

fn parse_exponent(text: &str) -> Result<i64, MoneyError> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(MoneyError::NotANumber);
    }
    let bounded: i64 = text.parse().unwrap_or(if text.starts_with('-') { -FAR } else { FAR });
    Ok(bounded.clamp(-FAR, FAR))
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.to_decimal(), self.currency)
    }
}

impl TryFrom<&google_type::Money> for Money {
    type Error = MoneyError;

    fn try_from(wire: &google_type::Money) -> Result<Self, MoneyError> {
        let currency: Currency = wire.currency_code.parse()?;
        let nanos = i64::from(wire.nanos);
        let whole_in_nanos = nanos.abs() >= 10_i64.pow(NANOS_DIGITS);
        if whole_in_nanos || (wire.units > 0 && nanos < 0) || (wire.units < 0 && nanos > 0) {
            return Err(MoneyError::Malformed);
        }
        let nanos_per_minor = 10_i64.pow(NANOS_DIGITS - currency.digits());
        if nanos % nanos_per_minor != 0 {
            return Err(MoneyError::TooManyDecimals(currency.digits()));
        }
        wire.units
            .checked_mul(10_i64.pow(currency.digits()))
            .and_then(|m| m.checked_add(nanos / nanos_per_minor))
            .map(|minor| Self::new(currency, minor))
            .ok_or(MoneyError::OutOfRange)
    }
}

impl From<Money> for google_type::Money {
    fn from(money: Money) -> Self {
        Total::from(money).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn usd(text: &str) -> Result<i64, MoneyError> {
        Money::parse_decimal(text, Currency::USD).map(Money::minor)
    }

    #[test]
    fn reads_json_numbers_exactly() {
        assert_eq!(usd("1299.99"), Ok(129_999));
        assert_eq!(usd("-0.01"), Ok(-1));
        assert_eq!(usd("-0"), Ok(0));
        assert_eq!(usd("1.2999E+3"), Ok(129_990));
        assert_eq!(usd("10.1000"), Ok(1_010));
        assert_eq!(usd("92233720368547758.07"), Ok(i64::MAX));
        assert_eq!(usd("-92233720368547758.08"), Ok(i64::MIN));
        assert_eq!(usd("0e999999999999999999999"), Ok(0));
    }

    // An exponent was cut off at a thousand: ten times, and a hundredth of, what was written.
    #[test]
    fn long_numbers_mean_what_they_say() {
        assert_eq!(usd(&format!("1{}e-1001", "0".repeat(1_001))), Ok(100));
        assert_eq!(usd(&format!("0.{}1e1002", "0".repeat(1_001))), Ok(100));
        assert_eq!(usd(&format!("1{}", "0".repeat(5_000))), Err(MoneyError::OutOfRange));
        assert_eq!(usd(&format!("0.{}1", "0".repeat(5_000))), Err(MoneyError::TooManyDecimals(2)));
    }

    #[test]
    fn refuses_what_is_not_exact() {
        assert_eq!(usd("0.001"), Err(MoneyError::TooManyDecimals(2)));
        assert_eq!(usd("1e-3"), Err(MoneyError::TooManyDecimals(2)));
        assert_eq!(usd("92233720368547758.08"), Err(MoneyError::OutOfRange));
        assert_eq!(usd("1e300"), Err(MoneyError::OutOfRange));
        assert_eq!(usd("1e-99999999999999999999"), Err(MoneyError::TooManyDecimals(2)));
        for text in ["", "-", "1.", ".5", "1,5", "0x10", "1e", "NaN", "+1"] {
            assert_eq!(usd(text), Err(MoneyError::NotANumber), "{text}");
        }
        assert_eq!("XXQ".parse::<Currency>(), Err(MoneyError::UnknownCurrency));
        assert_eq!("usd".parse::<Currency>(), Err(MoneyError::UnknownCurrency));
    }

    #[test]
    fn digits_follow_the_currency() {
        let yen = Money::new("JPY".parse().unwrap(), 1_200);
        assert_eq!(yen.to_decimal(), "1200");
        let dinar = Money::new("KWD".parse().unwrap(), -5);
        assert_eq!(dinar.to_decimal(), "-0.005");
    }

    #[test]
    fn wire_form_must_be_consistent() {
        let wire = |units, nanos| google_type::Money { currency_code: "USD".into(), units, nanos };
        assert_eq!(Money::try_from(&wire(1, -10_000_000)), Err(MoneyError::Malformed));
        assert_eq!(Money::try_from(&wire(0, 1_000_000_000)), Err(MoneyError::Malformed));
        assert_eq!(Money::try_from(&wire(0, 1)), Err(MoneyError::TooManyDecimals(2)));
        assert_eq!(Money::try_from(&wire(i64::MAX, 0)), Err(MoneyError::OutOfRange));
    }

    proptest! {
        #[test]
        fn every_amount_survives_text_and_wire(minor: i64, code in prop::sample::select(vec!["USD", "JPY", "KWD", "EUR", "CLF"])) {
            let money = Money::new(code.parse().unwrap(), minor);
            prop_assert_eq!(Money::parse_decimal(&money.to_decimal(), money.currency()), Ok(money));
            prop_assert_eq!(Money::try_from(&google_type::Money::from(money)), Ok(money));
        }

        #[test]
        fn no_text_panics(text in "[-+0-9.eE]{0,40}") {
            let _ = usd(&text);
        }
    }
}
