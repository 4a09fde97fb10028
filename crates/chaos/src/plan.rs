//! What goes wrong, and when: a function of the seed and of the length of the run, and of nothing else.

use std::fmt;
use std::time::Duration;

use crate::dice::Dice;
use crate::map::{Link, Process};

/// The stream of the seed that the plan is drawn from.
const STREAM: u64 = u64::MAX;
/// From one fault to the next.
const GAP: std::ops::Range<Duration> = Duration::from_millis(800)..Duration::from_secs(5);
/// How long a killed process stays away.
const DOWN: std::ops::Range<Duration> = Duration::from_millis(0)..Duration::from_secs(4);
/// How long a connection stays spoiled.
const SPOILT: std::ops::Range<Duration> = Duration::from_millis(500)..Duration::from_secs(10);
/// Nothing new goes wrong so shortly before the end of the load.
const LAST: Duration = Duration::from_secs(2);

/// Something that goes wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    /// After the load began.
    pub(crate) at: Duration,
    pub(crate) kind: Kind,
}

/// What goes wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// SIGKILL, and a new start after a while.
    Kill { process: Process, down: Duration },
    /// Connections are spoiled, and mended after a while.
    Spoil { link: Link, how: Spoil, lasts: Duration },
    /// An operator terminates so many open workflows, picked with these dice.
    Terminate { workflows: usize, dice: u64 },
    /// Temporal's database is copied, to be put back later.
    CopyTemporal,
    /// Temporal's database is replaced by the copy.
    ReplaceTemporal,
    /// Temporal's database is deleted.
    DeleteTemporal,
}

/// How connections are spoiled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Spoil {
    /// All are closed, and new ones refused.
    Cut,
    /// What is sent never arrives; nobody is told.
    LoseRequests,
    /// What is sent arrives, and no answer comes back.
    LoseReplies,
    /// Everything comes later, by this and up to half of it more or less.
    Delay(Duration),
    /// So many kilobytes a second.
    Throttle(u64),
}

/// The faults of a run, in order of time.
pub(crate) fn plan(seed: u64, load: Duration, copy_age: Duration) -> Vec<Fault> {
    let mut dice = Dice::new(seed, STREAM);
    let mut faults = temporals_database(&mut dice, load, copy_age);
    let (mut processes, mut links) = (Deck::new(&Process::ALL), Deck::new(&Link::ALL));
    let end = load.saturating_sub(LAST);
    let mut at = dice.time(GAP);
    while at < end {
        let kind = match dice.below(100) {
            0..42 => processes.deal(&mut dice).map(|process| Kind::Kill { process, down: dice.time(DOWN) }),
            42..86 => links.deal(&mut dice).map(|link| {
                let lasts = dice.time(SPOILT).min(end - at);
                Kind::Spoil { link, how: spoil(&mut dice), lasts }
            }),
            _ => Some(Kind::Terminate { workflows: 1 + dice.below(12) as usize, dice: dice.next() }),
        };
        faults.extend(kind.map(|kind| Fault { at, kind }));
        at += dice.time(GAP);
    }
    faults.sort_by_key(|fault| fault.at);
    faults
}

/// Once copied and replaced, once deleted: before, between, or after.
fn temporals_database(dice: &mut Dice, load: Duration, copy_age: Duration) -> Vec<Fault> {
    let free = load.saturating_sub(copy_age);
    let copied = dice.time(free.mul_f64(0.15)..free.mul_f64(0.6));
    let replaced = copied + copy_age;
    let moments = [copied.mul_f64(0.5), copied + copy_age.mul_f64(0.5), replaced + load.saturating_sub(replaced) / 2];
    let deleted = moments[dice.below(3) as usize];
    vec![
        Fault { at: copied, kind: Kind::CopyTemporal },
        Fault { at: replaced, kind: Kind::ReplaceTemporal },
        Fault { at: deleted, kind: Kind::DeleteTemporal },
    ]
}

fn spoil(dice: &mut Dice) -> Spoil {
    match dice.below(10) {
        0..3 => Spoil::Cut,
        3 => Spoil::LoseRequests,
        4 | 5 => Spoil::LoseReplies,
        6 | 7 => Spoil::Delay(dice.time(Duration::from_millis(30)..Duration::from_millis(1_500))),
        _ => Spoil::Throttle(1 + dice.below(24)),
    }
}

/// Deals every card once before it deals one twice, so that also a short run hits everything.
struct Deck<T: 'static> {
    cards: &'static [T],
    left: Vec<T>,
}

impl<T: Copy> Deck<T> {
    fn new(cards: &'static [T]) -> Self {
        Self { cards, left: Vec::new() }
    }

    fn deal(&mut self, dice: &mut Dice) -> Option<T> {
        if self.left.is_empty() {
            self.left = self.cards.to_vec();
            dice.shuffle(&mut self.left);
        }
        self.left.pop()
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kill { process, down } => write!(f, "kill {}, down {:.1} s", process.name(), down.as_secs_f32()),
            Self::Spoil { link, how, lasts } => write!(f, "{link}: {how} for {:.1} s", lasts.as_secs_f32()),
            Self::Terminate { workflows, .. } => write!(f, "terminate {workflows} workflows"),
            Self::CopyTemporal => f.write_str("copy Temporal's database"),
            Self::ReplaceTemporal => f.write_str("replace Temporal's database by the copy"),
            Self::DeleteTemporal => f.write_str("delete Temporal's database"),
        }
    }
}

impl fmt::Display for Spoil {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cut => f.write_str("cut"),
            Self::LoseRequests => f.write_str("requests lost"),
            Self::LoseReplies => f.write_str("replies lost"),
            Self::Delay(by) => write!(f, "{} ms late", by.as_millis()),
            Self::Throttle(rate) => write!(f, "{rate} kB/s"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    #[test]
    fn a_plan_is_a_function_of_its_seed() {
        assert_eq!(plan(7, 5 * MINUTE, MINUTE), plan(7, 5 * MINUTE, MINUTE));
        assert_ne!(plan(7, 5 * MINUTE, MINUTE), plan(8, 5 * MINUTE, MINUTE));
    }

    #[test]
    fn a_seed_means_the_same_run_for_ever() {
        let lines: Vec<String> = plan(1, MINUTE / 2, MINUTE / 6).iter().take(6).map(|f| f.kind.to_string()).collect();
        assert_eq!(
            lines,
            [
                "delete Temporal's database",
                "gateway → orders: replies lost for 9.3 s",
                "gateway → payments: replies lost for 4.3 s",
                "copy Temporal's database",
                "orders → temporal: 20 kB/s for 5.6 s",
                "kill orders, down 1.9 s",
            ]
        );
    }

    #[test]
    fn each_plan_has_every_database_fault_once_and_in_order() {
        for seed in 0..200 {
            let faults = plan(seed, 3 * MINUTE, MINUTE);
            let at = |kind: &Kind| {
                let found: Vec<Duration> = faults.iter().filter(|f| f.kind == *kind).map(|f| f.at).collect();
                assert_eq!(found.len(), 1, "{kind} with seed {seed}");
                found[0]
            };
            assert_eq!(at(&Kind::ReplaceTemporal) - at(&Kind::CopyTemporal), MINUTE);
            at(&Kind::DeleteTemporal);
            assert!(faults.windows(2).all(|pair| pair[0].at <= pair[1].at));
            assert!(faults.iter().all(|fault| fault.at < 3 * MINUTE));
        }
    }

    #[test]
    fn every_process_and_connection_is_hit_within_minutes() {
        let faults = plan(5, 5 * MINUTE, MINUTE);
        let killed = |one| faults.iter().any(|f| matches!(f.kind, Kind::Kill { process, .. } if process == one));
        let spoilt = |one| faults.iter().any(|f| matches!(f.kind, Kind::Spoil { link, .. } if link == one));
        assert!(Process::ALL.into_iter().all(killed));
        assert!(Link::ALL.into_iter().all(spoilt));
        assert!(faults.iter().any(|f| matches!(f.kind, Kind::Terminate { .. })));
    }

    #[test]
    fn everything_is_mended_by_the_end_of_the_load() {
        for fault in plan(9, 3 * MINUTE, MINUTE) {
            if let Kind::Spoil { lasts, .. } = fault.kind {
                assert!(fault.at + lasts <= 3 * MINUTE);
            }
        }
    }
}
