//! What of an order is about its customer.

/// A value that may be sealed with the key of the order's customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Private<T> {
    /// It can be read.
    Known(T),
    /// Its stored form; [`Personal`](crate::Personal) opens it.
    Sealed(String),
    /// Nobody can read it any more.
    Erased,
}

impl<T> Private<T> {
    /// The value, if it can be read.
    pub const fn known(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Sealed(_) | Self::Erased => None,
        }
    }
}

impl Private<String> {
    /// From a column in which sealed and plain texts lie side by side.
    #[must_use]
    pub fn stored(text: String) -> Self {
        if privacy::is_sealed_text(&text) { Self::Sealed(text) } else { Self::Known(text) }
    }

    /// The text; empty if nobody can read it.
    #[must_use]
    pub fn text(&self) -> String {
        self.known().cloned().unwrap_or_default()
    }
}
