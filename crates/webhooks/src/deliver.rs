//! Sends what is due, as often as it takes.

use crate::client::{Client, Outcome};
use crate::config::Config;
use crate::metrics::{self, Attempts};
use crate::schedule::Schedule;
use crate::store::{self, DeliveryState, Due, EndpointState};
use crate::target::Target;
use crate::vault::Vault;
use crate::{Kind, Notification, Source};
use bytes::Bytes;
use contracts::ids::EndpointId;
use http::{HeaderMap, HeaderValue, StatusCode};
use privacy::KeyRing;
use serde::Serialize;
use service::telemetry::outbound;
use sqlx::PgPool;
use std::collections::HashMap;
use std::error::Error as _;
use std::sync::Arc;
use std::time::Duration;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tokio::task::{self, JoinSet};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::Instrument as _;
use uuid::Uuid;

/// An attempt and what is written about it are well over within its time and this.
const LEASE: Duration = Duration::from_secs(45);
/// How often deliveries that ended long ago are forgotten.
const FORGET_EVERY: Duration = Duration::from_secs(60);

/// What every attempt needs.
struct Sender {
    pool: PgPool,
    vault: Vault,
    client: Client,
    schedule: Schedule,
    kinds: &'static [Kind],
    attempts: Attempts,
}

/// The body of a message.
#[derive(Serialize)]
struct Message<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    timestamp: String,
    data: &'a serde_json::Value,
}

/// Why a message can't be written. A mistake of ours.
#[derive(Debug, thiserror::Error)]
enum Unwritten {
    #[error("its notification is not there")]
    Missing,
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    #[error(transparent)]
    Time(#[from] time::error::Format),
    #[error(transparent)]
    Header(#[from] http::header::InvalidHeaderValue),
    #[error(transparent)]
    Target(#[from] crate::target::Unfit),
    #[error("its endpoint's secret can't be read: {0}")]
    Secret(#[from] crate::vault::Locked),
}

/// Sends a service's notifications until `stop`. Any number of processes may do so side by side. Secrets are sealed by the
/// ring, if there is one.
///
/// # Errors
/// TLS can't be set up.
pub fn spawn(
    config: Config,
    ring: Option<KeyRing>,
    pool: PgPool,
    source: Arc<dyn Source>,
    stop: CancellationToken,
) -> Result<(), service::Error> {
    let client = Client::new(&config).map_err(service::Error::internal)?;
    tokio::spawn(metrics::watch(pool.clone(), stop.clone()));
    let vault = Vault::new(ring);
    tokio::spawn(renew(vault.clone(), pool.clone()));
    let sender =
        Sender { pool, vault, client, schedule: config.schedule(), kinds: source.kinds(), attempts: Attempts::new() };
    tokio::spawn(run(config, Arc::new(sender), source, stop));
    Ok(())
}

async fn renew(vault: Vault, pool: PgPool) {
    if let Err(error) = vault.renew(&pool).await {
        tracing::warn!(%error, cause = ?error.source(), "secrets of webhooks not sealed by the first key; again at the next start");
    }
}

async fn run(config: Config, sender: Arc<Sender>, source: Arc<dyn Source>, stop: CancellationToken) {
    let mut running = JoinSet::new();
    let mut endpoints: HashMap<task::Id, EndpointId> = HashMap::new();
    let mut forgotten = Instant::now();
    while !stop.is_cancelled() {
        let busy = busy(&endpoints, config.at_once);
        let due = match claim(&config, &sender.pool, source.as_ref(), &busy).await {
            Ok(due) => due,
            Err(error) => {
                tracing::warn!(%error, cause = ?error.source(), "webhooks: what is due can't be read");
                Vec::new()
            }
        };
        let idle = due.is_empty();
        for (due, notification) in due {
            let (sender, endpoint) = (Arc::clone(&sender), due.endpoint_id);
            let attempt = running.spawn(async move { sender.attempt(&due, notification).await });
            endpoints.insert(attempt.id(), endpoint);
        }
        if idle {
            tokio::select! {
                () = stop.cancelled() => {}
                () = tokio::time::sleep(config.poll_interval()) => {}
                Some(ended) = running.join_next_with_id() => release(&mut endpoints, ended),
            }
        }
        while let Some(ended) = running.try_join_next_with_id() {
            release(&mut endpoints, ended);
        }
        if forgotten.elapsed() > FORGET_EVERY {
            forgotten = Instant::now();
            if let Err(error) = store::forget(&sender.pool, config.keep_days).await {
                tracing::warn!(%error, "webhooks: database not available");
            }
        }
    }
    // What is cut off here is sent again after its lease.
}

/// The endpoints at which so many attempts are under way.
fn busy(endpoints: &HashMap<task::Id, EndpointId>, at_once: u32) -> Vec<Uuid> {
    let mut counts: HashMap<EndpointId, u32> = HashMap::new();
    for endpoint in endpoints.values() {
        *counts.entry(*endpoint).or_default() += 1;
    }
    counts.into_iter().filter(|(_, count)| *count >= at_once).map(|(endpoint, _)| endpoint.uuid()).collect()
}

fn release(endpoints: &mut HashMap<task::Id, EndpointId>, ended: Result<(task::Id, ()), task::JoinError>) {
    let id = match ended {
        Ok((id, ())) => id,
        Err(error) => {
            tracing::error!(%error, "webhooks: an attempt panicked");
            error.id()
        }
    };
    endpoints.remove(&id);
}

async fn claim(
    config: &Config,
    pool: &PgPool,
    source: &dyn Source,
    busy: &[Uuid],
) -> Result<Vec<(Due, Option<Notification>)>, service::Error> {
    let due = store::claim(pool, busy, i64::from(config.at_once), config.timeout() + LEASE).await?;
    if due.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<i64> = due.iter().map(|due| due.notification_id).collect();
    let found: HashMap<i64, Notification> = source.read(&ids).await?.into_iter().map(|n| (n.id, n)).collect();
    let with = |due: Due| {
        let notification = found.get(&due.notification_id).cloned();
        (due, notification)
    };
    Ok(due.into_iter().map(with).collect())
}

impl Sender {
    async fn attempt(&self, due: &Due, notification: Option<Notification>) {
        let traceparent = notification.as_ref().and_then(|notification| notification.traceparent.clone());
        let outcome = match self.write(due, notification) {
            Ok((target, mut headers, body)) => {
                let (kind, host) = (crate::told(self.kinds, &due.kind), target.uri().host().unwrap_or_default());
                let span = outbound::webhook(kind, host, traceparent.as_deref(), &mut headers);
                let outcome = self.client.send(&target, headers, body).instrument(span.clone()).await;
                outbound::http_ended(&span, outcome.status().ok_or(&outcome));
                outcome
            }
            Err(error) => {
                tracing::error!(delivery = %due.message_id, %error, "webhook not sent: it can't be written");
                return;
            }
        };
        // The lease repeats what can't be noted.
        if let Err(error) = self.note(due, outcome).await {
            tracing::warn!(delivery = %due.message_id, %error, "webhook: its outcome was not noted");
        }
    }

    fn write(&self, due: &Due, notification: Option<Notification>) -> Result<(Target, HeaderMap, Bytes), Unwritten> {
        let notification = notification.ok_or(Unwritten::Missing)?;
        let message = Message {
            kind: crate::told(self.kinds, &due.kind),
            timestamp: notification.at.format(&Rfc3339)?,
            data: &notification.data,
        };
        let body = Bytes::from(serde_json::to_vec(&message)?);
        let (id, now) = (due.message_id.to_string(), OffsetDateTime::now_utc().unix_timestamp());
        let mut signature = self.vault.open(due.endpoint_id, due.secret.clone())?.sign(&id, now, &body);
        if let Some(old) = &due.old_secret {
            let old = self.vault.open(due.endpoint_id, old.clone())?;
            signature = format!("{signature} {}", old.sign(&id, now, &body));
        }
        let mut headers = HeaderMap::new();
        headers.insert("webhook-id", HeaderValue::try_from(id)?);
        headers.insert("webhook-timestamp", HeaderValue::from(now));
        headers.insert("webhook-signature", HeaderValue::try_from(signature)?);
        Ok((due.url.parse()?, headers, body))
    }

    async fn note(&self, due: &Due, outcome: Outcome) -> Result<(), service::Error> {
        let result = outcome.to_string();
        let (delivery, endpoint) = (due.message_id, due.endpoint_id);
        let wait = match outcome {
            Outcome::Taken(_) => {
                self.attempts.delivered.increment(1);
                self.attempts.took.record(due.age);
                tracing::debug!(%delivery, %endpoint, result, "webhook delivered");
                return Ok(store::end(&self.pool, due, DeliveryState::Delivered, &result).await?);
            }
            Outcome::Refused(status, wait) => {
                if status == StatusCode::GONE {
                    tracing::warn!(%endpoint, "webhook endpoint disabled: it says that it is gone");
                    store::set_state(&self.pool, endpoint, EndpointState::Gone).await?;
                }
                wait
            }
            _ => None,
        };
        match self.schedule.pause(due.attempts, wait) {
            Some(pause) => {
                self.attempts.retried.increment(1);
                tracing::info!(%delivery, %endpoint, attempt = due.attempts, result, ?pause, "webhook not taken; again later");
                Ok(store::postpone(&self.pool, due, pause, &result).await?)
            }
            None => {
                self.attempts.failed.increment(1);
                tracing::warn!(%delivery, %endpoint, attempts = due.attempts, result, "webhook given up");
                Ok(store::end(&self.pool, due, DeliveryState::Failed, &result).await?)
            }
        }
    }
}
