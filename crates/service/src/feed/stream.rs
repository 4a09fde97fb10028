//! The stream of one watcher.

use super::poller::{Batch, Batches};
use super::{Change, LATE, Look, MOST, Position, Source, lost};
use crate::db::within;
use crate::error::Error;
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tonic::Status;

/// So long nothing is sent at most: the watcher, and whatever lies between, knows that the stream lives.
const QUIET: Duration = Duration::from_secs(5);
/// So many items of the past are loaded at one time.
const BATCH: usize = 500;

/// What a watcher is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message<T> {
    /// What changed; `None`: only the position did.
    pub item: Option<T>,
    /// Where the stream can resume.
    pub position: Position,
    /// Too much changed since the position that was given: only in the first message.
    pub again: bool,
}

pub(super) struct Watcher<M, F, G> {
    position: Position,
    select: F,
    message: G,
    send: mpsc::Sender<Result<M, Status>>,
    sent: Instant,
}

/// What changed in the past.
enum Past {
    Changes(Vec<Change>),
    TooMuch,
}

impl<M, F, G> Watcher<M, F, G> {
    /// Of what comes after the position.
    pub(super) fn new(position: Position, select: F, message: G, send: mpsc::Sender<Result<M, Status>>) -> Self {
        Self { position, select, message, send, sent: Instant::now() }
    }

    /// The first message; and what changed since `after`.
    pub(super) async fn begin<S: Source, T>(&mut self, source: &S, after: Option<Position>) -> Result<(), Status>
    where
        F: Fn(&S::Item, bool) -> Option<T>,
        G: Fn(Message<T>) -> M,
    {
        let now = self.position;
        let Some(after) = after else { return self.tell(None, now, false).await };
        let changes = match within(past(source, after)).await? {
            Past::TooMuch => return self.tell(None, now, true).await,
            Past::Changes(changes) if changes.is_empty() => return self.tell(None, now, false).await,
            Past::Changes(changes) => changes,
        };
        // Whoever leaves in the middle of it begins there again.
        self.tell(None, after, false).await?;
        for batch in changes.chunks(BATCH) {
            let items = within(source.load(batch)).await?;
            for item in items.iter().filter_map(|item| (self.select)(item, true)).collect::<Vec<_>>() {
                self.tell(Some(item), after, false).await?;
            }
        }
        self.tell(None, now, false).await
    }

    /// What changes from then on. Ends when the watcher leaves.
    pub(super) async fn follow<I, T>(&mut self, mut batches: Batches<I>) -> Result<(), Status>
    where
        F: Fn(&I, bool) -> Option<T>,
        G: Fn(Message<T>) -> M,
    {
        loop {
            match batches.recv().await {
                Ok(batch) => self.hand_on(&batch).await?,
                Err(RecvError::Lagged(_)) => return Err(lost("was not read fast enough")),
                Err(RecvError::Closed) => return Err(lost("was lost")),
            }
        }
    }

    async fn hand_on<I, T>(&mut self, batch: &Batch<I>) -> Result<(), Status>
    where
        F: Fn(&I, bool) -> Option<T>,
        G: Fn(Message<T>) -> M,
    {
        let before = self.position;
        self.position = batch.position.unwrap_or(before);
        let mut items =
            batch.items.iter().filter_map(|item| (self.select)(item, false)).collect::<Vec<_>>().into_iter();
        while let Some(item) = items.next() {
            let position = if items.len() == 0 { self.position } else { before };
            self.tell(Some(item), position, false).await?;
        }
        if self.sent.elapsed() > QUIET {
            self.tell(None, self.position, false).await?;
        }
        Ok(())
    }

    async fn tell<T>(&mut self, item: Option<T>, position: Position, again: bool) -> Result<(), Status>
    where
        G: Fn(Message<T>) -> M,
    {
        self.sent = Instant::now();
        let message = (self.message)(Message { item, position, again });
        // Nobody hears why.
        self.send.send(Ok(message)).await.map_err(|_| lost("was left"))
    }
}

/// What changed since a position, each entity once. What is found by its time may have changed before.
async fn past<S: Source>(source: &S, after: Position) -> Result<Past, Error> {
    let limit = i64::try_from(MOST).unwrap_or(i64::MAX) + 1;
    let look = Look { above: after.mark, missing: &[], since: Some(after.at - LATE), limit };
    let found = source.look(look).await?;
    // Of a database that was there before this one, or of an older copy.
    let foreign = after.mark > found.highest || after.at > found.at;
    let mut changes = BTreeMap::new();
    for Change { id, sequence } in found.told.iter().map(|(_, change)| *change).chain(found.touched) {
        changes.entry(id).and_modify(|first| *first = sequence.min(*first)).or_insert(sequence);
    }
    if foreign || found.told.len() > MOST || changes.len() > MOST {
        return Ok(Past::TooMuch);
    }
    Ok(Past::Changes(changes.into_iter().map(|(id, sequence)| Change { id, sequence }).collect()))
}
