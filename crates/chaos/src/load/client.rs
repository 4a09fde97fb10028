//! A client of the gateway that repeats a request, under the same key, until it has an answer.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use contracts::inventory::inventory_service_client::InventoryServiceClient;
use contracts::orders::order_service_client::OrderServiceClient;
use contracts::payments::payment_service_client::PaymentServiceClient;
use tokio::sync::watch;
use tokio::time::Instant;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Request, Response, Status};

use crate::dice::Dice;

/// An answer is waited for so long, then the request is repeated.
const ATTEMPT: Duration = Duration::from_secs(6);
/// Some clients are less patient with their first attempt.
const HASTY: std::ops::Range<Duration> = Duration::from_millis(1)..Duration::from_millis(80);
/// Pauses grow up to the longest: a crowd that waits must not become the load.
const PAUSE: std::ops::Range<Duration> = Duration::from_millis(50)..Duration::from_millis(600);
const LONGEST: Duration = Duration::from_secs(6);
const CONNECT: Duration = Duration::from_secs(1);
const KEEP_ALIVE: Duration = Duration::from_secs(4);

/// What a client was told.
#[derive(Clone, Debug)]
pub(crate) enum Answer<T> {
    /// It is accepted.
    Yes(T),
    /// It is refused, and why.
    No(String),
    /// Nothing, until the client gave up: it may have happened or not.
    Silence,
}

/// The same of a command whose reply says nothing more.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Ack {
    /// It was never asked for.
    #[default]
    NotAsked,
    Accepted,
    /// Why.
    Refused(String),
    Unanswered,
}

impl Ack {
    pub(crate) fn is_accepted(&self) -> bool {
        *self == Self::Accepted
    }

    /// Whether it may have taken effect.
    pub(crate) fn may_be(&self) -> bool {
        matches!(self, Self::Accepted | Self::Unanswered)
    }
}

impl<T> From<Answer<T>> for Ack {
    fn from(answer: Answer<T>) -> Self {
        match answer {
            Answer::Yes(_) => Self::Accepted,
            Answer::No(why) => Self::Refused(why),
            Answer::Silence => Self::Unanswered,
        }
    }
}

/// Answers that no client should ever get.
#[derive(Clone, Debug, Default)]
pub(crate) struct Surprises(Arc<Mutex<Vec<String>>>);

impl Surprises {
    pub(crate) fn note(&self, what: String) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(what);
    }

    pub(crate) fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A call that can be made again: `call!(client.orders.get_order)`.
macro_rules! call {
    ($client:ident.$service:ident.$method:ident) => {
        |request| {
            let mut service = $client.$service.clone();
            async move { service.$method(request).await }
        }
    };
}
pub(super) use call;

/// A connection to the gateway.
#[derive(Clone)]
pub(crate) struct Client {
    pub(crate) orders: OrderServiceClient<Channel>,
    pub(crate) payments: PaymentServiceClient<Channel>,
    pub(crate) inventory: InventoryServiceClient<Channel>,
    surprises: Surprises,
    /// When clients give up; not known while things go wrong.
    closing: watch::Receiver<Option<Instant>>,
}

impl Client {
    /// It connects when first used, and again whenever its connection breaks.
    pub(crate) fn new(
        address: &str,
        surprises: Surprises,
        closing: watch::Receiver<Option<Instant>>,
    ) -> anyhow::Result<Self> {
        let channel = Endpoint::from_shared(address.to_owned())?
            .connect_timeout(CONNECT)
            .tcp_nodelay(true)
            .http2_keep_alive_interval(KEEP_ALIVE)
            .keep_alive_timeout(KEEP_ALIVE)
            .connect_lazy();
        Ok(Self {
            orders: OrderServiceClient::new(channel.clone()),
            payments: PaymentServiceClient::new(channel.clone()),
            inventory: InventoryServiceClient::new(channel),
            surprises,
            closing,
        })
    }

    /// Notes what should not be.
    pub(crate) fn surprise(&self, what: String) {
        self.surprises.note(what);
    }

    /// Whether clients have to give up.
    pub(crate) fn is_closed(&self) -> bool {
        self.closing.borrow().is_some_and(|at| at < Instant::now())
    }

    /// Makes a call until there is an answer.
    pub(crate) async fn ask<Q: Clone, T, F>(
        &self,
        dice: &mut Dice,
        request: &Q,
        mut call: impl FnMut(Request<Q>) -> F,
    ) -> Answer<T>
    where
        F: Future<Output = Result<Response<T>, Status>>,
    {
        let mut patience = if dice.percent(6) { dice.time(HASTY) } else { ATTEMPT };
        let mut pauses = Pauses::default();
        loop {
            let mut asked = Request::new(request.clone());
            asked.set_timeout(patience);
            match tokio::time::timeout(patience, call(asked)).await {
                Ok(Ok(reply)) => return Answer::Yes(reply.into_inner()),
                Ok(Err(status)) => match meaning(&status) {
                    Meaning::Refusal => return Answer::No(status.message().to_owned()),
                    Meaning::Again => {}
                    Meaning::Surprise => {
                        self.surprise(format!("answer {:?}: {}", status.code(), status.message()));
                    }
                },
                Err(_) => {}
            }
            if self.is_closed() {
                return Answer::Silence;
            }
            pauses.one(dice).await;
            patience = ATTEMPT;
        }
    }

    /// Asks a question until the answer is wanted, or until clients give up.
    pub(crate) async fn until<Q: Clone, T, F>(
        &self,
        dice: &mut Dice,
        request: &Q,
        mut call: impl FnMut(Request<Q>) -> F,
        wanted: impl Fn(&T) -> bool,
    ) -> Option<T>
    where
        F: Future<Output = Result<Response<T>, Status>>,
    {
        let mut pauses = Pauses::default();
        loop {
            match self.ask(dice, request, &mut call).await {
                Answer::Yes(reply) if wanted(&reply) => return Some(reply),
                Answer::Yes(_) if !self.is_closed() => pauses.one(dice).await,
                Answer::No(why) => {
                    self.surprise(format!("what was accepted can't be read: {why}"));
                    return None;
                }
                _ => return None,
            }
        }
    }
}

/// Between one attempt and the next.
#[derive(Default)]
struct Pauses(u32);

impl Pauses {
    async fn one(&mut self, dice: &mut Dice) {
        let pause = dice.time(PAUSE) * 2_u32.pow(self.0.min(5));
        self.0 += 1;
        tokio::time::sleep(pause.min(LONGEST)).await;
    }
}

enum Meaning {
    /// About the request or the state of things.
    Refusal,
    /// Try again.
    Again,
    /// Neither: a mistake of the system's.
    Surprise,
}

/// A status with a source was made here, by a connection that broke.
fn meaning(status: &Status) -> Meaning {
    use Code::{Aborted, Cancelled, DeadlineExceeded, FailedPrecondition, ResourceExhausted, Unavailable};
    match status.code() {
        _ if std::error::Error::source(status).is_some() => Meaning::Again,
        Unavailable | DeadlineExceeded | Cancelled | Aborted | ResourceExhausted => Meaning::Again,
        FailedPrecondition => Meaning::Refusal,
        _ => Meaning::Surprise,
    }
}
