//! Seeing whether a process is ready to serve.

use std::path::Path;
use std::time::{Duration, Instant};

use http::Method;
use serde::{Deserialize, Serialize};
use sqlx::{Connection, PgConnection};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use crate::certs::Trust;
use crate::client;
use crate::error::{Error, Result};
use crate::process::Spec;

/// One look takes at most this long.
const LOOK: Duration = Duration::from_secs(3);
/// A server that is not ready by then is taken to be broken. Recovery of a large database can take a while.
const PATIENCE: Duration = Duration::from_secs(120);

/// How a process is asked whether it is ready.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Health {
    /// `grpc.health.v1`, for the server as a whole, at this address (`http://…`).
    Grpc(String),
    /// A 2xx reply from this URL.
    Http(String),
    /// A `SELECT 1` at this URL.
    Postgres(String),
    /// One of the first two by `https://`, with this certificate.
    Secure(Box<Health>, Trust),
}

impl Health {
    /// One look: ready, or why not.
    pub async fn check(&self) -> std::result::Result<(), String> {
        match tokio::time::timeout(LOOK, self.look()).await {
            Ok(answer) => answer,
            Err(_) => Err("no answer".to_owned()),
        }
    }

    async fn look(&self) -> std::result::Result<(), String> {
        match self {
            Self::Grpc(address) => grpc(address, None).await,
            Self::Secure(health, trust) => match health.as_ref() {
                Self::Grpc(address) => grpc(address, Some(trust)).await,
                Self::Http(url) => https(url, trust).await,
                other => Box::pin(other.look()).await,
            },
            Self::Http(url) => {
                let reply = reqwest::get(url).await.map_err(|_| "not reachable".to_owned())?;
                if reply.status().is_success() { Ok(()) } else { Err(format!("answers {}", reply.status().as_u16())) }
            }
            Self::Postgres(url) => {
                let mut connection = PgConnection::connect(url).await.map_err(|error| error.to_string())?;
                connection.ping().await.map_err(|error| error.to_string())?;
                connection.close().await.map_err(|error| error.to_string())
            }
        }
    }
}

async fn https(url: &str, trust: &Trust) -> std::result::Result<(), String> {
    let http = client::Http::new(Some(trust)).map_err(|error| error.to_string())?;
    match http.send(Method::GET, url, &[], "").await {
        Ok((200..300, _)) => Ok(()),
        Ok((status, _)) => Err(format!("answers {status}")),
        Err(_) => Err("not reachable".to_owned()),
    }
}

async fn grpc(address: &str, trust: Option<&Trust>) -> std::result::Result<(), String> {
    let channel = client::channel(address, trust).map_err(|error| error.to_string())?;
    let request = HealthCheckRequest { service: String::new() };
    let reply = HealthClient::new(channel).check(request).await.map_err(|status| reason(&status))?;
    match reply.into_inner().status() {
        ServingStatus::Serving => Ok(()),
        other => Err(other.as_str_name().to_lowercase().replace('_', " ")),
    }
}

/// A status with a source was made here, by a connection that could not be had.
fn reason(status: &tonic::Status) -> String {
    match std::error::Error::source(status) {
        Some(_) => "not reachable".to_owned(),
        None => status.code().to_string(),
    }
}

/// Waits until `spec` is ready. Does not see whether the process still runs: the caller races this with its end.
pub async fn wait(spec: &Spec) -> Result<()> {
    let Some(health) = &spec.health else {
        // Nothing to ask; one that can't start at all has ended by then.
        tokio::time::sleep(Duration::from_secs(1)).await;
        return Ok(());
    };
    let began = Instant::now();
    loop {
        let Err(reason) = health.check().await else {
            return Ok(());
        };
        again(spec, began, &reason).await?;
    }
}

/// Waits until the next look at what was not ready for this `reason`; fails when that has lasted too long.
pub(crate) async fn again(spec: &Spec, began: Instant, reason: &str) -> Result<()> {
    if began.elapsed() > PATIENCE {
        return Err(Error::NotReady {
            name: spec.name.clone(),
            reason: format!("is not ready after {} s: {reason}", PATIENCE.as_secs()),
            tail: tail(&spec.log),
            log: spec.log.clone(),
        });
    }
    tokio::time::sleep(Duration::from_millis(100)).await;
    Ok(())
}

/// The last lines of a log, indented, each ended by a line break.
pub(crate) fn tail(log: &Path) -> String {
    let text = std::fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(15)..].iter().map(|line| format!("  | {line}\n")).collect()
}
