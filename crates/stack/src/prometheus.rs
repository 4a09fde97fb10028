//! Prometheus: collects the metrics of a system and evaluates the rules of `deploy/prometheus`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::certs::Trust;
use crate::error::{Doing, Result};
use crate::health::Health;
use crate::layout;
use crate::ports;
use crate::process::{Server, Spec, StopSignal};
use crate::progress::Progress;
use crate::tools::Tool;

/// Older samples are forgotten.
const RETENTION: &str = "7d";
/// What is scraped and evaluated, as `deploy/prometheus/prometheus.yml` says it.
const INTERVAL: &str = "_interval: 15s";

/// Where a Prometheus listens and logs, and what it scrapes.
#[derive(Clone, Debug)]
pub struct Options {
    /// Its log.
    pub log: PathBuf,
    /// Its configuration and data.
    pub directory: PathBuf,
    /// The HTTP API; 0 stands for a free one.
    pub port: u16,
    /// For each target of `deploy/prometheus/prometheus.yml`, such as `gateway:9460`, its loopback port.
    pub targets: Vec<(&'static str, u16)>,
    /// How often it scrapes and evaluates.
    pub interval_seconds: u32,
    /// The certificate with which it reads the metrics of our processes, if they ask for one.
    pub trust: Option<Trust>,
}

/// A Prometheus that is ready to be started.
#[derive(Clone, Debug)]
pub struct Prometheus {
    spec: Spec,
}

impl Prometheus {
    /// Builds it if that was not done before, and writes its configuration.
    pub async fn prepare(options: &Options, progress: &Progress) -> Result<Self> {
        let program = Tool::Prometheus.path(progress).await?;
        let port = ports::or_free(options.port)?;
        let config = configure(options)?;
        let args = vec![
            format!("--config.file={}", config.display()),
            format!("--storage.tsdb.path={}", options.directory.join("data").display()),
            format!("--storage.tsdb.retention.time={RETENTION}"),
            format!("--web.listen-address=127.0.0.1:{port}"),
            "--log.level=warn".to_owned(),
        ];
        let spec = Spec {
            name: "prometheus".to_owned(),
            program,
            args,
            env: BTreeMap::new(),
            sections: None,
            directory: options.directory.clone(),
            account: None,
            log: options.log.clone(),
            port,
            health: Some(Health::Http(format!("http://127.0.0.1:{port}/-/ready"))),
            stop_signal: StopSignal::Terminate,
            stop_rank: 1,
            starts_again: false,
            grace_seconds: 10,
        };
        Ok(Self { spec })
    }

    /// Prepares and starts one that ends with this process.
    pub async fn start(options: &Options, progress: &Progress) -> Result<(Self, Server)> {
        let prometheus = Self::prepare(options, progress).await?;
        let server = Server::start(prometheus.spec.clone()).await?;
        Ok((prometheus, server))
    }

    /// How to start it.
    pub fn spec(&self) -> &Spec {
        &self.spec
    }

    /// The HTTP API below `/api`.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.spec.port)
    }
}

/// The jobs of our processes by `https://`.
fn secured(config: &str, trust: &Trust) -> String {
    let mut secured = config.to_owned();
    for job in ["gateway", "orders", "payments", "inventory"] {
        let name = format!("  - job_name: {job}\n");
        let path = |path: &Path| serde_json::Value::from(path.to_string_lossy()).to_string();
        let tls = format!(
            "    scheme: https\n    tls_config: {{ ca_file: {}, cert_file: {}, key_file: {} }}\n",
            path(&trust.ca),
            path(&trust.certificate),
            path(&trust.key)
        );
        secured = secured.replace(&name, &(name.clone() + &tls));
    }
    secured
}

/// Writes `deploy/prometheus` once more, with the targets where they are here.
fn configure(options: &Options) -> Result<PathBuf> {
    let from = layout::repository().join("deploy/prometheus");
    let read = |name: &str| std::fs::read_to_string(from.join(name)).at("reading", &from.join(name));
    let mut config = read("prometheus.yml")?.replace(INTERVAL, &format!("_interval: {}s", options.interval_seconds));
    if let Some(trust) = &options.trust {
        config = secured(&config, trust);
    }
    for (target, port) in &options.targets {
        config = config.replace(target, &format!("127.0.0.1:{port}"));
    }
    std::fs::create_dir_all(&options.directory).at("creating", &options.directory)?;
    let write = |name: &str, text: &str| {
        let path = options.directory.join(name);
        std::fs::write(&path, text).at("writing", &path).map(|()| path)
    };
    write("alerts.yml", &read("alerts.yml")?)?;
    write("prometheus.yml", &config)
}
