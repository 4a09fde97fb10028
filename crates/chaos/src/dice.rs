//! Chance from a seed.

use std::ops::Range;
use std::time::Duration;

/// SplitMix64, written out: a seed has to mean the same run on every machine and after every update.
#[derive(Clone, Debug)]
pub(crate) struct Dice(u64);

impl Dice {
    /// The dice of one purpose, or of one customer: streams of one seed have nothing to do with each other.
    pub(crate) fn new(seed: u64, stream: u64) -> Self {
        let mut mixed = Self(seed);
        mixed.0 = mixed.next() ^ stream.wrapping_mul(0xd134_2543_de82_ef95);
        mixed
    }

    /// Any number.
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number from 0 to below `end`; 0 for an empty range.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.next().checked_rem(end).unwrap_or_default()
    }

    /// True in so many of a hundred cases.
    pub(crate) fn percent(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// A time in the range, whole milliseconds.
    pub(crate) fn time(&mut self, range: Range<Duration>) -> Duration {
        let span = range.end.saturating_sub(range.start).as_millis();
        range.start + Duration::from_millis(self.below(u64::try_from(span).unwrap_or(u64::MAX)))
    }

    /// One of these.
    pub(crate) fn pick<T: Copy>(&mut self, from: &[T]) -> Option<T> {
        let at = usize::try_from(self.below(from.len() as u64)).unwrap_or_default();
        from.get(at).copied()
    }

    /// One of these, each as often as its weight says; the first if all weigh nothing.
    pub(crate) fn weighted<T: Copy, const N: usize>(&mut self, from: [(u64, T); N]) -> T {
        const { assert!(N > 0) };
        let mut left = self.below(from.iter().map(|(weight, _)| weight).sum());
        for (weight, value) in from {
            if left < weight {
                return value;
            }
            left -= weight;
        }
        from[0].1
    }

    /// Mixes the order.
    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            let other = usize::try_from(self.below(last as u64 + 1)).unwrap_or_default();
            items.swap(last, other);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_means_the_same_for_ever() {
        let mut dice = Dice::new(7, 0);
        assert_eq!([dice.below(1_000), dice.below(1_000), dice.below(1_000)], [221, 174, 827]);
        assert_ne!(Dice::new(7, 1).next(), Dice::new(7, 0).next());
        assert_ne!(Dice::new(8, 0).next(), Dice::new(7, 0).next());
    }

    #[test]
    fn weights_are_kept() {
        let mut dice = Dice::new(1, 1);
        let often = (0..10_000).filter(|_| dice.weighted([(80, true), (20, false)])).count();
        assert!((7_800..8_200).contains(&often), "{often}");
    }

    #[test]
    fn a_shuffle_loses_nothing() {
        let mut items: Vec<u32> = (0..50).collect();
        Dice::new(3, 3).shuffle(&mut items);
        assert_ne!(items, (0..50).collect::<Vec<_>>());
        items.sort_unstable();
        assert_eq!(items, (0..50).collect::<Vec<_>>());
    }
}
