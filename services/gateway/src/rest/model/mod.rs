//! The bodies of requests and replies, as types and as schemas.
//!
//! In replies an absent value is `null`; lists leave out the parts that grow.
//! The request types are never built: they describe what the handlers read.

pub(crate) mod orders;
pub(crate) mod payments;
pub(crate) mod reservations;
pub(crate) mod stock;

use crate::json::Word;
use crate::json::decimal::LARGEST;
use contracts::Currency;
use prost_types::Timestamp;
use serde::Serialize;
use serde_json::Value;
use time::format_description::well_known::Rfc3339;
use utoipa::ToSchema;
use utoipa::openapi::schema::{Object, ObjectBuilder, SchemaType, Type};

/// A word of an enum; `None` if it is not set.
pub(crate) type Bare = Option<&'static str>;

/// An order of words as a schema.
pub(crate) fn words<E: Word>() -> Object {
    ObjectBuilder::new().schema_type(SchemaType::Type(Type::String)).enum_values(Some(E::words())).build()
}

/// The same where the value may be absent.
pub(crate) fn words_or_null<E: Word>() -> Object {
    let words = E::words().into_iter().map(Value::from).chain([Value::Null]);
    ObjectBuilder::new().schema_type(SchemaType::from_iter([Type::String, Type::Null])).enum_values(Some(words)).build()
}

/// An amount in a request.
pub(crate) fn amount() -> Object {
    number().minimum(Some(-LARGEST)).maximum(Some(LARGEST)).build()
}

/// An amount that must be above 0.
pub(crate) fn positive_amount() -> Object {
    number().exclusive_minimum(Some(0)).maximum(Some(LARGEST)).build()
}

/// The same where it may be absent.
pub(crate) fn positive_amount_or_null() -> Object {
    let nullable = SchemaType::from_iter([Type::Number, Type::Null]);
    number().schema_type(nullable).exclusive_minimum(Some(0)).maximum(Some(LARGEST)).build()
}

fn number() -> ObjectBuilder {
    ObjectBuilder::new()
        .schema_type(SchemaType::Type(Type::Number))
        .description(Some("An exact decimal with at most the decimals of its currency; not a text."))
        .examples([serde_json::json!(1299.99)])
}

/// The currencies that are known.
pub(crate) fn currencies() -> Object {
    let letters = || 'A'..='Z';
    let codes =
        letters().flat_map(|a| letters().flat_map(move |b| letters().map(move |c| String::from_iter([a, b, c]))));
    let known = codes.filter(|code| code.parse::<Currency>().is_ok());
    ObjectBuilder::new()
        .schema_type(SchemaType::from_iter([Type::String, Type::Null]))
        .description(Some("ISO 4217 code."))
        .enum_values(Some(known.map(Value::from).chain([Value::Null])))
        .default(Some(Value::from(Currency::USD.code())))
        .build()
}

/// An empty text is an absent one.
pub(crate) fn present(text: String) -> Option<String> {
    Some(text).filter(|t| !t.is_empty())
}

/// RFC 3339 in UTC.
pub(crate) fn rfc3339(at: Option<&Timestamp>) -> Option<String> {
    contracts::timestamps::from_wire(at?)?.format(&Rfc3339).ok()
}

/// Nothing but the status.
#[derive(Serialize, ToSchema)]
pub(crate) struct StatusOnly {
    /// Where it stands, as in the status of the full reply.
    #[schema(example = "PENDING_APPROVAL", value_type = String)]
    pub(crate) status: Bare,
}

/// What every error looks like.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the body that `Error` renders")]
pub(crate) struct ErrorBody {
    error: ErrorInfo,
}

/// What went wrong.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the body that `Error` renders")]
pub(crate) struct ErrorInfo {
    /// For programs: a stable reason in upper snake case.
    #[schema(example = "ORDER_STATE")]
    code: String,
    /// For people.
    #[schema(example = "the order is APPROVED")]
    message: String,
    /// What can be said in particular: one entry per field at fault (`field`, `description`), per
    /// short line (`product_id`, `location`, `requested`, `available`), and one with facts such as the actual `state`.
    details: Vec<ErrorDetail>,
}

/// One particular.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the body that `Error` renders")]
pub(crate) struct ErrorDetail {
    /// The field at fault, `items[3].quantity`.
    #[schema(nullable = false)]
    field: Option<String>,
    /// What is wrong.
    #[schema(nullable = false)]
    description: Option<String>,
    /// The actual state, when it does not allow the request.
    #[schema(nullable = false)]
    state: Option<String>,
    /// The reservation that was refused.
    #[schema(nullable = false)]
    reservation_id: Option<String>,
    /// A product that was short.
    #[schema(nullable = false)]
    product_id: Option<String>,
    /// The location it was asked for at.
    location: Option<String>,
    /// Pieces asked for.
    #[schema(nullable = false)]
    requested: Option<i64>,
    /// Pieces that were available.
    #[schema(nullable = false)]
    available: Option<i64>,
    /// What kind of condition does not hold.
    #[schema(nullable = false)]
    r#type: Option<String>,
    /// What the condition is about, for example a product.
    #[schema(nullable = false)]
    subject: Option<String>,
}

/// Why something is asked for.
#[derive(ToSchema)]
#[schema(example = json!({"reason": "checked by phone"}))]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "describes what the handlers read")]
pub(crate) struct Reason {
    /// For people.
    #[schema(max_length = 500, pattern = "^[^\\x00-\\x1f\\x7f-\\x9f]*$")]
    reason: Option<String>,
}

/// An empty object.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Nothing {}
