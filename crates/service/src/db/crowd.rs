//! The turns of new work, of which there may suddenly be far too much.
//!
//! A queue in which everybody waits for seconds serves nobody in time. So only a short one is served in its order; of a
//! long one the last to come is first, because it can still be answered at once.
//!
//! What is accepted also has to be carried out, which takes many times as long. While that lags behind, a queue may be
//! the beginning of a flood. Then fewer are served at one time: the processor is what there is too little of, and each of
//! many is served more slowly. The last to come is first, and whoever has waited for more than a moment is held back:
//! when nobody has to wait any more it was a burst, and they are served; when that lasts, too much comes, and they are
//! refused. So what is accepted is accepted quickly. Once too much comes, until nobody had to be refused for a while,
//! whoever has waited for more than a moment is refused at once.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// When more wait, too much comes. A hundred requests at once are no overload.
const MOST: usize = 128;
/// So many wait in their order.
const IN_ORDER: usize = 32;
/// Whoever has waited for so long is next; in a flood it shows that too much comes.
const LONG: Duration = Duration::from_secs(2);
/// Whoever has waited for longer is late. The last to come is never, as long as more come than can be served.
const MOMENT: Duration = Duration::from_millis(5);
/// For so long after somebody had to wait more may come. Longer than a process is kept from running now and then.
const CALM: Duration = Duration::from_millis(250);
/// For so long after it was last said, or somebody was last refused, too much comes.
const STRAINED: Duration = Duration::from_secs(1);

/// So many at one time.
pub(super) struct Crowd {
    state: Mutex<State>,
}

struct State {
    /// So many at one time, and so many in a flood.
    turns: usize,
    few: usize,
    /// Whoever has waited for longer is late.
    moment: Duration,
    /// Being served.
    served: usize,
    /// The first to come is in front.
    waiting: VecDeque<Waiter>,
    /// When somebody last had to wait.
    crowded: Option<Instant>,
    /// Whether what was accepted is carried out more slowly than it comes.
    lags: bool,
    /// When it was last seen that too much comes.
    strained: Option<Instant>,
}

struct Waiter {
    since: Instant,
    turn: oneshot::Sender<Turn>,
}

/// A turn, until it is dropped: then it is the next one's.
pub(super) struct Turn(&'static Crowd);

impl Crowd {
    pub(super) const fn new(turns: usize, few: usize) -> Self {
        let waiting = VecDeque::new();
        let state =
            State { turns, few, moment: MOMENT, served: 0, waiting, crowded: None, lags: false, strained: None };
        Self { state: Mutex::new(state) }
    }

    /// Waits for a turn. `None`: too much comes, and this came too early.
    pub(super) async fn turn(&'static self) -> Option<Turn> {
        let mut receive = {
            let (now, mut state) = (Instant::now(), self.lock());
            if state.free(now) {
                state.served += 1;
                return Some(Turn(self));
            }
            let (turn, receive) = oneshot::channel();
            state.waiting.push_back(Waiter { since: now, turn });
            state.crowded = Some(now);
            if state.waiting.len() > MOST {
                state.strained = Some(now);
            }
            state.refuse(now);
            receive
        };
        // Who is held back looks again and again: perhaps nobody else comes or goes.
        loop {
            match tokio::time::timeout(CALM, &mut receive).await {
                Ok(turn) => return turn.ok(),
                Err(_) => self.serve(),
            }
        }
    }

    /// Says that too much comes.
    pub(super) fn strain(&self) {
        let mut state = self.lock();
        state.strained = Some(Instant::now());
        state.refuse(Instant::now());
    }

    /// Says whether what was accepted is carried out more slowly than it comes.
    pub(super) fn lag(&self, lags: bool) {
        self.lock().lags = lags;
    }

    /// Gives turns to those who can be served now: more than one when a flood is over.
    fn serve(&'static self) {
        let now = Instant::now();
        loop {
            let next = self.lock().next(now);
            let Some(next) = next else { return };
            // Nobody waits there any more: dropping it again finds the one after.
            drop(next.send(Turn(self)));
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiter {
    fn has_waited(&self, now: Instant) -> Duration {
        now.duration_since(self.since)
    }
}

impl State {
    fn is_strained(&self, now: Instant) -> bool {
        self.strained.is_some_and(|since| now.duration_since(since) < STRAINED)
    }

    /// Whether too much comes, or might: those who come have to wait, and what was accepted lags behind.
    fn is_flooded(&self, now: Instant) -> bool {
        let crowded = self.crowded.is_some_and(|since| now.duration_since(since) < CALM);
        self.is_strained(now) || (self.lags && crowded)
    }

    /// Whether one more may be served.
    fn free(&self, now: Instant) -> bool {
        self.served < if self.is_flooded(now) { self.few } else { self.turns }
    }

    /// Refuses those who are late, if too much comes.
    fn refuse(&mut self, now: Instant) {
        if self.is_flooded(now) && self.waiting.front().is_some_and(|first| first.has_waited(now) > LONG) {
            self.strained = Some(now);
        }
        if self.is_strained(now) {
            while self.waiting.front().is_some_and(|first| first.has_waited(now) > self.moment) {
                self.waiting.pop_front();
                // Else they would gather again, and wait for longer than before.
                self.strained = Some(now);
            }
        }
    }

    /// Whose turn it is, if it is anybody's.
    fn next(&mut self, now: Instant) -> Option<oneshot::Sender<Turn>> {
        self.refuse(now);
        if !self.free(now) {
            return None;
        }
        let (first, last) = (self.waiting.front()?, self.waiting.back()?);
        let in_order = self.waiting.len() <= IN_ORDER || first.has_waited(now) > LONG;
        let next = match self.is_flooded(now) {
            true if last.has_waited(now) > self.moment => None,
            false if in_order => self.waiting.pop_front(),
            _ => self.waiting.pop_back(),
        }?;
        self.served += 1;
        Some(next.turn)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.0.lock().served -= 1;
        self.0.serve();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt as _;
    use futures::future::{BoxFuture, join_all};

    /// One with a moment that is longer than a test is kept from running.
    fn crowd() -> &'static Crowd {
        let crowd: &'static Crowd = Box::leak(Box::new(Crowd::new(1, 1)));
        crowd.lock().moment = Duration::from_secs(1);
        crowd
    }

    /// Makes all who wait late.
    fn a_moment_passes(crowd: &Crowd) {
        let mut state = crowd.lock();
        let passed = state.moment + Duration::from_millis(100);
        state.waiting.iter_mut().for_each(|waiter| waiter.since -= passed);
    }

    #[tokio::test]
    async fn a_few_come_in_their_order() {
        let crowd = crowd();
        let turn = crowd.turn().now_or_never().flatten().unwrap();
        let (mut first, mut second) = (Box::pin(crowd.turn()), Box::pin(crowd.turn()));
        assert!(first.as_mut().now_or_never().is_none() && second.as_mut().now_or_never().is_none());
        drop(turn);
        assert!(second.as_mut().now_or_never().is_none());
        let turn = first.now_or_never().flatten();
        assert!(turn.is_some());
        drop(turn);
        assert!(second.now_or_never().flatten().is_some());
        assert_eq!(crowd.lock().served, 0);
    }

    #[tokio::test]
    async fn of_many_the_last_is_first() {
        let crowd = crowd();
        let turn = crowd.turn().now_or_never().flatten().unwrap();
        let mut waiting: Vec<_> = (0..=IN_ORDER).map(|_| Box::pin(crowd.turn())).collect();
        assert!(waiting.iter_mut().all(|one| one.as_mut().now_or_never().is_none()));
        drop(turn);
        assert!(waiting.pop().unwrap().now_or_never().flatten().is_some());
        // Those who leave are passed over, and the turn is not lost.
        drop(waiting);
        assert_eq!(crowd.lock().served, 0);
    }

    #[tokio::test]
    async fn too_many_are_too_much_until_the_queue_is_short() {
        let crowd = crowd();
        let _turn = crowd.turn().now_or_never().flatten().unwrap();
        let mut early: Vec<_> = (0..MOST).map(|_| Box::pin(crowd.turn())).collect();
        assert!(early.iter_mut().all(|one| one.as_mut().now_or_never().is_none()));
        a_moment_passes(crowd);
        assert_eq!(crowd.lock().waiting.len(), MOST, "a crowd waits");
        let mut late = Box::pin(crowd.turn());
        assert!(late.as_mut().now_or_never().is_none());
        assert_eq!(crowd.lock().waiting.len(), 1, "of more than that the early ones are refused");
        a_moment_passes(crowd);
        let mut later = Box::pin(crowd.turn());
        assert!(later.as_mut().now_or_never().is_none());
        assert!(late.now_or_never().unwrap().is_none(), "and so it goes on");
    }

    /// A crowd with one turn, taken, and others who wait for it for longer than a moment while what was accepted lags.
    fn held_back(others: usize) -> (&'static Crowd, Turn, Vec<BoxFuture<'static, Option<Turn>>>) {
        let crowd = crowd();
        crowd.lag(true);
        let turn = crowd.turn().now_or_never().flatten().unwrap();
        let mut late: Vec<_> = (0..others).map(|_| crowd.turn().boxed()).collect();
        assert!(late.iter_mut().all(|one| one.now_or_never().is_none()));
        a_moment_passes(crowd);
        (crowd, turn, late)
    }

    #[tokio::test]
    async fn who_is_late_is_held_back_until_nobody_new_has_to_wait() {
        let (crowd, turn, mut late) = held_back(2);
        let mut new = Box::pin(crowd.turn());
        assert!(new.as_mut().now_or_never().is_none());
        drop(turn);
        let turn = new.await;
        assert!(turn.is_some(), "who came last is first");
        drop(turn);
        assert!(late.iter_mut().all(|one| one.now_or_never().is_none()), "though a turn is free");
        let turns = join_all(late.into_iter().map(async |one| one.await.is_some())).await;
        assert_eq!(turns, [true, true], "it was a burst");
        assert_eq!(crowd.lock().served, 0);
    }

    #[tokio::test]
    async fn who_is_held_back_for_long_is_refused() {
        let (crowd, _turn, mut late) = held_back(2);
        let begun = Instant::now();
        while (&mut late[0]).now_or_never().is_none() {
            assert!(begun.elapsed() < 2 * LONG, "still held back");
            let new = crowd.turn();
            assert!(tokio::time::timeout(CALM / 4, new).await.is_err());
        }
        assert!((&mut late[1]).now_or_never().unwrap().is_none());
        assert!(crowd.lock().is_strained(Instant::now()));
    }

    #[tokio::test]
    async fn nobody_is_held_back_unless_what_was_accepted_lags() {
        let (crowd, turn, mut late) = held_back(2);
        crowd.lag(false);
        drop(turn);
        assert!((&mut late[0]).now_or_never().flatten().is_some());
    }

    #[tokio::test]
    async fn fewer_are_served_while_too_much_comes() {
        let crowd: &'static Crowd = Box::leak(Box::new(Crowd::new(3, 1)));
        crowd.strain();
        let turn = crowd.turn().now_or_never().flatten().unwrap();
        let mut waiting: Vec<_> = (0..3).map(|_| Box::pin(crowd.turn())).collect();
        assert!(waiting.iter_mut().all(|one| one.as_mut().now_or_never().is_none()));
        crowd.lock().strained = None;
        drop(turn);
        let turns: Vec<_> = waiting.into_iter().filter_map(|one| one.now_or_never().flatten()).collect();
        assert_eq!(turns.len(), 3, "then all that there is room for");
        drop(turns);
        assert_eq!(crowd.lock().served, 0);
    }

    #[tokio::test]
    async fn who_has_waited_too_long_is_refused_when_too_much_comes() {
        let crowd = crowd();
        let _turn = crowd.turn().now_or_never().flatten().unwrap();
        let mut early = Box::pin(crowd.turn());
        assert!(early.as_mut().now_or_never().is_none());
        a_moment_passes(crowd);
        let mut late = Box::pin(crowd.turn());
        assert!(late.as_mut().now_or_never().is_none());
        crowd.strain();
        assert!(early.now_or_never().unwrap().is_none());
        assert!(late.now_or_never().is_none());
    }
}
