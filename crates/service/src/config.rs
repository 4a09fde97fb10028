//! Layered configuration: compiled-in defaults, then a file, then the environment.

mod layers;

pub use layers::load;

use privacy::{Encryption, KeyRing};
use secrecy::SecretString;
use serde::Deserialize;
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

pub use access::Auth;

/// Exit code of a process whose configuration is wrong (`EX_USAGE`).
const EXIT_CODE: u8 = 64;

/// Says in one line what is wrong with the configuration and how to end.
#[must_use]
pub fn exit(error: &Error) -> ExitCode {
    // Standard error may be closed; there is nobody left to tell then.
    let _ = writeln!(std::io::stderr(), "{error}");
    ExitCode::from(EXIT_CODE)
}

/// The configuration can't be used. One line, fit for a person.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file that is not there.
    #[error("configuration file {0} does not exist")]
    Missing(String),
    /// A key or value that is not understood.
    #[error("configuration: {0}")]
    Invalid(String),
}

impl From<access::Invalid> for Error {
    fn from(setting: access::Invalid) -> Self {
        Self::Invalid(setting.to_string())
    }
}

/// The keys of the section `[encryption]`; `None`: there are none, and nothing is encrypted.
///
/// # Errors
/// A key that can't be used; the error does not show it.
pub fn keys(encryption: &Encryption) -> Result<Option<KeyRing>, Error> {
    KeyRing::new(encryption).map_err(|error| Error::Invalid(error.to_string()))
}

/// Where and how a service listens.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Server {
    /// Address of the gRPC port.
    pub listen: SocketAddr,
    /// Longest time a unary call may take, in milliseconds.
    pub deadline_ms: u64,
    /// Longest time a stream may stay open, in milliseconds.
    pub stream_deadline_ms: u64,
    /// Longest time to finish what is running after a stop was asked for, in milliseconds.
    pub grace_ms: u64,
}

impl Server {
    /// Longest time to finish what is running.
    #[must_use]
    pub const fn grace(&self) -> Duration {
        Duration::from_millis(self.grace_ms)
    }
}

/// The service's own database.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Database {
    /// `postgres://role:password@host:port/database`, of a role that reads and writes the service's schema.
    pub url: SecretString,
    /// The same of the role that owns the schema, for the migrations. Empty: the first has to.
    pub migration_url: SecretString,
    /// Connections of this process at most.
    pub max_connections: u32,
}

/// The Temporal server.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Temporal {
    /// `http://host:port` of the frontend, or `https://host:port`.
    pub address: String,
    /// PEM file with the CAs of the frontend. Empty: those of the operating system.
    pub ca: PathBuf,
    /// PEM file with the certificate that is shown to it. Empty: none.
    pub certificate: PathBuf,
    /// PEM file with the private key to it.
    pub key: PathBuf,
    /// The name in the frontend's certificate. Empty: the host of the address.
    pub server_name: String,
    /// The namespace.
    pub namespace: String,
    /// The service's task queue.
    pub task_queue: String,
    /// Workflows kept in memory between their tasks.
    pub max_cached_workflows: usize,
    /// Workflow and local activity tasks at one time.
    pub slots: usize,
    /// Outstanding polls for workflow tasks.
    pub pollers: usize,
    /// A worker is replaced after so many activities ([`crate::worker`] says why).
    pub activities_per_worker: u64,
    /// The name of this build; only the current one gets work ([`crate::versioning`]). Empty: made from the version and
    /// the executable.
    pub build_id: String,
    /// The build with the highest is the current one; among equals, the one that came last.
    pub revision: i64,
}

/// How committed changes reach their workflows.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outbox {
    /// Calls to Temporal in flight at one time, wakes and starts together.
    pub max_in_flight: usize,
    /// Of these, starts of new workflows at most.
    pub max_starts_in_flight: usize,
    /// Hints kept in memory; more are left to the relay.
    pub queue: usize,
    /// Creates are refused once so many rows wait.
    pub backlog_limit: i64,
    /// While Temporal answers, creates beyond what it starts within this time are taken only as fast as it starts, in
    /// seconds.
    pub backlog_s: u64,
    /// How often the relay looks for rows that were left behind, in milliseconds.
    pub relay_interval_ms: u64,
    /// An active entity unchanged for so long is woken again, in seconds.
    pub stale_after_s: u64,
}

/// Where a process says how it is.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Metrics {
    /// Address of `/metrics`.
    pub listen: SocketAddr,
    /// With TLS: names in the certificates of those who read it. Empty: those of `tls.allowed`.
    pub allowed: Vec<String>,
}

/// Where spans go, and which.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Traces {
    /// `http://host:port` of a collector that takes OTLP over gRPC; empty: there is none, and no spans are made.
    pub endpoint: String,
    /// The part of the traces begun here that is recorded, 0 to 1. Who calls with a trace has decided already.
    pub sample_ratio: f64,
}

/// What is logged, and how.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    /// `pretty` or `json`.
    pub format: LogFormat,
    /// A `tracing` filter such as `info,sqlx=warn`.
    pub filter: String,
}

/// Form of a log line.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Pretty,
    /// One JSON object a line.
    Json,
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    const DEFAULTS: &str = "format = 'pretty'\nfilter = 'info'\n";

    #[test]
    fn defaults_are_enough() {
        let log: Log = load(DEFAULTS, None).unwrap();
        assert_eq!(log.format, LogFormat::Pretty);
    }

    #[test]
    fn a_key_of_the_wrong_form_is_not_shown() {
        let secret = "BAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQ=";
        for keys in [format!("'{secret}'"), format!("['k1:{secret}', '{secret}']"), format!("['k 1:{secret}']")] {
            let encryption: Encryption = load(&format!("keys = {keys}\n"), None).unwrap();
            let error = super::keys(&encryption).unwrap_err().to_string();
            assert!(error.contains("encryption.keys[") && !error.contains(&secret[..6]), "{error}");
        }
        let error = load::<Encryption>(&format!("keys = []\nkey = '{secret}'\n"), None).unwrap_err().to_string();
        assert!(!error.contains(&secret[..6]), "{error}");
    }

    #[test]
    fn unknown_keys_and_missing_files_are_named() {
        let error = load::<Log>("format = 'json'\nfilter = ''\ncolour = 1\n", None).unwrap_err();
        assert!(error.to_string().contains("colour"), "{error}");
        let error = load::<Log>(DEFAULTS, Some(Path::new("/nowhere.toml"))).unwrap_err();
        assert!(error.to_string().contains("/nowhere.toml"), "{error}");
    }
}
