//! How each of our own binaries is started.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::System;
use crate::certs::{self, OPERATOR, Trust};
use crate::error::Result;
use crate::health::Health;
use crate::issuer::{self, Issuer};
use crate::layout::{self, Layout};
use crate::openid;
use crate::process::{Spec, StopSignal};

/// Our binaries, each of a package of that name, in the order they are listed.
pub const BINARIES: [Service; 4] = [Service::Orders, Service::Payments, Service::Inventory, Service::Gateway];

/// The variable that says where a process serves its metrics, as `host:port`.
pub const METRICS: &str = "OMS_METRICS__LISTEN";
/// Added to the metrics port of a service for its second process: once for each [`Role`] before it, and once more.
const BESIDE: u16 = 10;

/// A developer's system runs for days; the next `up` writes new ones.
const OWN_TOKEN: Duration = Duration::from_secs(30 * 24 * 3600);

/// One of our binaries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Service {
    /// The orders service.
    Orders,
    /// The payments service.
    Payments,
    /// The inventory service.
    Inventory,
    /// The gateway.
    Gateway,
}

/// What part of a service a process runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The API and the worker.
    All,
    /// Only the API.
    Api,
    /// Only the Temporal worker.
    Worker,
}

impl Role {
    /// As `--role` takes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Api => "api",
            Self::Worker => "worker",
        }
    }
}

impl Service {
    /// The name of its package, binary, process, schema, role and task queue.
    pub fn name(self) -> &'static str {
        match self {
            Self::Orders => "orders",
            Self::Payments => "payments",
            Self::Inventory => "inventory",
            Self::Gateway => "gateway",
        }
    }

    /// The service of this name.
    pub fn named(name: &str) -> Option<Self> {
        BINARIES.into_iter().find(|service| service.name() == name)
    }

    fn port(self, system: &System) -> u16 {
        match self {
            Self::Orders => system.ports.orders,
            Self::Payments => system.ports.payments,
            Self::Inventory => system.ports.inventory,
            Self::Gateway => system.ports.gateway,
        }
    }

    fn metrics_port(self, system: &System) -> u16 {
        match self {
            Self::Orders => system.ports.orders_metrics,
            Self::Payments => system.ports.payments_metrics,
            Self::Inventory => system.ports.inventory_metrics,
            Self::Gateway => system.ports.gateway_metrics,
        }
    }

    /// How `program`, this service's binary, is started in `system`.
    pub fn spec(self, system: &System, layout: &Layout, program: PathBuf, role: Role) -> Spec {
        let port = self.port(system);
        let gateway = self == Self::Gateway;
        // A worker listens on no port, so that it can run beside an API.
        let health = match (gateway, role) {
            (true, _) => Some(Health::Http(format!("{}/readyz", system.url(port)))),
            (false, Role::Worker) => None,
            (false, _) => Some(Health::Grpc(system.url(port))),
        };
        let health = health.map(|health| system.health(health));
        Spec {
            name: self.name().to_owned(),
            program,
            args: arguments(system, (!gateway).then_some(role)),
            env: self.environment(system, layout, port),
            sections: Some(self.sections()),
            directory: layout::repository(),
            account: None,
            log: layout.log(self.name()),
            port: health.as_ref().map(|_| port).unwrap_or_default(),
            health,
            stop_signal: StopSignal::Terminate,
            // The gateway first, so that no request reaches a service that is going.
            stop_rank: if gateway { 9 } else { 8 },
            grace_seconds: 20,
            starts_again: false,
        }
    }

    /// The same as a second process of the service, named after its role: `orders-worker` beside `orders`.
    pub fn spec_beside(self, system: &System, layout: &Layout, program: PathBuf, role: Role) -> Spec {
        let mut spec = self.spec(system, layout, program, role);
        spec.name = format!("{}-{}", self.name(), role.name());
        spec.log = layout.log(&spec.name);
        let metrics = self.metrics_port(system) + BESIDE * (1 + role as u16);
        spec.env.insert(METRICS.to_owned(), format!("127.0.0.1:{metrics}"));
        spec
    }

    /// The sections of its configuration, from its documented defaults.
    pub fn sections(self) -> Vec<String> {
        let file = layout::repository().join(format!("services/{}/src/config.default.toml", self.name()));
        let text = std::fs::read_to_string(file).unwrap_or_default();
        let heading = |line: &str| Some(line.strip_prefix('[')?.split_once(']')?.0.to_owned());
        text.lines().filter_map(heading).collect()
    }

    /// Systems that share a Temporal must not take each other's work.
    fn task_queue(self, system: &System) -> String {
        if system.own_temporal || system.offset == 0 {
            self.name().to_owned()
        } else {
            format!("{}-{}", self.name(), system.offset)
        }
    }

    fn environment(self, system: &System, layout: &Layout, port: u16) -> BTreeMap<String, String> {
        let ports = system.ports;
        let mut env = BTreeMap::from([
            ("OMS_SERVER__LISTEN".to_owned(), format!("127.0.0.1:{port}")),
            (METRICS.to_owned(), format!("127.0.0.1:{}", self.metrics_port(system))),
            // Colours are for terminals; this goes to a file.
            ("NO_COLOR".to_owned(), "1".to_owned()),
        ]);
        if let Some(trust) = system.trust(self.name()) {
            env.extend(self.certified(&trust));
        }
        for other in self.calls() {
            let section = format!("OMS_{}", other.name().to_uppercase());
            env.insert(format!("{section}__ADDRESS"), system.url(other.port(system)));
            if system.certificates.is_some() {
                env.insert(format!("{section}__IDENTITY"), certs::identity(other.name()));
            }
        }
        let mut set = |name: &str, value: String| env.insert(name.to_owned(), value);
        if system.auth {
            let folder = layout.issuer();
            let file = |path: PathBuf| path.display().to_string();
            set("OMS_AUTH__MODE", "token".to_owned());
            set("OMS_AUTH__ISSUER", system.issuer());
            set("OMS_AUTH__AUDIENCE", issuer::AUDIENCE.to_owned());
            set("OMS_AUTH__JWKS", file(Issuer::jwks_file(&folder)));
            set("OMS_AUTH__TOKEN_FILE", file(own_token(&folder, self)));
        }
        if system.jaeger {
            set("OMS_TRACES__ENDPOINT", format!("http://127.0.0.1:{}", ports.otlp));
        }
        if self == Self::Gateway {
            let page = ports.temporal_ui;
            if let Some(page) = system.temporal_ui_url() {
                let page = page.replace("127.0.0.1", "localhost");
                set("OMS_CONSOLE__WORKFLOW_LINK", format!("{page}/namespaces/default/workflows/{{workflow_id}}"));
            }
            if let Some(page) = system.jaeger_url() {
                let page = page.replace("127.0.0.1", "localhost");
                set("OMS_CONSOLE__TRACE_LINK", format!("{page}/trace/{{trace_id}}"));
            }
            if system.openid {
                let folder = layout.issuer();
                set("OMS_CONSOLE__OIDC__ISSUER", system.issuer());
                set("OMS_CONSOLE__OIDC__CLIENT_ID", openid::CLIENT.to_owned());
                set("OMS_CONSOLE__OIDC__CLIENT_SECRET_FILE", text(&openid::secret_file(&folder)));
                set("OMS_CONSOLE__OIDC__PUBLIC_URL", system.public_url());
                set("OMS_CONSOLE__SESSION_KEYS_FILE", text(&openid::session_key_file(&folder)));
            }
            set("OMS_CODEC__ORIGINS", format!("http://127.0.0.1:{page},http://localhost:{page}"));
            return env;
        }
        set("OMS_TEMPORAL__ADDRESS", system.temporal_url());
        if let (Some(trust), true) = (system.trust(self.name()), system.temporal_url().starts_with("https://")) {
            set("OMS_TEMPORAL__CA", text(&trust.ca));
            set("OMS_TEMPORAL__CERTIFICATE", text(&trust.certificate));
            set("OMS_TEMPORAL__KEY", text(&trust.key));
        }
        set("OMS_TEMPORAL__NAMESPACE", "default".to_owned());
        set("OMS_TEMPORAL__TASK_QUEUE", self.task_queue(system));
        // What was started last gets Temporal's work, also when it is an older build.
        set("OMS_TEMPORAL__REVISION", seconds_since_epoch().to_string());
        if let Some(url) = system.database_urls.get(self.name()) {
            set("OMS_DATABASE__URL", url.clone());
        }
        if let Some(url) = system.migration_urls.get(self.name()) {
            set("OMS_DATABASE__MIGRATION_URL", url.clone());
        }
        env
    }

    /// The settings for its certificates, and who may call it.
    fn certified(self, trust: &Trust) -> BTreeMap<String, String> {
        let list = |names: &[&str]| {
            let names: Vec<_> = names.iter().map(|name| format!("{:?}", certs::identity(name))).collect();
            format!("[{}]", names.join(", "))
        };
        let mut callers: Vec<_> =
            BINARIES.into_iter().filter(|other| other.calls().contains(&self)).map(Self::name).collect();
        callers.push(OPERATOR);
        let mut env = BTreeMap::from([
            ("OMS_TLS__CERTIFICATE", text(&trust.certificate)),
            ("OMS_TLS__KEY", text(&trust.key)),
            ("OMS_TLS__CA", text(&trust.ca)),
            ("OMS_TLS__CLIENT_CA", text(&trust.ca)),
            ("OMS_TLS__ALLOWED", list(&callers)),
            ("OMS_METRICS__ALLOWED", list(&["prometheus", OPERATOR])),
        ]);
        if self == Self::Gateway {
            // Browsers have no certificate.
            env.insert("OMS_TLS__CALLERS", "any".to_owned());
        }
        env.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }

    /// The services that it calls.
    fn calls(self) -> &'static [Self] {
        match self {
            Self::Gateway => &[Self::Orders, Self::Payments, Self::Inventory],
            Self::Orders => &[Self::Payments, Self::Inventory],
            Self::Payments | Self::Inventory => &[],
        }
    }
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

fn own_token(folder: &Path, service: Service) -> PathBuf {
    folder.join(format!("{}.token", service.name()))
}

/// Writes each service's own token, with which it calls the others.
pub(super) fn write_own_tokens(layout: &Layout, issuer: &str) -> Result<()> {
    let folder = layout.issuer();
    let issuer = Issuer::of_folder(&folder, issuer)?;
    for service in BINARIES {
        let token = issuer.token(service.name(), &["service"], OWN_TOKEN)?;
        layout::write_closed(&own_token(&folder, service), token.as_bytes(), 0o600)?;
    }
    Ok(())
}

/// Its role, if it has some, and the keys.
fn arguments(system: &System, role: Option<Role>) -> Vec<String> {
    let role = role.map(|role| ["--role".to_owned(), role.name().to_owned()]);
    let keys = system.encryption.as_ref().map(|file| ["--config".to_owned(), file.to_string_lossy().into_owned()]);
    role.into_iter().chain(keys).flatten().collect()
}

fn seconds_since_epoch() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
