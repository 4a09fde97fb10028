//! At most so many streams open, in all and of each caller.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Who watches, by the hash of the caller's name.
#[derive(Clone, Debug)]
pub(super) struct Watches {
    most: usize,
    most_of_one: usize,
    open: Arc<Mutex<Open>>,
}

#[derive(Debug, Default)]
struct Open {
    all: usize,
    /// Nobody is in it who watches nothing.
    of: HashMap<u64, usize>,
}

/// One open stream, until it is dropped.
#[derive(Debug)]
pub(super) struct Watching {
    caller: Option<u64>,
    open: Arc<Mutex<Open>>,
}

impl Watches {
    pub(super) fn new(most: usize, most_of_one: usize) -> Self {
        Self { most, most_of_one, open: Arc::default() }
    }

    /// One more, unless there are too many. Without a caller only all together are counted.
    pub(super) fn open(&self, caller: Option<u64>) -> Option<Watching> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if open.all >= self.most {
            return None;
        }
        if let Some(caller) = caller {
            let own = open.of.get(&caller).copied().unwrap_or_default();
            if own >= self.most_of_one {
                return None;
            }
            open.of.insert(caller, own + 1);
        }
        open.all += 1;
        Some(Watching { caller, open: Arc::clone(&self.open) })
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.all -= 1;
        if let Some(caller) = self.caller
            && let Some(own) = open.of.get_mut(&caller)
        {
            *own -= 1;
            if *own == 0 {
                open.of.remove(&caller);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_caller_has_its_own_and_gets_it_back() {
        let watches = Watches::new(3, 2);
        let mut first = vec![watches.open(Some(1)).unwrap(), watches.open(Some(1)).unwrap()];
        assert!(watches.open(Some(1)).is_none());
        let other = watches.open(Some(2)).unwrap();
        assert!(watches.open(Some(2)).is_none(), "three in all");
        assert!(watches.open(None).is_none(), "three in all");
        first.pop();
        assert!(watches.open(Some(1)).is_some());
        drop((first, other));
        assert!(watches.open.lock().unwrap().of.is_empty());
    }
}
