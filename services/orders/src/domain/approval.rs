//! Which orders need nobody's approval, and how long the others may wait for it.

use contracts::Money;
use std::time::Duration;
use time::OffsetDateTime;

/// The approval policy. By default every order waits for a decision, for as long as it takes.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    /// Cheaper orders are approved by themselves; at most one amount for a currency.
    pub below: Vec<Money>,
    /// After so long somebody is told.
    pub deadline: Option<Duration>,
}

impl Policy {
    /// The amount that the total is below of, if it is approved by itself.
    #[must_use]
    pub fn approves(&self, total: Money) -> Option<Money> {
        self.below.iter().copied().find(|limit| limit.currency() == total.currency() && total.minor() < limit.minor())
    }

    /// What is left of the deadline of an order that waits since then; zero when it is over. `None`: it has none.
    #[must_use]
    pub fn left(&self, since: OffsetDateTime, now: OffsetDateTime) -> Option<Duration> {
        let deadline = self.deadline?;
        let waited = Duration::try_from(now - since).unwrap_or_default();
        Some(deadline.saturating_sub(waited))
    }

    /// Whether an order that waits has to be looked at.
    #[must_use]
    pub fn is_on(&self) -> bool {
        !self.below.is_empty() || self.deadline.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use contracts::Currency;

    #[test]
    fn only_a_smaller_total_in_the_same_currency_is_approved() {
        let usd = |minor| Money::new(Currency::USD, minor);
        let policy = Policy { below: vec![usd(10_000)], deadline: None };
        assert_eq!(policy.approves(usd(9_999)), Some(usd(10_000)));
        assert_eq!(policy.approves(usd(10_000)), None);
        assert_eq!(policy.approves(Money::new("EUR".parse().unwrap(), 1)), None);
        assert!(!Policy::default().is_on());
    }

    #[test]
    fn a_deadline_runs_from_the_moment_the_order_waits() {
        let policy = Policy { below: Vec::new(), deadline: Some(Duration::from_secs(10)) };
        let t0 = OffsetDateTime::UNIX_EPOCH;
        assert_eq!(policy.left(t0, t0 + Duration::from_secs(4)), Some(Duration::from_secs(6)));
        assert_eq!(policy.left(t0, t0 + Duration::from_secs(40)), Some(Duration::ZERO));
        assert_eq!(Policy::default().left(t0, t0), None);
    }
}
