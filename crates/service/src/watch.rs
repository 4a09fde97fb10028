//! Streams of an entity's events.
//!
//! The events themselves always come from the database. The hub only says that
//! there are new ones: at once for a change made by this process, within
//! [`LOOK`] for one made by another.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use tonic::Status;

/// How often other processes' changes are looked for, all watched entities at once.
pub const LOOK: Duration = Duration::from_millis(200);

/// What a watch RPC returns.
pub type EventStream<T> = Pin<Box<dyn futures::Stream<Item = Result<T, Status>> + Send>>;

/// Who watches what in this process.
#[derive(Clone, Default)]
pub struct Hub {
    watched: Arc<Mutex<HashMap<String, watch::Sender<i64>>>>,
    stop: CancellationToken,
}

/// New events of one entity.
pub struct Batch<T> {
    /// In order, each with its sequence number.
    pub events: Vec<(i64, T)>,
    /// Whether no more can follow.
    pub last: bool,
}

impl Hub {
    /// Streams end when `stop` is cancelled.
    #[must_use]
    pub fn new(stop: CancellationToken) -> Self {
        Self { watched: Arc::default(), stop }
    }

    /// Says that the entity has an event with this number.
    pub fn publish(&self, entity: &str, sequence: i64) {
        let watched = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(sender) = watched.get(entity) {
            sender.send_if_modified(|seen| {
                let newer = sequence > *seen;
                *seen = sequence.max(*seen);
                newer
            });
        }
    }

    /// The entities watched now; forgets those that no longer are.
    #[must_use]
    pub fn watched(&self) -> Vec<String> {
        let mut watched = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
        watched.retain(|_, sender| sender.receiver_count() > 0);
        watched.keys().cloned().collect()
    }

    fn subscribe(&self, entity: &str) -> watch::Receiver<i64> {
        let mut watched = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
        watched.entry(entity.to_owned()).or_insert_with(|| watch::channel(0).0).subscribe()
    }

    /// Streams events after a sequence number. `load` reads them from the database.
    /// Ends with `OK` after the last possible event, with `UNAVAILABLE` when the
    /// process stops or the database is away (the caller resumes), and with
    /// `DEADLINE_EXCEEDED` after `lifetime`.
    pub fn stream<T, F, L>(&self, entity: &str, after: i64, lifetime: Duration, load: L) -> EventStream<T>
    where
        T: Send + 'static,
        F: Future<Output = Result<Batch<T>, Status>> + Send,
        L: Fn(i64) -> F + Send + 'static,
    {
        let changes = self.subscribe(entity);
        open(self.stop.clone(), lifetime, move |send| async move { feed(&send, changes, after, load).await })
    }
}

/// A stream of what `run` sends. It ends when `run` does, and as every watch ends: when the process stops, and after
/// `lifetime`.
pub(crate) fn open<T, R>(
    stop: CancellationToken,
    lifetime: Duration,
    run: impl FnOnce(mpsc::Sender<Result<T, Status>>) -> R,
) -> EventStream<T>
where
    T: Send + 'static,
    R: Future<Output = Result<(), Status>> + Send + 'static,
{
    let (send, receive) = mpsc::channel(16);
    let run = run(send.clone());
    tokio::spawn(async move {
        let end = tokio::select! {
            end = run => end,
            () = send.closed() => return,
            () = stop.cancelled() => Err(Status::unavailable("the service is stopping; resume the watch")),
            () = tokio::time::sleep(lifetime) => Err(Status::deadline_exceeded("the watch has been open for too long; resume it")),
        };
        if let Err(status) = end {
            // A caller that left needs no reason.
            let _ = send.send(Err(status)).await;
        }
    });
    Box::pin(ReceiverStream::new(receive))
}

async fn feed<T, F>(
    send: &mpsc::Sender<Result<T, Status>>,
    mut changes: watch::Receiver<i64>,
    mut after: i64,
    load: impl Fn(i64) -> F,
) -> Result<(), Status>
where
    F: Future<Output = Result<Batch<T>, Status>>,
{
    loop {
        let batch = load(after).await?;
        for (sequence, event) in batch.events {
            after = after.max(sequence);
            if send.send(Ok(event)).await.is_err() {
                return Ok(());
            }
        }
        if batch.last {
            return Ok(());
        }
        changes
            .wait_for(|seen| *seen > after)
            .await
            .map_err(|_| Status::unavailable("the watch was lost; resume it"))?;
    }
}
