//! Random commands, in every order and with repeats, against the service and against a model of it that is made of the
//! domain's own functions. The test takes the place of the workflows and of the provider, whose answers may come twice
//! and late.

use crate::support::{NOWHERE, Stage, payment, reason, usd};
use contracts::payments::{CancelPaymentRequest, PaymentEventKind};
use contracts::{Currency, Money};
use payments::domain::attempt::judge;
use payments::domain::refund::{Refused, admit, after_payback};
use payments::domain::{Method, Outcome, Payment, PaymentCommand, PaymentStatus, RefundCommand, RefundStatus, Verdict};
use payments::store;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use service::Role;
use std::time::Duration;
use time::OffsetDateTime;

const TOTAL: i64 = 1_250;

#[derive(Clone, Debug)]
enum Act {
    Create,
    Cancel(usize),
    /// An attempt of a charge begins, this much after the last one.
    Begin(usize, i32),
    /// The provider's answer to the attempt so long before the last one.
    Answer(usize, Outcome, i32),
    Refund(usize, Option<i64>),
    BeginPayback(usize, usize, i32),
    AnswerPayback(usize, usize, Outcome, i32),
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let which = || 0_usize..8;
    let refund = || 0_usize..3;
    // Mostly what is due, now and then what was before or is not yet.
    let next = || prop::sample::select(vec![1, 1, 1, 1, 0, 2]);
    let late = || prop::sample::select(vec![0, 0, 0, 0, 1]);
    let outcome = || {
        // Of a provider whose books are not audited.
        let text = String::from("pi_model");
        prop::sample::select(vec![
            Outcome::Done { reference: text.clone() },
            Outcome::Done { reference: text.clone() },
            Outcome::Done { reference: text.clone() },
            Outcome::Declined { reason: text.clone() },
            Outcome::NotDone { reason: text.clone() },
            Outcome::Unknown { reason: text },
        ])
    };
    let act = prop_oneof![
        3 => Just(Act::Create),
        1 => which().prop_map(Act::Cancel),
        6 => (which(), next()).prop_map(|(which, n)| Act::Begin(which, n)),
        6 => (which(), outcome(), late()).prop_map(|(which, outcome, n)| Act::Answer(which, outcome, n)),
        5 => (which(), prop::option::weighted(0.8, 1_i64..700)).prop_map(|(which, minor)| Act::Refund(which, minor)),
        6 => (which(), refund(), next()).prop_map(|(which, refund, n)| Act::BeginPayback(which, refund, n)),
        6 => (which(), refund(), outcome(), late())
            .prop_map(|(which, refund, outcome, n)| Act::AnswerPayback(which, refund, outcome, n)),
    ];
    prop::collection::vec(act, 800)
}

/// What was asked of the provider for a charge or a refund in the model.
#[derive(Clone, Copy, Debug, Default)]
struct Tries {
    begun: i32,
    in_flight: bool,
    repeats: i32,
}

struct Charged {
    id: String,
    status: PaymentStatus,
    tries: Tries,
    refunds: Vec<Refunded>,
}

struct Refunded {
    id: String,
    minor: i64,
    status: RefundStatus,
    tries: Tries,
}

impl Tries {
    fn begin(&mut self, attempt: i32, allowed: bool) -> bool {
        let goes = allowed && !self.in_flight && attempt == self.begun + 1;
        if goes {
            *self = Self { begun: attempt, in_flight: true, repeats: 0 };
        }
        goes
    }

    /// Whether an answer to this attempt still counts.
    const fn counts(&self, attempt: i32) -> bool {
        self.in_flight && attempt == self.begun
    }
}

impl Charged {
    fn sum(&self, counts: impl Fn(RefundStatus) -> bool) -> i64 {
        self.refunds.iter().filter(|refund| counts(refund.status)).map(|refund| refund.minor).sum()
    }

    /// Refunds count from their admission until they fail.
    fn refunded(&self) -> i64 {
        self.sum(|status| status != RefundStatus::Failed)
    }

    fn paid_back(&self) -> i64 {
        self.sum(|status| status == RefundStatus::Completed)
    }

    fn row(&self) -> Payment {
        let now = OffsetDateTime::now_utc();
        Payment {
            id: self.id.parse().unwrap(),
            order: "ORDER123".parse().unwrap(),
            customer: None,
            amount: Money::new(Currency::USD, TOTAL),
            method: Method::CreditCard,
            status: self.status,
            reason: String::new(),
            attempts: self.tries.begun,
            provider_reference: None,
            refunded: Money::new(Currency::USD, self.refunded()),
            sequence: 0,
            settled: false,
            created_at: now,
            updated_at: now,
            completed_at: self.status.is_charged().then_some(now),
            saga_key: None,
        }
    }
}

struct Model {
    stage: Stage,
    payments: Vec<Charged>,
}

impl Model {
    async fn play(&mut self, act: &Act) {
        let Self { stage, payments } = self;
        match act {
            Act::Create => {
                let id = stage.try_create(payment("")).await.unwrap().payment_id;
                let (status, tries) = (PaymentStatus::Pending, Tries::default());
                payments.push(Charged { id, status, tries, refunds: Vec::new() });
            }
            Act::Cancel(which) => {
                let Some(known) = payments.get_mut(*which) else { return };
                let request = CancelPaymentRequest { payment_id: known.id.clone(), ..Default::default() };
                let reply = stage.client.clone().cancel_payment(request).await;
                match known.status.transition(PaymentCommand::Cancel) {
                    Some(next) => {
                        reply.unwrap();
                        known.status = next;
                    }
                    None if known.status == PaymentStatus::Cancelled => drop(reply.unwrap()),
                    None => assert_eq!(reason(&reply.unwrap_err(), "state").2, known.status.to_string()),
                }
            }
            Act::Begin(which, n) => {
                let Some(known) = payments.get_mut(*which) else { return };
                let attempt = known.tries.begun + n;
                let done = store::begin(&stage.db, known.id.parse().unwrap(), attempt).await.unwrap();
                let next = known.status.transition(PaymentCommand::Begin);
                assert_eq!(done.is_some(), known.tries.begin(attempt, next.is_some()), "{act:?}");
                known.status = next.filter(|_| done.is_some()).unwrap_or(known.status);
            }
            Act::Answer(which, outcome, late) => {
                let Some(known) = payments.get_mut(*which) else { return };
                answer(stage, known, outcome.clone(), *late).await;
            }
            Act::Refund(which, minor) => {
                let Some(known) = payments.get_mut(*which) else { return };
                refund(stage, known, *minor).await;
            }
            Act::BeginPayback(which, refund, n) => {
                let Some(refund) = payments.get_mut(*which).and_then(|known| known.refunds.get_mut(*refund)) else {
                    return;
                };
                let attempt = refund.tries.begun + n;
                let done = store::begin_payback(&stage.db, refund.id.parse().unwrap(), attempt).await.unwrap();
                let next = refund.status.transition(RefundCommand::Begin);
                assert_eq!(done, refund.tries.begin(attempt, next.is_some()), "{act:?}");
                refund.status = next.filter(|_| done).unwrap_or(refund.status);
            }
            Act::AnswerPayback(which, refund, outcome, late) => {
                let Some(known) = payments.get_mut(*which) else { return };
                answer_payback(stage, known, *refund, outcome.clone(), *late).await;
            }
        }
    }

    async fn compare(&self, act: &Act) {
        let mut balance = 0;
        for known in &self.payments {
            let row = store::find(&self.stage.db, known.id.parse().unwrap()).await.unwrap().unwrap();
            let found = (row.status, row.attempts, row.refunded.minor());
            assert_eq!(found, (known.status, known.tries.begun, known.refunded()), "{} after {act:?}", known.id);
            balance += if known.status.is_charged() { TOTAL - known.paid_back() } else { 0 };
        }
        assert_eq!(self.stage.balance().await, balance, "after {act:?}");
    }
}

async fn answer(stage: &Stage, known: &mut Charged, outcome: Outcome, late: i32) {
    let (id, attempt) = (known.id.parse().unwrap(), known.tries.begun - late);
    let counts = known.tries.counts(attempt);
    let tries = Tries { in_flight: false, ..known.tries };
    let (done, status, tries) = match judge(outcome, attempt, known.tries.repeats) {
        Verdict::Succeed { reference } => {
            let done = store::completed(&stage.db, id, attempt, &reference).await;
            (done, known.status.transition(PaymentCommand::Complete), tries)
        }
        Verdict::Fail { reason } => {
            let done = store::failed(&stage.db, id, attempt, &reason).await;
            (done, known.status.transition(PaymentCommand::Fail), tries)
        }
        Verdict::Retry { reason, .. } => {
            (store::retry(&stage.db, id, attempt, &reason, Duration::ZERO).await, Some(known.status), tries)
        }
        Verdict::Repeat { .. } => {
            let repeats = known.tries.repeats;
            let done = store::repeat(&stage.db, id, attempt, repeats, Duration::ZERO).await;
            (done, Some(known.status), Tries { repeats: repeats + 1, ..known.tries })
        }
    };
    assert_eq!(done.unwrap().is_some(), counts && status.is_some());
    if let Some(status) = status.filter(|_| counts) {
        (known.status, known.tries) = (status, tries);
    }
}

async fn refund(stage: &Stage, known: &mut Charged, minor: Option<i64>) {
    let reply = stage.refund(&known.id, minor).await;
    let asked = minor.map(|minor| Money::new(Currency::USD, minor));
    match admit(&known.row(), asked, OffsetDateTime::now_utc(), Some(Duration::from_secs(60))) {
        Ok(amount) => {
            let refund = reply.unwrap();
            assert_eq!(refund.amount, Some(usd(amount.minor())));
            let (id, minor, status) = (refund.refund_id, amount.minor(), RefundStatus::Pending);
            known.refunds.push(Refunded { id, minor, status, tries: Tries::default() });
        }
        Err(Refused::NotCharged) => assert_eq!(reason(&reply.unwrap_err(), "state").2, known.status.to_string()),
        Err(_) => assert_eq!(reason(&reply.unwrap_err(), "refundable").1, "REFUND_EXCEEDS_REST"),
    }
}

async fn answer_payback(stage: &Stage, known: &mut Charged, which: usize, outcome: Outcome, late: i32) {
    let paid_back = known.paid_back();
    let Some(refund) = known.refunds.get_mut(which) else { return };
    let id = refund.id.parse().unwrap();
    let task = store::payback_task(&stage.db, id).await.unwrap().unwrap();
    let attempt = refund.tries.begun - late;
    let counts = refund.tries.counts(attempt);
    let next = |command| refund.status.transition(command).filter(|_| counts);
    match judge(outcome, attempt, refund.tries.repeats) {
        Verdict::Succeed { reference } => {
            let done = store::paid_back(&stage.db, &task, attempt, &reference).await.unwrap();
            let next = next(RefundCommand::Complete);
            assert_eq!(done.is_some(), next.is_some());
            if let Some(next) = next {
                (refund.status, refund.tries.in_flight) = (next, false);
                known.status = after_payback(known.status, TOTAL, paid_back + refund.minor).unwrap();
            }
        }
        Verdict::Fail { reason } => {
            let done = store::payback_failed(&stage.db, &task, attempt, &reason).await.unwrap();
            let next = next(RefundCommand::Fail);
            assert_eq!(done.is_some(), next.is_some());
            if let Some(next) = next {
                (refund.status, refund.tries.in_flight) = (next, false);
            }
        }
        Verdict::Retry { .. } => {
            assert_eq!(store::retry_payback(&stage.db, id, attempt, Duration::ZERO).await.unwrap(), counts);
            refund.tries.in_flight &= !counts;
        }
        Verdict::Repeat { .. } => {
            let repeats = refund.tries.repeats;
            let done = store::repeat_payback(&stage.db, id, attempt, repeats, Duration::ZERO).await.unwrap();
            assert_eq!(done, counts);
            refund.tries.repeats += i32::from(counts);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn random_commands_do_what_the_model_does() {
    let stage = Stage::with(Role::Api, |config| config.temporal.address = NOWHERE.to_owned()).await;
    let mut model = Model { stage, payments: Vec::new() };
    let mut runner = TestRunner::default();
    for act in &acts().new_tree(&mut runner).unwrap().current() {
        model.play(act).await;
        model.compare(act).await;
    }
    let Model { stage, payments } = model;
    assert!(payments.iter().any(|known| known.paid_back() > 0));
    assert!(stage.findings().await.is_empty(), "{:?}", stage.findings().await);
    // A real worker and provider carry everything on from where it was left.
    let worker = stage.join(Role::Worker).await;
    for known in &payments {
        stage.watch(&known.id, 0, |event| event.kind() == PaymentEventKind::Settled).await;
    }
    worker.stop().await;
    stage.audit().await;
}
