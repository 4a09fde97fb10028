//! A repeated request gets the first committed reply.
//!
//! The key is taken by a transaction-scoped advisory lock, so two requests with
//! one key never run side by side; the reply is stored in the transaction of the
//! effect. The table `idempotency` is the same in each schema.

use crate::error::Error;
use access::Caller;
use contracts::values::RequestId;
use prost::Message;
use sha2::{Digest as _, Sha256};
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnection, PgPool};
use sqlx::{Postgres, Transaction};
use std::borrow::Cow;
use std::future::{Future, ready};
use std::time::Duration;
use tonic::{Code, Response, Status};

/// Response metadata of a reply that was given before.
pub const REPLAYED: &str = "idempotent-replayed";

/// How long a key that is taken is waited for.
const SECOND_TRY: Duration = Duration::from_millis(50);

/// A request about to take effect.
pub struct Write {
    place: Place,
    slot: Option<Slot>,
}

/// Where it takes effect.
enum Place {
    Transaction(Transaction<'static, Postgres>),
    /// Each statement commits itself.
    Connection(PoolConnection<Postgres>),
}

struct Slot {
    caller: Caller,
    method: &'static str,
    key: RequestId,
    hash: Vec<u8>,
}

/// What to do with a request.
pub enum Begin<R> {
    /// Carry it out.
    Fresh(Write),
    /// Answer what was answered before: a reply, or a refusal that was committed.
    Replay(Result<R, Status>),
}

/// Begins the transaction of a request and looks its key up. `request` is the
/// message without its key, so that the hash binds the key to the content.
///
/// # Errors
/// [`Error::Busy`], [`Error::KeyReused`], or the database's.
pub async fn begin<R: Message + Default>(
    pool: &PgPool,
    caller: &Caller,
    method: &'static str,
    key: Option<&RequestId>,
    request: &impl Message,
) -> Result<Begin<R>, Error> {
    begin_opened(pool, caller, method, key, request, |stored| ready(Ok(stored))).await
}

/// The same for replies that are not stored as they are: `open` makes of the stored one what was answered.
///
/// # Errors
/// As for [`begin`], or `open`'s.
pub async fn begin_opened<R: Message + Default, F: Future<Output = Result<Vec<u8>, Error>>>(
    pool: &PgPool,
    caller: &Caller,
    method: &'static str,
    key: Option<&RequestId>,
    request: &impl Message,
    open: impl FnOnce(Vec<u8>) -> F,
) -> Result<Begin<R>, Error> {
    let mut tx = crate::db::begin(pool).await?;
    let Some(key) = key else {
        return Ok(Begin::Fresh(Write { place: Place::Transaction(tx), slot: None }));
    };
    let hash = Sha256::digest(request.encode_to_vec()).to_vec();
    if !take(&mut tx, caller, method, key).await? {
        // A request that was refused gives its key back a moment after its answer: the
        // rollback of a dropped transaction is sent when its connection goes back.
        tokio::time::sleep(SECOND_TRY).await;
        if !take(&mut tx, caller, method, key).await? {
            return Err(Error::Busy);
        }
    }
    let stored: Option<(Vec<u8>, i32, Vec<u8>)> = sqlx::query_as(
        "-- idempotency.begin\nSELECT request_hash, code, reply FROM idempotency
         WHERE caller = $1 AND method = $2 AND key = $3 AND created_at > now() - interval '24 hours'",
    )
    .bind(&*owner(caller))
    .bind(method)
    .bind(key.as_str())
    .fetch_optional(&mut *tx)
    .await?;
    let Some(stored) = stored else {
        let slot = Some(Slot { caller: caller.clone(), method, key: key.clone(), hash });
        return Ok(Begin::Fresh(Write { place: Place::Transaction(tx), slot }));
    };
    tx.rollback().await?;
    match stored {
        (first, ..) if first != hash => Err(Error::KeyReused),
        (_, 0, reply) => {
            let reply = open(reply).await?;
            R::decode(reply.as_slice()).map(|r| Begin::Replay(Ok(r))).map_err(Error::internal)
        }
        (_, code, reply) => {
            let stored = tonic_types::Status::decode(reply.as_slice()).map_err(Error::internal)?;
            let details = reply.into();
            Ok(Begin::Replay(Err(Status::with_details(Code::from(code), stored.message, details))))
        }
    }
}

/// The same for an effect that is one statement: without a key it needs no transaction
/// around it, which saves two of three round trips.
///
/// # Errors
/// As for [`begin`].
pub async fn begin_statement<R: Message + Default>(
    pool: &PgPool,
    caller: &Caller,
    method: &'static str,
    key: Option<&RequestId>,
    request: &impl Message,
) -> Result<Begin<R>, Error> {
    if key.is_none() {
        let connection = pool.acquire().await?;
        return Ok(Begin::Fresh(Write { place: Place::Connection(connection), slot: None }));
    }
    begin(pool, caller, method, key, request).await
}

/// Whose a key is. A customer's id is not to be found in the table.
fn owner(caller: &Caller) -> Cow<'_, str> {
    match caller.customer() {
        None => caller.id().into(),
        Some(customer) => {
            let digest = Sha256::digest(customer.as_str());
            digest.iter().fold("customer:".to_owned(), |name, byte| name + &format!("{byte:02x}")).into()
        }
    }
}

async fn take(conn: &mut PgConnection, caller: &Caller, method: &str, key: &RequestId) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar("-- idempotency.take\nSELECT pg_try_advisory_xact_lock(hashtextextended($1, 0))")
        .bind(format!("{}\n{method}\n{key}", &*owner(caller)))
        .fetch_one(conn)
        .await
}

impl Write {
    /// The connection the effect belongs on.
    pub fn conn(&mut self) -> &mut PgConnection {
        match &mut self.place {
            Place::Transaction(tx) => tx,
            Place::Connection(connection) => connection,
        }
    }

    /// Stores the reply under the key, if there is one, and commits.
    ///
    /// # Errors
    /// The database's; nothing has happened then.
    pub async fn commit(self, reply: &impl Message) -> Result<(), Error> {
        match self.slot {
            Some(_) => self.commit_stored(&reply.encode_to_vec()).await,
            None => self.end().await,
        }
    }

    /// The same with the reply in another form, for [`begin_opened`].
    ///
    /// # Errors
    /// As for [`commit`](Self::commit).
    pub async fn commit_stored(mut self, reply: &[u8]) -> Result<(), Error> {
        if let Some(slot) = self.slot.take() {
            self.store(&slot, Code::Ok, reply).await?;
        }
        self.end().await
    }

    /// Commits a refusal that left a trace (a rejected reservation, say).
    ///
    /// # Errors
    /// The database's; nothing has happened then.
    pub async fn commit_refusal(mut self, status: &Status) -> Result<(), Error> {
        if let Some(slot) = self.slot.take() {
            self.store(&slot, status.code(), status.details()).await?;
        }
        self.end().await
    }

    async fn end(self) -> Result<(), Error> {
        match self.place {
            Place::Transaction(tx) => Ok(tx.commit().await?),
            Place::Connection(_) => Ok(()),
        }
    }

    async fn store(&mut self, slot: &Slot, code: Code, reply: &[u8]) -> Result<(), Error> {
        sqlx::query(
            "-- idempotency.store\nINSERT INTO idempotency (caller, method, key, request_hash, code, reply)
             VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (caller, method, key) DO UPDATE
             SET request_hash = excluded.request_hash, code = excluded.code, reply = excluded.reply, created_at = now()",
        )
        .bind(&*owner(&slot.caller))
        .bind(slot.method)
        .bind(slot.key.as_str())
        .bind(&slot.hash)
        .bind(code as i32)
        .bind(reply)
        .execute(self.conn())
        .await?;
        Ok(())
    }
}

/// Marks a reply as given before.
#[must_use]
pub fn replayed<R>(reply: R) -> Response<R> {
    let mut response = Response::new(reply);
    response.metadata_mut().insert(REPLAYED, tonic::metadata::MetadataValue::from_static("true"));
    response
}

/// Deletes keys older than 24 hours, in small batches.
///
/// # Errors
/// The database's.
pub async fn forget_old(pool: &PgPool) -> Result<u64, sqlx::Error> {
    let done = sqlx::query(
        "-- idempotency.forget_old\nDELETE FROM idempotency WHERE (caller, method, key) IN
         (SELECT caller, method, key FROM idempotency WHERE created_at < now() - interval '24 hours' LIMIT 1000)",
    )
    .execute(pool)
    .await?;
    Ok(done.rows_affected())
}
