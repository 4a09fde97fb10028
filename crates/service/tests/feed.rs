//! The feed of changes, of rows whose transactions end in the order that a test likes.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that can't go on has failed")]

use futures::StreamExt as _;
use service::Error;
use service::feed::{Change, Feed, Found, LOOK, Look, Message, Position, Source};
use service::watch::EventStream;
use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use time::OffsetDateTime;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tonic::Code;
use uuid::Uuid;

const PATIENCE: Duration = Duration::from_secs(20);
const LIFETIME: Duration = Duration::from_secs(3_600);

/// Numbered rows, whose transactions the test ends as it likes.
#[derive(Clone, Default)]
struct Fake(Arc<State>);

#[derive(Default)]
struct State {
    rows: Mutex<Vec<(i64, Change)>>,
    touched: Mutex<Vec<(OffsetDateTime, Change)>>,
    /// The oldest transaction that has not ended; 0: none.
    oldest: Mutex<i64>,
    away: Mutex<bool>,
    /// By so much its clock is ahead.
    ahead: Mutex<time::Duration>,
    looks: AtomicUsize,
    loaded: AtomicUsize,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[tonic::async_trait]
impl Source for Fake {
    type Item = Change;

    async fn look(&self, look: Look<'_>) -> Result<Found, Error> {
        self.0.looks.fetch_add(1, Ordering::Relaxed);
        if *lock(&self.0.away) {
            return Err(Error::unavailable("away"));
        }
        let rows = lock(&self.0.rows);
        let above = rows.iter().filter(|(n, _)| *n > look.above).take(usize::try_from(look.limit).unwrap());
        let missing = rows.iter().filter(|(n, _)| look.missing.contains(n));
        let touched = lock(&self.0.touched);
        let since = touched.iter().filter(|(at, _)| look.since.is_some_and(|since| *at >= since));
        let xmax = 1_000_000 + i64::try_from(self.0.looks.load(Ordering::Relaxed)).unwrap();
        let oldest = *lock(&self.0.oldest);
        Ok(Found {
            xmin: if oldest == 0 { xmax } else { oldest },
            xmax,
            at: OffsetDateTime::now_utc() + *lock(&self.0.ahead),
            highest: rows.iter().map(|(n, _)| *n).max().unwrap_or_default(),
            told: above.chain(missing).copied().collect(),
            touched: since.map(|(_, change)| *change).collect(),
        })
    }

    async fn load(&self, changes: &[Change]) -> Result<Vec<Change>, Error> {
        // As a database would, it takes its time: others do something meanwhile.
        tokio::time::sleep(Duration::from_millis(2)).await;
        self.0.loaded.fetch_add(changes.len(), Ordering::Relaxed);
        Ok(changes.to_vec())
    }
}

impl Fake {
    fn tell(&self, numbers: impl IntoIterator<Item = i64>) {
        let row = |n| (n, Change { id: Uuid::from_u128(u128::try_from(n).unwrap()), sequence: 1 });
        lock(&self.0.rows).extend(numbers.into_iter().map(row));
    }

    async fn until_loaded(&self, items: usize) {
        let loaded = async {
            while self.0.loaded.load(Ordering::Relaxed) < items {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(PATIENCE, loaded).await.unwrap();
    }
}

type Stream = EventStream<Message<i64>>;

async fn watch(feed: &Feed<Fake>, after: Option<Position>) -> Stream {
    let select = |change: &Change, _: bool| i64::try_from(change.id.as_u128()).ok();
    feed.watch(after, LIFETIME, select, |message| message).await.unwrap()
}

async fn next(stream: &mut Stream) -> Result<Message<i64>, tonic::Status> {
    timeout(PATIENCE, stream.next()).await.expect("a message").expect("no end")
}

/// The next items, whatever their order, and the last position.
async fn items(stream: &mut Stream, count: usize) -> (HashSet<i64>, Position) {
    let mut found = HashSet::new();
    loop {
        let message = next(stream).await.unwrap();
        if let Some(item) = message.item {
            assert!(found.insert(item), "{item} twice");
        }
        if found.len() == count {
            return (found, message.position);
        }
    }
}

fn feed(source: &Fake) -> (Feed<Fake>, CancellationToken) {
    let stop = CancellationToken::new();
    (Feed::new(source.clone(), stop.clone()), stop)
}

#[tokio::test]
async fn what_changes_is_sent_once_to_each() {
    let source = Fake::default();
    source.tell(1..=3);
    let (feed, _stop) = feed(&source);
    let mut streams = [watch(&feed, None).await, watch(&feed, None).await];
    for stream in &mut streams {
        let first = next(stream).await.unwrap();
        assert_eq!((first.item, first.again), (None, false));
    }
    source.tell([4]);
    // It is found by its time too, as often as that is looked at.
    lock(&source.0.touched).push((OffsetDateTime::now_utc(), Change { id: Uuid::from_u128(4), sequence: 1 }));
    for stream in &mut streams {
        assert_eq!(items(stream, 1).await.0, [4].into());
    }
    source.tell([5]);
    for stream in &mut streams {
        assert_eq!(items(stream, 1).await.0, [5].into());
    }
    assert_eq!(source.0.loaded.load(Ordering::Relaxed), 2, "once for both");
}

#[tokio::test]
async fn a_number_that_comes_late_is_sent_and_waited_for_by_the_position() {
    let source = Fake::default();
    source.tell([1]);
    let (feed, _stop) = feed(&source);
    let mut stream = watch(&feed, None).await;
    next(&mut stream).await.unwrap();
    *lock(&source.0.oldest) = 7;
    source.tell([3]);
    let (found, position) = items(&mut stream, 1).await;
    assert_eq!(found, [3].into());
    // Whoever resumes there finds what was missing, also in another process.
    source.tell([2]);
    assert_eq!(items(&mut stream, 1).await.0, [2].into());
    let (other, _other_stop) = self::feed(&source);
    let mut resumed = watch(&other, Some(position)).await;
    assert_eq!(next(&mut resumed).await.unwrap().position, position, "until all of it was sent");
    assert_eq!(items(&mut resumed, 2).await.0, [2, 3].into());
    let after = next(&mut resumed).await.unwrap();
    assert!(after.item.is_none() && after.position != position);
    *lock(&source.0.oldest) = 0;
    source.tell([4]);
    let (found, position) = items(&mut resumed, 1).await;
    assert_eq!(found, [4].into());
    // Nothing is sent again.
    let mut resumed = watch(&feed, Some(position)).await;
    assert_eq!(next(&mut resumed).await.unwrap().item, None);
    source.tell([5]);
    assert_eq!(items(&mut resumed, 1).await.0, [5].into());
}

#[tokio::test]
async fn who_does_not_read_is_ended_and_resumes() {
    let source = Fake::default();
    let (feed, _stop) = feed(&source);
    let (mut slow, mut quick) = (watch(&feed, None).await, watch(&feed, None).await);
    let reader = tokio::spawn(async move {
        next(&mut quick).await.unwrap();
        items(&mut quick, 45_000).await
    });
    source.tell(1..=45_000);
    source.until_loaded(45_000).await;
    assert_eq!(reader.await.unwrap().0.len(), 45_000);
    let (mut read, mut position, mut end) = (0, None, None);
    while end.is_none() {
        match next(&mut slow).await {
            Ok(message) => {
                read += usize::from(message.item.is_some());
                position = Some(message.position);
            }
            Err(status) => end = Some(status),
        }
    }
    assert_eq!(end.unwrap().code(), Code::Unavailable);
    assert!(read < 1_000, "what waits for one that does not read is bounded: {read}");
    let mut resumed = watch(&feed, position).await;
    let first = next(&mut resumed).await.unwrap();
    assert!(first.again && first.item.is_none(), "more than is sent one by one");
}

#[tokio::test]
async fn a_position_of_another_database_says_nothing() {
    let source = Fake::default();
    source.tell(1..=3);
    let (feed, _stop) = feed(&source);
    for (rows, ahead, again) in [(3, 0, false), (4, 0, true), (3, 1, true)] {
        let other = Fake::default();
        other.tell(1..=rows);
        *lock(&other.0.ahead) = time::Duration::hours(ahead);
        let (others, _others_stop) = self::feed(&other);
        let position = next(&mut watch(&others, None).await).await.unwrap().position;
        let mut stream = watch(&feed, Some(position)).await;
        assert_eq!(next(&mut stream).await.unwrap().again, again, "{rows} rows, {ahead} hours");
    }
}

#[tokio::test]
async fn streams_end_with_the_database_and_with_the_process() {
    let source = Fake::default();
    let (feed, stop) = feed(&source);
    let mut stream = watch(&feed, None).await;
    next(&mut stream).await.unwrap();
    *lock(&source.0.away) = true;
    assert_eq!(next(&mut stream).await.unwrap_err().code(), Code::Unavailable);
    assert!(feed.watch(None, LIFETIME, |_, _| Some(()), |message| message).await.is_err());
    *lock(&source.0.away) = false;
    let mut stream = watch(&feed, None).await;
    next(&mut stream).await.unwrap();
    source.tell([1]);
    assert_eq!(items(&mut stream, 1).await.0, [1].into());
    let mut short = feed.watch(None, LOOK, |_, _| Some(()), |message| message).await.unwrap();
    assert!(short.next().await.unwrap().is_ok());
    assert_eq!(short.next().await.unwrap().unwrap_err().code(), Code::DeadlineExceeded);
    stop.cancel();
    assert_eq!(next(&mut stream).await.unwrap_err().code(), Code::Unavailable);
}

#[tokio::test]
async fn nobody_looks_when_nobody_watches() {
    let source = Fake::default();
    let (feed, _stop) = feed(&source);
    let mut stream = watch(&feed, None).await;
    next(&mut stream).await.unwrap();
    let looks = || source.0.looks.load(Ordering::Relaxed);
    let begun = looks();
    let looking = async {
        while looks() == begun {
            tokio::time::sleep(LOOK / 10).await
        }
    };
    timeout(PATIENCE, looking).await.unwrap();
    drop(stream);
    // One may be under way.
    tokio::time::sleep(LOOK * 3).await;
    let ended = looks();
    tokio::time::sleep(LOOK * 5).await;
    assert_eq!(looks(), ended);
    let mut stream = watch(&feed, None).await;
    next(&mut stream).await.unwrap();
    source.tell([1]);
    assert_eq!(items(&mut stream, 1).await.0, [1].into());
}
