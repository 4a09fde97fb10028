//! Where a sealed value belongs.

use std::fmt::Display;

/// What a value is, and of what. It is authenticated with the value, so that nobody can put a sealed value where another
/// belongs and have it read there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place(Vec<u8>);

impl Place {
    /// `what` names a kind of value (and has no NUL), `which` the one thing that it is of.
    #[must_use]
    pub fn new(what: &'static str, which: impl Display) -> Self {
        Self(format!("{what}\0{which}").into_bytes())
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }
}
