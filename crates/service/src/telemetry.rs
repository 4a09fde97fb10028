//! The log of a process.

use crate::config::{Log, LogFormat};
use tracing_subscriber::EnvFilter;

/// Starts logging to standard output. The Temporal SDK's own messages are kept
/// to warnings unless the filter names it.
///
/// # Errors
/// A filter that can't be parsed.
pub fn init(log: &Log) -> Result<(), crate::config::Error> {
    let filter = EnvFilter::try_new(&log.filter)
        .map_err(|error| crate::config::Error::Invalid(format!("log.filter: {error}")))?;
    let lines = tracing_subscriber::fmt().with_env_filter(filter);
    let result = match log.format {
        LogFormat::Pretty => lines.with_target(false).try_init(),
        LogFormat::Json => lines.json().flatten_event(true).try_init(),
    };
    // A second subscriber (tests start several services in one process) is no fault.
    drop(result);
    Ok(())
}
