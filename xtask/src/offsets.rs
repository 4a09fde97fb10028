//! Port offsets for systems that a command starts for itself.

use anyhow::Context;
use stack::system::{self, Sources};
use stack::{Layout, Ports};

/// Where to look for free ports, in hundreds: above what is usually asked for.
const OFFSETS: std::ops::Range<u16> = 90..110;

/// An offset at which nothing runs, and nothing was left behind.
pub(crate) fn free() -> anyhow::Result<u16> {
    let free = |offset: &u16| {
        let Ok(ports) = Ports::with_offset(*offset) else { return false };
        let unused = system::ensure_free(&ports, &Sources::default()).is_ok();
        unused && !Layout::for_offset(*offset).root().exists()
    };
    OFFSETS.map(|hundreds| hundreds * 100).find(free).context("no port offset is free; give one with --port-offset N")
}
