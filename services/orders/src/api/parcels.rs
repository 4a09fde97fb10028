//! Shipping and delivering. Both are transitions of the row alone; the same once more changes nothing.

use super::{Api, Key, replay, replies};
use crate::domain::{Order, Status};
use crate::error::Error;
use crate::store::{self, Changed, Parcel};
use contracts::ids::OrderId;
use contracts::orders as proto;
use service::db::within;
use service::idempotency::{self, Begin, LOCAL_CALLER};
use tonic::Response;

impl Api {
    pub(super) async fn ship(
        &self,
        id: OrderId,
        key: Key,
        request: proto::ShipOrderRequest,
    ) -> Result<Response<proto::ShipOrderResponse>, Error> {
        within(async {
            let mut write =
                match idempotency::begin_statement(&self.store.pool, "ShipOrder", key.as_ref(), &request).await? {
                    Begin::Fresh(write) => write,
                    Begin::Replay(reply) => return replay(reply),
                };
            let parcel = Parcel { carrier: &request.carrier, tracking_number: &request.tracking_number };
            let changed = match store::ship(write.conn(), id, &parcel, LOCAL_CALLER).await? {
                Some(changed) => changed,
                None => {
                    let same = |order: &Order| {
                        order.status == Status::Shipped
                            && order.carrier.as_deref() == Some(parcel.carrier)
                            && order.tracking_number.as_deref() == Some(parcel.tracking_number)
                    };
                    self.unless_done(id, same).await?
                }
            };
            let reply = proto::ShipOrderResponse { order: Some(replies::order(&changed.order)) };
            write.commit(&reply).await?;
            self.announce(changed);
            Ok(Response::new(reply))
        })
        .await
    }

    pub(super) async fn deliver(
        &self,
        id: OrderId,
        key: Key,
        request: proto::DeliverOrderRequest,
    ) -> Result<Response<proto::DeliverOrderResponse>, Error> {
        within(async {
            let mut write =
                match idempotency::begin_statement(&self.store.pool, "DeliverOrder", key.as_ref(), &request).await? {
                    Begin::Fresh(write) => write,
                    Begin::Replay(reply) => return replay(reply),
                };
            let changed = match store::deliver(write.conn(), id, LOCAL_CALLER).await? {
                Some(changed) => changed,
                None => self.unless_done(id, |order| order.status == Status::Delivered).await?,
            };
            let reply = proto::DeliverOrderResponse { order: Some(replies::order(&changed.order)) };
            write.commit(&reply).await?;
            self.announce(changed);
            Ok(Response::new(reply))
        })
        .await
    }

    /// The order as it is, if what was asked for is what happened; else the refusal.
    async fn unless_done(&self, id: OrderId, done: impl Fn(&Order) -> bool) -> Result<Changed, Error> {
        let order = self.find(id).await?;
        if !done(&order) {
            return Err(Error::State { id, actual: order.status });
        }
        Ok(Changed { order, hint: None, made_in: None })
    }
}
