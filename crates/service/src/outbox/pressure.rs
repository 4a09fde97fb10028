//! How much accepted work waits, and whether more may be added to it.
//!
//! New work is taken while Temporal is away: then only the number of rows counts. While it answers, what waits to be
//! started should be started soon: beyond that, new work is taken a little slower than the old is started, so that
//! what waits becomes less again. Decisions, and what carries accepted work on, are always taken.

use super::relay;
use crate::{config, db};
use ::metrics::gauge;
use sqlx::postgres::PgPool;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// So much may always wait, so that a crowd that comes at once is not refused.
const CROWD: i64 = 600;
/// While more waits, new work comes faster than it is started.
const LAG: i64 = 8;
/// While too much waits, new work comes at this part of the rate at which the old is started.
const PART: f64 = 0.9;
/// So many seconds' worth of that may come at once.
const AT_ONCE: f64 = 0.25;
/// The weight of the last look in the rate.
const NEWEST: f64 = 0.3;
/// When to come again: the next place is one of many callers', so not at once; and if nobody knows.
const SOON: Duration = Duration::from_secs(1);
const LATER: Duration = Duration::from_secs(5);

/// See the module.
#[derive(Clone, Debug)]
pub struct Pressure {
    /// Rows at most, whatever happens.
    limit: i64,
    /// Starts of so many seconds may wait while Temporal answers.
    seconds: f64,
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
struct State {
    /// Rows of all kinds, by the last look, and what came since.
    rows: i64,
    /// Starts that wait, by the last look, and what came and went since.
    waiting: i64,
    /// Started since the last look.
    started: i64,
    looked: Instant,
    /// Started a second, of late; 0 while Temporal is away.
    rate: f64,
    /// What may come now, while too much waits.
    allowed: f64,
    credited: Instant,
}

impl Pressure {
    pub(super) fn new(config: &config::Outbox) -> Self {
        Self::with(config.backlog_limit, config.backlog_s as f64)
    }

    /// None: where nothing waits for Temporal.
    #[must_use]
    pub fn none() -> Self {
        Self::with(i64::MAX, 0.0)
    }

    fn with(limit: i64, seconds: f64) -> Self {
        let now = Instant::now();
        let state = State { rows: 0, waiting: 0, started: 0, looked: now, rate: 0.0, allowed: 0.0, credited: now };
        Self { limit, seconds, state: Arc::new(Mutex::new(state)) }
    }

    /// Whether new work may come.
    ///
    /// # Errors
    /// It may not; it might after so long.
    pub fn admit(&self) -> Result<(), Duration> {
        self.admit_at(Instant::now())
    }

    fn admit_at(&self, now: Instant) -> Result<(), Duration> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.rows >= self.limit {
            return Err(LATER);
        }
        let rate = state.rate * PART;
        let tolerable = f64::max(CROWD as f64, state.rate * self.seconds);
        if state.rate <= 0.0 || (state.waiting as f64) < tolerable {
            state.credited = now;
            return Ok(());
        }
        let earned = now.duration_since(state.credited).as_secs_f64() * rate;
        state.allowed = (state.allowed + earned).min((rate * AT_ONCE).max(1.0));
        state.credited = now;
        if state.allowed >= 1.0 {
            state.allowed -= 1.0;
            return Ok(());
        }
        db::strain();
        Err(Duration::from_secs_f64((1.0 - state.allowed) / rate).clamp(SOON, LATER))
    }

    /// A row of new work was written.
    pub(super) fn came(&self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.rows += 1;
        state.waiting += 1;
        db::lag(state.lags());
    }

    /// One was delivered.
    pub(super) fn started(&self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.waiting -= 1;
        state.started += 1;
        db::lag(state.lags());
    }

    /// So many rows there are, and so many starts among them, by the database.
    fn counted(&self, rows: i64, waiting: i64, now: Instant) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let seconds = now.duration_since(state.looked).as_secs_f64().max(0.001);
        let rate = state.started as f64 / seconds;
        // Nothing at all: Temporal is away, which is no reason to refuse anything.
        state.rate = match (state.started, state.rate) {
            (0, _) => 0.0,
            (_, 0.0) => rate,
            (_, before) => before + NEWEST * (rate - before),
        };
        (state.rows, state.waiting, state.started, state.looked) = (rows, waiting, 0, now);
        db::lag(state.lags());
    }
}

impl State {
    /// Whether what waits is started, but not as fast as it comes. While Temporal is away nothing lags: it just waits.
    fn lags(&self) -> bool {
        self.waiting > LAG && (self.rate > 0.0 || self.started > 0)
    }
}

/// Counts the rows again and again.
pub(super) fn spawn(pressure: Pressure, every: Duration, pool: PgPool, stop: CancellationToken) {
    tokio::spawn(async move {
        let waiting = gauge!("oms_outbox_rows");
        while !stop.is_cancelled() {
            if let Ok((rows, starts)) = count(&pool, pressure.limit).await {
                pressure.counted(rows, starts, Instant::now());
                waiting.set(rows as f64);
            }
            relay::pause(every, &stop).await;
        }
    });
}

async fn count(pool: &PgPool, limit: i64) -> Result<(i64, i64), sqlx::Error> {
    sqlx::query_as(
        "-- pressure.count\nSELECT count(*), count(*) FILTER (WHERE start)
         FROM (SELECT start FROM outbox WHERE parked_at IS NULL LIMIT $1) rows",
    )
    .bind(limit)
    .fetch_one(pool)
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn pressure() -> Pressure {
        Pressure::with(5_000, 10.0)
    }

    /// As if so many were started in a second, and so many rows were left.
    fn second(pressure: &Pressure, now: &mut Instant, started: usize, rows: i64) {
        (0..started).for_each(|_| pressure.started());
        *now += SECOND;
        pressure.counted(rows, rows, *now);
    }

    /// How many are taken of a thousand that come within a second.
    fn taken(pressure: &Pressure, now: &mut Instant) -> usize {
        let begun = *now;
        let times = (1..=1_000).map(|n| begun + n * SECOND / 1_000);
        *now = begun + SECOND;
        times.filter(|at| pressure.admit_at(*at).is_ok()).count()
    }

    #[test]
    fn a_crowd_is_taken() {
        let (pressure, mut now) = (pressure(), Instant::now());
        second(&pressure, &mut now, 50, 599);
        assert_eq!(taken(&pressure, &mut now), 1_000);
    }

    #[test]
    fn beyond_some_seconds_of_work_less_comes_than_goes() {
        let (pressure, mut now) = (pressure(), Instant::now());
        second(&pressure, &mut now, 50, 1_001);
        let taken = taken(&pressure, &mut now);
        // And what had been saved before.
        assert!((44..=57).contains(&taken), "{taken}");
        assert_eq!(pressure.admit_at(now), Err(SOON));
        // What is worked off faster may be more.
        let pressure = Pressure::with(5_000, 10.0);
        second(&pressure, &mut now, 200, 1_999);
        assert!(pressure.admit_at(now).is_ok());
    }

    #[test]
    fn more_than_a_few_that_wait_lag_unless_temporal_is_away() {
        let (pressure, mut now) = (pressure(), Instant::now());
        let lags = |pressure: &Pressure| pressure.state.lock().unwrap().lags();
        (0..LAG + 2).for_each(|_| pressure.came());
        assert!(!lags(&pressure), "nobody has seen Temporal");
        pressure.started();
        assert!(lags(&pressure));
        pressure.started();
        assert!(!lags(&pressure));
        second(&pressure, &mut now, 50, LAG + 1);
        assert!(lags(&pressure));
        second(&pressure, &mut now, 0, LAG + 1);
        assert!(!lags(&pressure));
    }

    #[test]
    fn while_temporal_is_away_only_the_rows_count() {
        let (pressure, mut now) = (pressure(), Instant::now());
        second(&pressure, &mut now, 50, 4_000);
        second(&pressure, &mut now, 0, 4_999);
        assert_eq!(taken(&pressure, &mut now), 1_000);
        pressure.came();
        assert_eq!(pressure.admit_at(now), Err(LATER));
    }
}
