//! What the operating system knows of the process, under the names that Prometheus' own libraries use.

use ::metrics::gauge;
use procfs::process::{LimitValue, Process};
use procfs::{ProcError, WithCurrentSystemInfo as _};

/// Reads it once more. What can't be read stays as it was.
pub(super) fn measure() {
    if let Err(error) = read() {
        tracing::debug!(%error, "the process can't be measured");
    }
}

fn read() -> Result<(), ProcError> {
    let process = Process::myself()?;
    let stat = process.stat()?;
    let ticks = (stat.utime + stat.stime) as f64;
    // Not a counter: those of the crate hold whole numbers.
    gauge!("process_cpu_seconds_total").set(ticks / procfs::ticks_per_second() as f64);
    gauge!("process_resident_memory_bytes").set(stat.rss_bytes().get() as f64);
    gauge!("process_threads").set(stat.num_threads as f64);
    gauge!("process_open_fds").set(process.fd_count()? as f64);
    if let LimitValue::Value(most) = process.limits()?.max_open_files.soft_limit {
        gauge!("process_max_fds").set(most as f64);
    }
    Ok(())
}
