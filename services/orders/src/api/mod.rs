//! The gRPC interface: proto to domain and back, nothing else.

mod audit;
mod parcels;
mod replies;
mod requests;

pub use audit::Audit;

use crate::domain::{Command, EventKind, Order, Status as OrderStatus};
use crate::error::Error;
use crate::store::{self, Change, Changed, Store};
use contracts::ids::OrderId;
use contracts::orders as proto;
use contracts::values::RequestId;
use proto::order_service_server::OrderService;
use proto::{OrderEvent, OrderView};
use requests::{Decision, ListOrders};
use service::db::within;
use service::idempotency::{self, Begin, LOCAL_CALLER};
use service::outbox::Outbox;
use service::telemetry::spans;
use service::watch::{Batch, EventStream, Hub};
use std::time::Duration;
use tonic::{Request, Response, Status};

/// The service behind the interface.
pub struct Api {
    /// The truth.
    pub store: Store,
    /// Wakes workflows.
    pub outbox: Outbox,
    /// Wakes watchers.
    pub hub: Hub,
    /// How long a watch may stay open.
    pub stream_lifetime: Duration,
}

#[tonic::async_trait]
impl OrderService for Api {
    type WatchOrderStream = EventStream<proto::WatchOrderResponse>;

    async fn create_order(
        &self,
        request: Request<proto::CreateOrderRequest>,
    ) -> Result<Response<proto::CreateOrderResponse>, Status> {
        let mut request = request.into_inner();
        let key = requests::take_key(&mut request.request_id)?;
        let order = requests::create_order(&request)?;
        self.outbox.admit()?;
        Ok(within(async {
            let begun = idempotency::begin_statement(&self.store.pool, "CreateOrder", key.as_ref(), &request).await?;
            let mut write = match begun {
                Begin::Fresh(write) => write,
                Begin::Replay(reply) => return replay(reply),
            };
            let (order, hint) = store::insert(write.conn(), &order, LOCAL_CALLER).await?;
            let reply = proto::CreateOrderResponse { order: Some(replies::order(&order)) };
            write.commit(&reply).await?;
            spans::about(spans::ORDER, &order.id);
            self.outbox.dispatch(hint);
            Ok::<_, Error>(Response::new(reply))
        })
        .await?)
    }

    async fn get_order(
        &self,
        request: Request<proto::GetOrderRequest>,
    ) -> Result<Response<proto::GetOrderResponse>, Status> {
        let (id, view) = requests::get_order(&request.into_inner())?;
        let order = within(async {
            let order = self.find(id).await?;
            Ok::<_, Error>(match view {
                OrderView::Basic => replies::order(&order),
                OrderView::Unspecified | OrderView::Full => self.full(vec![order]).await?.remove(0),
            })
        })
        .await?;
        Ok(Response::new(proto::GetOrderResponse { order: Some(order) }))
    }

    async fn list_orders(
        &self,
        request: Request<proto::ListOrdersRequest>,
    ) -> Result<Response<proto::ListOrdersResponse>, Status> {
        let ListOrders { filter, page, after, view } = requests::list_orders(&request.into_inner())?;
        let reply = within(async {
            let mut orders = store::list(&self.store.pool, &filter, &page, after).await?;
            let next_page_token = page.cut(&mut orders, |order| order.id.to_string());
            let orders = match view {
                OrderView::Unspecified | OrderView::Basic => orders.iter().map(replies::order).collect(),
                OrderView::Full => self.full(orders).await?,
            };
            Ok::<_, Error>(proto::ListOrdersResponse { orders, next_page_token })
        })
        .await?;
        Ok(Response::new(reply))
    }

    async fn watch_order(
        &self,
        request: Request<proto::WatchOrderRequest>,
    ) -> Result<Response<Self::WatchOrderStream>, Status> {
        let (id, after) = requests::watch_order(&request.into_inner())?;
        let order = within(self.find(id)).await?;
        // Nothing follows what was seen: the stream ends at once.
        let over = order.settled && order.status.is_final() && order.sequence <= after;
        let store = self.store.clone();
        let stream = self.hub.stream(&id.to_string(), after, self.stream_lifetime, move |after| {
            let store = store.clone();
            async move { within(next_events(&store, id, after, over)).await.map_err(Status::from) }
        });
        Ok(Response::new(stream))
    }

    async fn approve_order(
        &self,
        request: Request<proto::ApproveOrderRequest>,
    ) -> Result<Response<proto::ApproveOrderResponse>, Status> {
        let mut request = request.into_inner();
        let decision = requests::decision(&mut request.request_id, &request.order_id, &request.reason)?;
        let reply = |order| proto::ApproveOrderResponse { order: Some(order) };
        self.decide("ApproveOrder", Command::Approve, decision, &request, reply).await
    }

    async fn reject_order(
        &self,
        request: Request<proto::RejectOrderRequest>,
    ) -> Result<Response<proto::RejectOrderResponse>, Status> {
        let mut request = request.into_inner();
        let decision = requests::decision(&mut request.request_id, &request.order_id, &request.reason)?;
        let reply = |order| proto::RejectOrderResponse { order: Some(order) };
        self.decide("RejectOrder", Command::Reject, decision, &request, reply).await
    }

    async fn cancel_order(
        &self,
        request: Request<proto::CancelOrderRequest>,
    ) -> Result<Response<proto::CancelOrderResponse>, Status> {
        let mut request = request.into_inner();
        let decision = requests::decision(&mut request.request_id, &request.order_id, &request.reason)?;
        let reply = |order| proto::CancelOrderResponse { order: Some(order) };
        self.decide("CancelOrder", Command::Cancel, decision, &request, reply).await
    }

    async fn ship_order(
        &self,
        request: Request<proto::ShipOrderRequest>,
    ) -> Result<Response<proto::ShipOrderResponse>, Status> {
        let mut request = request.into_inner();
        let (id, key) = requests::ship(&mut request)?;
        Ok(self.ship(id, key, request).await?)
    }

    async fn deliver_order(
        &self,
        request: Request<proto::DeliverOrderRequest>,
    ) -> Result<Response<proto::DeliverOrderResponse>, Status> {
        let mut request = request.into_inner();
        let (id, key) = requests::deliver(&mut request)?;
        Ok(self.deliver(id, key, request).await?)
    }
}

impl Api {
    async fn find(&self, id: OrderId) -> Result<Order, Error> {
        spans::about(spans::ORDER, &id);
        store::find(&self.store.pool, id).await?.ok_or(Error::NotFound(id))
    }

    /// After the commit: to the workflow, the watchers and the traces.
    fn announce(&self, Changed { order, hint, made_in }: Changed) {
        if let Some(hint) = hint {
            self.outbox.dispatch(hint);
        }
        self.hub.publish(&order.id.to_string(), order.sequence);
        spans::about(spans::ORDER, &order.id);
        spans::decided(format_args!("order {}", order.status), &order.id, made_in.as_deref());
    }

    async fn full(&self, orders: Vec<Order>) -> Result<Vec<proto::Order>, Error> {
        let ids: Vec<&Order> = orders.iter().collect();
        let mut lines = store::lines(&self.store.pool, &ids).await?;
        let mut events = store::timeline(&self.store.pool, &ids).await?;
        let parts = |order: &Order| {
            replies::full(
                order,
                &lines.remove(&order.id).unwrap_or_default(),
                &events.remove(&order.id).unwrap_or_default(),
            )
        };
        Ok(orders.iter().map(parts).collect())
    }

    async fn decide<Q: prost::Message, R: prost::Message + Default>(
        &self,
        method: &'static str,
        command: Command,
        Decision { id, reason, key }: Decision,
        request: &Q,
        reply: impl Fn(proto::Order) -> R,
    ) -> Result<Response<R>, Status> {
        Ok(within(async {
            let (pool, key) = (&self.store.pool, key.as_ref());
            // What a fulfilment has begun counts, and it begins without asking.
            let locks = command == Command::Cancel;
            let begun = match locks {
                true => idempotency::begin(pool, method, key, request).await?,
                false => idempotency::begin_statement(pool, method, key, request).await?,
            };
            let mut write = match begun {
                Begin::Fresh(write) => write,
                Begin::Replay(reply) => return replay(reply),
            };
            if locks {
                store::lock(write.conn(), id).await?;
            }
            let change = Change { id, command, reason: reason.as_str(), actor: LOCAL_CALLER, wake: true };
            let Some(changed) = store::change(write.conn(), change).await? else {
                // Its connection first: were all of the pool held here, none would be left to look with.
                drop(write);
                let actual = self.find(id).await?.status;
                return Err(Error::State { id, actual });
            };
            let reply = reply(replies::order(&changed.order));
            write.commit(&reply).await?;
            self.announce(changed);
            Ok::<_, Error>(Response::new(reply))
        })
        .await?)
    }
}

fn replay<R>(reply: Result<R, Status>) -> Result<Response<R>, Error> {
    reply.map(idempotency::replayed).map_err(|status| Error::Replayed(Box::new(status)))
}

async fn next_events(
    store: &Store,
    id: OrderId,
    after: i64,
    over: bool,
) -> Result<Batch<proto::WatchOrderResponse>, Error> {
    if over {
        return Ok(Batch { events: Vec::new(), last: true });
    }
    let events = store::events_after(&store.pool, id, after).await?;
    // A delivered order has no workflow that would settle it once more.
    let last = events
        .last()
        .is_some_and(|e| e.status == OrderStatus::Delivered || (e.status.is_final() && e.kind == EventKind::Settled));
    let message = |event: OrderEvent| proto::WatchOrderResponse { event: Some(event) };
    Ok(Batch { events: events.iter().map(|e| (e.sequence, message(replies::event(e)))).collect(), last })
}

/// The key of a request, for the parsers.
type Key = Option<RequestId>;
