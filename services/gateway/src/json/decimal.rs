//! An amount in a reply: a JSON number with its currency's decimals.

use contracts::money::MoneyError;
use contracts::{Currency, Money, google_type};
use serde::ser::Error as _;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;
use std::borrow::Cow;
use utoipa::openapi::schema::{ObjectBuilder, SchemaType, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// The largest amount of a request, in whole units: one limit for all currencies, which 64 bits can hold in the smallest
/// unit of each.
pub(crate) const LARGEST: i64 = 900_000_000_000_000;

/// An amount of a request.
///
/// # Errors
/// As of [`Money::parse_decimal`]; above [`LARGEST`] it is out of range.
pub(crate) fn parse(text: &str, currency: Currency) -> Result<Money, MoneyError> {
    let money = Money::parse_decimal(text, currency)?;
    let largest = u128::from(LARGEST.unsigned_abs()) * 10_u128.pow(currency.digits());
    if u128::from(money.minor().unsigned_abs()) > largest { Err(MoneyError::OutOfRange) } else { Ok(money) }
}

/// An exact amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Decimal(Money);

impl Decimal {
    /// ISO 4217 code of its currency.
    pub(crate) fn currency(self) -> &'static str {
        self.0.currency().code()
    }

    /// Nothing, in the same currency.
    pub(crate) fn zero(self) -> Self {
        Self(Money::new(self.0.currency(), 0))
    }
}

impl TryFrom<Option<&google_type::Money>> for Decimal {
    type Error = crate::Error;

    fn try_from(wire: Option<&google_type::Money>) -> Result<Self, crate::Error> {
        let wire = wire.ok_or(crate::Error::Reply("an amount is missing"))?;
        Money::try_from(wire).map(Self).map_err(|_| crate::Error::Reply("an amount is malformed"))
    }
}

impl Serialize for Decimal {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        RawValue::from_string(self.0.to_decimal()).map_err(S::Error::custom)?.serialize(to)
    }
}

impl PartialSchema for Decimal {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(SchemaType::Type(Type::Number))
            .description(Some(
                "An exact decimal with at most the decimals of its currency. Read it as a decimal, not as a float.",
            ))
            .examples([serde_json::json!(1299.99)])
            .into()
    }
}

impl ToSchema for Decimal {
    fn name() -> Cow<'static, str> {
        "Decimal".into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn print(code: &str, units: i64, nanos: i32) -> String {
        let wire = google_type::Money { currency_code: code.into(), units, nanos };
        serde_json::to_string(&Decimal::try_from(Some(&wire)).unwrap()).unwrap()
    }

    #[test]
    fn prints_the_decimals_of_the_currency() {
        assert_eq!(print("USD", 1299, 900_000_000), "1299.90");
        assert_eq!(print("JPY", 1200, 0), "1200");
        assert_eq!(print("USD", 92_233_720_368_547_758, 70_000_000), "92233720368547758.07");
        assert_eq!(print("KWD", 0, -5_000_000), "-0.005");
    }

    // The document said more than some currencies could hold, and less than was taken of others.
    #[test]
    fn there_is_one_limit_for_all_currencies() {
        for code in ["USD", "JPY", "KWD", "CLF"] {
            let currency = code.parse().unwrap();
            for sign in ["", "-"] {
                assert!(parse(&format!("{sign}{LARGEST}"), currency).is_ok(), "{sign}{code}");
                assert_eq!(
                    parse(&format!("{sign}{}", LARGEST + 1), currency),
                    Err(MoneyError::OutOfRange),
                    "{sign}{code}"
                );
            }
        }
    }

    #[test]
    fn refuses_a_malformed_amount() {
        assert!(Decimal::try_from(None).is_err());
        let wire = google_type::Money { currency_code: "USD".into(), units: 1, nanos: -1 };
        assert!(Decimal::try_from(Some(&wire)).is_err());
    }
}
