//! Amounts as Stripe counts them.
//!
//! Its smallest units are those of ISO 4217, with exceptions that are its own: some
//! currencies without decimals there have two here, one with two there has none, and
//! those with three must end in a zero.

use contracts::{Currency, Money};

/// Why an amount can't be charged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::IntoStaticStr)]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
pub enum Unfit {
    /// Stripe does not take the currency, or counts it in a way that is not known here.
    CurrencyNotSupported,
    /// Stripe's units are too coarse for it, or it is too large.
    AmountNotSupported,
}

const WITHOUT_DECIMALS: [&str; 14] =
    ["BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF", "XOF"];
const WITH_THREE: [&str; 5] = ["BHD", "JOD", "KWD", "OMR", "TND"];
/// Without decimals in fact, but counted as if they had two; only whole ones are taken.
const AS_IF_TWO: [&str; 2] = ["ISK", "UGX"];

/// The amount in Stripe's units.
///
/// # Errors
/// [`Unfit`], always the same for the same amount: nothing is rounded.
pub fn units(amount: Money) -> Result<i64, Unfit> {
    let ours = amount.currency().digits();
    let theirs = digits(amount.currency())?;
    let minor = amount.minor();
    let units = if theirs >= ours {
        10_i64.checked_pow(theirs - ours).and_then(|factor| minor.checked_mul(factor))
    } else {
        10_i64.checked_pow(ours - theirs).filter(|factor| minor % factor == 0).map(|factor| minor / factor)
    };
    let units = units.ok_or(Unfit::AmountNotSupported)?;
    if theirs == 3 && units % 10 != 0 { Err(Unfit::AmountNotSupported) } else { Ok(units) }
}

fn digits(currency: Currency) -> Result<u32, Unfit> {
    let code = currency.code();
    if WITHOUT_DECIMALS.contains(&code) || code == "XPF" {
        Ok(0)
    } else if WITH_THREE.contains(&code) {
        Ok(3)
    } else if AS_IF_TWO.contains(&code) || currency.digits() == 2 {
        Ok(2)
    } else {
        Err(Unfit::CurrencyNotSupported)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(code: &str, minor: i64) -> Result<i64, Unfit> {
        units(Money::new(code.parse().unwrap(), minor))
    }

    #[test]
    fn units_are_those_of_the_documentation() {
        assert_eq!(of("USD", 1_250), Ok(1_250));
        assert_eq!(of("JPY", 500), Ok(500));
        assert_eq!(of("XPF", 500), Ok(500));
        assert_eq!(of("ISK", 5), Ok(500));
        assert_eq!(of("UGX", 5), Ok(500));
        assert_eq!(of("MGA", 500), Ok(5));
        assert_eq!(of("MGA", 501), Err(Unfit::AmountNotSupported));
        assert_eq!(of("KWD", 5_120), Ok(5_120));
        assert_eq!(of("KWD", 5_124), Err(Unfit::AmountNotSupported));
        assert_eq!(of("ISK", i64::MAX), Err(Unfit::AmountNotSupported));
        assert_eq!(of("CLF", 10), Err(Unfit::CurrencyNotSupported));
        assert_eq!(of("LYD", 10), Err(Unfit::CurrencyNotSupported));
    }

    proptest! {
        /// Worth the same there as here, exactly.
        #[test]
        fn no_money_is_made_or_lost(
            minor in 1..=i64::MAX,
            code in prop::sample::select(vec!["USD", "EUR", "JPY", "KWD", "ISK", "UGX", "MGA", "HUF", "TWD", "TND"]),
        ) {
            let currency: Currency = code.parse().unwrap();
            if let Ok(units) = of(code, minor) {
                let theirs = i128::from(units) * 10_i128.pow(currency.digits());
                let ours = i128::from(minor) * 10_i128.pow(digits(currency).unwrap());
                prop_assert_eq!(theirs, ours);
            }
        }
    }
}
