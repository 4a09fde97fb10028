//! The methods that change something: idempotent, repeated after lost races, and
//! announced once committed.

use super::{Api, replies, requests};
use crate::domain::{Command, Reservation, Status};
use crate::error::Error;
use crate::store::{self, Decision, Effects, Reserved};
use access::Caller;
use contracts::ids::ReservationId;
use contracts::inventory as proto;
use futures::StreamExt as _;
use requests::Decided;
use service::db::within;
use service::deadline::Deadline;
use service::idempotency::{self, Begin};
use service::watch::Batch;
use std::time::Duration;
use tokio::time::Instant;
use tonic::Response;

/// A transaction that lost a race is tried so often.
const TRIES: u32 = 5;
/// A request waits for a saga so long at most, and ends so long before its deadline.
pub(super) const LONGEST_WAIT: Duration = Duration::from_secs(5);
const MARGIN: Duration = Duration::from_millis(500);

impl Api {
    pub(super) async fn reserve(
        &self,
        caller: Caller,
        mut request: proto::ReserveStockRequest,
        deadline: Deadline,
    ) -> Result<Response<proto::ReserveStockResponse>, Error> {
        let key = requests::take_key(&mut request.request_id)?;
        let new = requests::reserve_stock(&request, self.hold, &caller)?;
        let reply = |reservation: &Reservation| proto::ReserveStockResponse {
            reservation: Some(replies::reservation(reservation)),
        };
        let response = within(retried(|| async {
            let (pool, key) = (&self.store.pool, key.as_ref());
            let mut write = match idempotency::begin(pool, &caller, "ReserveStock", key, &request).await? {
                Begin::Fresh(write) => write,
                Begin::Replay(reply) => return replay(reply),
            };
            let (reservation, effects) = match store::reserve(write.conn(), &new).await? {
                Reserved::Made(reservation, effects) => (reservation, Some(effects)),
                Reserved::Before(reservation) => (reservation, None),
            };
            let refused = refusal(&reservation);
            let reply = reply(&reservation);
            let Some(refused) = refused.map(tonic::Status::from) else {
                write.commit(&reply).await?;
                self.announce(effects);
                return Ok(Response::new(reply));
            };
            write.commit_refusal(&refused).await?;
            self.announce(effects);
            Err(Error::Replayed(Box::new(refused)))
        }))
        .await?;
        let made = response.get_ref().reservation.as_ref();
        let Some((id, sequence)) = made
            .filter(|r| r.status() == proto::ReservationStatus::Pending)
            .and_then(|r| Some((r.reservation_id.parse().ok()?, r.sequence)))
        else {
            return Ok(response);
        };
        match self.outcome(id, sequence, deadline).await {
            // Accepted all the same; the caller can look later.
            None => Ok(response),
            Some(reservation) => match refusal(&reservation) {
                Some(refusal) => Err(refusal),
                None => Ok(response.map(|_| reply(&reservation))),
            },
        }
    }

    /// Waits until the saga has decided and given back what it held, within limits.
    async fn outcome(&self, id: ReservationId, sequence: i64, deadline: Deadline) -> Option<Reservation> {
        let left = deadline.0.saturating_duration_since(Instant::now());
        let patience = left.saturating_sub(MARGIN).min(LONGEST_WAIT);
        let store = self.store.clone();
        let mut events = self.hub.stream(&id.to_string(), sequence, patience, move |after| {
            let store = store.clone();
            async move { within(progress(&store, id, after)).await.map_err(tonic::Status::from) }
        });
        while let Some(Ok(())) = events.next().await {}
        within(self.find(id)).await.ok()
    }

    pub(super) async fn decide<Q: prost::Message, R: prost::Message + Default>(
        &self,
        caller: &Caller,
        (method, command): (&'static str, Command),
        Decided { id, reason, key }: &Decided,
        request: &Q,
        reply: impl Fn(proto::Reservation) -> R,
    ) -> Result<Response<R>, Error> {
        within(retried(|| async {
            let mut write = match idempotency::begin(&self.store.pool, caller, method, key.as_ref(), request).await? {
                Begin::Fresh(write) => write,
                Begin::Replay(reply) => return replay(reply),
            };
            let decision = Decision { id: *id, command, reason: reason.as_str(), actor: caller.actor() };
            let effects = store::decide(write.conn(), decision).await?;
            let reservation = store::find(write.conn(), *id).await?.ok_or(Error::ReservationNotFound(*id))?;
            let reply = reply(replies::reservation(&reservation));
            write.commit(&reply).await?;
            self.announce(effects);
            Ok(Response::new(reply))
        }))
        .await
    }

    pub(super) async fn restock(
        &self,
        caller: &Caller,
        Decided { id, reason, key }: &Decided,
        request: &proto::RestockReservationRequest,
    ) -> Result<Response<proto::RestockReservationResponse>, Error> {
        within(retried(|| async {
            let (pool, key) = (&self.store.pool, key.as_ref());
            let begun = idempotency::begin(pool, caller, "RestockReservation", key, request).await?;
            let mut write = match begun {
                Begin::Fresh(write) => write,
                Begin::Replay(reply) => return replay(reply),
            };
            store::restock(write.conn(), *id, reason.as_str(), caller.actor()).await?;
            let reservation = store::find(write.conn(), *id).await?.ok_or(Error::ReservationNotFound(*id))?;
            let reply = proto::RestockReservationResponse { reservation: Some(replies::reservation(&reservation)) };
            write.commit(&reply).await?;
            Ok(Response::new(reply))
        }))
        .await
    }

    pub(super) async fn adjust(
        &self,
        caller: Caller,
        mut request: proto::AdjustStockRequest,
    ) -> Result<Response<proto::AdjustStockResponse>, Error> {
        let (key, change) = requests::adjust_stock(&mut request)?;
        within(retried(|| async {
            let (pool, key) = (&self.store.pool, key.as_ref());
            let mut write = match idempotency::begin(pool, &caller, "AdjustStock", key, &request).await? {
                Begin::Fresh(write) => write,
                Begin::Replay(reply) => return replay(reply),
            };
            let (level, notices) = store::adjust(write.conn(), &change, caller.actor()).await?;
            let reply = proto::AdjustStockResponse {
                stock: Some(replies::stock(&change.location, level)),
                product_id: change.product.to_string(),
            };
            write.commit(&reply).await?;
            self.announce(Some(Effects { changed: None, status: None, hint: None, notices }));
            Ok(Response::new(reply))
        }))
        .await
    }

    fn announce(&self, effects: Option<Effects>) {
        if let Some(hint) = effects.and_then(|effects| effects.announce(&self.hub)) {
            self.outbox.dispatch(hint);
        }
    }
}

/// Repeats a transaction that lost a race.
async fn retried<T, F: Future<Output = Result<T, Error>>>(work: impl Fn() -> F) -> Result<T, Error> {
    let mut tries = 1;
    loop {
        match work().await {
            Err(Error::Again(error)) if tries < TRIES => {
                tracing::debug!(%error, tries, "lost a race; again");
                tries += 1;
            }
            result => return result,
        }
    }
}

/// A rejected reservation is a refusal, also when it is asked for again.
fn refusal(reservation: &Reservation) -> Option<Error> {
    (reservation.status == Status::Rejected)
        .then(|| Error::Short { id: reservation.id, shortages: reservation.shortages.clone() })
}

async fn progress(store: &store::Store, id: ReservationId, after: i64) -> Result<Batch<()>, Error> {
    let events = store::events_after(&store.pool, id, after).await?;
    let moving = store::progress(&store.pool, id).await?.is_some_and(|p| p.status == Status::Pending || p.unwinding);
    Ok(Batch { events: events.iter().map(|event| (event.sequence, ())).collect(), last: !moving })
}

fn replay<R>(reply: Result<R, tonic::Status>) -> Result<Response<R>, Error> {
    reply.map(idempotency::replayed).map_err(|status| Error::Replayed(Box::new(status)))
}
