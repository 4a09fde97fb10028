//! What is used instead of the embedded parts, when the user says so.

use crate::error::{Error, Result};

/// Each of these is off unless asked for: a variable that happens to be set in a shell must not decide where data goes.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// The URL of somebody who may create databases and roles in a Postgres that runs already.
    pub database_url: Option<String>,
    /// `host:port` of a Temporal that runs already.
    pub temporal_address: Option<String>,
    /// Run the `temporal` found on PATH.
    pub temporal_from_path: bool,
    /// Start a Jaeger too, and send it the spans of all services.
    pub jaeger: bool,
    /// Start a Prometheus too, which collects the metrics of all processes.
    pub prometheus: bool,
}

impl Sources {
    /// From names as in `--use database-url`; the values are in the usual environment variables.
    pub fn named(names: &[String]) -> Result<Self> {
        let mut sources = Self::default();
        for name in names {
            match name.as_str() {
                "database-url" => sources.database_url = Some(variable("DATABASE_URL")?),
                "temporal-address" => sources.temporal_address = Some(variable("TEMPORAL_ADDRESS")?),
                "temporal-cli" => sources.temporal_from_path = true,
                other => {
                    return Err(Error::Refused(format!(
                        "`{other}` can't be used; `database-url`, `temporal-address` and `temporal-cli` can"
                    )));
                }
            }
        }
        Ok(sources)
    }
}

fn variable(name: &str) -> Result<String> {
    std::env::var(name)
        .ok()
        .filter(|value| !value.is_empty())
        .ok_or_else(|| Error::Missing(format!("{name} is to be used, but is not set")))
}
