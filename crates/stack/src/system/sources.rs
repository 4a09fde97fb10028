//! What is used instead of the embedded parts, when the user says so.

use std::path::PathBuf;

use crate::error::{Error, Result};

/// Each of these is off unless asked for: a variable that happens to be set in a shell must not decide where data goes.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// The URL of somebody who may create databases and roles in a Postgres that runs already.
    pub database_url: Option<String>,
    /// Which Temporal.
    pub temporal: TemporalSource,
    /// Start a Jaeger too, and send it the spans of all services.
    pub jaeger: bool,
    /// Ask callers who they are, by tokens of an issuer of its own.
    pub auth: bool,
    /// Start a Prometheus too, which collects the metrics of all processes.
    pub prometheus: bool,
    /// Everything of ours speaks TLS, with certificates of a development CA.
    pub tls: bool,
    /// A configuration with the keys of the system, for all processes; without it nothing is encrypted.
    pub encryption: Option<PathBuf>,
}

/// Where Temporal comes from.
#[derive(Clone, Debug, Default)]
pub enum TemporalSource {
    /// The pinned dev server.
    #[default]
    DevServer,
    /// The dev server of the `temporal` found on PATH.
    DevServerOnPath,
    /// The pinned server, with its state in the embedded Postgres.
    OnPostgres,
    /// One that runs already, at this `host:port`.
    Elsewhere(String),
}

impl Sources {
    /// From names as in `--use database-url`; the values are in the usual environment variables.
    pub fn named(names: &[String]) -> Result<Self> {
        let mut sources = Self::default();
        for name in names {
            match name.as_str() {
                "database-url" => sources.database_url = Some(variable("DATABASE_URL")?),
                "temporal-address" => sources.temporal = TemporalSource::Elsewhere(variable("TEMPORAL_ADDRESS")?),
                "temporal-cli" => sources.temporal = TemporalSource::DevServerOnPath,
                other => {
                    return Err(Error::Refused(format!(
                        "`{other}` can't be used; `database-url`, `temporal-address` and `temporal-cli` can"
                    )));
                }
            }
        }
        Ok(sources)
    }

    /// The same with Temporal on Postgres, which has to be the embedded one.
    pub fn temporal_on_postgres(self) -> Result<Self> {
        if self.database_url.is_some() || !matches!(self.temporal, TemporalSource::DevServer) {
            return Err(Error::Refused(
                "a Temporal on Postgres has its own server and the embedded Postgres: no `--use` goes with it"
                    .to_owned(),
            ));
        }
        Ok(Self { temporal: TemporalSource::OnPostgres, ..self })
    }
}

fn variable(name: &str) -> Result<String> {
    std::env::var(name)
        .ok()
        .filter(|value| !value.is_empty())
        .ok_or_else(|| Error::Missing(format!("{name} is to be used, but is not set")))
}
