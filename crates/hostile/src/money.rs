//! Amounts, against a slow reader of decimals that moves the point digit by digit.

use contracts::money::MoneyError;
use contracts::{Currency, Money, google_type};

/// With 0, 2, 3 and 4 decimals.
const CODES: [&str; 5] = ["USD", "JPY", "KWD", "CLF", "EUR"];
/// The slow reader is not asked to write out more zeros than this.
const FAR: i64 = 20_000;

/// A currency, and a text; or a wire form.
pub(crate) fn target(data: &[u8]) {
    let Some((&first, rest)) = data.split_first() else { return };
    let code = CODES[usize::from(first) % CODES.len()];
    let Ok(currency) = code.parse::<Currency>() else { panic!("{code} is not known") };
    if first >= 128 {
        return wire(code, rest);
    }
    let Ok(text) = std::str::from_utf8(rest) else { return };
    let read = Money::parse_decimal(text, currency);
    if let Some(expected) = slowly(text, currency) {
        assert_eq!(read, expected.map(|minor| Money::new(currency, minor)), "{text} {code}");
    }
    if let Ok(money) = read {
        assert_eq!(Money::parse_decimal(&money.to_decimal(), currency), Ok(money), "{text} {code}");
        assert_eq!(Money::try_from(&google_type::Money::from(money)), Ok(money), "{text} {code}");
    }
}

/// Eight bytes of units and four of nanos.
fn wire(code: &str, data: &[u8]) {
    let (Some(units), Some(nanos)) = (data.first_chunk(), data.get(8..).and_then(<[u8]>::first_chunk)) else { return };
    let (units, nanos) = (i64::from_le_bytes(*units), i32::from_le_bytes(*nanos));
    let wire = google_type::Money { currency_code: code.to_owned(), units, nanos };
    if let Ok(money) = Money::try_from(&wire) {
        assert_eq!(google_type::Money::from(money), wire);
        assert_eq!(Money::parse_decimal(&money.to_decimal(), money.currency()), Ok(money));
    }
}

/// The minor units; `None` if there are too many zeros to write out.
fn slowly(text: &str, currency: Currency) -> Option<Result<i64, MoneyError>> {
    let Some((negative, whole, fraction, exponent)) = parts(text) else { return Some(Err(MoneyError::NotANumber)) };
    let digits = [whole, fraction].concat();
    if digits.bytes().all(|digit| digit == b'0') {
        return Some(Ok(0));
    }
    let length = i64::try_from(whole.len()).ok()?;
    let point = length.checked_add(exponent?)?.checked_add(i64::from(currency.digits()))?;
    if point.abs() > FAR {
        return None;
    }
    // Digits before the point count minor units; those after it must be nothing.
    let before: String = (0..point.max(0)).map(|i| usize::try_from(i).map_or('0', |i| digit(&digits, i))).collect();
    let after = usize::try_from(point.max(0)).ok()?.min(digits.len());
    let after = if point < 0 { digits.as_str() } else { &digits[after..] };
    if after.bytes().any(|digit| digit != b'0') {
        return Some(Err(MoneyError::TooManyDecimals(currency.digits())));
    }
    let before = before.trim_start_matches('0');
    if before.len() > 30 {
        return Some(Err(MoneyError::OutOfRange));
    }
    let value: i128 = before.parse().unwrap_or(0);
    let value = if negative { -value } else { value };
    Some(i64::try_from(value).map_err(|_| MoneyError::OutOfRange))
}

fn digit(digits: &str, i: usize) -> char {
    digits.as_bytes().get(i).map_or('0', |digit| char::from(*digit))
}

/// Sign, digits before and after the point, and the exponent if it fits.
fn parts(text: &str) -> Option<(bool, &str, &str, Option<i64>)> {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (mantissa, exponent) = match unsigned.find(['e', 'E']) {
        Some(at) => (&unsigned[..at], Some(&unsigned[at + 1..])),
        None => (unsigned, None),
    };
    let (whole, fraction) = match mantissa.find('.') {
        Some(at) => (&mantissa[..at], Some(&mantissa[at + 1..])),
        None => (mantissa, None),
    };
    let digits = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_digit());
    let exponent_digits = exponent.map(|e| e.strip_prefix(['+', '-']).unwrap_or(e));
    if !digits(whole) || !fraction.is_none_or(digits) || !exponent_digits.is_none_or(digits) {
        return None;
    }
    let exponent = exponent.map_or(Some(0), |e| e.parse().ok());
    Some((text.starts_with('-'), whole, fraction.unwrap_or_default(), exponent))
}
