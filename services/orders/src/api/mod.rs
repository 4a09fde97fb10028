//! The gRPC interface: proto to domain and back, nothing else.

mod audit;
#[doc(hidden)]
pub mod fuzzing;
mod lists;
mod parcels;
mod privacy;
mod replies;
mod requests;
mod statistics;
mod watch;

pub use audit::Audit;
pub use privacy::Privacy;

use crate::domain::{Command, EventKind, Order, Status as OrderStatus};
use crate::error::Error;
use crate::personal::Column;
use crate::store::{self, Change, Changed, Changes, Figures, Store};
use access::Caller;
use contracts::ids::{CustomerId, OrderId};
use contracts::orders as proto;
use contracts::values::RequestId;
use lists::ListOrders;
use proto::order_service_server::OrderService;
use proto::{OrderEvent, OrderView};
use requests::Decision;
use service::db::within;
use service::feed::Feed;
use service::idempotency::{self, Begin, Write};
use service::outbox::Outbox;
use service::statistics::{Remembered, Window};
use service::telemetry::spans;
use service::watch::{Batch, EventStream, Hub};
use std::sync::Arc;
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
    /// What changes, for those who keep a list open.
    pub feed: Feed<Changes>,
    /// The figures of the last seconds.
    pub figures: Remembered<Window, Arc<Figures>>,
    /// How long a watch may stay open.
    pub stream_lifetime: Duration,
}

#[tonic::async_trait]
impl OrderService for Api {
    type WatchOrdersStream = EventStream<proto::WatchOrdersResponse>;

    async fn watch_orders(
        &self,
        request: Request<proto::WatchOrdersRequest>,
    ) -> Result<Response<Self::WatchOrdersStream>, Status> {
        let asked = lists::watch_orders(request.get_ref())?;
        Ok(Response::new(watch::watch(&self.feed, asked, self.stream_lifetime).await?))
    }

    async fn get_order_statistics(
        &self,
        request: Request<proto::GetOrderStatisticsRequest>,
    ) -> Result<Response<proto::GetOrderStatisticsResponse>, Status> {
        let window = statistics::window(request.into_inner())?;
        let figures =
            within(async { Ok::<_, service::Error>(Arc::new(store::statistics(&self.store.pool, window).await?)) });
        Ok(Response::new(statistics::reply(&*self.figures.get(window, figures).await?)?))
    }

    type WatchOrderStream = EventStream<proto::WatchOrderResponse>;

    async fn create_order(
        &self,
        request: Request<proto::CreateOrderRequest>,
    ) -> Result<Response<proto::CreateOrderResponse>, Status> {
        let caller = Caller::of(&request)?;
        let mut request = request.into_inner();
        let key = requests::take_key(&mut request.request_id)?;
        let order = requests::create_order(&request)?;
        if !caller.may_touch(order.customer.as_str()) {
            return Err(Error::NotYours("customer_id").into());
        }
        Ok(within(async {
            let begun = self.begin(&caller, ("CreateOrder", Effect::Statement), key.as_ref(), &request).await?;
            let mut write = match begun {
                Begin::Fresh(write) => write,
                Begin::Replay(reply) => return replay(reply),
            };
            let (order, hint) = store::insert(write.conn(), &order, caller.actor(), &self.store.personal).await?;
            let reply = proto::CreateOrderResponse { order: Some(replies::order(&order)) };
            self.commit(write, key.as_ref(), &order, &reply).await?;
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
        let caller = Caller::of(&request)?;
        let (id, view) = requests::get_order(&request.into_inner())?;
        let order = within(async {
            let order = self.find(&caller, id).await?;
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
        let caller = Caller::of(&request)?;
        let ListOrders { mut filter, page, after, view } = lists::list_orders(&request.into_inner())?;
        if let Some(own) = caller.customer() {
            if filter.customer.as_ref().is_some_and(|asked| asked != own) {
                return Err(Error::NotYours("customer_id").into());
            }
            filter.customer = Some(own.clone());
        }
        let reply = within(async {
            let Store { pool, personal } = &self.store;
            let mut orders = store::list(pool, personal, &filter, &page, after).await?;
            let next_page_token = page.cut(&mut orders, |order| order.id.to_string());
            personal.show(pool, &mut orders).await?;
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
        let caller = Caller::of(&request)?;
        let (id, after) = requests::watch_order(&request.into_inner())?;
        let order = within(self.find(&caller, id)).await?;
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
        let caller = Caller::of(&request)?;
        let mut request = request.into_inner();
        let decision = requests::decision(&mut request.request_id, &request.order_id, &request.reason)?;
        let reply = |order| proto::ApproveOrderResponse { order: Some(order) };
        self.decide(&caller, ("ApproveOrder", Command::Approve), decision, &request, reply).await
    }

    async fn reject_order(
        &self,
        request: Request<proto::RejectOrderRequest>,
    ) -> Result<Response<proto::RejectOrderResponse>, Status> {
        let caller = Caller::of(&request)?;
        let mut request = request.into_inner();
        let decision = requests::decision(&mut request.request_id, &request.order_id, &request.reason)?;
        let reply = |order| proto::RejectOrderResponse { order: Some(order) };
        self.decide(&caller, ("RejectOrder", Command::Reject), decision, &request, reply).await
    }

    async fn cancel_order(
        &self,
        request: Request<proto::CancelOrderRequest>,
    ) -> Result<Response<proto::CancelOrderResponse>, Status> {
        let caller = Caller::of(&request)?;
        let mut request = request.into_inner();
        let decision = requests::decision(&mut request.request_id, &request.order_id, &request.reason)?;
        let reply = |order| proto::CancelOrderResponse { order: Some(order) };
        self.decide(&caller, ("CancelOrder", Command::Cancel), decision, &request, reply).await
    }

    async fn ship_order(
        &self,
        request: Request<proto::ShipOrderRequest>,
    ) -> Result<Response<proto::ShipOrderResponse>, Status> {
        let caller = Caller::of(&request)?;
        let mut request = request.into_inner();
        let (id, key) = requests::ship(&mut request)?;
        Ok(self.ship(caller, id, key, request).await?)
    }

    async fn deliver_order(
        &self,
        request: Request<proto::DeliverOrderRequest>,
    ) -> Result<Response<proto::DeliverOrderResponse>, Status> {
        let caller = Caller::of(&request)?;
        let mut request = request.into_inner();
        let (id, key) = requests::deliver(&mut request)?;
        Ok(self.deliver(caller, id, key, request).await?)
    }
}

impl Api {
    /// An order of somebody else is as good as none: a customer is not told which ids exist.
    async fn find(&self, caller: &Caller, id: OrderId) -> Result<Order, Error> {
        spans::about(spans::ORDER, &id);
        let mut order = store::find(&self.store.pool, id).await?.ok_or(Error::NotFound(id))?;
        self.store.personal.show(&self.store.pool, std::slice::from_mut(&mut order)).await?;
        let known = order.customer.known().map(CustomerId::as_str).unwrap_or_default();
        if caller.may_touch(known) { Ok(order) } else { Err(Error::NotFound(id)) }
    }

    async fn begin<R: prost::Message + Default>(
        &self,
        caller: &Caller,
        (method, effect): (&'static str, Effect),
        key: Option<&RequestId>,
        request: &impl prost::Message,
    ) -> Result<Begin<R>, Error> {
        let Store { pool, personal } = &self.store;
        let Some(name) = key.map(RequestId::as_str) else {
            return Ok(match effect {
                Effect::Statement => idempotency::begin_statement(pool, caller, method, None, request).await?,
                Effect::Transaction => idempotency::begin(pool, caller, method, None, request).await?,
            });
        };
        let open = |stored| personal.reply(pool, name, stored);
        Ok(idempotency::begin_opened(pool, caller, method, key, request, open).await?)
    }

    /// Keeps the reply under the key, if there is one, sealed like the order.
    async fn commit(
        &self,
        mut write: Write,
        key: Option<&RequestId>,
        order: &Order,
        reply: &impl prost::Message,
    ) -> Result<(), Error> {
        let Some(key) = key else { return Ok(write.commit(reply).await?) };
        let stored = reply.encode_to_vec();
        let stored = self.store.personal.sealed_reply(write.conn(), order, key.as_str(), stored).await?;
        Ok(write.commit_stored(&stored).await?)
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
        let words = events.iter_mut().flat_map(|(id, events)| events.iter_mut().map(move |e| (*id, &mut e.reason)));
        self.store.personal.show_words(&self.store.pool, words.collect()).await?;
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
        caller: &Caller,
        (method, command): (&'static str, Command),
        Decision { id, reason, key }: Decision,
        request: &Q,
        reply: impl Fn(proto::Order) -> R,
    ) -> Result<Response<R>, Status> {
        Ok(within(async {
            let (personal, key) = (&self.store.personal, key.as_ref());
            if caller.customer().is_some() {
                self.find(caller, id).await?;
            }
            // What a fulfilment has begun counts, and it begins without asking.
            let locks = command == Command::Cancel;
            let effect = if locks { Effect::Transaction } else { Effect::Statement };
            let mut write = match self.begin(caller, (method, effect), key, request).await? {
                Begin::Fresh(write) => write,
                Begin::Replay(reply) => return replay(reply),
            };
            if locks {
                store::lock(write.conn(), id).await?;
            }
            let reason = personal.sealed(write.conn(), id, [(Column::Words, reason.as_str())]).await?;
            let change = Change { id, command, reason: &reason[0], actor: caller.actor(), wake: true };
            let Some(mut changed) = store::change(write.conn(), change).await? else {
                // Its connection first: were all of the pool held here, none would be left to look with.
                drop(write);
                let actual = self.find(caller, id).await?.status;
                return Err(Error::State { id, actual });
            };
            personal.show(write.conn(), std::slice::from_mut(&mut changed.order)).await?;
            let reply = reply(replies::order(&changed.order));
            self.commit(write, key, &changed.order, &reply).await?;
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
    let mut events = store::events_after(&store.pool, id, after).await?;
    let words = events.iter_mut().map(|event| (id, &mut event.reason)).collect();
    store.personal.show_words(&store.pool, words).await?;
    // A delivered order has no workflow that would settle it once more.
    let last = events
        .last()
        .is_some_and(|e| e.status == OrderStatus::Delivered || (e.status.is_final() && e.kind == EventKind::Settled));
    let message = |event: OrderEvent| proto::WatchOrderResponse { event: Some(event) };
    Ok(Batch { events: events.iter().map(|e| (e.sequence, message(replies::event(e)))).collect(), last })
}

/// What a request does.
#[derive(Clone, Copy)]
enum Effect {
    /// One statement, which commits itself.
    Statement,
    /// More than one.
    Transaction,
}

/// The key of a request, for the parsers.
type Key = Option<RequestId>;
