//! How far numbered rows were read, when their transactions do not end in the order of the numbers.

use super::Found;
use std::collections::BTreeMap;

/// More numbers are not waited for: somebody moved the sequence.
const MOST_MISSING: usize = 10_000;

/// The numbers that were read: all up to the highest, but those that are missing.
///
/// A transaction that writes a row has an id of its own before it draws the row's number. So when a higher number is
/// visible, the missing one's transaction began to write before that snapshot: once all of those have ended and it is still
/// not there, it never will be.
#[derive(Debug)]
pub(super) struct Marks {
    highest: i64,
    /// Each with the first transaction that can't be its own.
    missing: BTreeMap<i64, i64>,
}

/// Too much is missing.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TooMany;

impl Marks {
    /// All up to this number were read.
    pub(super) const fn at(highest: i64) -> Self {
        Self { highest, missing: BTreeMap::new() }
    }

    /// The highest number that was read.
    pub(super) const fn highest(&self) -> i64 {
        self.highest
    }

    /// The numbers below it that were not.
    pub(super) fn missing(&self) -> Vec<i64> {
        self.missing.keys().copied().collect()
    }

    /// Up to this number nothing can come any more.
    pub(super) fn settled(&self) -> i64 {
        self.missing.first_key_value().map_or(self.highest, |(first, _)| first - 1)
    }

    /// Notes what a look found that began at these marks.
    pub(super) fn note(&mut self, found: &Found) -> Result<(), TooMany> {
        for (number, _) in &found.told {
            self.missing.remove(number);
        }
        self.missing.retain(|_, after| found.xmin < *after);
        let mut read: Vec<i64> = found.told.iter().map(|(number, _)| *number).filter(|n| *n > self.highest).collect();
        read.sort_unstable();
        for number in read {
            let between = number - self.highest - 1;
            if usize::try_from(between).map_or(true, |n| n + self.missing.len() > MOST_MISSING) {
                return Err(TooMany);
            }
            self.missing.extend((self.highest + 1..number).map(|missing| (missing, found.xmax)));
            self.highest = number;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feed::Change;
    use proptest::prelude::*;
    use std::collections::BTreeSet;
    use time::OffsetDateTime;
    use uuid::Uuid;

    fn found(xmin: i64, xmax: i64, numbers: &[i64]) -> Found {
        let told = numbers.iter().map(|n| (*n, Change { id: Uuid::nil(), sequence: 1 })).collect();
        Found { xmin, xmax, at: OffsetDateTime::UNIX_EPOCH, highest: 0, told, touched: Vec::new() }
    }

    #[test]
    fn what_is_missing_is_waited_for_until_it_comes() {
        let mut marks = Marks::at(10);
        marks.note(&found(100, 105, &[14, 11])).unwrap();
        assert_eq!((marks.highest(), marks.settled(), marks.missing()), (14, 11, vec![12, 13]));
        marks.note(&found(104, 110, &[12])).unwrap();
        assert_eq!((marks.settled(), marks.missing()), (12, vec![13]));
        marks.note(&found(104, 110, &[13, 15])).unwrap();
        assert_eq!((marks.settled(), marks.missing()), (15, vec![]));
    }

    #[test]
    fn what_nobody_can_write_any_more_is_not() {
        let mut marks = Marks::at(10);
        marks.note(&found(100, 105, &[12])).unwrap();
        marks.note(&found(104, 120, &[])).unwrap();
        assert_eq!(marks.missing(), [11], "transaction 104 may be its own");
        marks.note(&found(105, 120, &[13])).unwrap();
        assert_eq!((marks.settled(), marks.missing()), (13, vec![]));
    }

    #[test]
    fn a_sequence_that_jumps_is_given_up() {
        let mut marks = Marks::at(10);
        assert_eq!(marks.note(&found(1, 2, &[20_000])), Err(TooMany));
        assert_eq!(Marks::at(0).note(&found(1, 2, &[i64::MAX])), Err(TooMany));
    }

    proptest! {
        /// Whatever the order in which transactions end, each row is read once it is there, and what is settled stays.
        #[test]
        fn no_row_is_passed_over(ends in Just((0..40_i64).collect::<Vec<_>>()).prop_shuffle(),
            rolled_back in prop::collection::btree_set(0..40_i64, 0..10), batch in 1_usize..6) {
            // Transaction n has the id 1000 + n and draws the number n + 1; all have begun.
            let (mut marks, mut open, mut there) = (Marks::at(0), (0..40_i64).collect::<BTreeSet<_>>(), BTreeSet::new());
            let mut read = BTreeSet::new();
            for ended in ends.chunks(batch) {
                for n in ended {
                    open.remove(n);
                    if !rolled_back.contains(n) {
                        there.insert(n + 1);
                    }
                }
                let xmin = open.first().map_or(1_040, |n| 1_000 + n);
                let asked = marks.missing();
                let numbers: Vec<i64> =
                    there.iter().copied().filter(|n| *n > marks.highest() || asked.contains(n)).collect();
                for number in &numbers {
                    prop_assert!(read.insert(*number), "{number} twice");
                }
                let before = marks.settled();
                marks.note(&found(xmin, 1_040, &numbers)).unwrap();
                prop_assert!(marks.settled() >= before);
                prop_assert!(open.iter().all(|n| n + 1 > marks.settled() || n + 1 > marks.highest()));
            }
            prop_assert_eq!(read, there);
            marks.note(&found(1_041, 1_041, &[])).unwrap();
            prop_assert_eq!(marks.missing(), Vec::<i64>::new());
        }
    }
}
