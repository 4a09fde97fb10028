//! The system under test: every connection goes through toxiproxy, and every process can be killed and started again.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, bail};
use reqwest::Url;
use stack::supervisor::Control;
use stack::system::{self, Role, Service, Sources, System};
use stack::{Layout, Progress, Spec, temporal};
use tokio::sync::{Mutex, MutexGuard};

use crate::map::{End, Link, Process};
use crate::plan::Spoil;
use crate::toxiproxy::Toxiproxy;

/// Times of a run, some of which are settings of the services, so that it sees in minutes what takes hours otherwise.
#[derive(Clone, Debug)]
pub(crate) struct Pace {
    /// How old the copy of Temporal's database is when it replaces it.
    pub(crate) copy_age: Duration,
    /// How long stock is held.
    pub(crate) hold: Duration,
    /// After what time an entity that does not move is woken again.
    pub(crate) stale_after: Duration,
    /// So long after everything was mended, customers without an answer give up.
    pub(crate) patience: Duration,
}

/// A running system.
pub(crate) struct Stage {
    pub(crate) system: System,
    /// Where clients reach the gateway.
    pub(crate) entrance: String,
    toxiproxy: Toxiproxy,
    layout: Layout,
    control: Control,
    specs: BTreeMap<Process, Spec>,
    /// Held while a process is down or about to be.
    turns: BTreeMap<Process, Mutex<()>>,
    /// Held while a connection is spoilt.
    link_turns: BTreeMap<Link, Mutex<()>>,
}

impl Stage {
    /// Starts everything.
    pub(crate) async fn set(
        layout: &Layout,
        offset: u16,
        control: Control,
        binaries: &BTreeMap<Service, PathBuf>,
        pace: &Pace,
        progress: &Progress,
    ) -> anyhow::Result<Self> {
        let (parts, (toxiproxy, spec)) = tokio::try_join!(
            async { Ok(system::prepare(layout, offset, Sources::default(), progress).await?) },
            Toxiproxy::prepare(layout, progress)
        )?;
        control.start_ready(spec).await?;
        let system = parts.start_servers(&control, true, progress).await?;
        let mut proxies = Vec::new();
        for link in Link::ALL {
            proxies.push((link, toxiproxy.add(link, &upstream(&system, link.to)?).await?));
        }
        let mut specs = BTreeMap::new();
        for process in Process::ALL {
            let spec = match process.service() {
                None => control.process(process.name()).await?.spec,
                Some((service, role)) => {
                    let program = binaries.get(&service).with_context(|| format!("no {}", service.name()))?.clone();
                    let make = if role == Role::Worker { Service::spec_beside } else { Service::spec };
                    let mut spec = make(service, &system, layout, program, role);
                    settings(&mut spec, service, pace);
                    for (link, address) in proxies.iter().filter(|(link, _)| link.from == End::Service(service)) {
                        redirect(&mut spec, link.to, address)?;
                    }
                    control.start(spec.clone()).await?;
                    spec
                }
            };
            specs.insert(process, spec);
        }
        for spec in specs.values() {
            control.ready(spec).await?;
        }
        let entrance = proxies.iter().find(|(link, _)| link.from == End::Client).map(|(_, address)| address);
        let entrance = format!("http://{}", entrance.context("no way in")?);
        let turns = Process::ALL.into_iter().map(|process| (process, Mutex::default())).collect();
        let link_turns = Link::ALL.into_iter().map(|link| (link, Mutex::default())).collect();
        Ok(Self { system, toxiproxy, entrance, layout: layout.clone(), control, specs, turns, link_turns })
    }

    /// Waits until nobody else has the process down, and keeps it so.
    pub(crate) async fn turn(&self, process: Process) -> anyhow::Result<MutexGuard<'_, ()>> {
        Ok(self.turns.get(&process).context("an unknown process")?.lock().await)
    }

    /// Spoils a connection for a while.
    pub(crate) async fn spoil(&self, link: Link, how: Spoil, lasts: Duration) -> anyhow::Result<()> {
        let _turn = self.link_turns.get(&link).context("an unknown connection")?.lock().await;
        self.toxiproxy.spoil(link, how).await?;
        tokio::time::sleep(lasts).await;
        self.toxiproxy.mend(link, how).await
    }

    /// Whether the process is down, or about to be, by our doing.
    pub(crate) fn is_being_killed(&self, process: Process) -> bool {
        self.turns.get(&process).is_some_and(|turn| turn.try_lock().is_err())
    }

    /// SIGKILL. To be called in its [`turn`](Self::turn).
    pub(crate) async fn kill(&self, process: Process) -> anyhow::Result<()> {
        Ok(self.control.kill(process.name()).await?)
    }

    /// Starts a killed process and waits until it is ready. To be called in its [`turn`](Self::turn).
    pub(crate) async fn revive(&self, process: Process) -> anyhow::Result<()> {
        let spec = self.specs.get(&process).context("an unknown process")?;
        Ok(self.control.start_ready(spec.clone()).await?)
    }

    /// Keeps a copy of Temporal's database; the server is down meanwhile, so the copy is whole.
    pub(crate) async fn copy_temporal(&self) -> anyhow::Result<()> {
        self.with_temporal_down(temporal::copy_database).await
    }

    /// Puts the copy in the place of Temporal's database.
    pub(crate) async fn replace_temporal(&self) -> anyhow::Result<()> {
        self.with_temporal_down(|data, copy| {
            temporal::delete_database(data)?;
            temporal::copy_database(copy, data)
        })
        .await
    }

    /// Deletes Temporal's database.
    pub(crate) async fn delete_temporal(&self) -> anyhow::Result<()> {
        self.with_temporal_down(|data, _| temporal::delete_database(data)).await
    }

    async fn with_temporal_down(
        &self,
        work: impl FnOnce(&std::path::Path, &std::path::Path) -> stack::Result<()>,
    ) -> anyhow::Result<()> {
        let _turn = self.turn(Process::Temporal).await?;
        self.kill(Process::Temporal).await?;
        work(&self.layout.temporal(), &self.layout.root().join("temporal-copy"))?;
        self.revive(Process::Temporal).await
    }

    /// Processes that do not run.
    pub(crate) async fn missing(&self) -> anyhow::Result<Vec<String>> {
        let all = self.control.status().await?;
        Ok(all.into_iter().filter(|process| process.exit.is_some()).map(|process| process.spec.name).collect())
    }
}

/// Where the end of a link really listens.
fn upstream(system: &System, end: End) -> anyhow::Result<String> {
    let ports = system.ports;
    let port = match end {
        End::Client => bail!("nobody connects to a client"),
        End::Service(Service::Orders) => ports.orders,
        End::Service(Service::Payments) => ports.payments,
        End::Service(Service::Inventory) => ports.inventory,
        End::Service(Service::Gateway) => ports.gateway,
        End::Temporal => ports.temporal,
        End::Postgres => ports.postgres,
    };
    Ok(format!("127.0.0.1:{port}"))
}

/// Points a process at a proxy.
fn redirect(spec: &mut Spec, to: End, address: &str) -> anyhow::Result<()> {
    let (name, value) = match to {
        End::Client => bail!("nobody connects to a client"),
        End::Service(service) => {
            (format!("OMS_{}__ADDRESS", service.name().to_uppercase()), format!("http://{address}"))
        }
        End::Temporal => ("OMS_TEMPORAL__ADDRESS".to_owned(), format!("http://{address}")),
        End::Postgres => {
            let name = "OMS_DATABASE__URL".to_owned();
            let mut url = Url::parse(spec.env.get(&name).context("a service without a database")?)?;
            let (host, port) = address.rsplit_once(':').context("toxiproxy listens nowhere")?;
            url.set_host(Some(host))?;
            url.set_port(Some(port.parse()?)).ok().context("a URL without a host")?;
            (name, url.into())
        }
    };
    spec.env.insert(name, value);
    Ok(())
}

fn settings(spec: &mut Spec, service: Service, pace: &Pace) {
    let mut set = |name: &str, value: String| spec.env.insert(name.to_owned(), value);
    if service != Service::Gateway {
        set("OMS_OUTBOX__STALE_AFTER_S", pace.stale_after.as_secs().to_string());
    }
    if service == Service::Inventory {
        set("OMS_RESERVATION__HOLD_S", pace.hold.as_secs().to_string());
    }
}
