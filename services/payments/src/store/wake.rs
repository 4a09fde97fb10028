//! What the provider's events do to the rows: nothing but a reason to look.

use crate::provider::stripe::webhook::Subject;
use service::Error;
use service::outbox::Hint;
use sqlx::PgPool;

/// Wakes what an event names, and makes an outcome that is not known due to be asked for
/// now. A pause between two attempts is left as it is: there is nothing to ask.
/// `None`: it needs nothing, or there is no such thing.
///
/// # Errors
/// The database's.
pub async fn wake(pool: &PgPool, subject: Subject) -> Result<Option<Hint>, Error> {
    let (sql, id, entity) = match subject {
        Subject::Payment(id) => (
            "-- wake.wake\nWITH p AS (
                UPDATE payments SET next_attempt_at = CASE WHEN in_flight THEN now() ELSE next_attempt_at END
                WHERE id = $1 AND settled_at IS NULL RETURNING id)
             INSERT INTO outbox (entity_id, start) SELECT $2, false FROM p RETURNING id",
            id.uuid(),
            id.to_string(),
        ),
        Subject::Refund(id) => (
            "-- wake.wake\nWITH r AS (
                UPDATE refunds SET next_attempt_at = CASE WHEN in_flight THEN now() ELSE next_attempt_at END
                WHERE id = $1 AND settled_at IS NULL RETURNING id)
             INSERT INTO outbox (entity_id, start) SELECT $2, false FROM r RETURNING id",
            id.uuid(),
            id.to_string(),
        ),
    };
    let row: Option<i64> = sqlx::query_scalar(sql).bind(id).bind(&entity).fetch_optional(pool).await?;
    Ok(row.map(|row| Hint::new(row, entity, false)))
}
