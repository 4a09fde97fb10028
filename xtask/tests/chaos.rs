//! A short run of `cargo xtask chaos`, as its user would start it: everything fails once, and nothing is lost.

use std::process::Command;

#[test]
fn nothing_is_lost_in_a_short_run() {
    let arguments = ["chaos", "--debug", "--minutes", "0.4", "--seed", "420", "--orders-per-s", "10"];
    let run = Command::new(env!("CARGO_BIN_EXE_xtask")).args(arguments).output().unwrap();
    let said = String::from_utf8_lossy(&run.stdout);
    assert!(run.status.success(), "{said}\n{}", String::from_utf8_lossy(&run.stderr));
    let last = said.lines().last().unwrap_or_default();
    assert!(last.starts_with("seed 420: ") && last.contains(", 0 findings"), "{said}");
    // One of the two database faults comes after the other, and both come.
    assert!(last.contains(", 2 database faults"), "{last}");
}
