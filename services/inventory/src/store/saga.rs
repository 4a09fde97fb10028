//! The saga over locations: a journal, and a do and an undo for each location. Each
//! is one transaction, may run twice, and does nothing where the row has moved on.

use super::SYSTEM;
use super::decide::lock;
use super::effects::{Effects, note_low_stock};
use super::reserve::SHORT;
use super::row::{read, stored};
use crate::domain::{Command, Shortage, Status};
use crate::error::Error;
use contracts::ids::{LocationId, ReservationId};
use service::db;
use sqlx::{PgConnection, PgPool};
use std::time::Duration;

/// A location is asked once: what it answers is definite.
const ATTEMPT: i32 = 1;

/// What the journal says about a location.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::EnumString, strum::IntoStaticStr)]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
pub enum Journal {
    /// The do was begun; whether it took effect is seen from the hold.
    Started,
    /// The pieces are held.
    Done,
    /// The location was short.
    Refused,
    /// The pieces were given back.
    Undone,
}

/// A location of the saga.
#[derive(Clone, Debug)]
pub struct Site {
    /// Which.
    pub location: LocationId,
    /// Its last journal entry.
    pub journal: Option<Journal>,
}

/// All that a workflow has to know about its reservation.
#[derive(Clone, Debug)]
pub struct Progress {
    /// Where it stands.
    pub status: Status,
    /// Whether something is to be given back.
    pub unwinding: bool,
    /// Whether nothing is left to do.
    pub settled: bool,
    /// Until it expires; negative when overdue.
    pub left_ms: Option<i64>,
    /// Its locations in the order of its lines, while the saga works or unwinds.
    pub sites: Vec<Site>,
}

/// Reads the row and, for a saga, its journal.
///
/// # Errors
/// The database's.
pub async fn progress(pool: &PgPool, id: ReservationId) -> Result<Option<Progress>, Error> {
    let row: Option<(String, bool, bool, Option<i64>)> = sqlx::query_as(
        "-- saga.progress\nSELECT status, unwinding, settled_at IS NOT NULL,
            ceil(extract(epoch FROM expires_at - clock_timestamp()) * 1000)::bigint
         FROM reservations WHERE id = $1",
    )
    .bind(id.uuid())
    .fetch_optional(pool)
    .await?;
    let Some((status, unwinding, settled, left_ms)) = row else { return Ok(None) };
    let status = read("status", &status)?;
    let sites = if status == Status::Pending || unwinding { sites(pool, id).await? } else { Vec::new() };
    Ok(Some(Progress { status, unwinding, settled, left_ms, sites }))
}

async fn sites(pool: &PgPool, id: ReservationId) -> Result<Vec<Site>, Error> {
    let rows: Vec<(String, Option<String>)> = sqlx::query_as(
        "-- saga.sites\nSELECT l.location, j.state FROM (
            SELECT location, min(line_no) AS first FROM reservation_lines WHERE reservation_id = $1 GROUP BY location) l
         LEFT JOIN reservation_journal j ON j.reservation_id = $1 AND j.location = l.location AND j.attempt = $2
         ORDER BY l.first",
    )
    .bind(id.uuid())
    .bind(ATTEMPT)
    .fetch_all(pool)
    .await?;
    let mut sites = Vec::with_capacity(rows.len());
    for (location, state) in rows {
        let journal = state.map(|state| read("state", &state)).transpose()?;
        sites.push(Site { location: read("location", &location)?, journal });
    }
    Ok(sites)
}

fn step(location: &LocationId) -> String {
    format!("hold:{location}")
}

fn key(id: ReservationId, location: &LocationId) -> String {
    format!("{id}/{}/{ATTEMPT}", step(location))
}

/// The do: holds the lines at one location, or rejects the reservation when it is
/// short. `None`: superseded, or done before.
///
/// # Errors
/// [`Error::Again`] or the database's.
pub async fn hold(pool: &PgPool, id: ReservationId, location: &LocationId) -> Result<Option<Effects>, Error> {
    // The journal first, and committed: a do that nobody has written down can't be undone.
    let begun = sqlx::query(
        "-- saga.hold\nINSERT INTO reservation_journal (reservation_id, step, attempt, location, state, updated_at)
         SELECT id, $2, $3, $4, 'STARTED', clock_timestamp()
         FROM (SELECT id FROM reservations WHERE id = $1 AND status = 'PENDING' FOR NO KEY UPDATE) r
         ON CONFLICT (reservation_id, step, attempt) DO NOTHING",
    )
    .bind(id.uuid())
    .bind(step(location))
    .bind(ATTEMPT)
    .bind(location.as_str())
    .execute(pool)
    .await?;
    tracing::debug!(reservation_id = %id, %location, journalled = begun.rows_affected(), "hold");
    let mut tx = db::begin(pool).await?;
    if lock(&mut tx, id).await?.and_then(|s| s.transition(Command::Reserve)).is_none() {
        return Ok(None);
    }
    let lines: Vec<(String, i64, i64)> = sqlx::query_as(
        "-- saga.hold\nSELECT s.product_id, l.quantity, s.on_hand - s.held_back - s.reserved
         FROM stock s JOIN reservation_lines l ON l.product_id = s.product_id AND l.location = s.location
         WHERE l.reservation_id = $1 AND l.location = $2 AND l.state = 'PLANNED'
         ORDER BY s.product_id, s.location FOR NO KEY UPDATE OF s",
    )
    .bind(id.uuid())
    .bind(location.as_str())
    .fetch_all(&mut *tx)
    .await?;
    let mut short = Vec::new();
    for (product, requested, available) in lines.iter().filter(|(_, requested, available)| requested > available) {
        let (requested, available) = (*requested, *available);
        short.push(Shortage {
            product: read("product_id", product)?,
            location: Some(location.clone()),
            requested,
            available,
        });
    }
    let effects = if short.is_empty() {
        let Some(sequence) = take(&mut tx, id, location).await? else { return Ok(None) };
        let products: Vec<&str> = lines.iter().map(|(product, ..)| product.as_str()).collect();
        let notices = note_low_stock(&mut tx, &products).await?;
        Effects { changed: Some((id, sequence)), status: None, hint: None, notices }
    } else {
        let sequence = reject(&mut tx, id, location, &short).await?;
        Effects { changed: Some((id, sequence)), status: Some(Status::Rejected), hint: None, notices: Vec::new() }
    };
    tx.commit().await?;
    Ok(Some(effects))
}

/// Makes the hold. Its key is unique for ever, so a second one takes nothing.
async fn take(conn: &mut PgConnection, id: ReservationId, location: &LocationId) -> Result<Option<i64>, Error> {
    let sequence = sqlx::query_scalar(
        "-- saga.take\nWITH t AS MATERIALIZED (SELECT clock_timestamp() AS at),
         h AS (
            INSERT INTO holds (key, reservation_id, location, created_at) SELECT $3, $1, $2, at FROM t
            ON CONFLICT (key) DO NOTHING RETURNING key),
         l AS (
            UPDATE reservation_lines SET state = 'HELD' FROM h
            WHERE reservation_id = $1 AND location = $2 AND state = 'PLANNED' RETURNING product_id, quantity),
         s AS (
            UPDATE stock s SET reserved = s.reserved + l.quantity FROM l
            WHERE s.product_id = l.product_id AND s.location = $2),
         j AS (
            UPDATE reservation_journal SET state = 'DONE', external_id = h.key, updated_at = at FROM h, t
            WHERE reservation_id = $1 AND step = $4 AND attempt = $5),
         r AS (
            UPDATE reservations SET seq = seq + 1, updated_at = at FROM h, t WHERE id = $1 RETURNING seq, status, at),
         e AS (
            INSERT INTO reservation_events (reservation_id, seq, kind, status, actor, location, at)
            SELECT $1, seq, 'LOCATION_HELD', status, $6, $2, at FROM r)
         SELECT seq FROM r",
    )
    .bind(id.uuid())
    .bind(location.as_str())
    .bind(key(id, location))
    .bind(step(location))
    .bind(ATTEMPT)
    .bind(SYSTEM)
    .fetch_optional(conn)
    .await?;
    Ok(sequence)
}

/// One location is short: the reservation is rejected, and what is held elsewhere is
/// to be given back.
async fn reject(
    conn: &mut PgConnection,
    id: ReservationId,
    location: &LocationId,
    short: &[Shortage],
) -> Result<i64, Error> {
    let sequence = sqlx::query_scalar(
        "-- saga.reject\nWITH t AS MATERIALIZED (SELECT clock_timestamp() AS at),
         j AS (
            UPDATE reservation_journal SET state = 'REFUSED', updated_at = at FROM t
            WHERE reservation_id = $1 AND step = $3 AND attempt = $4),
         r AS (
            UPDATE reservations SET status = 'REJECTED', reason = $5, shortages = $6, weight = weight + $7,
                seq = seq + 2, updated_at = at,
                unwinding = EXISTS (SELECT 1 FROM reservation_journal j
                    WHERE j.reservation_id = $1 AND j.step <> $3 AND j.state IN ('STARTED', 'DONE'))
            FROM t WHERE id = $1 AND status = ANY($8) RETURNING seq, at),
         e AS (
            INSERT INTO reservation_events (reservation_id, seq, kind, status, reason, actor, location, at)
            SELECT $1, seq - 1, 'LOCATION_SHORT', 'PENDING', $10, $9, $2, at FROM r
            UNION ALL SELECT $1, seq, 'STATUS_CHANGED', 'REJECTED', $5, $9, '', at FROM r)
         SELECT seq FROM r",
    )
    .bind(id.uuid())
    .bind(location.as_str())
    .bind(step(location))
    .bind(ATTEMPT)
    .bind(SHORT)
    .bind(stored(short))
    .bind(i32::try_from(short.len()).unwrap_or(i32::MAX))
    .bind(Command::Reject.sources().map(<&str>::from).collect::<Vec<_>>())
    .bind(SYSTEM)
    .bind(in_words(short))
    .fetch_one(conn)
    .await?;
    Ok(sequence)
}

fn in_words(short: &[Shortage]) -> String {
    const SHOWN: usize = 3;
    let words = short
        .iter()
        .take(SHOWN)
        .map(|s| format!("{}: requested {}, available {}", s.product, s.requested, s.available));
    let mut words: Vec<_> = words.collect();
    if short.len() > SHOWN {
        words.push(format!("and {} more", short.len() - SHOWN));
    }
    words.join("; ")
}

/// Every location is held: the reservation is. `None`: superseded.
///
/// # Errors
/// The database's.
pub async fn complete(pool: &PgPool, id: ReservationId, hold: Duration) -> Result<Option<Effects>, Error> {
    let sequence: Option<i64> = sqlx::query_scalar(
        "-- saga.complete\nWITH t AS MATERIALIZED (SELECT clock_timestamp() AS at),
         r AS (
            UPDATE reservations SET status = 'RESERVED', seq = seq + 1, updated_at = at,
                expires_at = at + make_interval(secs => $2)
            FROM t WHERE id = $1 AND status = ANY($3)
            AND NOT EXISTS (SELECT 1 FROM reservation_lines l WHERE l.reservation_id = $1 AND l.state <> 'HELD')
            RETURNING seq, at),
         e AS (
            INSERT INTO reservation_events (reservation_id, seq, kind, status, actor, at)
            SELECT $1, seq, 'STATUS_CHANGED', 'RESERVED', $4, at FROM r)
         SELECT seq FROM r",
    )
    .bind(id.uuid())
    .bind(hold.as_secs_f64())
    .bind(Command::Reserve.sources().map(<&str>::from).collect::<Vec<_>>())
    .bind(SYSTEM)
    .fetch_optional(pool)
    .await?;
    Ok(sequence.map(|sequence| Effects {
        changed: Some((id, sequence)),
        status: Some(Status::Reserved),
        hint: None,
        notices: Vec::new(),
    }))
}

/// The undo: gives back what is held at one location, if anything is; the last one
/// clears `unwinding`. `None`: undone before, or nothing to undo.
///
/// # Errors
/// [`Error::Again`] or the database's.
pub async fn undo(pool: &PgPool, id: ReservationId, location: &LocationId) -> Result<Option<Effects>, Error> {
    let mut tx = db::begin(pool).await?;
    if !lock(&mut tx, id).await?.is_some_and(Status::is_final) {
        return Ok(None);
    }
    sqlx::query(
        "-- saga.undo\nSELECT 1 FROM stock s JOIN reservation_lines l ON l.product_id = s.product_id AND l.location = s.location
         WHERE l.reservation_id = $1 AND l.location = $2 AND l.state = 'HELD'
         ORDER BY s.product_id, s.location FOR NO KEY UPDATE OF s",
    )
    .bind(id.uuid())
    .bind(location.as_str())
    .execute(&mut *tx)
    .await?;
    // A do whose outcome is unknown is resolved here: what it held, if anything, is on the lines.
    let sequence: Option<i64> = sqlx::query_scalar(
        "-- saga.undo\nWITH t AS MATERIALIZED (SELECT clock_timestamp() AS at),
         j AS (
            UPDATE reservation_journal SET state = 'UNDONE', updated_at = at FROM t
            WHERE reservation_id = $1 AND step = $3 AND attempt = $4 AND state IN ('STARTED', 'DONE') RETURNING step),
         l AS (
            UPDATE reservation_lines SET state = 'RELEASED' FROM j
            WHERE reservation_id = $1 AND location = $2 AND state = 'HELD' RETURNING product_id, quantity),
         s AS (
            UPDATE stock s SET reserved = s.reserved - l.quantity FROM l
            WHERE s.product_id = l.product_id AND s.location = $2),
         h AS (UPDATE holds SET released_at = at FROM j, t WHERE key = $5 AND released_at IS NULL),
         n AS (SELECT count(*) AS released FROM l),
         r AS (
            UPDATE reservations SET seq = seq + least(released, 1), updated_at = at,
                unwinding = EXISTS (SELECT 1 FROM reservation_journal o
                    WHERE o.reservation_id = $1 AND o.step <> $3 AND o.state IN ('STARTED', 'DONE'))
            FROM j, n, t WHERE id = $1 RETURNING seq, status, released, at),
         e AS (
            INSERT INTO reservation_events (reservation_id, seq, kind, status, actor, location, at)
            SELECT $1, seq, 'LOCATION_RELEASED', status, $6, $2, at FROM r WHERE released > 0)
         SELECT seq FROM r",
    )
    .bind(id.uuid())
    .bind(location.as_str())
    .bind(step(location))
    .bind(ATTEMPT)
    .bind(key(id, location))
    .bind(SYSTEM)
    .fetch_optional(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(sequence.map(|sequence| Effects {
        changed: Some((id, sequence)),
        status: None,
        hint: None,
        notices: Vec::new(),
    }))
}
