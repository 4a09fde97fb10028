//! Starts that fail only by their moment.

use std::time::{Duration, Instant};

use super::Spec;
use crate::error::{Error, Result};

/// A start is made again for so long.
const PATIENCE: Duration = Duration::from_secs(20);
const PAUSE: Duration = Duration::from_millis(100);

/// Whether a start failed only by its moment, and is to be made again; waits a little then. `begun` is the first start.
pub(crate) async fn worth_it(started: &Result<()>, spec: &Spec, begun: Instant) -> bool {
    let worth_it = matches!(started, Err(Error::NotReady { tail, .. }) if passes(tail, spec.port));
    if !worth_it || begun.elapsed() > PATIENCE {
        return false;
    }
    tokio::time::sleep(PAUSE).await;
    true
}

/// A Postgres that follows on one that was killed: the children of that one notice it a moment later, and until then keep
/// its memory. A Temporal of which another process took a port that it had chosen by itself, between the choice and the use.
fn passes(log: &str, port: u16) -> bool {
    let taken = |line: &str| line.contains("address already in use") && !line.contains(&format!(":{port}: "));
    log.contains("pre-existing shared memory block") || log.lines().any(taken)
}

#[cfg(test)]
mod tests {
    use super::passes;

    #[test]
    fn only_what_passes_is_tried_again() {
        let taken = r#"level=ERROR error="listen tcp 127.0.0.1:41473: bind: address already in use" service=matching"#;
        assert!(passes(taken, 7233));
        assert!(!passes(taken, 41473));
        assert!(passes("FATAL:  pre-existing shared memory block (key 1, ID 2) is still in use", 5432));
        assert!(!passes("panic: out of memory", 7233));
    }
}
