//! The gateway's JSON reader, against serde's.

use contracts::{Currency, Money};
use gateway::fuzzing::{self, Read};
use serde_json::{Map, Value};

/// A body.
pub(crate) fn target(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let object = match serde_json::from_str::<Value>(text) {
        Ok(Value::Object(object)) => Some(object),
        // Numbers too large for a float, and nesting too deep for a tree, are no faults here.
        Ok(_) | Err(_) => None,
    };
    match fuzzing::json(text) {
        Ok(read) => {
            if let Some(object) = object {
                agree(&read, &object);
            }
        }
        Err(fields) => {
            assert!(!fields.is_empty() && fields.iter().all(|field| !field.is_empty()), "{fields:?}");
            let simple = object.is_some_and(|object| object.keys().all(|name| name == "text") && is_simple(&object));
            // A name that comes twice is a fault that serde does not see.
            let repeated = text.matches("\"text\"").count() + text.matches("\\u").count() > 1;
            assert!(!simple || repeated, "{text} is refused: {fields:?}");
        }
    }
}

fn is_simple(object: &Map<String, Value>) -> bool {
    object.values().all(|value| value.is_string() || value.is_null())
}

fn agree(read: &Read, object: &Map<String, Value>) {
    let field = |name| object.get(name).filter(|value| !value.is_null());
    assert_eq!(read.text.as_deref(), field("text").and_then(Value::as_str));
    whole(read.integer, field("integer"));
    whole(read.quantity, field("quantity"));
    assert!(read.quantity.is_none_or(|pieces| (1..=1_000_000).contains(&pieces)));
    assert_eq!(read.amount.is_some(), field("amount").is_some());
    if let Some(amount) = &read.amount {
        let Ok(money) = Money::try_from(amount) else { panic!("{amount:?} was read") };
        assert_eq!(money.currency(), Currency::USD);
        near(money.to_decimal().parse().unwrap_or(f64::NAN), field("amount"));
    }
    let items = field("items").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    assert_eq!(read.items.len(), items.len());
    assert!(items.len() <= 10);
    for (read, item) in read.items.iter().zip(items) {
        whole(*read, item.get("integer"));
    }
}

fn whole(read: Option<i64>, value: Option<&Value>) {
    assert_eq!(read.is_some(), value.is_some());
    match (read, value.and_then(Value::as_i64)) {
        (Some(read), Some(value)) => assert_eq!(read, value),
        (Some(read), None) => near(read as f64, value),
        (None, _) => {}
    }
}

/// Equal as far as a float can tell.
fn near(read: f64, value: Option<&Value>) {
    let value = value.and_then(Value::as_f64).unwrap_or(f64::NAN);
    assert!((read - value).abs() <= value.abs() * 1e-9, "{read} was read, not {value}");
}
