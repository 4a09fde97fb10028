//! Products, their stock and its movements in JSON.

use super::{Bare, present, rfc3339, words};
use crate::Error;
use crate::json::Word as _;
use contracts::inventory as wire;
use contracts::inventory::MovementType;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa::openapi::schema::{Object, ObjectBuilder, SchemaType, Type};

/// Commits are made by reservations only.
fn movements() -> Object {
    let words = MovementType::words().into_iter().filter(|word| *word != "COMMIT");
    ObjectBuilder::new().schema_type(SchemaType::Type(Type::String)).enum_values(Some(words)).build()
}

/// A change of stock.
#[derive(ToSchema)]
#[schema(example = json!({"location": "MAIN", "quantity": 10, "type": "RECEIPT", "reason": "delivery 4711"}))]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "describes what the handler reads")]
pub(crate) struct AdjustStock {
    /// The location; a receipt creates one that does not exist yet.
    #[schema(min_length = 1, max_length = 64, pattern = "^[^\\x00-\\x1f\\x7f-\\x9f]+$")]
    location: String,
    /// Pieces, not 0; the sign follows the type.
    #[schema(minimum = -1_000_000, maximum = 1_000_000)]
    quantity: i64,
    /// Why.
    #[schema(schema_with = movements)]
    r#type: String,
    /// A note for people.
    #[schema(max_length = 500, pattern = "^[^\\x00-\\x1f\\x7f-\\x9f]*$")]
    reason: Option<String>,
    /// The reservation whose pieces come back; only for `RESTOCK`, and required for it.
    #[schema(pattern = "^res_[0-9a-fA-F]{32}$")]
    reservation_id: Option<String>,
}

/// Whether so many pieces could be reserved now.
#[derive(Serialize, ToSchema)]
pub(crate) struct Availability {
    /// The product.
    #[schema(example = "PROD-001")]
    product_id: String,
    /// True when they could.
    available: bool,
    /// Pieces that can be reserved.
    #[schema(example = 45)]
    available_quantity: i64,
    /// Pieces asked for.
    #[schema(example = 5)]
    quantity: i64,
    /// True when fewer than 10 are available.
    low_stock: bool,
}

/// The stock of a product at one location.
#[derive(Serialize, ToSchema)]
pub(crate) struct StockLevel {
    /// The location.
    #[schema(example = "MAIN")]
    location: String,
    /// Pieces physically there.
    on_hand: i64,
    /// Pieces not for sale.
    held_back: i64,
    /// Pieces held by live reservations.
    reserved: i64,
    /// Pieces that can be reserved.
    available: i64,
}

/// The stock at a location after a change.
#[derive(Serialize, ToSchema)]
pub(crate) struct Adjusted {
    /// The product.
    product_id: String,
    #[serde(flatten)]
    stock: StockLevel,
}

/// A product with its stock.
#[derive(Serialize, ToSchema)]
pub(crate) struct Product {
    /// The shop's product id.
    #[schema(example = "PROD-001")]
    product_id: String,
    /// Its name.
    name: String,
    /// Pieces that can be reserved, over all locations.
    available_quantity: i64,
    /// True when fewer than 10 are available.
    low_stock: bool,
    /// By location, in order of location.
    stock: Vec<StockLevel>,
}

/// A page of products.
#[derive(Serialize, ToSchema)]
pub(crate) struct Products {
    /// In order of their ids.
    pub(crate) products: Vec<Product>,
    /// Where the next page starts; empty on the last one.
    pub(crate) next_page_token: String,
}

/// A change of stock that was booked.
#[derive(Serialize, ToSchema)]
pub(crate) struct Movement {
    /// The product.
    product_id: String,
    /// Where.
    location: String,
    /// What it was.
    #[schema(schema_with = words::<MovementType>)]
    r#type: Bare,
    /// Pieces: above 0 came, below 0 went; for `HOLD_BACK` held back or freed.
    quantity: i64,
    /// Why.
    #[schema(required)]
    reason: Option<String>,
    /// Who booked it.
    #[schema(required, example = "system")]
    actor: Option<String>,
    /// The reservation that was committed or came back.
    #[schema(required)]
    reservation_id: Option<String>,
    /// When it was booked.
    #[schema(required, format = DateTime)]
    time: Option<String>,
}

/// A page of movements.
#[derive(Serialize, ToSchema)]
pub(crate) struct Movements {
    /// Newest first.
    pub(crate) movements: Vec<Movement>,
    /// Where the next page starts; empty on the last one.
    pub(crate) next_page_token: String,
}

impl From<wire::CheckAvailabilityResponse> for Availability {
    fn from(reply: wire::CheckAvailabilityResponse) -> Self {
        Self {
            product_id: reply.product_id,
            available: reply.available,
            available_quantity: reply.available_quantity,
            quantity: reply.quantity,
            low_stock: reply.low_stock,
        }
    }
}

impl From<wire::StockLevel> for StockLevel {
    fn from(stock: wire::StockLevel) -> Self {
        Self {
            location: stock.location,
            on_hand: stock.on_hand,
            held_back: stock.held_back,
            reserved: stock.reserved,
            available: stock.available,
        }
    }
}

impl TryFrom<wire::AdjustStockResponse> for Adjusted {
    type Error = Error;

    fn try_from(reply: wire::AdjustStockResponse) -> Result<Self, Error> {
        let stock = reply.stock.ok_or(Error::Reply("no stock in the reply"))?.into();
        Ok(Self { product_id: reply.product_id, stock })
    }
}

impl From<wire::Product> for Product {
    fn from(product: wire::Product) -> Self {
        Self {
            product_id: product.product_id,
            name: product.name,
            available_quantity: product.available_quantity,
            low_stock: product.low_stock,
            stock: product.stock.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<wire::Movement> for Movement {
    fn from(movement: wire::Movement) -> Self {
        Self {
            product_id: movement.product_id,
            location: movement.location,
            r#type: MovementType::of(movement.r#type),
            quantity: movement.quantity,
            reason: present(movement.reason),
            actor: present(movement.actor),
            reservation_id: present(movement.reservation_id),
            time: rfc3339(movement.create_time.as_ref()),
        }
    }
}
