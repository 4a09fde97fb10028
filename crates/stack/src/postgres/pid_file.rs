//! A `postmaster.pid` left by a Postgres that was killed. Postgres itself refuses to start when some other process of the
//! account happens to have that id by now.

use std::path::Path;
use std::process::Command;

/// Removes the file unless the process it names is a Postgres.
pub(super) fn clear_stale(data: &Path) {
    let path = data.join("postmaster.pid");
    let Ok(text) = std::fs::read_to_string(&path) else {
        return;
    };
    let pid = text.lines().next().unwrap_or_default().trim();
    let Ok(output) = Command::new("ps").args(["-o", "comm=", "-p", pid]).output() else {
        return;
    };
    let is_postgres = String::from_utf8_lossy(&output.stdout).contains("postgres");
    if !is_postgres {
        // If it can't be removed, Postgres decides for itself.
        let _ = std::fs::remove_file(&path);
    }
}
