//! A release has the console in its binary, so it is built anew when the console was. The files themselves are watched by
//! the compiler; that there are others, or any at all, only we can see.

use std::path::Path;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if std::env::var_os("CARGO_CFG_DEBUG_ASSERTIONS").is_some() {
        return;
    }
    let console = Path::new("../../console");
    let dist = console.join("dist");
    // What does not exist counts as changed each time.
    let watched = if dist.exists() { &dist } else { console };
    println!("cargo::rerun-if-changed={}", watched.display());
}
