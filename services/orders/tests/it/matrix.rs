//! Every step of the fulfilment, and every undo, under every fault. The cases come from the table of steps: one without
//! its calls below does not compile.
//!
//! The test takes the place of the orders worker, so that it can die at any moment.

use crate::common::*;
use crate::world::World;
use access::outbound::OwnToken;
use contracts::orders::*;
use contracts::payments::PaymentStatus;
use orders::activities::OrderActivities;
use orders::catalogue::Catalogue;
use orders::config::{Config, DEFAULTS};
use orders::domain::StepName;
use orders::saga::Saga;
use orders::saga::partners::Partners;
use service::drive::Next;
use service::watch::Hub;
use sqlx::{Connection as _, PgConnection};
use std::sync::Arc;
use std::time::Duration;
use strum::VariantArray as _;
use testkit::PATIENCE;
use testkit::proxy::{Proxy, Spoil};

/// The calls by which a step is done and undone.
const fn calls(step: StepName) -> (&'static str, &'static str) {
    match step {
        StepName::Reserve => ("ReserveStock", "CancelReservation"),
        StepName::Charge => ("CreatePayment", "CreateRefund"),
        StepName::Commit => ("CommitReservation", "RestockReservation"),
    }
}

/// What goes wrong with one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::VariantArray)]
enum Fault {
    FailsForGood,
    FailsAndRecovers,
    ReplyIsLost,
    RunsTwice,
    WorkerDiesBefore,
    WorkerDiesAfter,
    CancelledBefore,
    CancelledAfter,
}

impl Fault {
    const fn spoil(self) -> Option<Spoil> {
        match self {
            Self::FailsForGood => Some(Spoil::Refuse),
            Self::FailsAndRecovers => Some(Spoil::LoseRequest),
            Self::ReplyIsLost => Some(Spoil::LoseReply),
            Self::RunsTwice => None,
            Self::WorkerDiesBefore | Self::CancelledBefore => Some(Spoil::HoldBefore),
            Self::WorkerDiesAfter | Self::CancelledAfter => Some(Spoil::HoldAfter),
        }
    }

    const fn kills(self) -> bool {
        matches!(self, Self::WorkerDiesBefore | Self::WorkerDiesAfter)
    }

    const fn cancels(self) -> bool {
        matches!(self, Self::CancelledBefore | Self::CancelledAfter)
    }
}

struct Bench {
    world: World,
    inventory: Proxy,
    payments: Proxy,
    worker: Arc<OrderActivities>,
}

impl Bench {
    async fn new() -> Self {
        let world = World::idle().await;
        let (inventory, payments) = (Proxy::to(&world.inventory).await, Proxy::to(&world.payments).await);
        let mut config: Config = service::config::load(DEFAULTS, None).unwrap();
        world.site.adopt("orders", &mut config.database, &mut config.temporal);
        config.inventory.address = inventory.running.url();
        config.payments.address = payments.running.url();
        let (pool, hub) = (service::db::pool(&config.database).unwrap(), Hub::default());
        let partners = Partners::new(&config, &OwnToken::none()).unwrap();
        let worker = Arc::new(OrderActivities {
            pool: pool.clone(),
            catalogue: Catalogue::new(&config, &OwnToken::none()).unwrap(),
            hub: hub.clone(),
            validation: config.validation,
            approval: config.approval.policy().unwrap(),
            saga: Saga { pool, partners, hub },
        });
        Self { world, inventory, payments, worker }
    }

    fn proxy(&self, step: StepName) -> &Proxy {
        if step == StepName::Charge { &self.payments } else { &self.inventory }
    }

    async fn work(&self, id: &str) {
        tokio::time::timeout(PATIENCE, work(Arc::clone(&self.worker), id.to_owned())).await.unwrap();
    }

    async fn approved(&self) -> String {
        let mut client = self.world.client();
        let mut order = order_of(&[("PROD-002", 1, 5_000)], 5_000);
        order.set_payment_method(PaymentMethod::CreditCard);
        let id = create(&mut client, order).await;
        self.work(&id).await;
        approve(&mut client, &id).await.unwrap();
        id
    }

    /// Works with one call spoiled, and then to the end.
    async fn suffer(&self, proxy: &Proxy, id: &str, call: &'static str, fault: Fault) {
        if let Some(spoil) = fault.spoil() {
            proxy.spoil(call, spoil);
        }
        if fault == Fault::RunsTwice {
            tokio::join!(self.work(id), self.work(id));
        }
        if fault.kills() || fault.cancels() {
            let working = tokio::spawn(work(Arc::clone(&self.worker), id.to_owned()));
            proxy.reached().await;
            if fault.kills() {
                working.abort();
            } else {
                cancel(&mut self.world.client(), id).await.unwrap();
            }
            proxy.go_on();
            if fault.cancels() {
                working.await.unwrap();
            }
        }
        self.work(id).await;
        assert!(proxy.is_done(), "{call} was never made");
    }

    async fn check(&self, id: &str, fulfilled: bool, case: &str) {
        let order = get(&mut self.world.client(), id).await;
        let status = if fulfilled { OrderStatus::Processing } else { OrderStatus::Cancelled };
        assert_eq!((order.status(), order.unwinding), (status, false), "{case}: {:#?}", order.timeline);
        let charged = self.world.payments_of(id).await;
        let charged: Vec<_> = charged.iter().filter(|p| p.status() == PaymentStatus::Completed).collect();
        assert_eq!(charged.len(), usize::from(fulfilled), "{case}: {charged:?}");
    }
}

/// Works on the order until there is nothing left to do.
async fn work(worker: Arc<OrderActivities>, id: String) {
    loop {
        match worker.advance(id.parse().unwrap(), true).await {
            Ok(Next::Done | Next::Wait) => return,
            Ok(Next::After(pause)) => tokio::time::sleep(Duration::from_millis(pause)).await,
            Ok(Next::Long) | Err(_) => {}
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_step_under_every_fault() {
    let bench = Bench::new().await;
    let before = bench.world.available("PROD-002").await;
    let mut fulfilled = 0;
    for &step in StepName::VARIANTS {
        for &fault in Fault::VARIANTS {
            let case = format!("{step} {fault:?}");
            let id = bench.approved().await;
            bench.suffer(bench.proxy(step), &id, calls(step).0, fault).await;
            // Stock that was promised and charged is not given up because of one refusal that says nothing of its state.
            let refused = fault == Fault::FailsForGood && step != StepName::Commit;
            let goes_through = !fault.cancels() && !refused;
            bench.check(&id, goes_through, &case).await;
            fulfilled += i64::from(goes_through);
        }
    }
    assert_eq!(bench.world.available("PROD-002").await, before - fulfilled);
    bench.world.audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_undo_under_every_fault() {
    let bench = Bench::new().await;
    let before = bench.world.available("PROD-002").await;
    for &step in StepName::VARIANTS {
        // A cancelled order is not cancelled again.
        for &fault in Fault::VARIANTS.iter().filter(|fault| !fault.cancels()) {
            let id = bench.approved().await;
            bench.work(&id).await;
            cancel(&mut bench.world.client(), &id).await.unwrap();
            bench.suffer(bench.proxy(step), &id, calls(step).1, fault).await;
            bench.check(&id, false, &format!("undo of {step} {fault:?}")).await;
        }
    }
    assert_eq!(bench.world.available("PROD-002").await, before);
    bench.world.audit().await;
}

/// The order is cancelled at the very moment in which its first step is written down.
#[tokio::test(flavor = "multi_thread")]
async fn a_step_that_begins_while_the_order_is_cancelled_is_undone() {
    let bench = Bench::new().await;
    let id = bench.approved().await;
    let mut database = PgConnection::connect(&bench.world.site.database_url("orders")).await.unwrap();
    let mut begun = database.begin().await.unwrap();
    let begin = "INSERT INTO order_journal (order_id, step, attempt, state)
        SELECT id, 'reserve', 1, 'STARTED' FROM (SELECT id FROM orders WHERE status = 'APPROVED' FOR NO KEY UPDATE) o";
    assert_eq!(sqlx::query(begin).execute(&mut *begun).await.unwrap().rows_affected(), 1);
    let (mut client, cancelled) = (bench.world.client(), id.clone());
    let cancelled = tokio::spawn(async move { cancel(&mut client, &cancelled).await.unwrap() });
    let waits = "SELECT EXISTS (SELECT 1 FROM pg_stat_activity
        WHERE datname = current_database() AND usename = current_user AND wait_event_type = 'Lock')";
    while !sqlx::query_scalar::<_, bool>(waits).fetch_one(&mut *begun).await.unwrap() {
        tokio::task::yield_now().await;
    }
    begun.commit().await.unwrap();
    assert!(cancelled.await.unwrap().unwinding, "what was begun has to be undone");
    bench.work(&id).await;
    bench.check(&id, false, "begun while cancelled").await;
    bench.world.audit().await;
}
