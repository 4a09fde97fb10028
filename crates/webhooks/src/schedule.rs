//! When a failed attempt is made again.

use std::time::Duration;

/// A receiver that asks for a longer pause than this does not get it.
const LONGEST: Duration = Duration::from_secs(86_400);

/// The pauses after each failed attempt.
#[derive(Clone, Debug)]
pub struct Schedule(Vec<Duration>);

impl Schedule {
    /// From the pause after the first attempt on.
    #[must_use]
    pub const fn new(pauses: Vec<Duration>) -> Self {
        Self(pauses)
    }

    /// The pause after so many attempts; `None`: it is given up. The receiver may have asked for a longer one.
    #[must_use]
    pub fn pause(&self, attempts: i32, asked: Option<Duration>) -> Option<Duration> {
        let attempts = usize::try_from(attempts).unwrap_or_default().max(1);
        let pause = *self.0.get(attempts - 1)?;
        Some(asked.map_or(pause, |asked| pause.max(asked.min(LONGEST))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn attempts_follow_the_list_to_its_end() {
        let schedule = Schedule::new(vec![SECOND, 5 * SECOND]);
        let pauses: Vec<_> = (1..=3).map(|attempts| schedule.pause(attempts, None)).collect();
        assert_eq!(pauses, [Some(SECOND), Some(5 * SECOND), None]);
    }

    #[test]
    fn a_receiver_can_ask_for_more_time_but_not_for_less_or_for_ever() {
        let schedule = Schedule::new(vec![5 * SECOND]);
        assert_eq!(schedule.pause(1, Some(SECOND)), Some(5 * SECOND));
        assert_eq!(schedule.pause(1, Some(60 * SECOND)), Some(60 * SECOND));
        assert_eq!(schedule.pause(1, Some(Duration::MAX)), Some(LONGEST));
        assert_eq!(schedule.pause(2, Some(SECOND)), None);
    }
}
