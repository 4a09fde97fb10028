//! Shipping and delivering. Both are transitions of the row alone; the same once more changes nothing.

use super::{Api, Effect, Key, replay, replies};
use crate::domain::{Order, Private, Status};
use crate::error::Error;
use crate::personal::Column;
use crate::store::{self, Changed, Parcel};
use access::Caller;
use contracts::ids::OrderId;
use contracts::orders as proto;
use service::db::within;
use service::idempotency::Begin;
use tonic::Response;

impl Api {
    pub(super) async fn ship(
        &self,
        caller: Caller,
        id: OrderId,
        key: Key,
        request: proto::ShipOrderRequest,
    ) -> Result<Response<proto::ShipOrderResponse>, Error> {
        within(async {
            let begun = self.begin(&caller, ("ShipOrder", Effect::Statement), key.as_ref(), &request).await?;
            let mut write = match begun {
                Begin::Fresh(write) => write,
                Begin::Replay(reply) => return replay(reply),
            };
            let (carrier, number) = (&request.carrier, &request.tracking_number);
            let words = format!("{carrier} {number}");
            let personal = &self.store.personal;
            let pseudonym = personal.number(number);
            let [tracking_number, words] =
                &personal.sealed(write.conn(), id, [(Column::Tracking, number), (Column::Words, &words)]).await?;
            let parcel = Parcel { carrier, tracking_number, pseudonym: pseudonym.as_deref(), words };
            let changed = match store::ship(write.conn(), id, &parcel, caller.actor()).await? {
                Some(mut changed) => {
                    personal.show(write.conn(), std::slice::from_mut(&mut changed.order)).await?;
                    changed
                }
                None => {
                    let same = |order: &Order| {
                        order.status == Status::Shipped
                            && order.carrier.as_ref() == Some(carrier)
                            && order.tracking_number.as_ref().and_then(Private::known) == Some(number)
                    };
                    self.unless_done(&caller, id, same).await?
                }
            };
            let reply = proto::ShipOrderResponse { order: Some(replies::order(&changed.order)) };
            self.commit(write, key.as_ref(), &changed.order, &reply).await?;
            self.announce(changed);
            Ok(Response::new(reply))
        })
        .await
    }

    pub(super) async fn deliver(
        &self,
        caller: Caller,
        id: OrderId,
        key: Key,
        request: proto::DeliverOrderRequest,
    ) -> Result<Response<proto::DeliverOrderResponse>, Error> {
        within(async {
            let begun = self.begin(&caller, ("DeliverOrder", Effect::Statement), key.as_ref(), &request).await?;
            let mut write = match begun {
                Begin::Fresh(write) => write,
                Begin::Replay(reply) => return replay(reply),
            };
            let changed = match store::deliver(write.conn(), id, caller.actor()).await? {
                Some(mut changed) => {
                    self.store.personal.show(write.conn(), std::slice::from_mut(&mut changed.order)).await?;
                    changed
                }
                None => self.unless_done(&caller, id, |order| order.status == Status::Delivered).await?,
            };
            let reply = proto::DeliverOrderResponse { order: Some(replies::order(&changed.order)) };
            self.commit(write, key.as_ref(), &changed.order, &reply).await?;
            self.announce(changed);
            Ok(Response::new(reply))
        })
        .await
    }

    /// The order as it is, if what was asked for is what happened; else the refusal.
    async fn unless_done(&self, caller: &Caller, id: OrderId, done: impl Fn(&Order) -> bool) -> Result<Changed, Error> {
        let order = self.find(caller, id).await?;
        if !done(&order) {
            return Err(Error::State { id, actual: order.status });
        }
        Ok(Changed { order, hint: None, made_in: None })
    }
}
