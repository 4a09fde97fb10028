//! A tiny load of each kind on services in this process, judged as a real one is.

use super::books::{Books, Verdict};
use super::flow::{Done, Flow, Outcome};
use super::pace::{self, Count, Pace};
use super::run::Drive;
use super::settings::Scenario;
use super::side::{Plan, Side, Stock, Tokens};
use super::stage::fill_shelves;
use crate::direct::{self, Databases};
use crate::shop::{Endpoints, Manners};
use service::Role;
use service::config::load;
use std::sync::Arc;
use testkit::{Running, Site};

/// All three services, with Temporal.
struct World {
    site: Site,
    orders: Running,
    payments: Running,
    inventory: Running,
}

impl World {
    async fn new() -> Self {
        let site = Site::new().await;
        let mut config: inventory::config::Config = load(inventory::config::DEFAULTS, None).unwrap();
        site.adopt("inventory", &mut config.database, &mut config.temporal);
        let inventory = Running::start(|listener, stop| inventory::run(config, Role::All, Some(listener), stop)).await;
        let mut config: payments::config::Config = load(payments::config::DEFAULTS, None).unwrap();
        site.adopt("payments", &mut config.database, &mut config.temporal);
        let payments = Running::start(|listener, stop| payments::run(config, Role::All, Some(listener), stop)).await;
        let mut config: orders::config::Config = load(orders::config::DEFAULTS, None).unwrap();
        site.adopt("orders", &mut config.database, &mut config.temporal);
        config.inventory.address = inventory.url();
        config.payments.address = payments.url();
        let orders = Running::start(|listener, stop| orders::run(config, Role::All, Some(listener), stop)).await;
        Self { site, orders, payments, inventory }
    }

    async fn side(&self) -> Side {
        let endpoints =
            Endpoints { orders: self.orders.url(), payments: self.payments.url(), inventory: self.inventory.url() };
        let side = side(Drive::Temporal, endpoints, Books::open(&self.site.admin_url()).unwrap());
        for running in [&self.orders, &self.payments, &self.inventory] {
            wait_until_ready(running).await;
        }
        fill_shelves(&side.books).await.unwrap();
        side
    }

    async fn audit(&self) {
        let (orders, payments, inventory) = (&self.orders, &self.payments, &self.inventory);
        self.site.audit_all(orders.channel(), payments.channel(), inventory.channel()).await;
    }
}

fn side(drive: Drive, endpoints: Endpoints, books: Books) -> Side {
    Side { drive, endpoints: vec![endpoints], books, processes: Vec::new(), idle: Default::default(), connections: 2 }
}

fn closed(clients: usize, count: usize) -> Pace {
    Pace::Closed { clients, seconds: 60.0, count: Some(count) }
}

/// Of a plan whose customers call again when a busy machine doesn't answer in time.
fn plan(scenario: Scenario, flow: Flow, pace: Pace) -> Plan {
    Plan { manners: Manners { repeats: true, ..Manners::default() }, ..Plan::new(scenario, flow, pace) }
}

/// All as they should be.
fn reached(count: usize) -> Verdict {
    Verdict { reached: count, ..Verdict::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_flow_comes_to_its_end() {
    let world = World::new().await;
    let side = world.side().await;
    for flow in [Flow::Approved, Flow::Delivered, Flow::Reserve, Flow::Refund] {
        let run = side.measure(&plan(Scenario::Flows, flow, closed(4, 8))).await.unwrap();
        assert_eq!((run.count, &run.verdict), (8, &reached(8)), "{flow}");
        assert_eq!(run.throughput.iter().sum::<u32>(), 8, "{flow}");
    }
    let known = super::scenario::known(&side).await.unwrap();
    let reads = Plan { known, ..plan(Scenario::Flows, Flow::Reads, closed(4, 40)) };
    assert_eq!(side.measure(&reads).await.unwrap().verdict, reached(40));

    let hot = Plan { stock: Stock::Hot, ..plan(Scenario::Stock, Flow::Delivered, closed(4, 8)) };
    assert_eq!(side.measure(&hot).await.unwrap().verdict, reached(8));
    let large = Plan { lines: 300, ..plan(Scenario::Lines, Flow::Delivered, closed(2, 2)) };
    assert_eq!(side.measure(&large).await.unwrap().verdict, reached(2));
    let open = plan(Scenario::Open, Flow::Approved, Pace::Open { per_s: 10.0, seconds: 1.0 });
    assert_eq!(side.measure(&open).await.unwrap().verdict, reached(10));
    let failing = Plan { tokens: Tokens::Failing, ..plan(Scenario::Compare, Flow::Delivered, closed(4, 20)) };
    let verdict = side.measure(&failing).await.unwrap().verdict;
    assert_eq!(verdict, Verdict { declined: 1, ..reached(19) });
    world.audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_goes_without_temporal_too() {
    let site = Site::new().await;
    let url = |service: &str| site.migration_url(service);
    let databases = Databases { orders: url("orders"), payments: url("payments"), inventory: url("inventory") };
    let running = Running::start(|listener, stop| async move { direct::run(&databases, listener, stop).await }).await;
    let side = side(Drive::Direct, Endpoints::at(&running.url()), Books::open(&site.admin_url()).unwrap());
    wait_until_ready(&running).await;
    fill_shelves(&side.books).await.unwrap();
    for flow in [Flow::Approved, Flow::Refund] {
        let run = side.measure(&plan(Scenario::Compare, flow, closed(4, 8))).await.unwrap();
        assert_eq!(run.verdict, reached(8), "{flow}");
    }
    let failing = Plan { tokens: Tokens::Failing, ..plan(Scenario::Compare, Flow::Delivered, closed(4, 20)) };
    let verdict = side.measure(&failing).await.unwrap().verdict;
    assert_eq!(verdict, Verdict { declined: 1, ..reached(19) });
    let channel = running.channel();
    let targets = audit::Targets {
        orders: Some(channel.clone()),
        payments: Some(channel.clone()),
        inventory: Some(channel),
        ..Default::default()
    };
    let audited = audit::run(&targets).await.unwrap();
    assert_eq!(audited.findings, []);
}

/// Its health says that its tables are made.
async fn wait_until_ready(running: &Running) {
    let health = stack::Health::Grpc(running.url());
    while health.check().await.is_err() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_lost_doubled_stuck_or_told_wrongly_is_seen() {
    let world = World::new().await;
    let side = world.side().await;
    let customer: Arc<str> = "LOAD-lost".into();
    let approved = plan(Scenario::Flows, Flow::Approved, closed(4, 6));
    let shops = side.shops(approved.manners).await.unwrap();
    let done = pace::run(approved.pace, &shops, &Count::default(), approved.visits(&customer)).await.unwrap();
    assert_eq!(side.books.judge(Flow::Approved, &customer, &done).await.unwrap(), reached(6));

    let told = |number: usize, change: fn(&mut Done)| {
        let mut all = done.clone();
        change(&mut all[number]);
        all
    };
    let lost = told(0, |done| done.id = "ord_00000000000070008000000000000000".to_owned());
    let judged = side.books.judge(Flow::Approved, &customer, &lost).await.unwrap();
    assert_eq!((judged.lost, judged.doubled), (1, 1), "told of another order, and not of its own");
    let doubled: Vec<Done> = done.iter().skip(1).cloned().collect();
    assert_eq!(side.books.judge(Flow::Approved, &customer, &doubled).await.unwrap().doubled, 1);
    let unanswered = told(2, |done| (done.id, done.outcome) = (String::new(), Outcome::Failed(String::new())));
    let judged = side.books.judge(Flow::Approved, &customer, &unanswered).await.unwrap();
    assert_eq!((judged.doubled, judged.failed), (0, 1), "who got no answer may have made one");
    let declined = told(3, |done| done.outcome = Outcome::Declined);
    assert_eq!(side.books.judge(Flow::Approved, &customer, &declined).await.unwrap().wrong, 1);

    let customer_charged: Arc<str> = "LOAD-charged".into();
    let paid = plan(Scenario::Flows, Flow::Delivered, closed(1, 1));
    let charged = pace::run(paid.pace, &shops, &Count::default(), paid.visits(&customer_charged)).await.unwrap();
    let again = "INSERT INTO payments.simulator_effects (key, kind, subject, currency, amount_minor, outcome, reference)
        SELECT subject || '/99', kind, subject, currency, amount_minor, outcome, 'again' FROM payments.simulator_effects";
    sqlx::query(again).execute(side.books.pool()).await.unwrap();
    assert_eq!(side.books.judge(Flow::Delivered, &customer_charged, &charged).await.unwrap().doubled, 1);

    let delete =
        "DELETE FROM orders.orders WHERE customer_id = $1 AND id = (SELECT min(id::text)::uuid FROM orders.orders)";
    for table in ["order_lines", "order_events"] {
        let rows =
            format!("DELETE FROM orders.{table} WHERE order_id = (SELECT min(id::text)::uuid FROM orders.orders)");
        sqlx::query(sqlx::AssertSqlSafe(rows)).execute(side.books.pool()).await.unwrap();
    }
    sqlx::query(delete).bind(&*customer).execute(side.books.pool()).await.unwrap();
    let judged = side.books.judge(Flow::Approved, &customer, &done).await.unwrap();
    assert!(!judged.is_clean());
    assert_eq!(judged.lost, 1);
}
