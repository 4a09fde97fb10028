//! The database pool of a service, and which of its errors are worth waiting for.

mod crowd;

use crate::config::Database;
use crate::error::Error;
use crate::limits::Class;
use ::metrics::{Histogram, histogram};
use crowd::Crowd;
use secrecy::ExposeSecret as _;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::{ConnectOptions as _, Connection as _, Postgres, Transaction};
use std::str::FromStr as _;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::{Notify, Semaphore, SemaphorePermit};

/// Background work waits so long for a connection; a request is bounded by [`STATEMENT`].
const ACQUIRE: Duration = Duration::from_secs(3);
/// All database work of one request, once it has its turn: an absent database must be
/// reported within two seconds.
const STATEMENT: Duration = Duration::from_millis(1_900);
/// So many requests of a process are at the database at one time, fewer than its pool
/// has connections. The others wait their turn, which is not the database's fault and
/// not counted as such.
static TURNS: Semaphore = Semaphore::const_new(COMMON_TURNS + 2);
/// Of these, so many for new work and reads: a decision does not wait behind them.
static COMMON: Semaphore = Semaphore::const_new(COMMON_TURNS);
const COMMON_TURNS: usize = 8;
/// And of these, all may be new work, but fewer of them in a flood of it.
static NEW: Crowd = Crowd::new(COMMON_TURNS, 3);
/// So many may always wait: a hundred requests at once are no overload, however slow the machine.
const CROWD: u64 = 128;
/// How many wait their turn.
static WAITING: AtomicUsize = AtomicUsize::new(0);
/// How long a request was at the database, of late, in microseconds.
static SERVED_US: AtomicU64 = AtomicU64::new(0);
/// The weight of all requests before the last in it.
const BEFORE: u64 = 15;
/// Tells those who wait their turn that the database is away.
static AWAY: Notify = Notify::const_new();
/// How many requests had their database work done.
static DONE: AtomicU64 = AtomicU64::new(0);
/// How long requests wait for their turn.
static WAIT: LazyLock<Histogram> = LazyLock::new(|| histogram!("oms_db_wait_seconds"));
/// A connection idle for longer is tested before it is used, so that a restarted
/// database costs no request; testing every time would cost a round trip each.
const TEST_AFTER_IDLE: Duration = Duration::from_secs(1);

/// A pool that connects when first used.
///
/// # Errors
/// The URL is malformed.
pub fn pool(config: &Database) -> Result<PgPool, crate::config::Error> {
    // What sqlx says of it may quote it.
    let malformed = |_| {
        let what = "database.url is not of the form postgres://role:password@host:port/database";
        crate::config::Error::Invalid(what.to_owned())
    };
    let options = PgConnectOptions::from_str(config.url.expose_secret())
        .map_err(malformed)?
        .log_statements(tracing::log::LevelFilter::Trace)
        .log_slow_statements(tracing::log::LevelFilter::Warn, Duration::from_secs(1));
    Ok(PgPoolOptions::new()
        .max_connections(config.max_connections)
        .acquire_timeout(ACQUIRE)
        .test_before_acquire(false)
        .before_acquire(|connection, meta| {
            Box::pin(async move {
                if meta.idle_for > TEST_AFTER_IDLE {
                    tokio::time::timeout(ACQUIRE, connection.ping()).await.map_err(|_| sqlx::Error::PoolTimedOut)??;
                }
                Ok(true)
            })
        })
        .connect_lazy_with(options))
}

/// Begins a transaction. All of ours begin here.
///
/// sqlx counts a transaction only once its BEGIN was answered. A BEGIN that is given up before, because the request
/// was, would leave a connection in the pool whose transaction nobody ends: what the next ones write there is never
/// committed, and the rows stay locked. So it is carried to its end, whoever waits for it.
///
/// # Errors
/// The database's.
pub async fn begin(pool: &PgPool) -> Result<Transaction<'static, Postgres>, sqlx::Error> {
    begun(pool, "BEGIN").await
}

/// The same for several reads that see one moment.
///
/// # Errors
/// The database's.
pub async fn snapshot(pool: &PgPool) -> Result<Transaction<'static, Postgres>, sqlx::Error> {
    begun(pool, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await
}

async fn begun(pool: &PgPool, statement: &'static str) -> Result<Transaction<'static, Postgres>, sqlx::Error> {
    let pool = pool.clone();
    let begun = tokio::spawn(async move { pool.begin_with(statement).await });
    // It ends otherwise only with the runtime.
    begun.await.map_err(|_| sqlx::Error::WorkerCrashed)?
}

/// Does the database work of one request when it is its turn, and bounds it: a database
/// that hangs is as good as away. Not to be nested.
///
/// # Errors
/// The work's own, or unavailable when the time is over.
pub async fn within<T, E: From<Error>>(work: impl Future<Output = Result<T, E>>) -> Result<T, E> {
    let away = || Error::unavailable("the database did not answer in time").into();
    let asked = Instant::now();
    let _turn = tokio::select! {
        // In this order: a turn that comes because others gave up is of no use.
        biased;
        () = AWAY.notified() => return Err(away()),
        turn = turn() => turn?,
    };
    WAIT.record(asked.elapsed());
    let begun = Instant::now();
    let before = DONE.load(Ordering::Relaxed);
    let Ok(result) = tokio::time::timeout(STATEMENT, work).await else {
        // Slow for this one is not away for all: only if nobody got an answer meanwhile.
        if DONE.load(Ordering::Relaxed) == before {
            AWAY.notify_waiters();
        }
        return Err(away());
    };
    if result.is_ok() {
        DONE.fetch_add(1, Ordering::Relaxed);
        let took = u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX);
        // Two at the same moment: one of them is not counted, which is good enough.
        let mean = SERVED_US.load(Ordering::Relaxed);
        SERVED_US.store((mean * BEFORE + took) / (BEFORE + 1), Ordering::Relaxed);
    }
    result
}

/// A turn, and the ones among those of new work, and of new work and reads.
type Turn = (Option<crowd::Turn>, Option<SemaphorePermit<'static>>, SemaphorePermit<'static>);

async fn turn() -> Result<Turn, Error> {
    struct Waits;
    impl Drop for Waits {
        fn drop(&mut self) {
            WAITING.fetch_sub(1, Ordering::Relaxed);
        }
    }
    WAITING.fetch_add(1, Ordering::Relaxed);
    let _waits = Waits;
    let class = Class::current();
    let new = match class {
        Class::New => Some(NEW.turn().await.ok_or_else(|| {
            Class::refuse();
            Error::Overloaded
        })?),
        Class::Read | Class::Decision | Class::Probe => None,
    };
    let common = match class {
        Class::Decision => None,
        Class::New | Class::Read | Class::Probe => Some(COMMON.acquire().await.map_err(Error::internal)?),
    };
    Ok((new, common, TURNS.acquire().await.map_err(Error::internal)?))
}

/// Says that more new work comes than can be done.
pub(crate) fn strain() {
    NEW.strain();
}

/// Says whether new work comes faster than it is carried out.
pub(crate) fn lag(lags: bool) {
    NEW.lag(lags);
}

/// How long a request that came now would wait for its turn; not at all behind a crowd.
pub(crate) fn expected_wait() -> Duration {
    let waiting = u64::try_from(WAITING.load(Ordering::Relaxed)).unwrap_or(u64::MAX);
    let waiting = if waiting > CROWD { waiting } else { 0 };
    Duration::from_micros(waiting.saturating_mul(SERVED_US.load(Ordering::Relaxed)) / COMMON_TURNS as u64)
}

/// Whether the error says that the database is away or overwhelmed, not that the
/// statement was wrong.
#[must_use]
pub fn is_unavailable(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::Protocol(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed => true,
        // 08 connection, 53 resources, 57 operator intervention, 40 rollback (deadlock, serialization)
        sqlx::Error::Database(e) => {
            e.code().is_some_and(|code| ["08", "53", "57", "40"].iter().any(|class| code.starts_with(class)))
        }
        _ => false,
    }
}

/// Whether the transaction may be repeated as it is: deadlock or serialization failure.
#[must_use]
pub fn is_rollback(error: &sqlx::Error) -> bool {
    matches!(error, sqlx::Error::Database(e) if e.code().is_some_and(|c| c.starts_with("40")))
}

/// The name of the constraint that refused a row, if one did.
#[must_use]
pub fn constraint(error: &sqlx::Error) -> Option<&str> {
    error.as_database_error().and_then(|e| e.constraint())
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::future::{join_all, pending};

    #[tokio::test]
    async fn a_malformed_url_is_not_repeated() {
        for url in [
            "hunter2",
            "postgres://orders:hunter2@[::1/oms",
            "postgres://orders:hunter2@host:port/oms",
            "postgres://orders@host/oms?sslmode=hunter2",
        ] {
            let config = Database { url: url.into(), migration_url: "".into(), max_connections: 1 };
            let fault = pool(&config).unwrap_err();
            assert!(fault.to_string().contains("database.url"), "{fault}");
            assert!(!fault.to_string().contains("hunter2") && !format!("{config:?} {fault:?}").contains("hunter2"));
        }
    }

    #[tokio::test]
    async fn a_crowd_learns_of_an_absent_database_together() {
        let begin = Instant::now();
        let crowd = (0..40).map(|_| within(pending::<Result<(), Error>>()));
        assert!(join_all(crowd).await.iter().all(Result::is_err));
        assert!(begin.elapsed() < STATEMENT + Duration::from_millis(500), "{:?}", begin.elapsed());
    }
}
