//! The journal of a fulfilment: what was begun, done and undone, and what follows.

use contracts::ids::OrderId;
use std::time::Duration;

/// A step of the fulfilment. The table of what each does is [`crate::saga::STEPS`].
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    strum::Display,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantArray,
)]
#[strum(serialize_all = "snake_case")]
pub enum StepName {
    /// Hold the stock.
    Reserve,
    /// Charge the payment.
    Charge,
    /// Take the stock that is held.
    Commit,
}

/// How far an attempt of a step has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::Display, strum::EnumString, strum::IntoStaticStr)]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
pub enum JournalState {
    /// Begun; whether it took effect is not known.
    Started,
    /// It took effect.
    Done,
    /// It was refused for good and left nothing behind.
    Refused,
    /// What it had made is gone, and not by us.
    Lost,
    /// It took effect, or may have, and was undone.
    Undone,
}

/// One attempt of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Which.
    pub step: StepName,
    /// From 1; each has a key of its own.
    pub attempt: i32,
    /// How far it has come.
    pub state: JournalState,
    /// What it made.
    pub external: Option<String>,
    /// Which try of the undo, from 1: each has a key of its own.
    pub undo: i32,
    /// How long ago it was begun.
    pub age: Duration,
    /// How long its undo has been tried.
    pub undoing: Duration,
}

impl Entry {
    /// An attempt as it begins.
    #[must_use]
    pub const fn new(step: StepName, attempt: i32) -> Self {
        let (age, undoing) = (Duration::ZERO, Duration::ZERO);
        Self { step, attempt, state: JournalState::Started, external: None, undo: 1, age, undoing }
    }

    /// The key of what the step makes; unique for ever.
    #[must_use]
    pub fn key(&self, order: OrderId) -> String {
        format!("{order}/{}/{}", self.step, self.attempt)
    }

    /// Whether there is, or may be, something to undo.
    #[must_use]
    pub const fn is_live(&self) -> bool {
        matches!(self.state, JournalState::Started | JournalState::Done)
    }
}

/// Everything that was done for an order.
#[derive(Clone, Debug, Default)]
pub struct Journal(pub Vec<Entry>);

/// What a fulfilment does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    /// Which step.
    pub step: StepName,
    /// Which attempt of it.
    pub attempt: i32,
    /// Whether the attempt is in the journal already.
    pub begun: bool,
}

impl Journal {
    /// The last attempt of a step.
    #[must_use]
    pub fn last(&self, step: StepName) -> Option<&Entry> {
        self.0.iter().filter(|entry| entry.step == step).max_by_key(|entry| entry.attempt)
    }

    /// The first of the steps, in the order given, that is not done. `None`: all are.
    #[must_use]
    pub fn due(&self, mut steps: impl Iterator<Item = StepName>) -> Option<Due> {
        steps.find_map(|step| match self.last(step) {
            None => Some(Due { step, attempt: 1, begun: false }),
            Some(entry) => match entry.state {
                JournalState::Done => None,
                JournalState::Started => Some(Due { step, attempt: entry.attempt, begun: true }),
                JournalState::Refused | JournalState::Lost | JournalState::Undone => {
                    Some(Due { step, attempt: entry.attempt + 1, begun: false })
                }
            },
        })
    }

    /// Notes that an attempt took effect and that what follows it, if anything, is begun. Returns what that is.
    pub fn done(&mut self, entry: Entry, external: &str, steps: impl Iterator<Item = StepName>) -> Option<Due> {
        self.0.retain(|e| !(e.step == entry.step && e.attempt == entry.attempt));
        self.0.push(Entry { state: JournalState::Done, external: Some(external.to_owned()), ..entry });
        let follows = self.due(steps).filter(|due| !due.begun)?;
        self.0.push(Entry::new(follows.step, follows.attempt));
        Some(follows)
    }

    /// What is to be undone next: the last step of the table first.
    #[must_use]
    pub fn undo(&self, steps: impl DoubleEndedIterator<Item = StepName>) -> Option<&Entry> {
        steps.rev().find_map(|step| {
            self.0.iter().filter(|entry| entry.step == step && entry.is_live()).max_by_key(|entry| entry.attempt)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use strum::VariantArray as _;

    fn entry(step: StepName, attempt: i32, state: JournalState) -> Entry {
        Entry { state, ..Entry::new(step, attempt) }
    }

    fn steps() -> impl DoubleEndedIterator<Item = StepName> {
        StepName::VARIANTS.iter().copied()
    }

    #[test]
    fn steps_follow_each_other() {
        let mut journal = Journal::default();
        for &step in StepName::VARIANTS {
            assert_eq!(journal.due(steps()), Some(Due { step, attempt: 1, begun: false }));
            journal.0.push(entry(step, 1, JournalState::Started));
            assert_eq!(journal.due(steps()), Some(Due { step, attempt: 1, begun: true }));
            journal.0.last_mut().unwrap().state = JournalState::Done;
        }
        assert_eq!(journal.due(steps()), None);
    }

    #[test]
    fn a_lost_hold_is_reserved_under_the_next_key() {
        use JournalState::{Done, Lost, Refused};
        let mut journal = Journal(vec![
            entry(StepName::Reserve, 1, Lost),
            entry(StepName::Charge, 1, Done),
            entry(StepName::Commit, 1, Refused),
        ]);
        assert_eq!(journal.due(steps()), Some(Due { step: StepName::Reserve, attempt: 2, begun: false }));
        journal.0.push(entry(StepName::Reserve, 2, Done));
        assert_eq!(journal.due(steps()), Some(Due { step: StepName::Commit, attempt: 2, begun: false }));
    }

    proptest! {
        /// Undoing one entry after the other ends, in reverse, with nothing live.
        #[test]
        fn undo_takes_everything_in_reverse(done in 0_usize..=3, started in any::<bool>()) {
            let mut journal = Journal(
                steps().take(done).map(|step| entry(step, 1, JournalState::Done)).collect());
            if started && let Some(step) = steps().nth(done) {
                journal.0.push(entry(step, 1, JournalState::Started));
            }
            let mut undone = Vec::new();
            while let Some(next) = journal.undo(steps()).cloned() {
                undone.push(next.step);
                let found = journal.0.iter_mut().find(|e| e.step == next.step).unwrap();
                found.state = JournalState::Undone;
            }
            let mut expected: Vec<_> = journal.0.iter().map(|e| e.step).collect();
            expected.reverse();
            prop_assert_eq!(undone, expected);
        }
    }
}
