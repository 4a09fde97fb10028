//! Random commands, in every order and with repeats, against the service and against a model of it that is made of the
//! domain's own functions. The test takes the place of the workflow: what its steps write, they write from what they
//! saw last, which may be long past.

use crate::common::*;
use crate::shelf::Shelf;
use contracts::orders::*;
use orders::domain::{Command, Due, Entry, Journal, JournalState, Order as Row, Status, StepName};
use orders::{saga, store};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use service::Role;
use sqlx::PgPool;
use std::time::Duration;
use strum::VariantArray as _;
use testkit::Site;

/// So many orders get commands.
const ORDERS: usize = 20;

#[derive(Clone, Debug)]
enum Act {
    Create {
        paid: bool,
    },
    Decide(usize, Command),
    Ship(usize, &'static str),
    Deliver(usize),
    /// `look`: from what is there now.
    Step(usize, Step, bool),
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Nothing,
    Validate(Command),
    Defer { failed: bool },
    Begin,
    Done,
    Refuse,
    LoseHold,
    Undo,
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let which = || 0..ORDERS;
    let decision = prop_oneof![
        8 => Just(Command::Approve), 1 => Just(Command::Reject), 1 => Just(Command::Cancel)];
    let step = prop_oneof![
        1 => Just(Step::Nothing),
        6 => prop_oneof![8 => Just(Command::Pass), 1 => Just(Command::Fail), 1 => Just(Command::GiveUp)]
            .prop_map(Step::Validate),
        3 => any::<bool>().prop_map(|failed| Step::Defer { failed }),
        6 => Just(Step::Begin),
        16 => Just(Step::Done),
        1 => Just(Step::Refuse),
        4 => Just(Step::LoseHold),
        4 => Just(Step::Undo),
    ];
    let act = prop_oneof![
        4 => prop::bool::weighted(0.8).prop_map(|paid| Act::Create { paid }),
        6 => (which(), decision).prop_map(|(which, command)| Act::Decide(which, command)),
        1 => (which(), prop::sample::select(vec!["JD01", "JD02"])).prop_map(|(which, number)| Act::Ship(which, number)),
        1 => which().prop_map(Act::Deliver),
        30 => (which(), step, prop::bool::weighted(0.6)).prop_map(|(which, step, look)| Act::Step(which, step, look)),
    ];
    prop::collection::vec(act, 2_000)
}

/// An order in the model.
#[derive(Clone)]
struct Known {
    id: String,
    paid: bool,
    status: Status,
    unwinding: bool,
    settled: bool,
    /// Goes up with each event.
    version: u32,
    journal: Journal,
    number: Option<&'static str>,
    /// What a step saw last, and the model as it was then.
    seen: Option<(Row, Box<Known>)>,
}

impl Known {
    fn new(id: String, paid: bool) -> Self {
        let (status, journal) = (Status::Created, Journal::default());
        Self { id, paid, status, unwinding: false, settled: false, version: 1, journal, number: None, seen: None }
    }

    fn to(&mut self, status: Status) {
        self.status = status;
        self.version += 1;
    }

    fn mark(&mut self, entry: &Entry, state: JournalState) {
        let is_it = |e: &&mut Entry| (e.step, e.attempt) == (entry.step, entry.attempt);
        self.journal.0.iter_mut().find(is_it).unwrap().state = state;
    }

    fn is_live(&self) -> bool {
        self.journal.0.iter().any(Entry::is_live)
    }

    fn rests(&self) -> bool {
        self.status.rests() && !self.unwinding && !(self.status == Status::Approved && self.paid)
    }
}

struct Model {
    client: Client,
    pool: PgPool,
    orders: Vec<Known>,
}

impl Model {
    async fn play(&mut self, act: &Act) {
        match *act {
            Act::Create { paid } if self.orders.len() < ORDERS => {
                let mut request = order();
                if paid {
                    request.set_payment_method(PaymentMethod::CreditCard);
                }
                let id = create(&mut self.client, request).await;
                self.orders.push(Known::new(id, paid));
            }
            Act::Create { .. } => {}
            Act::Decide(which, command) => self.decide(which, command).await,
            Act::Ship(which, number) => self.ship(which, number).await,
            Act::Deliver(which) => self.deliver(which).await,
            Act::Step(which, step, look) => self.step(which, step, look).await,
        }
    }

    async fn decide(&mut self, which: usize, command: Command) {
        let Some(known) = self.orders.get_mut(which) else { return };
        let order_id = known.id.clone();
        let reply = match command {
            Command::Approve => approve(&mut self.client, &order_id).await,
            Command::Reject => {
                let request = RejectOrderRequest { order_id, ..Default::default() };
                self.client.reject_order(request).await.map(|reply| reply.into_inner().order.unwrap())
            }
            _ => cancel(&mut self.client, &order_id).await,
        };
        match known.status.transition(command) {
            Some(next) => {
                reply.unwrap();
                known.to(next);
                known.unwinding = known.is_live();
                known.settled &= !known.unwinding;
            }
            None => assert_eq!(reason(&reply.unwrap_err()), "ORDER_STATE"),
        }
    }

    async fn ship(&mut self, which: usize, number: &'static str) {
        let Some(known) = self.orders.get_mut(which) else { return };
        let (order_id, tracking_number) = (known.id.clone(), number.to_owned());
        let request = ShipOrderRequest { order_id, carrier: "DHL".into(), tracking_number, request_id: String::new() };
        let reply = self.client.ship_order(request).await;
        match known.status.transition(Command::Ship) {
            Some(next) => {
                reply.unwrap();
                known.to(next);
                known.number = Some(number);
            }
            None if known.status == Status::Shipped && known.number == Some(number) => drop(reply.unwrap()),
            None => assert_eq!(reason(&reply.unwrap_err()), "ORDER_STATE"),
        }
    }

    async fn deliver(&mut self, which: usize) {
        let Some(known) = self.orders.get_mut(which) else { return };
        let request = DeliverOrderRequest { order_id: known.id.clone(), ..Default::default() };
        let reply = self.client.deliver_order(request).await;
        match known.status.transition(Command::Deliver) {
            Some(next) => {
                reply.unwrap();
                known.to(next);
            }
            None if known.status == Status::Delivered => drop(reply.unwrap()),
            None => assert_eq!(reason(&reply.unwrap_err()), "ORDER_STATE"),
        }
    }

    async fn step(&mut self, which: usize, step: Step, look: bool) {
        let Some(known) = self.orders.get_mut(which) else { return };
        if look || known.seen.is_none() {
            self::look(&self.pool, known).await;
        }
        let (row, then) = known.seen.clone().unwrap();
        let current = then.status == known.status && then.version == known.version;
        match step {
            Step::Nothing => {}
            Step::Validate(command) => {
                let mut conn = self.pool.acquire().await.unwrap();
                let done = store::validated(&mut conn, &row, command, "").await.unwrap();
                let next = then.status.transition(command).filter(|_| current);
                assert_eq!(done.is_some(), next.is_some());
                if let Some(next) = next {
                    known.to(next);
                    known.settled = next.is_final();
                }
            }
            Step::Defer { failed } if then.status.is_unchecked() => {
                let mut conn = self.pool.acquire().await.unwrap();
                let done = store::retry_validation(&mut conn, &row, failed, Duration::ZERO, "").await.unwrap();
                assert_eq!(done.is_some(), current);
                if current && (failed || then.status == Status::Created) {
                    known.to(Status::ValidationPending);
                }
            }
            Step::Undo if then.unwinding => undo(&self.pool, known, &row, &then).await,
            Step::Begin | Step::Done | Step::Refuse | Step::LoseHold
                if then.status.is_in_fulfilment() && then.paid && !then.unwinding =>
            {
                forward(&self.pool, known, step, &row, &then, current).await;
            }
            _ => {}
        }
    }

    async fn compare(&self, act: &Act) {
        let which = match *act {
            Act::Create { .. } => self.orders.len() - 1,
            Act::Decide(which, _) | Act::Ship(which, _) | Act::Deliver(which) | Act::Step(which, ..) => which,
        };
        let Some(known) = self.orders.get(which) else { return };
        let row = store::find(&self.pool, known.id.parse().unwrap()).await.unwrap().unwrap();
        let expected = (known.status, known.unwinding, known.settled);
        assert_eq!((row.status, row.unwinding, row.settled), expected, "{} after {act:?}", known.id);
    }
}

fn steps() -> impl DoubleEndedIterator<Item = StepName> {
    StepName::VARIANTS.iter().copied()
}

async fn look(pool: &PgPool, known: &mut Known) {
    let look = store::look(pool, known.id.parse().unwrap()).await.unwrap().unwrap();
    let outline = |journal: &Journal| {
        let mut outline: Vec<_> =
            journal.0.iter().map(|e| (e.step.to_string(), e.attempt, e.state.to_string())).collect();
        outline.sort();
        outline
    };
    if known.status.is_in_fulfilment() || known.unwinding {
        assert_eq!(outline(&look.journal), outline(&known.journal), "{}", known.id);
    }
    known.seen = None;
    known.seen = Some((look.order, Box::new(known.clone())));
    let settles = known.rests() && !known.settled;
    assert_eq!(look.settled.is_some(), settles, "{} is {}", known.id, known.status);
    if settles {
        known.settled = true;
        known.version += 1;
    }
}

async fn undo(pool: &PgPool, known: &mut Known, row: &Row, then: &Known) {
    let entry = then.journal.undo(steps()).unwrap();
    let done = store::journal::undone(pool, row.id, entry, "undone").await.unwrap();
    let is_live = |e: &Entry| (e.step, e.attempt) == (entry.step, entry.attempt) && e.is_live();
    let expected = known.unwinding && known.journal.0.iter().any(is_live);
    assert_eq!(done.is_some(), expected);
    if expected {
        known.mark(entry, JournalState::Undone);
        known.unwinding = known.is_live();
        known.version += 1;
    }
}

async fn forward(pool: &PgPool, known: &mut Known, step: Step, row: &Row, then: &Known, current: bool) {
    let due = then.journal.due(steps()).unwrap();
    let entry = Entry::new(due.step, due.attempt);
    let same = |e: &&Entry| (e.step, e.attempt) == (due.step, due.attempt);
    match step {
        Step::Begin if !due.begun => {
            let done = store::journal::begin(pool, row, due).await.unwrap();
            let expected = known.status == then.status && !known.journal.0.iter().any(|e| same(&e));
            assert_eq!(done, expected);
            if expected {
                known.journal.0.push(entry);
            }
        }
        Step::Done if due.begun => {
            let command = saga::step(due.step).command;
            let follows = follows(&then.journal, &entry);
            let external = entry.key(row.id);
            let target = then.status.transition(command);
            let done = store::journal::done(pool, row, &entry, &external, target, follows).await.unwrap();
            assert_eq!(done.is_some(), current);
            if current {
                known.mark(&entry, JournalState::Done);
                known.journal.0.extend(follows.map(|due| Entry::new(due.step, due.attempt)));
                let target = known.status.transition(command);
                known.to(target.unwrap_or(known.status));
                known.settled = target.is_some_and(Status::rests);
            }
        }
        Step::Refuse if due.begun => {
            let done = store::journal::refused(pool, row, &entry, "refused").await.unwrap();
            assert_eq!(done.is_some(), current);
            if current {
                known.mark(&entry, JournalState::Refused);
                known.to(Status::Cancelled);
                known.unwinding = known.is_live();
            }
        }
        Step::LoseHold if due.begun && due.step != StepName::Charge => {
            let gone = then.journal.last(StepName::Reserve).unwrap();
            let done = store::journal::lost(pool, row, &entry, gone, "lost").await.unwrap();
            assert_eq!(done.is_some(), current);
            if current {
                known.mark(gone, JournalState::Lost);
                known.mark(&entry, JournalState::Refused);
                known.version += 1;
            }
        }
        _ => {}
    }
}

/// What is due once this attempt is done.
fn follows(journal: &Journal, entry: &Entry) -> Option<Due> {
    let mut after = journal.clone();
    after.0.iter_mut().find(|e| (e.step, e.attempt) == (entry.step, entry.attempt)).unwrap().state = JournalState::Done;
    after.due(steps()).filter(|due| !due.begun)
}

#[tokio::test(flavor = "multi_thread")]
async fn random_commands_do_what_the_model_does() {
    let (site, shelf) = (Site::new().await, Shelf::start().await);
    let config = config(&site, &shelf);
    let pool = service::db::pool(&config.database).unwrap();
    let running = start(config, Role::Api).await;
    let mut model = Model { client: client(&running), pool, orders: Vec::new() };
    let mut runner = TestRunner::default();
    let fulfilled = |status: &Status| matches!(status, Status::Processing | Status::Shipped | Status::Delivered);
    let both_ends = |reached: &[Status]| reached.contains(&Status::Cancelled) && reached.iter().any(fulfilled);
    let mut reached: Vec<Status> = Vec::new();
    // Chance may cancel all orders of a game: then there is another with new ones.
    for _game in 0..10 {
        model.orders.clear();
        for act in &acts().new_tree(&mut runner).unwrap().current() {
            model.play(act).await;
            model.compare(act).await;
        }
        reached.extend(model.orders.iter().map(|known| known.status));
        if both_ends(&reached) {
            break;
        }
    }
    assert!(both_ends(&reached), "{reached:?}");
    site.audit(audit::Targets { orders: Some(running.channel()), ..Default::default() }).await;
}
