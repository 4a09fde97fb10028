//! Messages from the wire, through the parsers of all services.

use tonic::{Code, Status};
use tonic_types::StatusExt as _;

/// What a service says of a message before it looks anything up.
type Refusal = fn(&str, &[u8]) -> Option<Status>;

/// Each parser with its methods.
const PARSERS: [(&[&str], Refusal); 4] = [
    (&orders::api::fuzzing::METHODS, orders::api::fuzzing::refusal),
    (&payments::api::fuzzing::METHODS, payments::api::fuzzing::refusal),
    (&inventory::api::fuzzing::METHODS, inventory::api::fuzzing::refusal),
    (&webhooks::api::fuzzing::METHODS, webhooks::api::fuzzing::refusal),
];

/// A parser in the two upper bits and a method of it in the others, so that one more keeps the numbers of all; then the
/// message.
pub(crate) fn target(data: &[u8]) {
    let Some((&number, message)) = data.split_first() else { return };
    let Some((methods, refusal)) = PARSERS.get(usize::from(number >> 6)) else { return };
    let Some(method) = methods.get(usize::from(number & 0x3f)) else { return };
    if let Some(refused) = refusal(method, message) {
        names_a_field(method, &refused);
    }
}

/// Of the service with this name, as its server would; `None`: it would be carried out.
pub(crate) fn of(service: &str, method: &str, message: &[u8]) -> Option<Status> {
    let parser: Refusal = match service {
        "oms.orders.v1.OrderService" => orders::api::fuzzing::refusal,
        "oms.payments.v1.PaymentService" => payments::api::fuzzing::refusal,
        "oms.inventory.v1.InventoryService" => inventory::api::fuzzing::refusal,
        _ => webhooks::api::fuzzing::refusal,
    };
    parser(method, message)
}

fn names_a_field(method: &str, refused: &Status) {
    assert_eq!(refused.code(), Code::InvalidArgument, "{method}: {refused}");
    let violations = refused.get_details_bad_request().map(|bad| bad.field_violations).unwrap_or_default();
    assert!(!violations.is_empty(), "{method} names no field");
    for violation in violations {
        let named = !violation.field.is_empty()
            && violation.field.bytes().all(|b| b"._[]".contains(&b) || b.is_ascii_alphanumeric());
        assert!(named && !violation.description.is_empty(), "{method} names {violation:?}");
    }
}
