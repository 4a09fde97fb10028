//! What a process says of itself: `/metrics`, in Prometheus' text format, on a port of its own. `docs/METRICS.md` says
//! what each series means.
//!
//! Series are written through the facade of the crate `metrics`. Until [`serve`] was called nothing is kept, and a handle
//! that was made before it stays without effect.

mod process;
pub mod rpc;
pub(crate) mod sdk;
mod standing;

pub use standing::standing;

use crate::tls::{self, Acceptor, Incoming};
use crate::{config, limits};
use ::metrics::{counter, gauge};
use axum::Router;
use axum::routing::get;
use http::header::CONTENT_TYPE;
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::net::TcpListener;

/// Upper bounds of the classes of a duration, in seconds.
const BUCKETS: [f64; 13] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];
/// The same for requests, with more of them where most are.
const REQUEST: [f64; 19] = [
    0.001, 0.0025, 0.005, 0.0075, 0.01, 0.015, 0.02, 0.025, 0.035, 0.05, 0.075, 0.1, 0.15, 0.25, 0.5, 1.0, 2.5, 5.0,
    10.0,
];
/// How long requests take, and until one is refused.
const REQUESTS: [&str; 3] = ["oms_rpc_duration_seconds", "oms_http_duration_seconds", "oms_refused_duration_seconds"];
/// The same for how late something was done: it may be minutes.
const LATE: [f64; 10] = [0.1, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0];
/// What may be late.
const LATENESS: [&str; 2] = ["oms_outbox_lag_seconds", "oms_webhook_delivery_seconds"];
/// Fewer for what the Temporal SDK times: it has many series.
const SDK: [f64; 8] = [0.005, 0.025, 0.1, 0.25, 1.0, 5.0, 30.0, 60.0];
/// How often the durations seen since are sorted into their classes: they wait in memory until then.
const UPKEEP: Duration = Duration::from_secs(5);
const FORMAT: &str = "text/plain; version=0.0.4";

/// Takes the port of the configuration and serves the metrics of this process on it from now on.
///
/// # Errors
/// The address is taken or not ours, others could reach it although nobody is asked who they are, or certificates that
/// can't be used.
pub async fn serve(
    config: &config::Metrics,
    auth: &config::Auth,
    tls: &tls::Config,
    service: &'static str,
) -> Result<(), config::Error> {
    let acceptor = Acceptor::for_metrics(tls, &config.allowed)?;
    let unusable = |error: &dyn std::fmt::Display| {
        config::Error::Invalid(format!("metrics.listen: {} can't be used: {error}", config.listen))
    };
    auth.may_listen(config.listen)?;
    let listener = TcpListener::bind(config.listen).await.map_err(|error| unusable(&error))?;
    let page = classes().and_then(PrometheusBuilder::install_recorder).map_err(|error| unusable(&error))?;
    gauge!("oms_build_info", "service" => service, "version" => env!("CARGO_PKG_VERSION")).set(1.0);
    let started = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    gauge!("process_start_time_seconds").set(started.as_secs_f64());
    process::measure();
    // At 0 before the first, so that an increase is seen from the first one on.
    Repair::ALL.iter().for_each(|repair| repair.count(0));
    limits::announce();
    tracing::info!(address = ?listener.local_addr().ok(), "metrics ready");
    tokio::spawn(upkeep(page.clone()));
    let look = async move || {
        process::measure();
        ([(CONTENT_TYPE, FORMAT)], page.render())
    };
    let app = Router::new().route("/metrics", get(look));
    tokio::spawn(async move {
        if let Err(error) = axum::serve(Incoming::new(listener, acceptor), app).await {
            tracing::error!(%error, "the metrics are no longer served");
        }
    });
    Ok(())
}

/// The classes of everything that is timed.
fn classes() -> Result<PrometheusBuilder, BuildError> {
    let mut page = PrometheusBuilder::new().set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &BUCKETS)?;
    for name in REQUESTS {
        page = page.set_buckets_for_metric(Matcher::Full(name.to_owned()), &REQUEST)?;
    }
    for name in LATENESS {
        page = page.set_buckets_for_metric(Matcher::Full(name.to_owned()), &LATE)?;
    }
    page.set_buckets_for_metric(Matcher::Prefix(sdk::PREFIX.to_owned()), &SDK)
}

async fn upkeep(page: PrometheusHandle) {
    loop {
        tokio::time::sleep(UPKEEP).await;
        page.run_upkeep();
    }
}

/// What a service put right by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repair {
    /// A workflow should have waited for an entity, and none did: another was started.
    WorkflowStarted,
    /// An entity should have moved, and had not: it was woken again.
    WakeSent,
    /// Stock was held for long after its time: it was given back.
    HoldExpired,
}

impl Repair {
    const ALL: [Self; 3] = [Self::WorkflowStarted, Self::WakeSent, Self::HoldExpired];

    const fn name(self) -> &'static str {
        match self {
            Self::WorkflowStarted => "workflow_started",
            Self::WakeSent => "wake_sent",
            Self::HoldExpired => "hold_expired",
        }
    }

    /// So many more.
    pub fn count(self, repairs: u64) {
        counter!("oms_repairs_total", "repair" => self.name()).increment(repairs);
    }
}
