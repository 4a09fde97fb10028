//! What can be set, with the defaults of `config.default.toml`.

use crate::console::config::Console;
use privacy::Encryption;
use serde::{Deserialize, Deserializer};
use service::config::{Auth, Log, Metrics, Server, Traces};
use std::path::Path;
use std::time::Duration;

/// The defaults, and their documentation.
pub const DEFAULTS: &str = include_str!("config.default.toml");

/// The gateway's configuration.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The port and the deadlines.
    pub server: Server,
    /// Who may call.
    pub auth: Auth,
    /// Certificates, and who is believed.
    pub tls: service::tls::Config,
    /// What is refused as too much.
    pub limits: Limits,
    /// Browsers from elsewhere.
    pub cors: Cors,
    /// The keys of the system.
    pub encryption: Encryption,
    /// Who may ask for decrypted payloads.
    pub codec: Codec,
    /// The operators' console.
    pub console: Console,
    /// The orders service.
    pub orders: Upstream,
    /// The payments service.
    pub payments: Upstream,
    /// The inventory service.
    pub inventory: Upstream,
    /// What the process says of itself.
    pub metrics: Metrics,
    /// Where spans go.
    pub traces: Traces,
    /// What is logged.
    pub log: Log,
}

/// What is refused as too much.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Largest request body, and largest gRPC message, in bytes.
    pub body_bytes: usize,
    /// Longest time a client may take to send a body, in milliseconds.
    pub body_ms: u64,
    /// Longest time it may take to send the headers, in milliseconds; also until a new connection's first request.
    pub header_ms: u64,
    /// A connection without a request for so long is let go, in milliseconds.
    pub idle_ms: u64,
    /// So is one whose replies nobody reads, in milliseconds.
    pub stall_ms: u64,
    /// Request line and headers together, in bytes.
    pub header_bytes: usize,
    /// Headers of one request.
    pub headers: usize,
    /// Connections at one time.
    pub connections: usize,
    /// Streams of one HTTP/2 connection at one time.
    pub streams: u32,
    /// Requests at one time: new work gets half of it, reads three quarters.
    pub in_flight: usize,
    /// Streams of events at one time.
    pub watches: usize,
    /// How long a reservation waits for its saga, in milliseconds.
    pub reserve_ms: u64,
}

/// Which pages of other origins may call the gateway.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cors {
    /// Origins; `*` for any. In the environment also separated by commas.
    #[serde(deserialize_with = "list")]
    pub origins: Vec<String>,
}

/// Decrypted payloads for Temporal's web page.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Codec {
    /// Origins of that page. In the environment also separated by commas.
    #[serde(deserialize_with = "list")]
    pub origins: Vec<String>,
}

/// A service behind the gateway.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Upstream {
    /// `http://host:port` or `https://host:port`.
    pub address: String,
    /// A name that its certificate must have beside the host's; empty: none.
    pub identity: String,
}

impl Config {
    /// Reads the configuration: defaults, then the file, then the environment.
    ///
    /// # Errors
    /// A file that does not exist, or a value that can't be used.
    pub fn load(file: Option<&Path>) -> Result<Self, service::config::Error> {
        let config: Self = service::config::load(DEFAULTS, file)?;
        service::config::keys(&config.encryption)?;
        Ok(config)
    }

    /// The longest a unary call may take.
    #[must_use]
    pub const fn unary(&self) -> Duration {
        Duration::from_millis(self.server.deadline_ms)
    }

    /// The longest a stream may stay open.
    #[must_use]
    pub const fn streaming(&self) -> Duration {
        Duration::from_millis(self.server.stream_deadline_ms)
    }
}

impl Limits {
    /// The longest a client may take to send a body.
    #[must_use]
    pub const fn body_time(&self) -> Duration {
        Duration::from_millis(self.body_ms)
    }

    /// How long a reservation waits for its saga.
    #[must_use]
    pub const fn reserve(&self) -> Duration {
        Duration::from_millis(self.reserve_ms)
    }
}

fn list<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum OneOrMore {
        More(Vec<String>),
        One(String),
    }
    Ok(match OneOrMore::deserialize(from)? {
        OneOrMore::More(list) => list,
        OneOrMore::One(text) => text.split(',').map(str::trim).filter(|s| !s.is_empty()).map(str::to_owned).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_complete() {
        let config = Config::load(None).unwrap();
        assert_eq!(config.server.listen.port(), 8000);
        assert_eq!(config.cors.origins, ["*"]);
        assert_eq!(config.unary(), Duration::from_secs(10));
    }

    #[test]
    fn origins_may_be_one_text() {
        let cors: Cors = service::config::load("origins = 'http://a, http://b'", None).unwrap();
        assert_eq!(cors.origins, ["http://a", "http://b"]);
    }
}
