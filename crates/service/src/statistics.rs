//! What the services' figures have in common: over which time they are, in which steps, and that they are remembered
//! for some seconds, so that a page that many have open costs no more than one.

use crate::error::Error;
use contracts::Violations;
use contracts::common::StatisticsWindow;
use moka::Expiry;
use moka::future::Cache;
use std::hash::Hash;
use std::sync::Arc;
use std::time::Instant;
use time::{Duration, OffsetDateTime};

/// So many keys have their figures remembered.
const MOST: u64 = 1_000;

/// Over which time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Window {
    /// The last hour, in steps of a minute.
    Hour,
    /// The last day, in steps of an hour.
    Day,
}

/// The steps of a window that ends now. The last one is not over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Steps {
    /// Where the first one begins: a whole step since 1970, in UTC.
    pub begin: OffsetDateTime,
    /// How long each is.
    pub length: Duration,
    /// How many there are.
    pub count: i32,
}

impl Window {
    /// The window that a request asks for.
    pub fn read(violations: &mut Violations, field: &str, wire: i32) -> Option<Self> {
        match StatisticsWindow::try_from(wire) {
            Ok(StatisticsWindow::Unspecified | StatisticsWindow::Hour) => Some(Self::Hour),
            Ok(StatisticsWindow::Day) => Some(Self::Day),
            Err(_) => {
                violations.add(field, "is not a known window");
                None
            }
        }
    }

    /// How long its figures are good for.
    #[must_use]
    pub const fn remembered(self) -> std::time::Duration {
        std::time::Duration::from_secs(match self {
            Self::Hour => 2,
            Self::Day => 15,
        })
    }

    /// Its steps at this time.
    #[must_use]
    pub fn steps(self, now: OffsetDateTime) -> Steps {
        let (length, count) = match self {
            Self::Hour => (Duration::MINUTE, 60),
            Self::Day => (Duration::HOUR, 24),
        };
        let into = Duration::seconds(now.unix_timestamp().rem_euclid(length.whole_seconds()));
        let last = now - into - Duration::nanoseconds(i64::from(now.nanosecond()));
        Steps { begin: last - length * (count - 1), length, count }
    }
}

impl Steps {
    /// Where each begins, the oldest first.
    pub fn starts(self) -> impl Iterator<Item = OffsetDateTime> {
        (0..self.count).map(move |step| self.begin + self.length * step)
    }
}

/// Figures by key, each good for some seconds. Callers that ask while nobody knows wait for one answer.
#[derive(Clone)]
pub struct Remembered<K, V>(Cache<K, V>);

struct GoodFor<K>(fn(&K) -> std::time::Duration);

impl<K, V> Expiry<K, V> for GoodFor<K> {
    fn expire_after_create(&self, key: &K, _: &V, _: Instant) -> Option<std::time::Duration> {
        Some((self.0)(key))
    }

    fn expire_after_update(
        &self,
        key: &K,
        _: &V,
        _: Instant,
        _: Option<std::time::Duration>,
    ) -> Option<std::time::Duration> {
        Some((self.0)(key))
    }
}

impl<K, V> Remembered<K, V>
where
    K: Hash + Eq + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    /// With how long the figures of a key are good for.
    #[must_use]
    pub fn new(good_for: fn(&K) -> std::time::Duration) -> Self {
        Self(Cache::builder().max_capacity(MOST).expire_after(GoodFor(good_for)).build())
    }

    /// The figures of this key: those that are remembered, or what `load` finds. What it fails with is told to all who
    /// wait, and not remembered.
    ///
    /// # Errors
    /// Those of `load`.
    pub async fn get(&self, key: K, load: impl Future<Output = Result<V, Error>>) -> Result<V, Error> {
        self.0.try_get_with(key, load).await.map_err(|error: Arc<Error>| match *error {
            Error::Overloaded => Error::Overloaded,
            Error::Unavailable(_) => Error::unavailable(error),
            _ => Error::internal(error),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::future::join_all;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use tokio::sync::Barrier;

    fn at(seconds: i64, nanoseconds: i64) -> OffsetDateTime {
        OffsetDateTime::UNIX_EPOCH + Duration::seconds(seconds) + Duration::nanoseconds(nanoseconds)
    }

    #[test]
    fn an_hour_has_sixty_minutes_and_ends_with_the_one_that_is_not_over() {
        let steps = Window::Hour.steps(at(7_199, 999_999_999));
        assert_eq!(steps, Steps { begin: at(3_600, 0), length: Duration::MINUTE, count: 60 });
        let starts: Vec<_> = steps.starts().collect();
        assert_eq!((starts.len(), starts[0], starts[59]), (60, at(3_600, 0), at(7_140, 0)));
        assert_eq!(Window::Hour.steps(at(7_200, 0)).begin, at(3_660, 0), "a new minute has begun");
    }

    #[test]
    fn a_day_has_twenty_four_hours() {
        let steps = Window::Day.steps(at(86_400 + 1, 5));
        assert_eq!(steps, Steps { begin: at(3_600, 0), length: Duration::HOUR, count: 24 });
        assert_eq!(steps.starts().last(), Some(at(86_400, 0)));
        assert_eq!(Window::Day.steps(at(-1, 5)).starts().last(), Some(at(-3_600, 0)), "before 1970 too");
    }

    #[test]
    fn an_unknown_window_is_named() {
        let mut v = Violations::new();
        assert_eq!(Window::read(&mut v, "window", 0), Some(Window::Hour));
        assert_eq!(Window::read(&mut v, "window", StatisticsWindow::Day.into()), Some(Window::Day));
        assert!(v.is_empty());
        assert_eq!(Window::read(&mut v, "window", 9), None);
        assert_eq!(v.iter().next().unwrap().field, "window");
    }

    #[tokio::test]
    async fn a_crowd_asks_once() {
        let (figures, asked) = (Remembered::new(|_: &u8| std::time::Duration::from_secs(60)), AtomicUsize::new(0));
        // Nobody has an answer before all have asked.
        let all = Barrier::new(2);
        let load = || async {
            let nth = asked.fetch_add(1, Ordering::Relaxed);
            all.wait().await;
            Ok(nth)
        };
        let crowd = join_all((0..10).map(|_| figures.get(1, load())));
        let (found, _) = tokio::join!(crowd, all.wait());
        assert!(found.into_iter().all(|found| found.unwrap() == 0));
        assert_eq!(figures.get(1, async { Ok(7) }).await.unwrap(), 0);
        assert_eq!(figures.get(2, async { Ok(7) }).await.unwrap(), 7, "another key has its own");
    }

    #[tokio::test]
    async fn what_is_old_or_failed_is_asked_for_again() {
        let figures = Remembered::new(|_: &u8| std::time::Duration::from_nanos(1));
        assert_eq!(figures.get(1, async { Ok(1) }).await.unwrap(), 1);
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        assert_eq!(figures.get(1, async { Ok(2) }).await.unwrap(), 2);
        let figures = Remembered::new(|_: &u8| std::time::Duration::from_secs(60));
        let away = figures.get(1, async { Err(Error::unavailable("away")) }).await;
        assert!(away.is_err_and(|error| error.is_unavailable()));
        assert_eq!(figures.get(1, async { Ok(3) }).await.unwrap(), 3);
    }
}
