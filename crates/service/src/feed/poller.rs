//! The looks of a process, while somebody watches.

use super::known::Known;
use super::{Change, LATE, LOOK, Look, Marks, Position, Source};
use crate::db::within;
use crate::error::Error;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use time::OffsetDateTime;
use tokio::sync::broadcast;
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;

/// What most transactions need at most: so far each look goes back.
const SOON: Duration = Duration::from_secs(1);
/// One look of so many goes back to [`LATE`].
const LATE_EVERY: u32 = 15;
/// So many numbers are looked through when the looks begin: the transactions that are under way have drawn theirs among
/// them.
const BEFORE: i64 = 2_000;
/// A look that takes longer will not come to anything.
const PATIENCE: Duration = Duration::from_secs(3);
/// More than so much is not found by one look: nobody looked for long.
const MOST: i64 = 50_000;
/// So many items are loaded and handed on together,
const BATCH: usize = 500;
/// and so many times watchers may be behind.
const BEHIND: usize = 64;
/// How often the position is handed on when nothing happens.
const BEAT: Duration = Duration::from_secs(5);

/// What is handed on to all watchers.
pub(super) struct Batch<T> {
    pub(super) items: Vec<T>,
    /// How far all was handed on with it. `None`: there is more.
    pub(super) position: Option<Position>,
}

pub(super) type Batches<T> = broadcast::Receiver<Arc<Batch<T>>>;

/// A watcher's part in it: what comes after a position.
pub(super) struct Joined<T> {
    pub(super) position: Position,
    pub(super) batches: Batches<T>,
}

/// The looks, as watchers see them.
pub(super) struct Live<T>(Arc<Mutex<State<T>>>);

/// How far all was handed on, and to whom. `None`: the looks have ended.
type State<T> = Option<(Position, broadcast::Sender<Arc<Batch<T>>>)>;

impl<T> Live<T> {
    /// Takes part, unless they have ended.
    pub(super) fn join(&self) -> Option<Joined<T>> {
        let live = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        live.as_ref().map(|(position, sender)| Joined { position: *position, batches: sender.subscribe() })
    }

    fn hand_on(&self, batch: Batch<T>) {
        if let Some((position, sender)) = self.0.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
            *position = batch.position.unwrap_or(*position);
            // Nobody is there at this moment: then it is nobody's loss.
            drop(sender.send(Arc::new(batch)));
        }
    }

    /// Ends them if nobody watches.
    fn is_left(&self) -> bool {
        let mut live = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let left = live.as_ref().is_none_or(|(_, sender)| sender.receiver_count() == 0);
        if left {
            *live = None;
        }
        left
    }
}

/// Ends the looks for their watchers, whatever ended them.
struct Ends<T>(Live<T>);

impl<T> Drop for Ends<T> {
    fn drop(&mut self) {
        *self.0.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

/// Begins to look.
pub(super) async fn begin<S: Source>(
    source: Arc<S>,
    stop: CancellationToken,
) -> Result<(Live<S::Item>, Joined<S::Item>), Error> {
    let mut poller = within(Poller::begin(source)).await?;
    let position = poller.position();
    let (sender, batches) = broadcast::channel(BEHIND);
    let live = Live(Arc::new(Mutex::new(Some((position, sender)))));
    let ends = Ends(Live(Arc::clone(&live.0)));
    tokio::spawn(async move {
        tokio::select! {
            end = poller.run(&ends.0) => {
                if let Err(error) = end {
                    tracing::warn!(%error, cause = ?std::error::Error::source(&error), "the feed of changes ended; its watchers resume");
                }
            }
            () = stop.cancelled() => {}
        }
        drop(ends);
    });
    Ok((live, Joined { position, batches }))
}

struct Poller<S> {
    source: Arc<S>,
    marks: Marks,
    known: Known,
    /// When the last look was.
    at: OffsetDateTime,
    looks: u32,
}

impl<S: Source> Poller<S> {
    async fn begin(source: Arc<S>) -> Result<Self, Error> {
        let now = source.look(Look { above: i64::MAX, missing: &[], since: None, limit: 1 }).await?;
        let marks = Marks::at((now.highest - BEFORE).max(0));
        let mut poller = Self { source, marks, known: Known::default(), at: now.at, looks: 0 };
        // What happened before is known to whoever lists it; what is under way will come.
        poller.look().await?;
        Ok(poller)
    }

    fn position(&self) -> Position {
        Position { mark: self.marks.settled(), at: self.at }
    }

    async fn run(&mut self, live: &Live<S::Item>) -> Result<(), Error> {
        let mut handed_on = Instant::now();
        loop {
            tokio::time::sleep(LOOK).await;
            if live.is_left() {
                return Ok(());
            }
            let late = || Error::unavailable("a look for changes took too long");
            let news = timeout(PATIENCE, self.look()).await.map_err(|_| late())??;
            let mut batches = news.chunks(BATCH).peekable();
            while let Some(batch) = batches.next() {
                let items = timeout(PATIENCE, self.source.load(batch)).await.map_err(|_| late())??;
                let position = batches.peek().is_none().then(|| self.position());
                live.hand_on(Batch { items, position });
                handed_on = Instant::now();
            }
            if handed_on.elapsed() > BEAT {
                live.hand_on(Batch { items: Vec::new(), position: Some(self.position()) });
                handed_on = Instant::now();
            }
        }
    }

    /// What changed since the last look.
    async fn look(&mut self) -> Result<Vec<Change>, Error> {
        let back = if self.looks.is_multiple_of(LATE_EVERY) {
            self.known.forget(self.at - LATE);
            LATE
        } else {
            SOON
        };
        self.looks = self.looks.wrapping_add(1);
        let missing = self.marks.missing();
        let look = Look { above: self.marks.highest(), missing: &missing, since: Some(self.at - back), limit: MOST };
        let found = self.source.look(look).await?;
        if i64::try_from(found.told.len().max(found.touched.len())).map_or(true, |most| most >= MOST) {
            return Err(Error::unavailable("too much changed between two looks"));
        }
        self.marks.note(&found).map_err(|_| Error::unavailable("the numbers of changes have jumped"))?;
        self.at = found.at;
        let all = found.told.into_iter().map(|(_, change)| change).chain(found.touched);
        Ok(self.known.news(all, self.at))
    }
}
