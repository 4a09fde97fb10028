//! Starting a system part by part.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::{Role, Service, Sources, System, TemporalSource};
use crate::certs::{self, Trust};
use crate::database::{self, DATABASE};
use crate::error::{Error, Result};
use crate::jaeger::{self, Jaeger};
use crate::layout::Layout;
use crate::node;
use crate::openid::{self, OpenId};
use crate::ports::{self, Ports};
use crate::postgres::{self, Postgres};
use crate::process::Spec;
use crate::progress::Progress;
use crate::prometheus::{self, Prometheus};
use crate::supervisor::Control;
use crate::temporal::on_postgres::{self, OnPostgres};
use crate::temporal::{self, Temporal};

/// Whoever looks at a system of his own wants to see what he has just done.
const SCRAPE_SECONDS: u32 = 5;
/// Long enough to try things out, short enough to see that a session is renewed.
const ACCESS_TOKEN_S: u32 = 900;

/// The servers of a system, fetched and built, not yet started.
#[derive(Debug)]
pub struct Parts {
    layout: Layout,
    offset: u16,
    ports: Ports,
    sources: Sources,
    certificates: Option<PathBuf>,
    postgres: Option<Postgres>,
    temporal: TemporalParts,
    jaeger: Option<Jaeger>,
    prometheus: Option<Prometheus>,
    openid: Option<OpenId>,
}

#[derive(Debug)]
enum TemporalParts {
    DevServer(Box<Temporal>),
    OnPostgres(on_postgres::Binaries),
    Elsewhere(String),
}

/// Sees that the ports are free, and fetches and builds what the servers need. Independent of building the services.
pub async fn prepare(layout: &Layout, offset: u16, sources: Sources, progress: &Progress) -> Result<Parts> {
    let ports = Ports::with_offset(offset)?;
    ensure_free(&ports, &sources)?;
    let certificates = certificates(layout, &sources)?;
    let postgres = async {
        if sources.database_url.is_some() {
            return Ok(None);
        }
        let options = postgres::Options {
            name: "postgres".to_owned(),
            directory: layout.postgres(),
            log: layout.log("postgres"),
            port: ports.postgres,
            durable: true,
            certificates: certificates.clone(),
        };
        Postgres::prepare(&options, progress).await.map(Some)
    };
    let temporal = async {
        let from_path = match &sources.temporal {
            TemporalSource::DevServer => false,
            TemporalSource::DevServerOnPath => true,
            TemporalSource::OnPostgres => {
                return on_postgres::Binaries::build(progress).await.map(TemporalParts::OnPostgres);
            }
            TemporalSource::Elsewhere(address) => return Ok(TemporalParts::Elsewhere(address.clone())),
        };
        let options = temporal::Options {
            name: "temporal".to_owned(),
            directory: layout.temporal(),
            log: layout.log("temporal"),
            port: ports.temporal,
            ui_port: Some(ports.temporal_ui),
            ui_codec: codec_endpoint(&ports, &sources),
            http_port: ports.temporal_http,
            metrics_port: ports.temporal_metrics,
            from_path,
        };
        let prepared = Temporal::prepare(&options, progress).await?;
        Ok(TemporalParts::DevServer(Box::new(prepared)))
    };
    let jaeger = async {
        if !sources.jaeger {
            return Ok(None);
        }
        let options = jaeger::Options {
            log: layout.log("jaeger"),
            directory: layout.logs(),
            otlp_port: ports.otlp,
            query_port: ports.jaeger,
        };
        Jaeger::prepare(&options, progress).await.map(Some)
    };
    let prometheus = async {
        if !sources.prometheus {
            return Ok(None);
        }
        let options = prometheus::Options {
            log: layout.log("prometheus"),
            directory: layout.prometheus(),
            port: ports.prometheus,
            targets: vec![
                ("gateway:9460", ports.gateway_metrics),
                ("orders:9461", ports.orders_metrics),
                ("payments:9462", ports.payments_metrics),
                ("inventory:9463", ports.inventory_metrics),
                ("temporal:9090", ports.temporal_metrics),
            ],
            interval_seconds: SCRAPE_SECONDS,
            trust: certificates.as_deref().map(|folder| Trust::in_folder(folder, "prometheus")),
        };
        Prometheus::prepare(&options, progress).await.map(Some)
    };
    let openid = openid(layout, &ports, &sources, progress);
    let (postgres, temporal, jaeger, prometheus, openid) =
        tokio::try_join!(postgres, temporal, jaeger, prometheus, openid)?;
    let layout = layout.clone();
    Ok(Parts { layout, offset, ports, sources, certificates, postgres, temporal, jaeger, prometheus, openid })
}

/// The provider by which people sign in to the console, where people are asked who they are.
async fn openid(layout: &Layout, ports: &Ports, sources: &Sources, progress: &Progress) -> Result<Option<OpenId>> {
    if !sources.auth {
        return Ok(None);
    }
    if !node::is_here() {
        progress.say(format!("openid: nobody can sign in to the console, which needs {}", node::WANTED));
        return Ok(None);
    }
    let options = openid::Options {
        log: layout.log("openid"),
        folder: layout.issuer(),
        port: ports.openid,
        public_urls: vec![super::public_url(ports.gateway, sources.tls)],
        access_token_s: ACCESS_TOKEN_S,
    };
    OpenId::prepare(&options, progress).await.map(Some)
}

/// The folder of certificates, new ones in it, of a CA that stays.
fn certificates(layout: &Layout, sources: &Sources) -> Result<Option<PathBuf>> {
    if !sources.tls {
        return Ok(None);
    }
    if sources.database_url.is_some() {
        return Err(Error::Refused("with TLS the Postgres is the embedded one: no `--use database-url`".to_owned()));
    }
    let folder = layout.certificates();
    certs::make(&folder, &certs::SUBJECTS)?;
    Ok(Some(folder))
}

/// Fails when something listens on a port that the system needs for what it starts itself.
pub fn ensure_free(ports: &Ports, sources: &Sources) -> Result<()> {
    let mut wanted = vec![
        (ports.gateway, "gateway"),
        (ports.orders, "orders"),
        (ports.payments, "payments"),
        (ports.inventory, "inventory"),
        (ports.gateway_metrics, "the gateway's metrics"),
        (ports.orders_metrics, "the metrics of orders"),
        (ports.payments_metrics, "the metrics of payments"),
        (ports.inventory_metrics, "the metrics of inventory"),
    ];
    if sources.database_url.is_none() {
        wanted.push((ports.postgres, "postgres"));
    }
    if !matches!(sources.temporal, TemporalSource::Elsewhere(_)) {
        wanted.push((ports.temporal, "temporal"));
        wanted.push((ports.temporal_ui, "temporal's web page"));
        wanted.push((ports.temporal_http, "temporal's HTTP API"));
        wanted.push((ports.temporal_metrics, "temporal's metrics"));
    }
    if matches!(sources.temporal, TemporalSource::OnPostgres) {
        let internal = (ports.temporal_internal..).take(ports::TEMPORAL_INTERNAL.into());
        wanted.extend(internal.map(|port| (port, "a part of temporal")));
    }
    if sources.jaeger {
        wanted.push((ports.jaeger, "jaeger"));
        wanted.push((ports.otlp, "jaeger's collector"));
    }
    if sources.auth {
        wanted.push((ports.openid, "the OpenID provider"));
    }
    if sources.prometheus {
        wanted.push((ports.prometheus, "prometheus"));
    }
    wanted.into_iter().try_for_each(|(port, purpose)| ports::ensure_free(port, purpose))
}

impl Parts {
    /// Starts Postgres and Temporal, makes the database, and writes down where everything is.
    pub async fn start_servers(&self, control: &Control, release: bool, progress: &Progress) -> Result<System> {
        let postgres = async {
            start_any(control, self.postgres.as_ref().map(Postgres::spec), progress).await?;
            self.provision().await
        };
        let servers = async {
            match &self.temporal {
                TemporalParts::DevServer(temporal) => {
                    let (database, ()) = tokio::try_join!(postgres, start(control, temporal.spec(), progress))?;
                    Ok((database, temporal.address()))
                }
                TemporalParts::OnPostgres(binaries) => {
                    let database = postgres.await?;
                    let address = self.start_on_postgres(binaries, &database, control, progress).await?;
                    Ok((database, address))
                }
                TemporalParts::Elsewhere(address) => Ok((postgres.await?, address.clone())),
            }
        };
        let jaeger = start_any(control, self.jaeger.as_ref().map(Jaeger::spec), progress);
        let prometheus = start_any(control, self.prometheus.as_ref().map(Prometheus::spec), progress);
        let openid = start_any(control, self.openid.as_ref().map(OpenId::spec), progress);
        let ((database, temporal_address), (), (), ()) = tokio::try_join!(servers, jaeger, prometheus, openid)?;
        let (mut database_urls, mut migration_urls) = (BTreeMap::new(), BTreeMap::new());
        for service in database::SERVICES {
            database_urls.insert(service.to_owned(), self.own_url(service, database.url(service)?)?);
            migration_urls.insert(service.to_owned(), self.own_url(service, database.migration_url(service)?)?);
        }
        let system = System {
            offset: self.offset,
            ports: self.ports,
            release,
            own_temporal: !matches!(self.temporal, TemporalParts::Elsewhere(_)),
            own_postgres: self.postgres.is_some(),
            jaeger: self.jaeger.is_some(),
            prometheus: self.prometheus.is_some(),
            auth: self.sources.auth,
            openid: self.openid.is_some(),
            encryption: self.sources.encryption.clone(),
            temporal_address,
            admin_url: database.admin_url(),
            database_urls,
            migration_urls,
            certificates: self.certificates.clone(),
        };
        if system.auth {
            super::services::write_own_tokens(&self.layout, &system.issuer())?;
        }
        system.save(&self.layout)?;
        Ok(system)
    }

    /// With the service's own certificate, where Postgres asks for one.
    fn own_url(&self, service: &str, url: String) -> Result<String> {
        match &self.certificates {
            None => Ok(url),
            Some(folder) => Trust::in_folder(folder, service).in_url(&url),
        }
    }

    /// The server has its databases in the Postgres of the services, and can only start after it.
    async fn start_on_postgres(
        &self,
        binaries: &on_postgres::Binaries,
        database: &database::Database,
        control: &Control,
        progress: &Progress,
    ) -> Result<String> {
        let options = on_postgres::Options {
            directory: self.layout.temporal_configuration(),
            log: self.layout.log("temporal"),
            database: "temporal".to_owned(),
            ports: on_postgres::Ports {
                frontend: self.ports.temporal,
                http: self.ports.temporal_http,
                metrics: self.ports.temporal_metrics,
                internal: self.ports.temporal_internal,
            },
            ui: Some(on_postgres::Ui {
                port: self.ports.temporal_ui,
                log: self.layout.log("temporal-ui"),
                codec: codec_endpoint(&self.ports, &self.sources),
            }),
            certificates: self.certificates.clone(),
        };
        progress.say("temporal: making or updating its databases");
        let temporal = OnPostgres::set_up(binaries, &options, &database.admin_url()).await?;
        tokio::try_join!(start(control, temporal.spec(), progress), temporal.register_namespace())?;
        if let Some(ui) = temporal.ui() {
            start(control, ui, progress).await?;
        }
        Ok(temporal.address())
    }

    /// On a shared Postgres every port offset gets a database of its own.
    async fn provision(&self) -> Result<database::Database> {
        match (&self.postgres, &self.sources.database_url) {
            (Some(own), _) => database::provision(&own.url("postgres"), DATABASE).await,
            (None, shared) => {
                let name = if self.offset == 0 { DATABASE.to_owned() } else { format!("{DATABASE}_{}", self.offset) };
                database::provision(shared.as_deref().unwrap_or_default(), &name).await
            }
        }
    }
}

/// Where Temporal's web page has payloads decrypted.
fn codec_endpoint(ports: &Ports, sources: &Sources) -> Option<String> {
    sources.encryption.is_some().then(|| format!("http://127.0.0.1:{}/codec", ports.gateway))
}

/// What is part of this system, if it is.
async fn start_any(control: &Control, spec: Option<&Spec>, progress: &Progress) -> Result<()> {
    match spec {
        Some(spec) => start(control, spec, progress).await,
        None => Ok(()),
    }
}

async fn start(control: &Control, spec: &Spec, progress: &Progress) -> Result<()> {
    progress.say(format!("{}: starting on port {}", spec.name, spec.port));
    control.start_ready(spec.clone()).await
}

impl System {
    /// Starts our binaries together and waits until all are ready.
    pub async fn start_services(
        &self,
        control: &Control,
        layout: &Layout,
        binaries: &BTreeMap<Service, PathBuf>,
        progress: &Progress,
    ) -> Result<()> {
        let mut started = Vec::new();
        for (service, program) in binaries {
            let spec = service.spec(self, layout, program.clone(), Role::All);
            progress.say(format!("{}: starting on port {}", spec.name, spec.port));
            control.start(spec.clone()).await?;
            started.push(spec);
        }
        // Without a service behind it the gateway is never ready.
        let whole = binaries.len() == super::BINARIES.len();
        for spec in started.into_iter().filter(|spec| whole || spec.name != Service::Gateway.name()) {
            control.ready(&spec).await?;
        }
        Ok(())
    }
}
