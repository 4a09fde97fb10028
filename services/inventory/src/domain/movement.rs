//! A change of stock that was booked.

use super::stock::MovementType;
use contracts::ids::{LocationId, ProductId, ReservationId};
use time::OffsetDateTime;

/// A line of the books.
#[derive(Clone, Debug)]
pub struct Movement {
    /// Its place among all movements.
    pub number: i64,
    /// Of what.
    pub product: ProductId,
    /// Where.
    pub location: LocationId,
    /// What it was.
    pub kind: MovementType,
    /// Signed as its type demands.
    pub quantity: i64,
    /// Why, for people.
    pub reason: String,
    /// Who.
    pub actor: String,
    /// Whose pieces left or came back.
    pub reservation: Option<ReservationId>,
    /// When.
    pub at: OffsetDateTime,
}
