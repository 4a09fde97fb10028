//! Making a reservation.

use super::effects::{Effects, note_low_stock};
use super::read::find_by_saga_key;
use super::row::{read, stored};
use crate::domain::allocation::{Available, Pick, Wanted, allocate};
use crate::domain::stock::LOW;
use crate::domain::{Event, EventKind, Line, LineState, Reservation, Shortage, Status};
use crate::error::Error;
use contracts::ids::{OrderRef, ProductId, ReservationId};
use service::outbox::Hint;
use service::telemetry::propagation::traceparent;
use sqlx::{PgConnection, Row as _};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::time::Duration;

/// A reservation as it was asked for.
#[derive(Clone, Debug)]
pub struct NewReservation {
    /// The id it will have.
    pub id: ReservationId,
    /// What it is for.
    pub order: OrderRef,
    /// 1 to 10,000 lines.
    pub wanted: Vec<Wanted>,
    /// The caller's step that makes it.
    pub saga_key: Option<String>,
    /// How long it holds.
    pub hold: Duration,
    /// Who asks.
    pub actor: String,
}

/// How a request for a reservation ended.
#[derive(Debug)]
pub enum Reserved {
    /// The reservation: `RESERVED`, `PENDING`, or `REJECTED` with its shortages.
    Made(Reservation, Effects),
    /// The same step of the caller's saga made this one before.
    Before(Reservation),
}

/// Records the reservation. At one location it is decided here; over several it is
/// only planned, and its workflow holds it location by location.
///
/// # Errors
/// [`Error::ProductsUnknown`], [`Error::Again`] or the database's.
pub async fn reserve(conn: &mut PgConnection, new: &NewReservation) -> Result<Reserved, Error> {
    if let Some(key) = &new.saga_key
        && let Some(before) = find_by_saga_key(&mut *conn, key).await?
    {
        return Ok(Reserved::Before(before));
    }
    let products: BTreeSet<&ProductId> = new.wanted.iter().map(|w| &w.product).collect();
    // A glance first: a refusal needs no lock, and a crowd that comes too late must not
    // queue behind the ones that were in time.
    let mut available = look(conn, &products, GLANCE).await?;
    if products.iter().any(|product| !available.contains_key(*product)) {
        check_known(conn, new, &available).await?;
    }
    let mut plan = Plan::new(allocate(&new.wanted, &available));
    if plan.status != Status::Rejected {
        available = look(conn, &products, LOCK).await?;
        plan = Plan::new(allocate(&new.wanted, &available));
    }
    let (mut reservation, hint) = insert(conn, new, &plan).await?;
    let notices = match plan.low(&available) {
        low if low.is_empty() => Vec::new(),
        low => note_low_stock(conn, &low).await?,
    };
    reservation.shortages = plan.shortages;
    let status = Some(reservation.status);
    Ok(Reserved::Made(reservation, Effects { changed: None, status, hint, notices }))
}

const GLANCE: &str = "-- reserve.glance
    SELECT product_id, location, on_hand - held_back - reserved FROM stock WHERE product_id = ANY($1)";

/// Every stock row of the products, in order.
const LOCK: &str = "-- reserve.lock
    SELECT product_id, location, on_hand - held_back - reserved FROM stock WHERE product_id = ANY($1)
    ORDER BY product_id, location FOR NO KEY UPDATE";

async fn look(
    conn: &mut PgConnection,
    products: &BTreeSet<&ProductId>,
    query: &'static str,
) -> Result<Available, Error> {
    let ids: Vec<&str> = products.iter().map(|product| product.as_str()).collect();
    let rows: Vec<(String, String, i64)> = sqlx::query_as(query).bind(ids).fetch_all(conn).await?;
    let mut available = Available::new();
    for (product, location, pieces) in rows {
        available.entry(read("product_id", &product)?).or_default().insert(read("location", &location)?, pieces);
    }
    Ok(available)
}

/// A product without any stock is short; one that does not exist is a fault.
async fn check_known(conn: &mut PgConnection, new: &NewReservation, available: &Available) -> Result<(), Error> {
    let doubtful: Vec<_> = new.wanted.iter().enumerate().filter(|(_, w)| !available.contains_key(&w.product)).collect();
    let ids: Vec<&str> = doubtful.iter().map(|(_, w)| w.product.as_str()).collect();
    let known: Vec<String> = sqlx::query_scalar("-- reserve.check_known\nSELECT id FROM products WHERE id = ANY($1)")
        .bind(ids)
        .fetch_all(conn)
        .await?;
    let known: HashSet<&str> = known.iter().map(String::as_str).collect();
    let unknown: Vec<_> = doubtful
        .into_iter()
        .filter(|(_, w)| !known.contains(w.product.as_str()))
        .map(|(i, w)| (format!("items[{i}].product_id"), w.product.clone()))
        .collect();
    if unknown.is_empty() { Ok(()) } else { Err(Error::ProductsUnknown(unknown)) }
}

/// What becomes of the request.
struct Plan {
    status: Status,
    picks: Vec<Pick>,
    shortages: Vec<Shortage>,
}

impl Plan {
    fn new(allocation: Result<Vec<Pick>, Vec<Shortage>>) -> Self {
        match allocation {
            Ok(picks) => {
                let one_location = picks.windows(2).all(|two| two[0].location == two[1].location);
                let status = if one_location { Status::Reserved } else { Status::Pending };
                Self { status, picks, shortages: Vec::new() }
            }
            Err(shortages) => Self { status: Status::Rejected, picks: Vec::new(), shortages },
        }
    }

    const fn line_state(&self) -> LineState {
        if matches!(self.status, Status::Reserved) { LineState::Held } else { LineState::Planned }
    }

    const fn reason(&self) -> &'static str {
        if matches!(self.status, Status::Rejected) { SHORT } else { "" }
    }

    /// Products that are low once this is held.
    fn low(&self, available: &Available) -> Vec<&str> {
        if self.status != Status::Reserved {
            return Vec::new();
        }
        let mut taken: HashMap<&ProductId, i64> = HashMap::new();
        for pick in &self.picks {
            *taken.entry(&pick.product).or_default() += pick.quantity;
        }
        let rest = |product: &ProductId, taken: i64| {
            available.get(product).into_iter().flat_map(|shelves| shelves.values()).sum::<i64>() - taken
        };
        taken.into_iter().filter(|(p, taken)| rest(p, *taken) < LOW).map(|(p, _)| p.as_str()).collect()
    }
}

/// The reason of a rejected reservation.
pub(super) const SHORT: &str = "not enough stock";

/// The whole of it in one statement, while the stock rows are locked: reservation,
/// lines, stock, first event and outbox row.
async fn insert(
    conn: &mut PgConnection,
    new: &NewReservation,
    plan: &Plan,
) -> Result<(Reservation, Option<Hint>), Error> {
    let column = |f: fn(&Pick) -> &str| plan.picks.iter().map(f).collect::<Vec<_>>();
    let weight = plan.picks.len() + plan.shortages.len();
    let row = sqlx::query(
        "-- reserve.insert\nWITH t AS MATERIALIZED (SELECT clock_timestamp() AS at),
         p AS MATERIALIZED (
            SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[])
            WITH ORDINALITY AS u (product_id, location, quantity, line_no)),
         s AS (
            UPDATE stock s SET reserved = s.reserved + p.quantity FROM p
            WHERE $4 = 'RESERVED' AND s.product_id = p.product_id AND s.location = p.location),
         r AS (
            INSERT INTO reservations (id, order_id, status, reason, saga, saga_key, shortages, weight, expires_at,
                seq, settled_at, created_at, updated_at, traceparent)
            SELECT $5, $6, $4, $7, $4 = 'PENDING', $8, $9, $10,
                CASE WHEN $4 = 'RESERVED' THEN at + make_interval(secs => $11) END,
                1, CASE WHEN $4 = 'REJECTED' THEN at END, at, at, $15 FROM t
            RETURNING expires_at, created_at),
         l AS (
            INSERT INTO reservation_lines (reservation_id, line_no, product_id, location, quantity, state)
            SELECT $5, line_no, product_id, location, quantity, $12 FROM p),
         e AS (
            INSERT INTO reservation_events (reservation_id, seq, kind, status, reason, actor, at)
            SELECT $5, 1, 'STATUS_CHANGED', $4, $7, $13, at FROM t),
         w AS (INSERT INTO outbox (entity_id, start, traceparent) SELECT $14, true, $15 WHERE $4 <> 'REJECTED' RETURNING id)
         SELECT expires_at, created_at, (SELECT id FROM w) AS outbox_row FROM r",
    )
    .bind(column(|pick| pick.product.as_str()))
    .bind(column(|pick| pick.location.as_str()))
    .bind(plan.picks.iter().map(|pick| pick.quantity).collect::<Vec<_>>())
    .bind(<&str>::from(plan.status))
    .bind(new.id.uuid())
    .bind(new.order.as_str())
    .bind(plan.reason())
    .bind(new.saga_key.as_deref())
    .bind(stored(&plan.shortages))
    .bind(i32::try_from(weight).unwrap_or(i32::MAX))
    .bind(new.hold.as_secs_f64())
    .bind(<&str>::from(plan.line_state()))
    .bind(&new.actor)
    .bind(new.id.to_string())
    .bind(traceparent())
    .fetch_one(conn)
    .await?;
    let created_at = row.try_get("created_at")?;
    let hint = row.try_get::<Option<i64>, _>("outbox_row")?.map(|id| Hint::new(id, new.id.to_string(), true));
    let state = plan.line_state();
    let line = |p: &Pick| Line {
        product: p.product.clone(),
        location: p.location.clone(),
        quantity: p.quantity,
        state,
        restocked: 0,
    };
    let first = Event {
        sequence: 1,
        kind: EventKind::StatusChanged,
        status: plan.status,
        reason: plan.reason().to_owned(),
        actor: new.actor.clone(),
        location: String::new(),
        at: created_at,
    };
    let reservation = Reservation {
        id: new.id,
        order: new.order.clone(),
        status: plan.status,
        reason: plan.reason().to_owned(),
        unwinding: false,
        lines: plan.picks.iter().map(line).collect(),
        shortages: Vec::new(),
        expires_at: row.try_get("expires_at")?,
        timeline: vec![first],
        sequence: 1,
        saga_key: new.saga_key.clone(),
        settled: plan.status == Status::Rejected,
        created_at,
        updated_at: created_at,
    };
    Ok((reservation, hint))
}
