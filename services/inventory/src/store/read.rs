//! Look-ups and lists of reservations.

use super::row::{StoredEvent, StoredReservation, reservation_columns};
use crate::domain::{Event, Reservation, Status};
use contracts::ids::{OrderRef, ReservationId};
use service::Error;
use service::db;
use service::paging::{Direction, Page};
use sqlx::{PgExecutor, PgPool, Postgres, QueryBuilder};
use uuid::Uuid;

/// Lines and shortages of one page together; a page of large reservations is shorter.
const PAGE_WEIGHT: i64 = 20_000;

/// One reservation without its events.
///
/// # Errors
/// The database's.
pub async fn find(executor: impl PgExecutor<'_>, id: ReservationId) -> Result<Option<Reservation>, Error> {
    let row: Option<StoredReservation> = sqlx::query_as(concat!(
        "-- read.find\nSELECT ",
        reservation_columns!(),
        " FROM reservations r WHERE r.id = $1"
    ))
    .bind(id.uuid())
    .fetch_optional(executor)
    .await?;
    row.map(TryInto::try_into).transpose()
}

/// The reservation that this step of a caller's saga made before.
pub(super) async fn find_by_saga_key(executor: impl PgExecutor<'_>, key: &str) -> Result<Option<Reservation>, Error> {
    let row: Option<StoredReservation> = sqlx::query_as(concat!(
        "-- read.find_by_saga_key\nSELECT ",
        reservation_columns!(),
        " FROM reservations r WHERE r.saga_key = $1"
    ))
    .bind(key)
    .fetch_optional(executor)
    .await?;
    row.map(TryInto::try_into).transpose()
}

/// The events of a reservation up to the one it was read at.
///
/// # Errors
/// The database's.
pub async fn timeline(executor: impl PgExecutor<'_>, reservation: &Reservation) -> Result<Vec<Event>, Error> {
    events(executor, reservation.id, 0, reservation.sequence).await
}

/// The events after a sequence number.
///
/// # Errors
/// The database's.
pub async fn events_after(executor: impl PgExecutor<'_>, id: ReservationId, after: i64) -> Result<Vec<Event>, Error> {
    events(executor, id, after, i64::MAX).await
}

async fn events(executor: impl PgExecutor<'_>, id: ReservationId, after: i64, last: i64) -> Result<Vec<Event>, Error> {
    let rows: Vec<StoredEvent> = sqlx::query_as(
        "-- read.events\nSELECT seq, kind, status, reason, actor, location, at FROM reservation_events
         WHERE reservation_id = $1 AND seq > $2 AND seq <= $3 ORDER BY seq",
    )
    .bind(id.uuid())
    .bind(after)
    .bind(last)
    .fetch_all(executor)
    .await?;
    rows.into_iter().map(TryInto::try_into).collect()
}

/// Which reservations a list shows.
#[derive(Debug, Default)]
pub struct Filter {
    /// Only in this status.
    pub status: Option<Status>,
    /// Only of this order.
    pub order: Option<OrderRef>,
}

/// One page and the token of the next.
///
/// # Errors
/// The database's.
pub async fn list(
    pool: &PgPool,
    filter: &Filter,
    page: &Page,
    after: Option<ReservationId>,
) -> Result<(Vec<Reservation>, String), Error> {
    let (beyond, order) = match page.direction {
        Direction::Descending => (" AND id < ", " ORDER BY id DESC"),
        Direction::Ascending => (" AND id > ", " ORDER BY id"),
    };
    let mut query = QueryBuilder::<Postgres>::new("-- read.list\nSELECT id, weight FROM reservations WHERE true");
    if let Some(status) = filter.status {
        query.push(" AND status = ").push_bind(<&str>::from(status));
    }
    if let Some(order) = &filter.order {
        query.push(" AND order_id = ").push_bind(order.as_str());
    }
    if let Some(after) = after {
        query.push(beyond).push_bind(after.uuid());
    }
    query.push(order).push(" LIMIT ").push_bind(page.size + 1);
    // Two statements that see the same moment: a row must still match when it is shown.
    let mut tx = db::snapshot(pool).await?;
    let mut found: Vec<(Uuid, i32)> = query.build_query_as().fetch_all(&mut *tx).await?;
    let mut page = page.clone();
    page.size = page.size.min(fitting(&found));
    let token = page.cut(&mut found, |(id, _)| ReservationId::from(*id).to_string());
    let ids: Vec<Uuid> = found.into_iter().map(|(id, _)| id).collect();
    let mut query = QueryBuilder::<Postgres>::new(concat!(
        "-- read.list\nSELECT ",
        reservation_columns!(),
        " FROM reservations r WHERE id = ANY("
    ));
    query.push_bind(ids).push(")").push(order);
    let rows: Vec<StoredReservation> = query.build_query_as().fetch_all(&mut *tx).await?;
    tx.rollback().await?;
    Ok((rows.into_iter().map(TryInto::try_into).collect::<Result<_, _>>()?, token))
}

/// How many of the rows make a page of reasonable weight; at least one.
fn fitting(rows: &[(Uuid, i32)]) -> i64 {
    let mut weight = 0;
    let light = rows.iter().take_while(|(_, own)| {
        let fits = weight < PAGE_WEIGHT;
        weight += i64::from(*own);
        fits
    });
    i64::try_from(light.count()).unwrap_or(i64::MAX).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_stay_light() {
        let rows = |weights: &[i32]| weights.iter().map(|w| (Uuid::now_v7(), *w)).collect::<Vec<_>>();
        assert_eq!(fitting(&rows(&[1, 1, 1])), 3);
        assert_eq!(fitting(&rows(&[30_000, 1])), 1);
        assert_eq!(fitting(&rows(&[10_000, 10_000, 10_000])), 2);
        assert_eq!(fitting(&[]), 1);
    }
}
