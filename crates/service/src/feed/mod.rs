//! A feed of all that changes in a service, for lists that are kept open.
//!
//! A process that somebody watches looks at the database every [`LOOK`], for all of its watchers at once, loads what
//! changed, and hands it on. What it costs does not depend on how many watch, nor on which process made a change.
//!
//! A look reads two things. Rows that tell of changes are numbered by a sequence: a number whose transaction has not ended
//! is missing when higher ones are there already, and [`Marks`] waits for it. Changes that no such row tells of are found
//! by the time of the change, which is when the transaction began: those of the last moment are looked at again, those
//! of the last [`LATE`] now and then.

mod known;
mod marks;
mod poller;
mod position;
mod stream;

pub use position::Position;
pub use stream::Message;

use crate::error::Error;
use crate::watch::{self, EventStream};
use marks::Marks;
use poller::Live;
use std::sync::Arc;
use std::time::Duration;
use time::OffsetDateTime;
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;
use tonic::Status;
use uuid::Uuid;

/// How often changes are looked for.
pub const LOOK: Duration = Duration::from_millis(200);
/// No transaction that makes a change takes longer. One that does is missed, unless a numbered row tells of it.
pub const LATE: Duration = Duration::from_secs(20);
/// More changes are not sent one by one.
pub const MOST: usize = 5_000;

/// Where changes are found.
#[tonic::async_trait]
pub trait Source: Send + Sync + 'static {
    /// What watchers are shown of an entity.
    type Item: Send + Sync + 'static;

    /// Finds what changed, in one snapshot.
    async fn look(&self, look: Look<'_>) -> Result<Found, Error>;

    /// Loads these entities as they are now, in one statement.
    async fn load(&self, changes: &[Change]) -> Result<Vec<Self::Item>, Error>;
}

/// What to look for.
#[derive(Clone, Copy, Debug)]
pub struct Look<'a> {
    /// Rows with a higher number.
    pub above: i64,
    /// Rows with these numbers too.
    pub missing: &'a [i64],
    /// Entities that were touched then or later. `None`: no such.
    pub since: Option<OffsetDateTime>,
    /// So many rows, and so many entities of each kind, at most.
    pub limit: i64,
}

/// What a look found.
#[derive(Clone, Debug)]
pub struct Found {
    /// Transactions below this had ended: `pg_snapshot_xmin`.
    pub xmin: i64,
    /// None from this on had ended: `pg_snapshot_xmax`.
    pub xmax: i64,
    /// When it was, by the clock of the database.
    pub at: OffsetDateTime,
    /// The highest number of all rows, 0 if there are none.
    pub highest: i64,
    /// The rows: each number, and what it tells of.
    pub told: Vec<(i64, Change)>,
    /// The entities that were touched, as they are.
    pub touched: Vec<Change>,
}

/// An entity that changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// Which.
    pub id: Uuid,
    /// The sequence number that it got; when it is to be loaded, the first that was not seen before.
    pub sequence: i64,
}

/// The feed of a service in this process.
pub struct Feed<S: Source> {
    source: Arc<S>,
    live: Arc<Mutex<Option<Live<S::Item>>>>,
    stop: CancellationToken,
}

impl<S: Source> Clone for Feed<S> {
    fn clone(&self) -> Self {
        Self { source: Arc::clone(&self.source), live: Arc::clone(&self.live), stop: self.stop.clone() }
    }
}

impl<S: Source> Feed<S> {
    /// Its streams end when `stop` is cancelled.
    #[must_use]
    pub fn new(source: S, stop: CancellationToken) -> Self {
        Self { source: Arc::new(source), live: Arc::default(), stop }
    }

    /// Streams what changes from now on, and before it what changed since a position. `select` makes of an item what this
    /// watcher is shown, if it is; it is told whether the item changed before the stream began.
    ///
    /// Ends with `UNAVAILABLE` when the process stops, the database is away or the watcher is too slow, and with
    /// `DEADLINE_EXCEEDED` after `lifetime`: the caller resumes.
    ///
    /// # Errors
    /// The database's.
    pub async fn watch<T, M>(
        &self,
        after: Option<Position>,
        lifetime: Duration,
        select: impl Fn(&S::Item, bool) -> Option<T> + Send + Sync + 'static,
        message: impl Fn(Message<T>) -> M + Send + Sync + 'static,
    ) -> Result<EventStream<M>, Error>
    where
        T: Send + 'static,
        M: Send + 'static,
    {
        let joined = self.join().await?;
        let source = Arc::clone(&self.source);
        Ok(watch::open(self.stop.clone(), lifetime, move |send| async move {
            let mut watcher = stream::Watcher::new(joined.position, select, message, send);
            watcher.begin(source.as_ref(), after).await?;
            watcher.follow(joined.batches).await
        }))
    }

    /// Takes part in the looks, which begin if nobody did.
    async fn join(&self) -> Result<poller::Joined<S::Item>, Error> {
        let mut live = self.live.lock().await;
        if let Some(joined) = live.as_ref().and_then(Live::join) {
            return Ok(joined);
        }
        let (begun, joined) = poller::begin(Arc::clone(&self.source), self.stop.clone()).await?;
        *live = Some(begun);
        Ok(joined)
    }
}

/// A stream that ended before its time, and should be resumed.
fn lost(why: &str) -> Status {
    Status::unavailable(format!("the watch {why}; resume it"))
}
