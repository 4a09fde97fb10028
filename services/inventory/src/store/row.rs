//! Rows to domain values. A row that can't be read is a mistake of ours.

use crate::domain::{Event, Level, Line, Product, Reservation, Shortage};
use contracts::ids::{LocationId, ReservationId};
use serde::{Deserialize, Serialize};
use service::Error;
use sqlx::FromRow;
use sqlx::types::Json;
use std::fmt::Display;
use std::str::FromStr;
use time::OffsetDateTime;
use uuid::Uuid;

/// Columns of [`StoredReservation`] from `reservations r`, its lines included, so that
/// one statement sees one moment.
macro_rules! reservation_columns {
    () => {
        "r.id, r.order_id, r.status, r.reason, r.unwinding, r.shortages, r.expires_at, r.seq, r.saga_key, \
         r.settled_at IS NOT NULL AS settled, r.created_at, r.updated_at, \
         (SELECT coalesce(json_agg(json_build_object('product_id', l.product_id, 'location', l.location, \
            'quantity', l.quantity, 'state', l.state, 'restocked', CASE WHEN l.state = 'COMMITTED' THEN \
                (SELECT coalesce(sum(m.quantity), 0)::bigint FROM movements m WHERE m.reservation_id = r.id \
                 AND m.type = 'RESTOCK' AND m.product_id = l.product_id AND m.location = l.location) ELSE 0 END) ORDER BY l.line_no), '[]') \
          FROM reservation_lines l WHERE l.reservation_id = r.id) AS lines"
    };
}
pub(super) use reservation_columns;

/// A row of `reservations` with its lines.
#[derive(FromRow)]
pub(super) struct StoredReservation {
    id: Uuid,
    order_id: String,
    status: String,
    reason: String,
    unwinding: bool,
    shortages: Json<Vec<StoredShortage>>,
    expires_at: Option<OffsetDateTime>,
    seq: i64,
    saga_key: Option<String>,
    settled: bool,
    created_at: OffsetDateTime,
    updated_at: OffsetDateTime,
    lines: Json<Vec<StoredLine>>,
}

#[derive(Deserialize)]
struct StoredLine {
    product_id: String,
    location: String,
    quantity: i64,
    state: String,
    restocked: i64,
}

/// A shortage as the column `shortages` has it.
#[derive(Serialize, Deserialize)]
pub(super) struct StoredShortage {
    product_id: String,
    location: Option<String>,
    requested: i64,
    available: i64,
}

#[derive(FromRow)]
pub(super) struct StoredEvent {
    seq: i64,
    kind: String,
    status: String,
    reason: String,
    actor: String,
    location: String,
    at: OffsetDateTime,
}

#[derive(FromRow)]
pub(super) struct StoredProduct {
    id: String,
    name: String,
    stock: Json<Vec<StoredLevel>>,
}

#[derive(Deserialize)]
struct StoredLevel {
    location: String,
    on_hand: i64,
    held_back: i64,
    reserved: i64,
}

pub(super) fn read<T: FromStr<Err: Display>>(column: &str, text: &str) -> Result<T, Error> {
    text.parse().map_err(|error| Error::internal(format!("column {column} has {text:?}: {error}")))
}

impl TryFrom<StoredReservation> for Reservation {
    type Error = Error;

    fn try_from(row: StoredReservation) -> Result<Self, Error> {
        Ok(Self {
            id: ReservationId::from(row.id),
            order: read("order_id", &row.order_id)?,
            status: read("status", &row.status)?,
            reason: row.reason,
            unwinding: row.unwinding,
            lines: row.lines.0.into_iter().map(TryInto::try_into).collect::<Result<_, _>>()?,
            shortages: row.shortages.0.into_iter().map(TryInto::try_into).collect::<Result<_, _>>()?,
            expires_at: row.expires_at,
            timeline: Vec::new(),
            sequence: row.seq,
            saga_key: row.saga_key,
            settled: row.settled,
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    }
}

impl TryFrom<StoredLine> for Line {
    type Error = Error;

    fn try_from(row: StoredLine) -> Result<Self, Error> {
        Ok(Self {
            product: read("product_id", &row.product_id)?,
            location: read("location", &row.location)?,
            quantity: row.quantity,
            state: read("state", &row.state)?,
            restocked: row.restocked,
        })
    }
}

impl TryFrom<StoredShortage> for Shortage {
    type Error = Error;

    fn try_from(row: StoredShortage) -> Result<Self, Error> {
        Ok(Self {
            product: read("product_id", &row.product_id)?,
            location: row.location.as_deref().map(|l| read("location", l)).transpose()?,
            requested: row.requested,
            available: row.available,
        })
    }
}

impl From<&Shortage> for StoredShortage {
    fn from(shortage: &Shortage) -> Self {
        Self {
            product_id: shortage.product.to_string(),
            location: shortage.location.as_ref().map(LocationId::to_string),
            requested: shortage.requested,
            available: shortage.available,
        }
    }
}

/// The form of the column `shortages`.
pub(super) fn stored(shortages: &[Shortage]) -> Json<Vec<StoredShortage>> {
    Json(shortages.iter().map(Into::into).collect())
}

impl TryFrom<StoredEvent> for Event {
    type Error = Error;

    fn try_from(row: StoredEvent) -> Result<Self, Error> {
        Ok(Self {
            sequence: row.seq,
            kind: read("kind", &row.kind)?,
            status: read("status", &row.status)?,
            reason: row.reason,
            actor: row.actor,
            location: row.location,
            at: row.at,
        })
    }
}

impl TryFrom<StoredProduct> for Product {
    type Error = Error;

    fn try_from(row: StoredProduct) -> Result<Self, Error> {
        let level = |l: StoredLevel| {
            let level = Level { on_hand: l.on_hand, held_back: l.held_back, reserved: l.reserved };
            Ok((read("location", &l.location)?, level))
        };
        let stock = row.stock.0.into_iter().map(level).collect::<Result<_, Error>>()?;
        Ok(Self { id: read("id", &row.id)?, name: row.name, stock })
    }
}
