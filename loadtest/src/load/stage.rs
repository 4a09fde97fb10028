//! The system that is put under load, and what is done to it.

use super::books::Books;
use super::run::Drive;
use super::settings::Settings;
use super::side::{Side, say};
use crate::accounting::Cpu;
use crate::basket::PRODUCTS;
use crate::shop::Endpoints;
use anyhow::Context as _;
use stack::health::Health;
use stack::process::{Spec, StopSignal};
use stack::supervisor::Control;
use stack::system::{METRICS, Service, System};
use stack::{Layout, database};
use std::collections::BTreeMap;
use std::net::TcpListener;
use std::time::Duration;

/// Seconds of idleness, to know what the system burns without work.
const IDLE: Duration = Duration::from_secs(3);
/// What came before has to come to rest first.
const CALM: Duration = Duration::from_secs(2);
/// The services with a schema, all of which are killed together: without Temporal they are one process.
const SERVICES: [&str; 3] = ["orders", "payments", "inventory"];
const GATEWAY: &str = "gateway";
const TEMPORAL: &str = "temporal";
/// The process, and in the name of the database, of the side without Temporal.
const DIRECT: &str = "direct";

/// A running system, and its supervisor.
pub(crate) struct Stage {
    layout: Layout,
    control: Control,
    pub(crate) system: System,
    connections: usize,
}

impl Stage {
    /// The system that runs with this state folder, with products for the load.
    pub(crate) async fn open(settings: &Settings) -> anyhow::Result<Self> {
        let layout = Layout::at(&settings.state);
        let (control, system) = (Control::expect(&layout)?, System::load(&layout)?);
        let stage = Self { layout, control, system, connections: settings.amounts.connections };
        fill_shelves(&Books::open(&stage.system.admin_url)?).await?;
        Ok(stage)
    }

    /// The port of a service.
    pub(crate) const fn port(&self, service: Service) -> u16 {
        match service {
            Service::Payments => self.system.ports.payments,
            Service::Inventory => self.system.ports.inventory,
            Service::Orders => self.system.ports.orders,
            Service::Gateway => self.system.ports.gateway,
        }
    }

    /// The services' own ports.
    pub(crate) fn services(&self) -> Endpoints {
        let own = |service| format!("http://127.0.0.1:{}", self.port(service));
        Endpoints { orders: own(Service::Orders), payments: own(Service::Payments), inventory: own(Service::Inventory) }
    }

    /// Where the audit looks.
    pub(crate) fn audited(&self) -> (Endpoints, Option<String>) {
        (self.services(), Some(self.system.temporal_url()))
    }

    /// The system, through its gateway.
    pub(crate) async fn whole(&self) -> anyhow::Result<Side> {
        self.side(vec![Endpoints::at(&self.system.gateway_url())]).await
    }

    /// The system, at these addresses.
    pub(crate) async fn side(&self, endpoints: Vec<Endpoints>) -> anyhow::Result<Side> {
        self.rested(Drive::Temporal, endpoints, Books::open(&self.system.admin_url)?).await
    }

    async fn rested(&self, drive: Drive, endpoints: Vec<Endpoints>, books: Books) -> anyhow::Result<Side> {
        let running = self.control.status().await?.into_iter().filter(|process| process.exit.is_none());
        let processes: Vec<_> = running.map(|process| (process.spec.name, process.pid.to_string())).collect();
        let idle = Cpu::new();
        let mut side = Side { drive, endpoints, books, processes, idle, connections: self.connections };
        side.warm_up().await?;
        say("idle");
        tokio::time::sleep(CALM).await;
        let accounts = side.accounts()?;
        let before = accounts.balance()?;
        tokio::time::sleep(IDLE).await;
        side.idle = accounts.since(&before)?.rates();
        Ok(side)
    }

    /// Starts more instances of the orders service, so that there are `count`, and returns where they answer.
    pub(crate) async fn instances(&self, count: usize) -> anyhow::Result<Vec<Endpoints>> {
        let first = self.control.process("orders").await?.spec;
        let running: Vec<_> = self.control.status().await?;
        let mut endpoints = vec![self.services()];
        for n in 2..=count {
            let name = format!("orders-{n}");
            if let Some(running) = running.iter().find(|process| process.spec.name == name) {
                endpoints
                    .push(Endpoints { orders: format!("http://127.0.0.1:{}", running.spec.port), ..self.services() });
                continue;
            }
            let (port, metrics) = (free_port()?, free_port()?);
            let address = format!("http://127.0.0.1:{port}");
            let mut spec = Spec { log: self.layout.log(&name), name, port, ..first.clone() };
            spec.env.insert("OMS_SERVER__LISTEN".to_owned(), format!("127.0.0.1:{port}"));
            spec.env.insert(METRICS.to_owned(), format!("127.0.0.1:{metrics}"));
            spec.health = Some(Health::Grpc(address.clone()));
            say(&format!("starting {}", spec.name));
            self.control.start_ready(spec).await?;
            endpoints.push(Endpoints { orders: address, ..self.services() });
        }
        Ok(endpoints)
    }

    /// Stops the instances that [`Self::instances`] started.
    pub(crate) async fn one_instance(&self) -> anyhow::Result<()> {
        for process in self.control.status().await? {
            if process.spec.name.starts_with("orders-") {
                self.control.forget(&process.spec.name).await?;
            }
        }
        Ok(())
    }

    /// SIGKILLs whatever drives orders, all at the same time, and starts it again as its operator would.
    pub(crate) async fn kill(&self, drive: Drive) -> anyhow::Result<()> {
        let names: &[&str] = match drive {
            Drive::Temporal => &SERVICES,
            Drive::Direct => &[DIRECT],
        };
        say(&format!("SIGKILL to {}", names.join(", ")));
        futures::future::try_join_all(names.iter().map(|name| self.control.kill(name))).await?;
        self.start(names).await
    }

    async fn start(&self, names: &[&str]) -> anyhow::Result<()> {
        let start = |name: &'_ str| {
            let name = name.to_owned();
            async move { anyhow::Ok(self.control.start_ready(self.control.process(&name).await?.spec).await?) }
        };
        futures::future::try_join_all(names.iter().map(|name| start(name))).await?;
        Ok(())
    }

    /// The side without Temporal, in a database of its own on the same Postgres. The system and Temporal are stopped
    /// meanwhile.
    pub(crate) async fn without_temporal(&self) -> anyhow::Result<Side> {
        for name in [GATEWAY].iter().chain(&SERVICES).chain(&[TEMPORAL]) {
            self.control.stop(name).await?;
        }
        let name = format!("{}_{DIRECT}", database::DATABASE);
        let database = database::provision(&self.system.admin_url, &name).await?;
        let port = free_port()?;
        let address = format!("http://127.0.0.1:{port}");
        let mut env = BTreeMap::new();
        for service in SERVICES {
            env.insert(format!("DIRECT_{}_DATABASE", service.to_uppercase()), database.migration_url(service)?);
        }
        let spec = Spec {
            name: DIRECT.to_owned(),
            program: std::env::current_exe().context("finding this program")?,
            args: vec![DIRECT.to_owned(), "--listen".to_owned(), format!("127.0.0.1:{port}")],
            env,
            sections: None,
            directory: stack::layout::repository(),
            account: None,
            log: self.layout.log(DIRECT),
            port,
            health: Some(Health::Grpc(address.clone())),
            stop_signal: StopSignal::Terminate,
            stop_rank: 8,
            grace_seconds: 20,
            starts_again: false,
        };
        say("starting the side without Temporal");
        self.control.start_ready(spec).await?;
        let books = Books::open(&database.admin_url())?;
        fill_shelves(&books).await?;
        self.rested(Drive::Direct, vec![Endpoints::at(&address)], books).await
    }

    /// Stops the side without Temporal, and starts the system again.
    pub(crate) async fn with_temporal(&self) -> anyhow::Result<()> {
        self.control.forget(DIRECT).await?;
        self.start(&[TEMPORAL]).await?;
        self.start(&SERVICES).await?;
        self.start(&[GATEWAY]).await
    }
}

/// Products that don't run out.
pub(crate) async fn fill_shelves(books: &Books) -> anyhow::Result<()> {
    let products = format!(
        "INSERT INTO inventory.products (id, name)
            SELECT 'LOAD-' || lpad(n::text, 5, '0'), 'Product ' || n FROM generate_series(0, {PRODUCTS} - 1) n
            ON CONFLICT DO NOTHING;
         INSERT INTO inventory.stock (product_id, location, on_hand, opening_on_hand)
            SELECT 'LOAD-' || lpad(n::text, 5, '0'), 'MAIN', 1000000000, 1000000000 FROM generate_series(0, {PRODUCTS} - 1) n
            ON CONFLICT DO NOTHING;
         ANALYZE inventory.products; ANALYZE inventory.stock"
    );
    sqlx::raw_sql(sqlx::AssertSqlSafe(products)).execute(books.pool()).await?;
    Ok(())
}

fn free_port() -> anyhow::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}
