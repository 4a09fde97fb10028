//! Ids, keys, notes and currencies: what is taken keeps its rule and can be printed and read again.

use contracts::Currency;
use contracts::ids::{
    CustomerId, DeliveryId, EndpointId, LocationId, MAX_FOREIGN, OrderId, OrderRef, PaymentId, ProductId, RefundId,
    ReservationId,
};
use contracts::values::{Note, Quantity, RequestId};
use std::fmt::{Debug, Display};
use std::str::FromStr;

/// A text.
pub(crate) fn target(data: &[u8]) {
    if let Some(number) = data.first_chunk() {
        let number = i64::from_le_bytes(*number);
        let pieces = Quantity::try_from(number).map(Quantity::get);
        assert_eq!(pieces.is_ok(), (1..=Quantity::MAX).contains(&number));
    }
    let Ok(text) = std::str::from_utf8(data) else { return };
    own::<OrderId>(text, OrderId::PREFIX);
    own::<PaymentId>(text, PaymentId::PREFIX);
    own::<RefundId>(text, RefundId::PREFIX);
    own::<ReservationId>(text, ReservationId::PREFIX);
    own::<EndpointId>(text, EndpointId::PREFIX);
    own::<DeliveryId>(text, DeliveryId::PREFIX);
    let plain = !text.chars().any(char::is_control);
    let length = text.chars().count();
    let foreign = plain && (1..=MAX_FOREIGN).contains(&length);
    as_given::<CustomerId>(text, foreign);
    as_given::<ProductId>(text, foreign);
    as_given::<OrderRef>(text, foreign);
    as_given::<LocationId>(text, foreign);
    as_given::<Note>(text, plain && length <= Note::MAX);
    as_given::<RequestId>(text, plain && text.is_ascii() && (1..=RequestId::MAX).contains(&length));
    if let Ok(currency) = text.parse::<Currency>() {
        assert_eq!(currency.code(), text);
        assert!(currency.digits() <= 9);
    }
}

fn own<T: FromStr + Display + PartialEq + Debug>(text: &str, prefix: &str) {
    let hex = text.strip_prefix(prefix).filter(|hex| hex.len() == 32 && hex.bytes().all(|b| b.is_ascii_hexdigit()));
    let read = text.parse::<T>().ok();
    assert_eq!(read.is_some(), hex.is_some(), "{text:?}");
    if let Some(id) = read {
        assert!(id.to_string().eq_ignore_ascii_case(text), "{text:?}");
        assert_eq!(id.to_string().parse::<T>().ok(), Some(id));
    }
}

fn as_given<T: FromStr + Display>(text: &str, expected: bool) {
    let read = text.parse::<T>().ok();
    assert_eq!(read.is_some(), expected, "{text:?}");
    assert!(read.is_none_or(|value| value.to_string() == text), "{text:?}");
}
