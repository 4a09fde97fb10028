//! A reservation and its parts.

use super::status::Status;
use contracts::ids::{LocationId, OrderRef, ProductId, ReservationId};
use time::OffsetDateTime;

/// Where the pieces of a line are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::Display, strum::EnumString, strum::IntoStaticStr)]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
pub enum LineState {
    /// The saga has not come to it.
    Planned,
    /// Held for this reservation.
    Held,
    /// Given back.
    Released,
    /// Out of the stock.
    Committed,
}

/// Pieces of one product at one location.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// What.
    pub product: ProductId,
    /// Where.
    pub location: LocationId,
    /// How many.
    pub quantity: i64,
    /// Where they are now.
    pub state: LineState,
    /// How many came back after they were taken.
    pub restocked: i64,
}

/// How many pieces were missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shortage {
    /// Of what.
    pub product: ProductId,
    /// Where, if one place was asked for.
    pub location: Option<LocationId>,
    /// Asked for.
    pub requested: i64,
    /// There.
    pub available: i64,
}

/// What an event records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::Display, strum::EnumString, strum::IntoStaticStr)]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
pub enum EventKind {
    /// The status was set.
    StatusChanged,
    /// The saga holds the pieces at one location.
    LocationHeld,
    /// The saga found a location short.
    LocationShort,
    /// The saga gave the pieces at one location back.
    LocationReleased,
    /// The workflow has nothing left to do.
    Settled,
}

/// One recorded fact.
#[derive(Clone, Debug)]
pub struct Event {
    /// From 1, without gaps.
    pub sequence: i64,
    /// What.
    pub kind: EventKind,
    /// The status after it.
    pub status: Status,
    /// Why.
    pub reason: String,
    /// Who.
    pub actor: String,
    /// Which location; empty if none.
    pub location: String,
    /// When.
    pub at: OffsetDateTime,
}

/// A reservation as it stands.
#[derive(Clone, Debug)]
pub struct Reservation {
    /// Its id.
    pub id: ReservationId,
    /// What it is for.
    pub order: OrderRef,
    /// Where it stands.
    pub status: Status,
    /// Why it stands there.
    pub reason: String,
    /// Whether what its saga held is being given back.
    pub unwinding: bool,
    /// What is, or was, held where.
    pub lines: Vec<Line>,
    /// What was missing.
    pub shortages: Vec<Shortage>,
    /// When it expires.
    pub expires_at: Option<OffsetDateTime>,
    /// What happened; empty in lists.
    pub timeline: Vec<Event>,
    /// Number of the last event.
    pub sequence: i64,
    /// Key of the caller's saga step that made it.
    pub saga_key: Option<String>,
    /// Whether no workflow is needed.
    pub settled: bool,
    /// When it was made.
    pub created_at: OffsetDateTime,
    /// When it last changed.
    pub updated_at: OffsetDateTime,
}

impl Reservation {
    /// Whether its saga is still deciding, or still giving back what it held.
    #[must_use]
    pub const fn is_moving(&self) -> bool {
        matches!(self.status, Status::Pending) || self.unwinding
    }
}
