//! At most so many requests inside at one time.

use super::Class;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Counts who is inside. Whoever finds too many is told so at once, and waits outside.
#[derive(Clone, Debug)]
pub struct Gate {
    most: usize,
    inside: Arc<AtomicUsize>,
}

/// Somebody inside, until it is dropped.
#[derive(Debug)]
pub struct Inside(Arc<AtomicUsize>);

impl Gate {
    /// For `most` at one time, of all classes together.
    #[must_use]
    pub fn new(most: usize) -> Self {
        Self { most, inside: Arc::default() }
    }

    /// Comes in, unless there are too many for this class already.
    #[must_use]
    pub fn enter(&self, class: Class) -> Option<Inside> {
        let before = self.inside.fetch_add(1, Ordering::Relaxed);
        let inside = Inside(Arc::clone(&self.inside));
        (before < class.share(self.most)).then_some(inside)
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decisions_find_room_when_new_work_does_not() {
        let gate = Gate::new(4);
        let mut inside: Vec<_> = (0..2).map(|_| gate.enter(Class::New).unwrap()).collect();
        assert!(gate.enter(Class::New).is_none());
        inside.push(gate.enter(Class::Read).unwrap());
        assert!(gate.enter(Class::Read).is_none());
        inside.push(gate.enter(Class::Decision).unwrap());
        assert!(gate.enter(Class::Decision).is_none());
        assert!(gate.enter(Class::Probe).is_some());
        drop(inside);
        assert!(gate.enter(Class::New).is_some());
    }
}
