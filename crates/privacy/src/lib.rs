//! Values that can only be read with a key.
//!
//! - [`Encryption`]: the section `[encryption]` of a process
//! - [`KeyRing`]: the keys of the system; the first seals, all open
//! - [`CustomerKey`]: the key of one customer, stored wrapped by the ring. Without it nothing that it sealed can be read
//!   again, wherever a copy of it is
//! - [`Pseudonyms`]: what stands for a customer's id where it has to be looked up by
//! - [`Place`]: where a sealed value belongs; at another it does not open
//!
//! AES-256-GCM with a random 96-bit nonce for each value. No IO but the operating system's randomness.

mod config;
mod customer;
mod envelope;
mod error;
mod key;
mod keyring;
mod place;
mod pseudonym;

pub use config::{Encryption, keys};
pub use customer::{CustomerKey, is_sealed_text};
pub use envelope::is_sealed;
pub use error::Error;
pub use key::generate as generate_key;
pub use keyring::{Encrypted, KeyRing};
pub use place::Place;
pub use pseudonym::{Pseudonyms, is_pseudonym};
