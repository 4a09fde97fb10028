//! The targets, bound to libFuzzer. One program for all of them: it is linked with every service. `cargo xtask fuzz` builds and
//! runs it.
#![no_main]

use std::sync::OnceLock;

/// Says which target.
const TARGET: &str = "OMS_FUZZ_TARGET";

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    static NAME: OnceLock<String> = OnceLock::new();
    let name = NAME.get_or_init(|| std::env::var(TARGET).unwrap_or_else(|_| panic!("{TARGET} names no target")));
    hostile::run(name, data);
});
