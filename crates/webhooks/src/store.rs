//! The endpoints and what is sent to them.

use contracts::ids::{DeliveryId, EndpointId};
use service::Error;
use service::paging::Page;
use sqlx::PgPool;
use sqlx::postgres::PgConnection;
use std::collections::HashMap;
use std::time::Duration;
use time::OffsetDateTime;
use uuid::Uuid;

/// After a rotation the secret before is used beside the new one for so long.
const OVERLAP_S: f64 = 86_400.0;
/// So many deliveries are forgotten at one time.
const FORGET: i64 = 1_000;

/// Whether an endpoint is told of anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, strum::EnumString, strum::IntoStaticStr, strum::VariantArray)]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum EndpointState {
    Enabled,
    Disabled,
    Gone,
}

/// Where a delivery stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::EnumString, strum::IntoStaticStr)]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum DeliveryState {
    Pending,
    Delivered,
    Failed,
}

/// A stored endpoint.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct Endpoint {
    #[sqlx(try_from = "Uuid")]
    pub(crate) id: EndpointId,
    pub(crate) url: String,
    pub(crate) kinds: Vec<String>,
    pub(crate) description: String,
    #[sqlx(try_from = "String")]
    pub(crate) state: EndpointState,
    pub(crate) created_at: OffsetDateTime,
}

/// A stored delivery.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct Delivery {
    #[sqlx(try_from = "Uuid")]
    pub(crate) message_id: DeliveryId,
    pub(crate) notification_id: i64,
    pub(crate) kind: String,
    #[sqlx(try_from = "String")]
    pub(crate) state: DeliveryState,
    pub(crate) attempts: i32,
    pub(crate) last_result: String,
    pub(crate) next_attempt_at: OffsetDateTime,
    pub(crate) created_at: OffsetDateTime,
    pub(crate) ended_at: Option<OffsetDateTime>,
}

/// A delivery to be sent now, with all that is needed for it.
#[derive(sqlx::FromRow)]
pub(crate) struct Due {
    pub(crate) id: i64,
    #[sqlx(try_from = "Uuid")]
    pub(crate) message_id: DeliveryId,
    #[sqlx(try_from = "Uuid")]
    pub(crate) endpoint_id: EndpointId,
    pub(crate) notification_id: i64,
    pub(crate) kind: String,
    pub(crate) attempts: i32,
    pub(crate) url: String,
    /// As stored.
    pub(crate) secret: Vec<u8>,
    pub(crate) old_secret: Option<Vec<u8>>,
    /// Seconds since the notification.
    pub(crate) age: f64,
}

/// How it stands with those who are told.
pub(crate) struct Standing {
    pub(crate) endpoints: HashMap<EndpointState, i64>,
    /// For how many seconds the oldest delivery has been due that nobody sends; 0: none is.
    pub(crate) oldest_due: f64,
}

macro_rules! by_name {
    ($($state:ty),*) => {$(
        impl TryFrom<String> for $state {
            type Error = strum::ParseError;

            fn try_from(name: String) -> Result<Self, strum::ParseError> {
                name.parse()
            }
        }
    )*};
}
by_name!(EndpointState, DeliveryState);

macro_rules! endpoint_columns {
    () => {
        "id, url, kinds, description, state, created_at"
    };
}

/// `None`: there are as many as there may be.
pub(crate) async fn insert(
    conn: &mut PgConnection,
    endpoint: &Endpoint,
    secret: &[u8],
    most: i64,
) -> Result<Option<Endpoint>, Error> {
    // One at a time, so that two can't both be the last.
    sqlx::query("-- store.lock\nLOCK TABLE webhook_endpoints IN SHARE ROW EXCLUSIVE MODE").execute(&mut *conn).await?;
    let stored = sqlx::query_as(concat!(
        "-- store.insert\nINSERT INTO webhook_endpoints (id, url, kinds, description, secret)
         SELECT $1, $2, $3, $4, $5 WHERE (SELECT count(*) FROM webhook_endpoints) < $6 RETURNING ",
        endpoint_columns!()
    ))
    .bind(endpoint.id.uuid())
    .bind(&endpoint.url)
    .bind(&endpoint.kinds)
    .bind(&endpoint.description)
    .bind(secret)
    .bind(most)
    .fetch_optional(conn)
    .await?;
    Ok(stored)
}

pub(crate) async fn endpoints(pool: &PgPool) -> Result<Vec<Endpoint>, Error> {
    let query = concat!("-- store.endpoints\nSELECT ", endpoint_columns!(), " FROM webhook_endpoints ORDER BY id");
    Ok(sqlx::query_as(query).fetch_all(pool).await?)
}

pub(crate) async fn exists(pool: &PgPool, id: EndpointId) -> Result<bool, Error> {
    let query = "-- store.exists\nSELECT EXISTS (SELECT 1 FROM webhook_endpoints WHERE id = $1)";
    Ok(sqlx::query_scalar(query).bind(id.uuid()).fetch_one(pool).await?)
}

/// Enables or disables. What was pending of an endpoint that is enabled again is due at once.
pub(crate) async fn set_state(pool: &PgPool, id: EndpointId, state: EndpointState) -> Result<Option<Endpoint>, Error> {
    let stored = sqlx::query_as(concat!(
        "-- store.set_state\nWITH due AS (
            UPDATE webhook_deliveries SET next_attempt_at = now()
            WHERE endpoint_id = $1 AND state = 'PENDING' AND $2 = 'ENABLED'
              AND EXISTS (SELECT 1 FROM webhook_endpoints WHERE id = $1 AND state <> 'ENABLED'))
         UPDATE webhook_endpoints SET state = $2, state_at = CASE WHEN state = $2 THEN state_at ELSE now() END
         WHERE id = $1 RETURNING ",
        endpoint_columns!()
    ))
    .bind(id.uuid())
    .bind(<&str>::from(state))
    .fetch_optional(pool)
    .await?;
    Ok(stored)
}

/// The endpoint and its deliveries. Those that are written meanwhile are forgotten by [`forget`].
pub(crate) async fn delete(pool: &PgPool, id: EndpointId) -> Result<(), Error> {
    sqlx::query("-- store.delete\nDELETE FROM webhook_endpoints WHERE id = $1").bind(id.uuid()).execute(pool).await?;
    sqlx::query("-- store.delete\nDELETE FROM webhook_deliveries WHERE endpoint_id = $1")
        .bind(id.uuid())
        .execute(pool)
        .await?;
    Ok(())
}

/// Whether there is such an endpoint.
pub(crate) async fn rotate(conn: &mut PgConnection, id: EndpointId, secret: &[u8]) -> Result<bool, Error> {
    let done = sqlx::query(
        "-- store.rotate\nUPDATE webhook_endpoints
         SET old_secret = secret, old_secret_until = now() + make_interval(secs => $3), secret = $2 WHERE id = $1",
    )
    .bind(id.uuid())
    .bind(secret)
    .bind(OVERLAP_S)
    .execute(conn)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// The secrets of all endpoints, each with the one before.
pub(crate) async fn secrets(pool: &PgPool) -> Result<Vec<(Uuid, Vec<u8>, Option<Vec<u8>>)>, Error> {
    let query = "-- store.secrets\nSELECT id, secret, old_secret FROM webhook_endpoints";
    Ok(sqlx::query_as(query).fetch_all(pool).await?)
}

/// Stores an endpoint's secrets in another form, unless there is another by now.
pub(crate) async fn set_secrets(
    pool: &PgPool,
    id: EndpointId,
    now: &[u8],
    (secret, old): (Vec<u8>, Option<Vec<u8>>),
) -> Result<(), Error> {
    let query =
        "-- store.set_secrets\nUPDATE webhook_endpoints SET secret = $3, old_secret = $4 WHERE id = $1 AND secret = $2";
    sqlx::query(query).bind(id.uuid()).bind(now).bind(secret).bind(old).execute(pool).await?;
    Ok(())
}

/// One more than a page, latest first.
pub(crate) async fn deliveries(
    pool: &PgPool,
    endpoint: EndpointId,
    state: Option<DeliveryState>,
    page: &Page,
    before: Option<i64>,
) -> Result<Vec<Delivery>, Error> {
    let rows = sqlx::query_as(
        "-- store.deliveries\nSELECT message_id, notification_id, kind, state, attempts, last_result, next_attempt_at, created_at, ended_at
         FROM webhook_deliveries
         WHERE endpoint_id = $1 AND ($2::text IS NULL OR state = $2) AND ($3::bigint IS NULL OR notification_id < $3)
         ORDER BY notification_id DESC LIMIT $4",
    )
    .bind(endpoint.uuid())
    .bind(state.map(<&str>::from))
    .bind(before)
    .bind(page.size + 1)
    .fetch_all(pool)
    .await?;
    Ok(rows)
}

/// Which deliveries are sent again.
pub(crate) enum Replay {
    These(Vec<DeliveryId>),
    FailedSince(OffsetDateTime),
}

pub(crate) async fn replay(pool: &PgPool, endpoint: EndpointId, which: &Replay) -> Result<u64, Error> {
    let (ids, since) = match which {
        Replay::These(ids) => (Some(ids.iter().map(|id| id.uuid()).collect::<Vec<_>>()), None),
        Replay::FailedSince(since) => (None, Some(since)),
    };
    let done = sqlx::query(
        "-- store.replay\nUPDATE webhook_deliveries
         SET state = 'PENDING', attempts = 0, next_attempt_at = now(), ended_at = NULL
         WHERE endpoint_id = $1 AND (message_id = ANY($2) OR (state = 'FAILED' AND created_at >= $3))",
    )
    .bind(endpoint.uuid())
    .bind(ids)
    .bind(since)
    .execute(pool)
    .await?;
    Ok(done.rows_affected())
}

/// Claims what is due by a lease, so that no transaction is open while it is sent: for each endpoint that is not busy so
/// many at most, and so a slow one keeps none of the others waiting.
pub(crate) async fn claim(pool: &PgPool, busy: &[Uuid], each: i64, lease: Duration) -> Result<Vec<Due>, sqlx::Error> {
    sqlx::query_as(
        "-- store.claim\nWITH due AS MATERIALIZED (
            SELECT d.id FROM webhook_endpoints e CROSS JOIN LATERAL (
                SELECT id FROM webhook_deliveries
                WHERE endpoint_id = e.id AND state = 'PENDING' AND next_attempt_at <= now()
                ORDER BY next_attempt_at LIMIT $2 FOR UPDATE SKIP LOCKED) d
            WHERE e.state = 'ENABLED' AND e.id <> ALL($1))
         UPDATE webhook_deliveries d
         SET attempts = attempts + 1, next_attempt_at = now() + make_interval(secs => $3)
         FROM due, webhook_endpoints e WHERE d.id = due.id AND e.id = d.endpoint_id
         RETURNING d.id, d.message_id, d.endpoint_id, d.notification_id, d.kind, d.attempts, e.url, e.secret,
            CASE WHEN e.old_secret_until > now() THEN e.old_secret END AS old_secret,
            extract(epoch FROM now() - d.created_at)::float8 AS age",
    )
    .bind(busy)
    .bind(each)
    .bind(lease.as_secs_f64())
    .fetch_all(pool)
    .await
}

/// Reads it: there are few endpoints, and of each only the oldest delivery is looked at.
pub(crate) async fn standing(pool: &PgPool) -> Result<Standing, Error> {
    let rows: Vec<(String, i64, Option<f64>)> = sqlx::query_as(
        "-- store.standing\nSELECT e.state, count(*), max(extract(epoch FROM now() - d.next_attempt_at)::float8)
         FROM webhook_endpoints e LEFT JOIN LATERAL (
            SELECT next_attempt_at FROM webhook_deliveries
            WHERE endpoint_id = e.id AND state = 'PENDING' AND next_attempt_at <= now() AND e.state = 'ENABLED'
            ORDER BY next_attempt_at LIMIT 1) d ON true
         GROUP BY e.state",
    )
    .fetch_all(pool)
    .await?;
    let oldest_due = rows.iter().filter_map(|row| row.2).fold(0.0, f64::max);
    let endpoints = rows.into_iter().map(|(state, endpoints, _)| Ok((state.try_into()?, endpoints)));
    let endpoints = endpoints.collect::<Result<_, strum::ParseError>>().map_err(Error::internal)?;
    Ok(Standing { endpoints, oldest_due })
}

/// An attempt was the last one.
pub(crate) async fn end(pool: &PgPool, due: &Due, state: DeliveryState, result: &str) -> Result<(), sqlx::Error> {
    sqlx::query(
        "-- store.end\nUPDATE webhook_deliveries SET state = $3, last_result = $4, ended_at = now()
         WHERE id = $1 AND attempts = $2 AND state = 'PENDING'",
    )
    .bind(due.id)
    .bind(due.attempts)
    .bind(<&str>::from(state))
    .bind(result)
    .execute(pool)
    .await?;
    Ok(())
}

/// An attempt has failed; the next is made after a while. A tenth at most is added to it, so that those that failed
/// together don't come back together.
pub(crate) async fn postpone(pool: &PgPool, due: &Due, pause: Duration, result: &str) -> Result<(), sqlx::Error> {
    sqlx::query(
        "-- store.postpone\nUPDATE webhook_deliveries
         SET last_result = $4, next_attempt_at = now() + make_interval(secs => $3 * (1 + random() / 10))
         WHERE id = $1 AND attempts = $2 AND state = 'PENDING'",
    )
    .bind(due.id)
    .bind(due.attempts)
    .bind(pause.as_secs_f64())
    .bind(result)
    .execute(pool)
    .await?;
    Ok(())
}

/// Deletes deliveries that ended long ago, and those whose endpoint was deleted, in small batches.
pub(crate) async fn forget(pool: &PgPool, keep_days: u32) -> Result<(), sqlx::Error> {
    sqlx::query(
        "-- store.forget\nDELETE FROM webhook_deliveries WHERE id IN (
            SELECT id FROM webhook_deliveries WHERE ended_at < now() - make_interval(days => $1) LIMIT $2)",
    )
    .bind(i32::try_from(keep_days.max(1)).unwrap_or(i32::MAX))
    .bind(FORGET)
    .execute(pool)
    .await?;
    sqlx::query(
        "-- store.forget\nDELETE FROM webhook_deliveries WHERE id IN (
            SELECT id FROM webhook_deliveries d WHERE state = 'PENDING' AND NOT EXISTS (
                SELECT 1 FROM webhook_endpoints e WHERE e.id = d.endpoint_id) LIMIT $1)",
    )
    .bind(FORGET)
    .execute(pool)
    .await?;
    Ok(())
}
