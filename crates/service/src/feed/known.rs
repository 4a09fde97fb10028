//! What was handed on already: a look at the last moment finds it again.

use super::Change;
use std::collections::{BTreeMap, HashMap};
use time::OffsetDateTime;
use uuid::Uuid;

/// The last sequence numbers of what changed of late.
#[derive(Debug, Default)]
pub(super) struct Known(HashMap<Uuid, (i64, OffsetDateTime)>);

impl Known {
    /// What of this is new, each entity once, the oldest first, with the first number that was not known.
    pub(super) fn news(&mut self, found: impl Iterator<Item = Change>, at: OffsetDateTime) -> Vec<Change> {
        let mut news: BTreeMap<Uuid, (i64, i64)> = BTreeMap::new();
        for Change { id, sequence } in found {
            let before = self.0.get(&id).map(|(known, _)| *known);
            if before.is_none_or(|known| known < sequence) {
                let (first, last) = news.entry(id).or_insert((before.map_or(sequence, |known| known + 1), sequence));
                *first = sequence.min(*first);
                *last = sequence.max(*last);
            }
        }
        self.0.extend(news.iter().map(|(id, (_, last))| (*id, (*last, at))));
        news.into_iter().map(|(id, (first, _))| Change { id, sequence: first }).collect()
    }

    /// Forgets what was found before this time.
    pub(super) fn forget(&mut self, before: OffsetDateTime) {
        self.0.retain(|_, (_, at)| *at >= before);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::Duration;

    #[test]
    fn each_change_is_news_once() {
        let (mut known, at) = (Known::default(), OffsetDateTime::UNIX_EPOCH);
        let [a, b] = [1, 2].map(Uuid::from_u128);
        let change = |id, sequence| Change { id, sequence };
        let news = known.news([change(a, 3), change(a, 1), change(b, 1)].into_iter(), at);
        assert_eq!(news, [change(a, 1), change(b, 1)], "from the first change on");
        assert_eq!(known.news([change(a, 3), change(b, 1)].into_iter(), at), []);
        // Two and more that came without being found each.
        assert_eq!(known.news([change(a, 6)].into_iter(), at), [change(a, 4)]);
        known.forget(at + Duration::SECOND);
        assert_eq!(known.news([change(b, 1)].into_iter(), at), [change(b, 1)]);
    }
}
