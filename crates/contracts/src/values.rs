//! Small values with a rule: quantities, idempotency keys, notes.

use std::fmt;
use std::str::FromStr;

/// Most lines of one order or reservation.
pub const MAX_LINES: usize = 10_000;

/// Pieces of a product on one line.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Quantity(i64);

impl Quantity {
    /// Largest quantity of a line.
    pub const MAX: i64 = 1_000_000;

    /// The number of pieces.
    #[must_use]
    pub const fn get(self) -> i64 {
        self.0
    }
}

/// The number is outside 1 to 1,000,000.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be between 1 and {}", Quantity::MAX)]
pub struct QuantityError;

impl TryFrom<i64> for Quantity {
    type Error = QuantityError;

    fn try_from(pieces: i64) -> Result<Self, QuantityError> {
        if (1..=Self::MAX).contains(&pieces) { Ok(Self(pieces)) } else { Err(QuantityError) }
    }
}

/// A caller's key that makes a repeated request harmless.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct RequestId(String);

impl RequestId {
    /// Longest key, in characters.
    pub const MAX: usize = 128;

    /// The key as it was given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The key is empty, too long, or has other than printable ASCII characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must have 1 to {} printable ASCII characters", RequestId::MAX)]
pub struct RequestIdError;

impl FromStr for RequestId {
    type Err = RequestIdError;

    fn from_str(text: &str) -> Result<Self, RequestIdError> {
        let printable = text.bytes().all(|b| (0x20..0x7f).contains(&b));
        if printable && (1..=Self::MAX).contains(&text.len()) { Ok(Self(text.to_owned())) } else { Err(RequestIdError) }
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A free text for people; may be empty.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Note(String);

impl Note {
    /// Longest note, in characters.
    pub const MAX: usize = 500;

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The note is too long or has control characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must have at most {} characters and no control characters", Note::MAX)]
pub struct NoteError;

impl FromStr for Note {
    type Err = NoteError;

    fn from_str(text: &str) -> Result<Self, NoteError> {
        let too_long = text.chars().nth(Self::MAX).is_some();
        if too_long || text.chars().any(char::is_control) {
            return Err(NoteError);
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_hold_at_their_edges() {
        assert!(Quantity::try_from(0).is_err());
        assert!(Quantity::try_from(1).is_ok());
        assert!(Quantity::try_from(1_000_000).is_ok());
        assert!(Quantity::try_from(1_000_001).is_err());
        assert!(RequestId::from_str("").is_err());
        assert!(RequestId::from_str(&"k".repeat(128)).is_ok());
        assert!(RequestId::from_str(&"k".repeat(129)).is_err());
        assert!(RequestId::from_str("a\n").is_err());
        assert!(Note::from_str(&"é".repeat(500)).is_ok());
        assert!(Note::from_str(&"é".repeat(501)).is_err());
    }
}
