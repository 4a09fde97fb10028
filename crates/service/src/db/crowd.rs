//! The turns of new work, of which there may suddenly be far too much.
//!
//! A queue in which everybody waits for seconds serves nobody in time. So only a short one is served in its order; of a
//! long one the last to come is first, because it can still be answered at once, and whoever waits longer is likely to be
//! refused. Once too much comes, until nobody had to be refused for a while, those who have waited for more than a moment
//! are, the last to come is always first, and fewer are served at one time: the processor is what there is too little of
//! then, and each of many is served more slowly.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// When more wait, too much comes. A hundred requests at once are no overload.
const MOST: usize = 128;
/// So many wait in their order.
const IN_ORDER: usize = 32;
/// Whoever has waited for so long is next, if it is not refused.
const LONG: Duration = Duration::from_secs(2);
/// While too much comes, nobody is served who has waited for longer.
const MOMENT: Duration = Duration::from_millis(40);
/// For so long after it was last said, or somebody was last refused, too much comes.
const STRAINED: Duration = Duration::from_secs(1);

/// So many at one time.
pub(super) struct Crowd {
    state: Mutex<State>,
}

struct State {
    /// So many at one time, and so many while too much comes.
    turns: usize,
    few: usize,
    /// Being served.
    served: usize,
    /// The first to come is in front.
    waiting: VecDeque<Waiter>,
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
        Self { state: Mutex::new(State { turns, few, served: 0, waiting: VecDeque::new(), strained: None }) }
    }

    /// Waits for a turn. `None`: too much comes, and this came too early.
    pub(super) async fn turn(&'static self) -> Option<Turn> {
        let receive = {
            let (now, mut state) = (Instant::now(), self.lock());
            if state.free(now) {
                state.served += 1;
                return Some(Turn(self));
            }
            let (turn, receive) = oneshot::channel();
            state.waiting.push_back(Waiter { since: now, turn });
            if state.waiting.len() > MOST {
                state.strained = Some(now);
            }
            state.refuse(now);
            receive
        };
        receive.await.ok()
    }

    /// Says that too much comes.
    pub(super) fn strain(&self) {
        let mut state = self.lock();
        state.strained = Some(Instant::now());
        state.refuse(Instant::now());
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn is_strained(&self, now: Instant) -> bool {
        self.strained.is_some_and(|since| now.duration_since(since) < STRAINED)
    }

    /// Whether one more may be served.
    fn free(&self, now: Instant) -> bool {
        self.served < if self.is_strained(now) { self.few } else { self.turns }
    }

    /// Refuses those who have waited for too long, if too much comes.
    fn refuse(&mut self, now: Instant) {
        if self.is_strained(now) {
            while self.waiting.front().is_some_and(|first| now.duration_since(first.since) > MOMENT) {
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
        let first = self.waiting.front()?;
        let in_order =
            !self.is_strained(now) && (self.waiting.len() <= IN_ORDER || now.duration_since(first.since) > LONG);
        let next = if in_order { self.waiting.pop_front() } else { self.waiting.pop_back() }?;
        self.served += 1;
        Some(next.turn)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let now = Instant::now();
        self.0.lock().served -= 1;
        // More than one, once it is over that too much comes.
        loop {
            let next = self.0.lock().next(now);
            let Some(next) = next else { return };
            // Nobody waits there any more: dropping it again finds the one after.
            drop(next.send(Turn(self.0)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt as _;

    fn crowd() -> &'static Crowd {
        Box::leak(Box::new(Crowd::new(1, 1)))
    }

    #[test]
    fn a_few_come_in_their_order() {
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

    #[test]
    fn of_many_the_last_is_first() {
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

    #[test]
    fn too_many_are_too_much_until_the_queue_is_short() {
        let crowd = crowd();
        let _turn = crowd.turn().now_or_never().flatten().unwrap();
        let mut early: Vec<_> = (0..MOST).map(|_| Box::pin(crowd.turn())).collect();
        assert!(early.iter_mut().all(|one| one.as_mut().now_or_never().is_none()));
        std::thread::sleep(MOMENT + Duration::from_millis(5));
        assert_eq!(crowd.lock().waiting.len(), MOST, "a crowd waits");
        let mut late = Box::pin(crowd.turn());
        assert!(late.as_mut().now_or_never().is_none());
        assert_eq!(crowd.lock().waiting.len(), 1, "of more than that the early ones are refused");
        std::thread::sleep(MOMENT + Duration::from_millis(5));
        let mut later = Box::pin(crowd.turn());
        assert!(later.as_mut().now_or_never().is_none());
        assert!(late.now_or_never().unwrap().is_none(), "and so it goes on");
    }

    #[test]
    fn fewer_are_served_while_too_much_comes() {
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

    #[test]
    fn who_has_waited_too_long_is_refused_when_too_much_comes() {
        let crowd = crowd();
        let _turn = crowd.turn().now_or_never().flatten().unwrap();
        let mut early = Box::pin(crowd.turn());
        assert!(early.as_mut().now_or_never().is_none());
        std::thread::sleep(MOMENT + Duration::from_millis(5));
        let mut late = Box::pin(crowd.turn());
        assert!(late.as_mut().now_or_never().is_none());
        crowd.strain();
        assert!(early.now_or_never().unwrap().is_none());
        assert!(late.now_or_never().is_none());
    }
}
