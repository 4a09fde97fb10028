//! What must hold for any input, however hostile, of every parser that we own.
//!
//! A target takes bytes and panics if its promise is broken: nothing panics, what is accepted is within its range and
//! can be printed and read again, what is refused names a field, and no answer tells of our insides. `fuzz/` lets
//! libFuzzer look for such bytes; the test `corpus` runs all that were kept.

mod addresses;
mod http1;
mod ids;
mod json;
mod leaks;
mod money;
mod paging;
mod port;
mod requests;
mod rest;
mod signature;
mod targets;
mod timeout;
mod web;

pub use leaks::leak;

/// A target: its name, which is that of its corpus, and what it does with an input.
pub type Target = (&'static str, fn(&[u8]));

/// All targets.
pub const TARGETS: [Target; 12] = [
    ("addresses", addresses::target),
    ("http1", http1::target),
    ("ids", ids::target),
    ("json", json::target),
    ("money", money::target),
    ("paging", paging::target),
    ("requests", requests::target),
    ("rest", rest::target),
    ("signature", signature::target),
    ("targets", targets::target),
    ("timeout", timeout::target),
    ("web", web::target),
];

/// Runs an input through a target.
///
/// # Panics
/// The target's promise is broken, or there is no such target.
pub fn run(name: &str, data: &[u8]) {
    let (_, target) = TARGETS.iter().find(|(known, _)| *known == name).unwrap_or_else(|| panic!("no target {name}"));
    target(data);
}
