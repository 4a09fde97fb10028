//! Reservations in JSON.

use super::{Bare, present, rfc3339, words};
use crate::Error;
use crate::json::Word as _;
use contracts::inventory as wire;
use contracts::inventory::{ReservationEventKind, ReservationStatus};
use serde::Serialize;
use utoipa::ToSchema;

/// Stock to be reserved.
#[derive(ToSchema)]
#[schema(example = json!({"order_id": "ORDER123", "items": [{"product_id": "PROD-001", "quantity": 2}, {"product_id": "PROD-002", "quantity": 1}]}))]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "describes what the handler reads")]
pub(crate) struct ReserveStock {
    /// The order it is for; any id.
    #[schema(min_length = 1, max_length = 64, pattern = "^[^\\x00-\\x1f\\x7f-\\x9f]+$")]
    order_id: String,
    /// The lines.
    #[schema(min_items = 1, max_items = 10_000)]
    items: Vec<ReserveItem>,
}

/// A line to be reserved.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "describes what the handler reads")]
pub(crate) struct ReserveItem {
    /// The product.
    #[schema(min_length = 1, max_length = 64, pattern = "^[^\\x00-\\x1f\\x7f-\\x9f]+$", example = "PROD-001")]
    product_id: String,
    /// Pieces.
    #[schema(minimum = 1, maximum = 1_000_000, example = 2)]
    quantity: i64,
    /// Where to take them. Absent: `MAIN` when it has enough, else wherever there is stock.
    #[schema(min_length = 1, max_length = 64, pattern = "^[^\\x00-\\x1f\\x7f-\\x9f]+$")]
    location: Option<String>,
}

/// Pieces of one product at one location.
#[derive(Serialize, ToSchema)]
pub(crate) struct ReservationLine {
    /// The product.
    product_id: String,
    /// Pieces.
    quantity: i64,
    /// The location they are taken from.
    #[schema(required)]
    location: Option<String>,
    /// True while they are held for this reservation.
    held: bool,
}

/// How many pieces of a product were missing.
#[derive(Serialize, ToSchema)]
pub(crate) struct Shortage {
    /// The product.
    product_id: String,
    /// The location that was asked for; null: any.
    #[schema(required)]
    location: Option<String>,
    /// Pieces asked for.
    requested: i64,
    /// Pieces that were available.
    available: i64,
}

/// A reservation without its timeline.
#[derive(Serialize, ToSchema)]
pub(crate) struct ReservationSummary {
    /// `res_` and 32 hexadecimal digits.
    #[schema(example = "res_0199a1b2c3d47e5f8a9b0c1d2e3f4a5b")]
    reservation_id: String,
    /// The order it is for.
    order_id: String,
    /// Where the reservation stands.
    #[schema(schema_with = words::<ReservationStatus>)]
    status: Bare,
    /// Why it stands there.
    #[schema(required)]
    reason: Option<String>,
    /// True while its holds are being undone.
    unwinding: bool,
    /// What is, or was, held where.
    lines: Vec<ReservationLine>,
    /// What was missing, when it is `REJECTED`.
    shortages: Vec<Shortage>,
    /// When it expires unless it is committed or cancelled before.
    #[schema(required, format = DateTime)]
    expire_time: Option<String>,
    /// When it was made.
    #[schema(required, format = DateTime)]
    create_time: Option<String>,
    /// When it last changed.
    #[schema(required, format = DateTime)]
    update_time: Option<String>,
}

/// A reservation with everything.
#[derive(Serialize, ToSchema)]
pub(crate) struct Reservation {
    #[serde(flatten)]
    summary: ReservationSummary,
    /// What happened so far, oldest first.
    timeline: Vec<ReservationEvent>,
}

/// One recorded fact of a reservation's life.
#[derive(Serialize, ToSchema)]
pub(crate) struct ReservationEvent {
    /// Position, from 1, without gaps.
    sequence: i64,
    /// What is recorded.
    #[schema(schema_with = words::<ReservationEventKind>)]
    kind: Bare,
    /// The status after it.
    #[schema(schema_with = words::<ReservationStatus>)]
    status: Bare,
    /// Why.
    #[schema(required)]
    reason: Option<String>,
    /// Who caused it.
    #[schema(required, example = "system")]
    actor: Option<String>,
    /// When.
    #[schema(required, format = DateTime)]
    time: Option<String>,
    /// The location it concerns.
    #[schema(required)]
    location: Option<String>,
}

/// A page of reservations.
#[derive(Serialize, ToSchema)]
pub(crate) struct Reservations {
    /// Newest first.
    pub(crate) reservations: Vec<ReservationSummary>,
    /// Where the next page starts; empty on the last one.
    pub(crate) next_page_token: String,
}

impl From<wire::Shortage> for Shortage {
    fn from(shortage: wire::Shortage) -> Self {
        Self {
            product_id: shortage.product_id,
            location: present(shortage.location),
            requested: shortage.requested,
            available: shortage.available,
        }
    }
}

impl From<wire::Reservation> for ReservationSummary {
    fn from(reservation: wire::Reservation) -> Self {
        let line = |l: wire::ReservationLine| ReservationLine {
            product_id: l.product_id,
            quantity: l.quantity,
            location: present(l.location),
            held: l.held,
        };
        Self {
            reservation_id: reservation.reservation_id,
            order_id: reservation.order_id,
            status: ReservationStatus::of(reservation.status),
            reason: present(reservation.reason),
            unwinding: reservation.unwinding,
            lines: reservation.lines.into_iter().map(line).collect(),
            shortages: reservation.shortages.into_iter().map(Into::into).collect(),
            expire_time: rfc3339(reservation.expire_time.as_ref()),
            create_time: rfc3339(reservation.create_time.as_ref()),
            update_time: rfc3339(reservation.update_time.as_ref()),
        }
    }
}

impl TryFrom<Option<wire::Reservation>> for Reservation {
    type Error = Error;

    fn try_from(reservation: Option<wire::Reservation>) -> Result<Self, Error> {
        let mut reservation = reservation.ok_or(Error::Reply("no reservation in the reply"))?;
        let timeline = std::mem::take(&mut reservation.timeline).into_iter().map(Into::into).collect();
        Ok(Self { summary: reservation.into(), timeline })
    }
}

impl From<wire::ReservationEvent> for ReservationEvent {
    fn from(event: wire::ReservationEvent) -> Self {
        Self {
            sequence: event.sequence,
            kind: ReservationEventKind::of(event.kind),
            status: ReservationStatus::of(event.status),
            reason: present(event.reason),
            actor: present(event.actor),
            time: rfc3339(event.create_time.as_ref()),
            location: present(event.location),
        }
    }
}
