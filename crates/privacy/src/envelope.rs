//! The stored form of a sealed value: which key, and what it made.

/// What every sealed value begins with. No protobuf message does: a field of the kind 7 does not exist.
const MARK: u8 = 0x07;

/// Whether this is a sealed value, where sealed and plain ones may lie side by side. For protobuf messages and for values
/// that are known to begin otherwise.
#[must_use]
pub fn is_sealed(stored: &[u8]) -> bool {
    stored.first() == Some(&MARK)
}

/// A sealed value with the name of its key. An id has 255 bytes at most.
pub(crate) fn put(key: &[u8], body: &[u8]) -> Vec<u8> {
    let length = u8::try_from(key.len()).unwrap_or(u8::MAX);
    let mut stored = vec![MARK, length];
    stored.extend_from_slice(&key[..length.into()]);
    stored.extend_from_slice(body);
    stored
}

/// The name of the key and the value.
pub(crate) fn take(stored: &[u8]) -> Option<(&[u8], &[u8])> {
    let [MARK, length, rest @ ..] = stored else { return None };
    rest.split_at_checked(usize::from(*length))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_was_put_is_taken(key in proptest::collection::vec(any::<u8>(), 0..=255), body: Vec<u8>) {
            let stored = put(&key, &body);
            prop_assert!(is_sealed(&stored));
            prop_assert_eq!(take(&stored), Some((key.as_slice(), body.as_slice())));
        }

        #[test]
        fn anything_can_be_looked_at(bytes: Vec<u8>) {
            if take(&bytes).is_some() {
                prop_assert!(is_sealed(&bytes));
            }
        }
    }
}
