//! One value of a request, read as the type it should have.

use super::decimal;
use super::object::elements;
use super::{Object, Word};
use contracts::values::Quantity;
use contracts::{Currency, Violations, google_type};
use serde_json::value::RawValue;
use std::fmt::Display;
use std::str::FromStr;

/// A field that was looked for. `null` counts as absent.
pub(crate) struct Field<'a, 'f> {
    path: String,
    raw: Option<&'a RawValue>,
    faults: &'f mut Violations,
}

impl<'a, 'f> Field<'a, 'f> {
    pub(crate) fn new(path: String, raw: Option<&'a RawValue>, faults: &'f mut Violations) -> Self {
        Self { path, raw: raw.filter(|r| r.get() != "null"), faults }
    }

    /// Notes a fault if the field is absent.
    pub(crate) fn required(self) -> Self {
        if self.raw.is_none() {
            self.faults.add(self.path.clone(), "is required");
        }
        self
    }

    /// A text.
    pub(crate) fn text(self) -> Option<String> {
        let raw = self.raw?;
        if !raw.get().starts_with('"') {
            self.faults.add(self.path, "must be a string");
            return None;
        }
        match serde_json::from_str(raw.get()) {
            Ok(text) => Some(text),
            Err(_) => {
                self.faults.add(self.path, "has an escape sequence that is no character");
                None
            }
        }
    }

    /// A text that must be good for a `T`; the service reads it again.
    pub(crate) fn valid<T: FromStr<Err: Display>>(self) -> Option<String> {
        let (text, path, faults) = self.text_and_rest();
        let text = text?;
        faults.check(path, text.parse::<T>()).map(|_| text)
    }

    /// A text of 1 to `max` characters.
    pub(crate) fn text_up_to(self, max: usize) -> Option<String> {
        let (text, path, faults) = self.text_and_rest();
        let text = text?;
        if text.is_empty() || text.chars().nth(max).is_some() {
            faults.add(path, format!("must have 1 to {max} characters"));
            return None;
        }
        Some(text)
    }

    /// One of an enum's words, as its number on the wire.
    pub(crate) fn word<E: Word>(self) -> Option<i32> {
        let (text, path, faults) = self.text_and_rest();
        faults.check(path, E::parse(&text?))
    }

    /// The currency; US dollar if absent. `None` is a fault.
    pub(crate) fn currency(self) -> Option<Currency> {
        if self.raw.is_none() {
            return Some(Currency::USD);
        }
        let (text, path, faults) = self.text_and_rest();
        faults.parse(&path, &text?)
    }

    /// A whole number.
    pub(crate) fn integer(self) -> Option<i64> {
        let raw = self.raw?.get();
        self.faults.check(self.path, integer(raw))
    }

    /// Pieces of a line.
    pub(crate) fn quantity(self) -> Option<i64> {
        let raw = self.raw?.get();
        let pieces = self.faults.check(self.path.clone(), integer(raw))?;
        self.faults.check(self.path, Quantity::try_from(pieces)).map(Quantity::get)
    }

    /// A number as it is written.
    pub(crate) fn number(self) -> Option<&'a str> {
        let raw = self.raw?.get();
        if !raw.starts_with(|c: char| c == '-' || c.is_ascii_digit()) {
            self.faults.add(self.path, "must be a number");
            return None;
        }
        Some(raw)
    }

    /// An amount. Without a currency (which is then at fault) only its form is looked at.
    pub(crate) fn money(self, currency: Option<Currency>) -> Option<google_type::Money> {
        let Self { path, raw, faults } = self;
        let raw = Field::new(path.clone(), raw, faults).number()?;
        faults.check(path, decimal::parse(raw, currency?)).map(Into::into)
    }

    /// An amount above 0.
    pub(crate) fn positive_money(self, currency: Option<Currency>) -> Option<google_type::Money> {
        let Self { path, raw, faults } = self;
        let money = Field::new(path.clone(), raw, faults).money(currency)?;
        if money.units < 0 || money.nanos < 0 || (money.units == 0 && money.nanos == 0) {
            faults.add(path, "must be above 0");
            return None;
        }
        Some(money)
    }

    /// The objects of an array of 1 to `max` of them, each read by `read`.
    pub(crate) fn objects<T>(self, max: usize, mut read: impl FnMut(&mut Object<'a>, &mut Violations) -> T) -> Vec<T> {
        let Self { path, raw: Some(raw), faults } = self else { return Vec::new() };
        let kept = if raw.get().starts_with('[') { elements(raw, max) } else { None };
        let Some((kept, all)) = kept else {
            faults.add(path, "must be an array");
            return Vec::new();
        };
        if all == 0 || all > max {
            faults.add(path.clone(), format!("must have 1 to {max} elements"));
        }
        let mut done = Vec::with_capacity(kept.len());
        for (i, raw) in kept.into_iter().enumerate() {
            let path = format!("{path}[{i}]");
            let Some(mut object) = Object::nested(path.clone(), raw, faults) else {
                faults.add(path, "must be an object");
                continue;
            };
            done.push(read(&mut object, faults));
            object.finish(faults);
        }
        done
    }

    fn text_and_rest(self) -> (Option<String>, String, &'f mut Violations) {
        let Self { path, raw, faults } = self;
        let text = Field::new(path.clone(), raw, faults).text();
        (text, path, faults)
    }
}

/// Reads a JSON number that has no fraction; `5.0` is one.
fn integer(raw: &str) -> Result<i64, &'static str> {
    if !raw.starts_with(|c: char| c == '-' || c.is_ascii_digit()) {
        return Err("must be a whole number");
    }
    let whole = match raw.split_once('.') {
        Some((whole, fraction)) if fraction.bytes().all(|b| b == b'0') => whole,
        _ => raw,
    };
    let digits = whole.strip_prefix('-').unwrap_or(whole);
    if !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err("must be a whole number");
    }
    whole.parse().map_err(|_| "is out of range")
}

#[cfg(test)]
mod tests {
    use super::*;
    use contracts::ids::CustomerId;

    fn read<T>(text: &str, read: impl FnOnce(Field<'_, '_>) -> Option<T>) -> Result<Option<T>, String> {
        let raw: Box<RawValue> = serde_json::from_str(text).unwrap();
        let mut faults = Violations::new();
        let value = read(Field::new("f".into(), Some(&raw), &mut faults));
        match faults.iter().next() {
            Some(fault) => Err(fault.description.clone()),
            None => Ok(value),
        }
    }

    #[test]
    fn integers_are_exact() {
        assert_eq!(read("5", |f| f.integer()), Ok(Some(5)));
        assert_eq!(read("-5.000", |f| f.integer()), Ok(Some(-5)));
        assert_eq!(read("9223372036854775807", |f| f.integer()), Ok(Some(i64::MAX)));
        assert_eq!(read("9223372036854775808", |f| f.integer()), Err("is out of range".into()));
        for text in ["1.5", "1e2", "\"5\"", "true", "[1]", "{}"] {
            assert_eq!(read(text, |f| f.integer()), Err("must be a whole number".into()), "{text}");
        }
        assert_eq!(read("null", |f| f.integer()), Ok(None));
    }

    #[test]
    fn amounts_are_numbers_with_the_decimals_of_their_currency() {
        let usd = |f: Field<'_, '_>| f.money(Some(Currency::USD)).map(|m| (m.units, m.nanos));
        assert_eq!(read("1299.99", usd), Ok(Some((1299, 990_000_000))));
        assert_eq!(read("-0.01", usd), Ok(Some((0, -10_000_000))));
        assert!(read("0.001", usd).unwrap_err().contains("decimals"));
        assert_eq!(read("\"1.00\"", usd), Err("must be a number".into()));
        assert_eq!(read("1e400", usd), Err("is too large".into()));
        let positive = |f: Field<'_, '_>| f.positive_money(Some(Currency::USD));
        assert!(read("0", positive).is_err());
        assert!(read("-1", positive).is_err());
        assert!(read("0.01", positive).is_ok());
    }

    #[test]
    fn texts_are_checked_by_the_rules_of_the_contract() {
        assert_eq!(read("\"CUST\"", |f| f.valid::<CustomerId>()), Ok(Some("CUST".into())));
        assert!(read("\"\"", |f| f.valid::<CustomerId>()).is_err());
        assert!(read("\"\\ud800\"", |f| f.text()).is_err());
        assert_eq!(read("5", |f| f.text()), Err("must be a string".into()));
        assert!(read("\"XXQ\"", |f| f.currency()).is_err());
    }

    #[test]
    fn elements_are_named_by_their_place() {
        let mut faults = Violations::new();
        let raw: Box<RawValue> = serde_json::from_str(r#"[{"q":1},{"q":"x","z":0},7]"#).unwrap();
        let read = Field::new("items".into(), Some(&raw), &mut faults)
            .objects(10, |object, faults| object.field("q", faults).required().integer());
        assert_eq!(read, [Some(1), None]);
        let fields: Vec<_> = faults.iter().map(|f| f.field.as_str()).collect();
        assert_eq!(fields, ["items[1].q", "items[1].z", "items[2]"]);
    }
}
