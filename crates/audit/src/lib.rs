//! The audit over all services: each service's own rules, what one service says
//! about another's entities, and whether everything that should be driven has a
//! live workflow.
//!
//! A system at work changes between two looks. A finding therefore counts only if
//! a second look, a little later, finds it again.

mod cross;
mod drivers;
mod own;

use access::outbound::{Bearing, OwnToken};
pub use drivers::RULE as DRIVER_RULE;
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;
use temporalio_client::TlsOptions;
use tonic::transport::Channel;

/// Time between the two looks.
const BETWEEN: Duration = Duration::from_secs(3);

/// Where to look. A service that is not given is not audited.
#[derive(Clone, Default)]
pub struct Targets {
    /// The orders service.
    pub orders: Option<Channel>,
    /// The payments service.
    pub payments: Option<Channel>,
    /// The inventory service.
    pub inventory: Option<Channel>,
    /// Temporal's address (`http://host:port`) and namespace.
    pub temporal: Option<(String, String)>,
    /// An auditor's, where one is asked for.
    pub token: OwnToken,
    /// How Temporal is believed, and believes us, if its address is `https://`.
    pub temporal_tls: Option<TlsOptions>,
}

impl Targets {
    fn with_token(&self, channel: &Channel) -> Bearing<Channel> {
        Bearing::new(channel.clone(), self.token.clone())
    }
}

/// A broken rule.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// Its stable name.
    pub rule: String,
    /// The entity at fault.
    pub entity: String,
    /// What was found.
    pub detail: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.rule, self.entity, self.detail)
    }
}

/// What an audit found.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Confirmed by the second look.
    pub findings: Vec<Finding>,
    /// Every rule that was checked, with its number of confirmed findings.
    pub rules: BTreeMap<String, usize>,
    /// Entities that should have a live workflow, and had one.
    pub driven: usize,
}

/// The audit could not be made.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A service did not answer.
    #[error("{service}: {status}")]
    Service {
        /// Which.
        service: &'static str,
        /// What it said.
        status: Box<tonic::Status>,
    },
    /// Temporal did not answer.
    #[error("temporal: {0}")]
    Temporal(String),
}

/// One look at everything.
#[derive(Default)]
struct Look {
    rules: Vec<String>,
    findings: BTreeMap<(String, String), String>,
    driven: usize,
}

impl Look {
    fn add(&mut self, rule: &str, entity: impl Into<String>, detail: impl Into<String>) {
        self.findings.insert((rule.to_owned(), entity.into()), detail.into());
    }

    async fn take(targets: &Targets) -> Result<Self, Error> {
        let mut look = Self::default();
        let expected = own::look(targets, &mut look).await?;
        cross::look(targets, &mut look).await?;
        if let Some((address, namespace)) = &targets.temporal {
            let client = drivers::connect(address, namespace, targets.temporal_tls.clone()).await?;
            drivers::look(&client, &expected, &mut look).await?;
        }
        Ok(look)
    }
}

/// Audits everything.
///
/// # Errors
/// A service or Temporal did not answer; nothing is known then.
pub async fn run(targets: &Targets) -> Result<Report, Error> {
    let mut look = Look::take(targets).await?;
    if !look.findings.is_empty() {
        tokio::time::sleep(BETWEEN).await;
        let again = Look::take(targets).await?;
        look.findings.retain(|key, _| again.findings.contains_key(key));
        look.driven = again.driven;
    }
    let mut rules: BTreeMap<String, usize> = look.rules.into_iter().map(|rule| (rule, 0)).collect();
    for (rule, _) in look.findings.keys() {
        *rules.entry(rule.clone()).or_default() += 1;
    }
    let finding = |((rule, entity), detail)| Finding { rule, entity, detail };
    Ok(Report { findings: look.findings.into_iter().map(finding).collect(), rules, driven: look.driven })
}
