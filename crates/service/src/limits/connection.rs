//! Connections are few, and each has to be good for something.
//!
//! A client may open a connection and say nothing, send headers byte by byte, keep it without a request, or ask and
//! never read the reply. Hyper bounds some of it; what it leaves is seen here from both sides of it: below, by the bytes
//! ([`Guarded`]), and above, by the requests ([`TrackLayer`]). [`Connection`] is what both know.

mod guarded;
mod track;

pub use guarded::Guarded;
pub use track::{Track, TrackLayer, Tracked};

use super::refused;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

/// What a connection is borne with.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// Until its first request is there.
    pub first_request: Duration,
    /// Without a request.
    pub idle: Duration,
    /// While replies wait that nobody reads.
    pub stall: Duration,
}

/// What is known of a connection.
#[derive(Clone, Debug)]
pub struct Connection(Arc<State>);

#[derive(Debug)]
struct State {
    began: Instant,
    /// Requests whose reply has not ended.
    open: AtomicUsize,
    /// Of these, those whose reply is there and not asked for: the client has no room for it.
    blocked: AtomicUsize,
    /// When a request or a reply last moved, in milliseconds since the connection began; 0: there was none yet.
    moved: AtomicU64,
}

/// Why a connection is let go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Over {
    /// It is good for nothing.
    Idle,
    /// Its replies are not read.
    Stalled,
}

impl Connection {
    fn new() -> Self {
        let (open, blocked, moved) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicU64::new(0));
        Self(Arc::new(State { began: Instant::now(), open, blocked, moved }))
    }

    fn age_ms(&self) -> u64 {
        u64::try_from(self.0.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn moved(&self) {
        self.0.moved.store(self.age_ms().max(1), Ordering::Relaxed);
    }

    /// A part of a reply was written.
    fn wrote(&self) {
        if self.0.open.load(Ordering::Relaxed) > 0 {
            self.moved();
        }
    }

    /// Whether it has been borne with for long enough.
    fn is_over(&self, patience: Patience) -> Option<Over> {
        self.is_over_at(self.age_ms(), patience)
    }

    fn is_over_at(&self, age_ms: u64, patience: Patience) -> Option<Over> {
        let moved = self.0.moved.load(Ordering::Relaxed);
        let still = Duration::from_millis(age_ms.saturating_sub(moved));
        if self.0.open.load(Ordering::Relaxed) == 0 {
            let borne = if moved == 0 { patience.first_request } else { patience.idle };
            return (still > borne).then_some(Over::Idle);
        }
        (self.0.blocked.load(Ordering::Relaxed) > 0 && still > patience.stall).then_some(Over::Stalled)
    }
}

/// Room for one connection, until it is dropped.
#[derive(Debug)]
pub struct Room {
    _permit: OwnedSemaphorePermit,
}

/// Lets in so many connections at one time.
#[derive(Clone, Debug)]
pub struct Door {
    room: Arc<Semaphore>,
    patience: Patience,
}

impl Door {
    /// For `most` connections at one time.
    #[must_use]
    pub fn new(most: usize, patience: Patience) -> Self {
        Self { room: Arc::new(Semaphore::new(most.min(Semaphore::MAX_PERMITS))), patience }
    }

    /// Room for a connection that has come, unless there are too many. It is taken before the handshake: a caller who
    /// does not go on with it counts too.
    #[must_use]
    pub fn enter(&self) -> Option<Room> {
        match Arc::clone(&self.room).try_acquire_owned() {
            Ok(_permit) => Some(Room { _permit }),
            Err(_) => {
                refused::connection();
                None
            }
        }
    }

    /// Has an eye on a connection that has entered.
    #[must_use]
    pub fn admit<IO>(&self, io: IO, room: Room) -> Guarded<IO> {
        Guarded::new(io, self.patience, room)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Patience =
        Patience { first_request: Duration::from_secs(1), idle: Duration::from_secs(5), stall: Duration::from_secs(3) };

    #[test]
    fn each_way_of_doing_nothing_has_its_time() {
        let connection = Connection::new();
        let after = |seconds: u64| connection.is_over_at(1_000 * seconds, PATIENCE);
        assert_eq!((after(1), after(2)), (None, Some(Over::Idle)), "no request");
        connection.0.moved.store(10_000, Ordering::Relaxed);
        assert_eq!((after(15), after(16)), (None, Some(Over::Idle)), "no further request");
        connection.0.open.store(1, Ordering::Relaxed);
        assert_eq!(after(3_600), None, "a stream without news");
        connection.0.blocked.store(1, Ordering::Relaxed);
        assert_eq!((after(13), after(14)), (None, Some(Over::Stalled)), "a reply that nobody reads");
    }

    #[test]
    fn one_too_many_is_not_let_in() {
        let door = Door::new(1, PATIENCE);
        let first = door.admit((), door.enter().unwrap());
        assert!(door.enter().is_none());
        drop(first);
        let on_its_way = door.enter().unwrap();
        assert!(door.enter().is_none());
        drop(on_its_way);
        assert!(door.enter().is_some());
    }
}
