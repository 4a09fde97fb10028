//! Asking the provider: when, under which number, and what its answer means.
//!
//! An attempt is a number that is part of the provider's idempotency key. Only a
//! definite "not done" ends an attempt without ending the whole; an unknown outcome
//! is asked for again under the same key, without limit.

use std::time::Duration;

/// Attempts that may end with "not done" before the whole has failed.
pub const MAX_ATTEMPTS: i32 = 3;
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// While the provider is away it is asked more and more rarely.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// What a row knows about asking the provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attempts {
    /// Attempts begun.
    pub begun: i32,
    /// Whether the outcome of the last one is not known.
    pub in_flight: bool,
    /// How often the last one's outcome stayed unknown.
    pub repeats: i32,
    /// Time until the provider may be asked next.
    pub pause: Duration,
}

/// What is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// Nothing yet.
    Wait(Duration),
    /// Record that this attempt begins, then ask.
    Begin(i32),
    /// Ask again under the key of this attempt.
    Repeat(i32),
}

/// What the provider answered.
#[derive(Clone, Debug, PartialEq, Eq, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum Outcome {
    /// Charged, or paid back, under this id of the provider's.
    Done {
        /// The provider's id.
        reference: String,
    },
    /// Refused for good.
    Declined {
        /// Why.
        reason: String,
    },
    /// Definitely not done; another attempt may succeed.
    NotDone {
        /// Why.
        reason: String,
    },
    /// No answer, or none that can be understood.
    Unknown {
        /// What is known.
        reason: String,
    },
}

/// What follows from an answer.
#[derive(Clone, Debug, PartialEq, Eq, strum::IntoStaticStr, strum::VariantNames)]
pub enum Verdict {
    /// It is done.
    #[strum(serialize = "succeeded")]
    Succeed {
        /// The provider's id.
        reference: String,
    },
    /// It will not be done.
    #[strum(serialize = "failed")]
    Fail {
        /// Why.
        reason: String,
    },
    /// The attempt has ended; another begins after the pause.
    #[strum(serialize = "retried")]
    Retry {
        /// Why.
        reason: String,
        /// How long to wait.
        pause: Duration,
    },
    /// The attempt goes on; ask again after the pause.
    #[strum(serialize = "unknown")]
    Repeat {
        /// Why.
        reason: String,
        /// How long to wait.
        pause: Duration,
    },
}

impl Attempts {
    /// What is due for something that is neither done nor failed.
    #[must_use]
    pub fn due(&self) -> Due {
        if !self.pause.is_zero() {
            Due::Wait(self.pause)
        } else if self.in_flight {
            Due::Repeat(self.begun)
        } else {
            Due::Begin(self.begun + 1)
        }
    }
}

/// What follows from the answer to an attempt whose outcome was unknown `repeats`
/// times before.
#[must_use]
pub fn judge(outcome: Outcome, attempt: i32, repeats: i32) -> Verdict {
    match outcome {
        Outcome::Done { reference } => Verdict::Succeed { reference },
        Outcome::Declined { reason } => Verdict::Fail { reason },
        Outcome::NotDone { reason } if attempt >= MAX_ATTEMPTS => {
            Verdict::Fail { reason: format!("failed {attempt} times, last: {reason}") }
        }
        Outcome::NotDone { reason } => Verdict::Retry { reason, pause: doubled(attempt, LONGEST_PAUSE) },
        Outcome::Unknown { reason } => Verdict::Repeat { reason, pause: doubled(repeats + 1, LONGEST_WAIT) },
    }
}

/// The pause after the n-th time.
fn doubled(n: i32, longest: Duration) -> Duration {
    let doublings = u32::try_from(n.saturating_sub(1).clamp(0, 10)).unwrap_or_default();
    FIRST_PAUSE.saturating_mul(1 << doublings).min(longest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn outcome() -> impl Strategy<Value = Outcome> {
        let text = String::from("x");
        prop::sample::select(vec![
            Outcome::Done { reference: text.clone() },
            Outcome::Declined { reason: text.clone() },
            Outcome::NotDone { reason: text.clone() },
            Outcome::Unknown { reason: text },
        ])
    }

    #[test]
    fn pauses_double_up_to_their_limit() {
        let pause = |n| doubled(n, LONGEST_PAUSE).as_secs();
        assert_eq!([1, 2, 3, 4, 5, i32::MAX].map(pause), [1, 2, 4, 8, 10, 10]);
    }

    #[test]
    fn a_crash_in_flight_repeats_the_number() {
        let attempts = Attempts { begun: 2, in_flight: true, repeats: 0, pause: Duration::ZERO };
        assert_eq!(attempts.due(), Due::Repeat(2));
        assert_eq!(Attempts { in_flight: false, ..attempts }.due(), Due::Begin(3));
    }

    proptest! {
        /// The row as a model: whatever the provider answers, numbers only advance after a
        /// definite "not done", and never beyond the limit.
        #[test]
        fn only_not_done_advances(outcomes in prop::collection::vec(outcome(), 1..30)) {
            let mut row = Attempts { begun: 0, in_flight: false, repeats: 0, pause: Duration::ZERO };
            let mut not_done = 0;
            for outcome in outcomes {
                let attempt = match row.due() {
                    Due::Begin(n) => n,
                    Due::Repeat(n) => { prop_assert!(row.in_flight); n }
                    Due::Wait(_) => unreachable!("no pause in the model"),
                };
                prop_assert_eq!(attempt, not_done + 1);
                prop_assert!(attempt <= MAX_ATTEMPTS);
                row = match judge(outcome.clone(), attempt, row.repeats) {
                    Verdict::Succeed { .. } => {
                        let done = matches!(outcome, Outcome::Done { .. });
                        prop_assert!(done);
                        break;
                    }
                    Verdict::Fail { .. } => {
                        let definite = matches!(outcome, Outcome::Declined { .. } | Outcome::NotDone { .. });
                        prop_assert!(definite);
                        break;
                    }
                    Verdict::Retry { pause, .. } => {
                        not_done += 1;
                        prop_assert!(pause <= LONGEST_PAUSE);
                        Attempts { begun: attempt, in_flight: false, repeats: 0, pause: Duration::ZERO }
                    }
                    Verdict::Repeat { pause, .. } => {
                        prop_assert!(pause <= LONGEST_WAIT);
                        Attempts { begun: attempt, in_flight: true, repeats: row.repeats + 1, pause: Duration::ZERO }
                    }
                };
            }
        }
    }
}
