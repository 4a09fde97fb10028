//! Rules of requests that a type can't say.

use utoipa::openapi::path::Operation;
use utoipa::openapi::schema::{AllOfBuilder, Object, ObjectBuilder, OneOfBuilder, SchemaType, Type};
use utoipa::openapi::{OpenApi, RefOr, Schema};

/// Adds the rules that join fields of one body.
pub(super) fn add(document: &mut OpenApi) {
    let Some(components) = &mut document.components else { return };
    for (name, one_of) in [("CreatePayment", methods()), ("AdjustStock", movements())] {
        if let Some(schema) = components.schemas.get_mut(name) {
            let cases = one_of.into_iter().fold(OneOfBuilder::new(), OneOfBuilder::item);
            *schema = AllOfBuilder::new().item(schema.clone()).item(cases).into();
        }
    }
}

/// A body that may be left out may not be `null` instead.
pub(super) fn no_body_is_not_null(operation: &mut Operation) {
    let Some(RefOr::T(body)) = &mut operation.request_body else { return };
    for content in body.content.values_mut() {
        let RefOr::T(content) = content else { continue };
        if let Some(RefOr::T(Schema::OneOf(choice))) = &content.schema {
            content.schema = choice.items.iter().find(|item| matches!(item, RefOr::Ref(_))).cloned();
        }
    }
}

/// A payment has its method under one of two names.
fn methods() -> Vec<Object> {
    let given = |name: &str| object().required(name).property(name, text()).build();
    vec![given("method"), given("payment_method")]
}

/// The sign of a quantity follows the type of the movement, and only a restock names a reservation.
fn movements() -> Vec<Object> {
    let of = |words: &[&str]| object().property("type", text().enum_values(Some(words.iter().copied())));
    let quantity = || ObjectBuilder::new().schema_type(SchemaType::Type(Type::Integer));
    let above = || quantity().minimum(Some(1));
    let below = || quantity().maximum(Some(-1));
    let none = || ObjectBuilder::new().schema_type(SchemaType::Type(Type::Null));
    vec![
        of(&["RESTOCK"])
            .property("quantity", above())
            .required("reservation_id")
            .property("reservation_id", text())
            .build(),
        of(&["RECEIPT"]).property("quantity", above()).property("reservation_id", none()).build(),
        of(&["DAMAGE"]).property("quantity", below()).property("reservation_id", none()).build(),
        of(&["CORRECTION", "HOLD_BACK"]).property("quantity", above()).property("reservation_id", none()).build(),
        of(&["CORRECTION", "HOLD_BACK"]).property("quantity", below()).property("reservation_id", none()).build(),
    ]
}

fn object() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(SchemaType::AnyValue)
}

fn text() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(SchemaType::Type(Type::String))
}
