//! The whole system as processes, two of which are killed and started again at a script's command.

use crate::processes::service;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::post;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use testkit::{Site, Spawned};
use tokio::net::TcpListener;
use tokio::sync::Mutex;

const GATEWAY: &str = env!("CARGO_BIN_EXE_gateway");

type Settings = Vec<(&'static str, String)>;
type Running = Arc<Mutex<BTreeMap<String, Mortal>>>;

pub(super) struct Stage {
    site: Arc<Site>,
    payments: Spawned,
    inventory: Spawned,
    /// A gateway that stays: what is true is asked there.
    side_door: Spawned,
    mortals: Running,
    control: SocketAddr,
}

/// A process that is killed now and then.
struct Mortal {
    settings: Settings,
    /// None while it is dead.
    process: Option<Spawned>,
    address: SocketAddr,
}

impl Mortal {
    fn new(process: Spawned, mut settings: Settings) -> Self {
        let address = process.address;
        settings.push(("OMS_SERVER__LISTEN", address.to_string()));
        Self { settings, process: Some(process), address }
    }
}

async fn start(site: &Site, name: &str, settings: &Settings) -> Spawned {
    if name == "gateway" { Spawned::start(GATEWAY, settings).await } else { service(site, name, settings).await }
}

impl Stage {
    pub(super) async fn start() -> Self {
        let site = Arc::new(Site::new().await);
        let (payments, inventory) = tokio::join!(service(&site, "payments", &[]), service(&site, "inventory", &[]));
        let partners =
            [("OMS_PAYMENTS__ADDRESS", payments.url()), ("OMS_INVENTORY__ADDRESS", inventory.url())].to_vec();
        let orders = start(&site, "orders", &partners).await;
        let behind = [partners.as_slice(), &[("OMS_ORDERS__ADDRESS", orders.url())]].concat();
        let (gateway, side_door) = tokio::join!(start(&site, "gateway", &behind), start(&site, "gateway", &behind));
        let mortals = [("orders", Mortal::new(orders, partners)), ("gateway", Mortal::new(gateway, behind))];
        let mortals = Arc::new(Mutex::new(mortals.map(|(name, mortal)| (name.to_owned(), mortal)).into()));

        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let control = listener.local_addr().unwrap();
        let router = Router::new()
            .route("/{name}/kill", post(kill))
            .route("/{name}/start", post(start_again))
            .with_state((Arc::clone(&site), Arc::clone(&mortals)));
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { site, payments, inventory, side_door, mortals, control }
    }

    /// What a script has to know.
    pub(super) async fn settings(&self) -> Settings {
        let console = self.mortals.lock().await["gateway"].address;
        vec![
            ("OMS_CONSOLE", format!("http://{console}")),
            ("OMS_SIDE_DOOR", self.side_door.url()),
            ("OMS_CONTROL", format!("http://{}", self.control)),
        ]
    }

    pub(super) async fn audit(&self) {
        let mortals = self.mortals.lock().await;
        let orders = mortals["orders"].process.as_ref().unwrap().channel();
        self.site.audit_all(orders, self.payments.channel(), self.inventory.channel()).await;
    }
}

type Held = State<(Arc<Site>, Running)>;

async fn kill(State((_, mortals)): Held, Path(name): Path<String>) -> StatusCode {
    let Some(process) = mortals.lock().await.get_mut(&name).and_then(|mortal| mortal.process.take()) else {
        return StatusCode::CONFLICT;
    };
    process.kill().await;
    StatusCode::NO_CONTENT
}

async fn start_again(State((site, mortals)): Held, Path(name): Path<String>) -> StatusCode {
    let mut mortals = mortals.lock().await;
    let Some(mortal) = mortals.get_mut(&name).filter(|mortal| mortal.process.is_none()) else {
        return StatusCode::CONFLICT;
    };
    mortal.process = Some(start(&site, &name, &mortal.settings).await);
    StatusCode::NO_CONTENT
}
