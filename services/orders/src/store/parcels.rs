//! Shipping and delivering: the order's row, its parcel, and nothing for a workflow to do.

use super::row::order_columns;
use super::write::Changed;
use crate::domain::{Command, Status};
use contracts::ids::OrderId;
use service::Error;
use sqlx::PgConnection;

/// The parcel that an order leaves in.
pub struct Parcel<'a> {
    /// Who carries it.
    pub carrier: &'a str,
    /// The carrier's number of it, as it is stored.
    pub tracking_number: &'a str,
    /// What it is found by while it is sealed.
    pub pseudonym: Option<&'a str>,
    /// What the event says, as it is stored.
    pub words: &'a str,
}

/// Records that everything left in one parcel. `None`: the order's status does not allow it, or there is no such order.
///
/// # Errors
/// The database's.
pub async fn ship(
    conn: &mut PgConnection,
    id: OrderId,
    parcel: &Parcel<'_>,
    actor: &str,
) -> Result<Option<Changed>, Error> {
    // The lines are looked up by the parameter. Joined with `p` by the order's id, they were merged with the whole table
    // once a burst of large orders had made its statistics old.
    let row = sqlx::query(concat!(
        "-- parcels.ship\nWITH o AS (
            UPDATE orders SET status = $2, reason = '', carrier = $4, tracking_number = $5, seq = seq + 1, updated_at = now()
            WHERE id = $1 AND status = ANY($3) RETURNING *),
         e AS (
            INSERT INTO order_events (order_id, seq, kind, status, reason, actor)
            SELECT id, seq, 'STATUS_CHANGED', status, $7, $6 FROM o),
         n AS (INSERT INTO notifications (order_id, seq, kind) SELECT id, seq, 'ORDER_' || status FROM o),
         p AS (
            INSERT INTO parcels (order_id, parcel_no, carrier, tracking_number, tracking_pseudonym)
            SELECT id, 1, carrier, tracking_number, $8 FROM o RETURNING order_id, parcel_no),
         l AS (
            INSERT INTO parcel_lines (order_id, parcel_no, line_no, quantity)
            SELECT p.order_id, p.parcel_no, line_no, quantity FROM p, order_lines l WHERE l.order_id = $1)
         SELECT ",
        order_columns!(),
        " FROM o"
    ))
    .bind(id.uuid())
    .bind(<&str>::from(Status::Shipped))
    .bind(sources(Command::Ship))
    .bind(parcel.carrier)
    .bind(parcel.tracking_number)
    .bind(actor)
    .bind(parcel.words)
    .bind(parcel.pseudonym)
    .fetch_optional(conn)
    .await?;
    row.map(|row| Changed::read(&row, None)).transpose()
}

/// Records that the parcel arrived. `None` as for [`ship`].
///
/// # Errors
/// The database's.
pub async fn deliver(conn: &mut PgConnection, id: OrderId, actor: &str) -> Result<Option<Changed>, Error> {
    let row = sqlx::query(concat!(
        "-- parcels.deliver\nWITH o AS (
            UPDATE orders SET status = $2, seq = seq + 1, updated_at = now()
            WHERE id = $1 AND status = ANY($3) RETURNING *),
         e AS (
            INSERT INTO order_events (order_id, seq, kind, status, actor)
            SELECT id, seq, 'STATUS_CHANGED', status, $4 FROM o),
         n AS (INSERT INTO notifications (order_id, seq, kind) SELECT id, seq, 'ORDER_' || status FROM o),
         p AS (UPDATE parcels SET delivered_at = now() FROM o WHERE order_id = o.id AND delivered_at IS NULL)
         SELECT ",
        order_columns!(),
        " FROM o"
    ))
    .bind(id.uuid())
    .bind(<&str>::from(Status::Delivered))
    .bind(sources(Command::Deliver))
    .bind(actor)
    .fetch_optional(conn)
    .await?;
    row.map(|row| Changed::read(&row, None)).transpose()
}

fn sources(command: Command) -> Vec<&'static str> {
    command.sources().map(<&str>::from).collect()
}
