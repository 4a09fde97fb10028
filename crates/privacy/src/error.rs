//! What can be wrong with keys and with what they sealed. None of it tells a key.

/// Keys that can't be used, or a value that can't be sealed or opened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// An entry of the list.
    #[error(
        "encryption.keys[{0}] is not `<key id>:<base64 of 32 bytes>`; an id has 1 to 32 letters, digits, `-`, `_` or `.`"
    )]
    Malformed(usize),
    /// An id that a key before has.
    #[error("encryption.keys[{0}] has the id of a key before it")]
    Twice(usize),
    /// The key of the pseudonyms.
    #[error("encryption.index_key is not the base64 of 32 bytes")]
    MalformedIndexKey,
    /// The key of the pseudonyms is not there, and the ring is.
    #[error("encryption.keys needs an encryption.index_key: the base64 of 32 bytes, which must never change")]
    NoIndexKey,
    /// The ring has no such key.
    #[error("there is no key `{0}` in encryption.keys")]
    UnknownKey(String),
    /// Not sealed, sealed for another place, or changed.
    #[error("a sealed value was changed, or is not at its place")]
    Broken,
    /// Nothing can be sealed.
    #[error("the operating system has no randomness")]
    NoRandomness,
}
