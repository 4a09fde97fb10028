//! A whole order system: Postgres, Temporal, the three services and the gateway, started in that order under a
//! [`supervisor`](crate::supervisor).

mod services;
mod sources;
mod start;

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

pub use services::{BINARIES, METRICS, Role, Service};
pub use sources::{Sources, TemporalSource};
pub use start::{Parts, ensure_free, prepare};

use crate::certs::{OPERATOR, Trust};
use crate::client;
use crate::error::{Error, Result};
use crate::health::Health;
use crate::layout::{self, Layout};
use crate::openid::OpenId;
use crate::ports::Ports;
use tonic::transport::Channel;

/// What was started and where it is; kept in the state folder for the commands that come later.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct System {
    /// The port offset it was started with.
    pub offset: u16,
    /// Its ports.
    pub ports: Ports,
    /// Whether the services were built with optimisation.
    pub release: bool,
    /// `host:port` of Temporal.
    pub temporal_address: String,
    /// The administrator's URL of the database.
    pub admin_url: String,
    /// Each service's own URL of the database.
    pub database_urls: BTreeMap<String, String>,
    /// Those with which the services' tables are made.
    #[serde(default)]
    pub migration_urls: BTreeMap<String, String>,
    /// The folder of certificates, if everything speaks TLS.
    #[serde(default)]
    pub certificates: Option<PathBuf>,
    /// Whether Temporal and its web page are ours.
    pub own_temporal: bool,
    /// Whether Postgres is ours.
    pub own_postgres: bool,
    /// Whether there is a Jaeger, to which the services send their spans.
    pub jaeger: bool,
    /// Whether every call needs a token.
    #[serde(default)]
    pub auth: bool,
    /// Whether there is an OpenID provider, by which people sign in to the console.
    #[serde(default)]
    pub openid: bool,
    /// Whether there is a Prometheus, which collects the metrics.
    #[serde(default)]
    pub prometheus: bool,
    /// The configuration with the keys of the system, if there are any.
    #[serde(default)]
    pub encryption: Option<PathBuf>,
}

/// Where browsers reach a gateway on this port.
fn public_url(gateway: u16, tls: bool) -> String {
    format!("{}://localhost:{gateway}", if tls { "https" } else { "http" })
}

impl System {
    /// The one that was started in this state folder.
    pub fn load(layout: &Layout) -> Result<Self> {
        layout::read(&layout.system())
            .ok_or_else(|| Error::Refused("nothing was started here: run `cargo xtask up`".to_owned()))
    }

    /// Writes it down. It holds passwords, so only its owner can read it.
    pub fn save(&self, layout: &Layout) -> Result<()> {
        layout::write_private(&layout.system(), self)
    }

    /// The gateway's address.
    pub fn gateway_url(&self) -> String {
        self.url(self.ports.gateway)
    }

    /// The address of one of our ports.
    pub fn url(&self, port: u16) -> String {
        match &self.certificates {
            None => format!("http://127.0.0.1:{port}"),
            // For browsers, which know no address by number.
            Some(_) => format!("https://localhost:{port}"),
        }
    }

    /// The certificate of one of our processes, or of who runs them, if there are any.
    pub fn trust(&self, name: &str) -> Option<Trust> {
        self.certificates.as_ref().map(|folder| Trust::in_folder(folder, name))
    }

    /// A gRPC connection to one of our ports, as the one who runs all of it.
    pub fn channel(&self, port: u16) -> Result<Channel> {
        client::channel(&self.url(port), self.trust(OPERATOR).as_ref())
    }

    /// How one of our ports is seen to be ready.
    fn health(&self, health: Health) -> Health {
        match self.trust(OPERATOR) {
            None => health,
            Some(trust) => Health::Secure(Box::new(health), trust),
        }
    }

    /// Temporal's web page, when it is ours.
    pub fn temporal_ui_url(&self) -> Option<String> {
        self.own_temporal.then(|| format!("http://127.0.0.1:{}", self.ports.temporal_ui))
    }

    /// Jaeger's web page, if there is a Jaeger.
    pub fn jaeger_url(&self) -> Option<String> {
        self.jaeger.then(|| format!("http://127.0.0.1:{}", self.ports.jaeger))
    }

    /// The name in the tokens of its issuer, which is where people sign in if they can.
    pub fn issuer(&self) -> String {
        OpenId::issuer(self.ports.openid)
    }

    /// Where browsers reach the gateway.
    pub fn public_url(&self) -> String {
        public_url(self.ports.gateway, self.certificates.is_some())
    }

    /// Prometheus' HTTP API, if there is a Prometheus.
    pub fn prometheus_url(&self) -> Option<String> {
        self.prometheus.then(|| format!("http://127.0.0.1:{}", self.ports.prometheus))
    }

    /// Temporal's address as the services take it.
    pub fn temporal_url(&self) -> String {
        if self.temporal_address.contains("://") {
            self.temporal_address.clone()
        } else {
            format!("http://{}", self.temporal_address)
        }
    }
}
