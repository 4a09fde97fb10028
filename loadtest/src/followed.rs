//! An order of a shop, followed by a stream of its events.

use crate::shop::{Failure, PAUSE, Shop};
use crate::way::Goal;
use contracts::orders::{
    ApproveOrderRequest, DeliverOrderRequest, Order, OrderEvent, OrderEventKind, OrderStatus, ShipOrderRequest,
    WatchOrderRequest, WatchOrderResponse,
};
use tonic::{Code, Streaming};

/// The order, and how much of it was seen.
pub(crate) struct Followed {
    shop: Shop,
    pub(crate) id: String,
    pub(crate) goal: Goal,
    seen: i64,
    events: Option<Streaming<WatchOrderResponse>>,
}

impl Followed {
    /// An order of which everything up to `seen` is known.
    pub(crate) fn new(shop: Shop, id: String, goal: Goal, seen: i64) -> Self {
        Self { shop, id, goal, seen, events: None }
    }

    /// Waits until the order waits for a decision.
    pub(crate) async fn pending(&mut self) -> Result<(), Failure> {
        let wanted = |event: &OrderEvent| event.status() == OrderStatus::PendingApproval || is_rest(event);
        let event = self.until(wanted).await?;
        if event.status() == OrderStatus::PendingApproval { Ok(()) } else { Err(self.wrong(&event)) }
    }

    /// Decides.
    pub(crate) async fn approve(&self) -> Result<(), Failure> {
        let approve = || {
            let mut orders = self.shop.orders.clone();
            let request = ApproveOrderRequest {
                order_id: self.id.clone(),
                reason: String::new(),
                request_id: self.key("approve"),
            };
            async move { orders.approve_order(request).await }
        };
        self.shop.call(approve).await?;
        Ok(())
    }

    /// Waits until nothing is left to do for the order, and returns how it ended.
    pub(crate) async fn rest(&mut self) -> Result<OrderEvent, Failure> {
        self.until(is_rest).await
    }

    /// Waits until the decision was carried out.
    pub(crate) async fn carried_out(&mut self) -> Result<(), Failure> {
        let event = self.rest().await?;
        if event.status() == self.goal.rest() { Ok(()) } else { Err(self.wrong(&event)) }
    }

    /// Hands the parcel to a carrier.
    pub(crate) async fn ship(&self) -> Result<(), Failure> {
        let ship = || {
            let mut orders = self.shop.orders.clone();
            let request = ShipOrderRequest {
                order_id: self.id.clone(),
                carrier: "DHL".to_owned(),
                tracking_number: "JD0001".to_owned(),
                request_id: self.key("ship"),
            };
            async move { orders.ship_order(request).await }
        };
        self.shop.call(ship).await?;
        Ok(())
    }

    /// The parcel has arrived. Returns the order.
    pub(crate) async fn deliver(&self) -> Result<Order, Failure> {
        let deliver = || {
            let mut orders = self.shop.orders.clone();
            let request = DeliverOrderRequest { order_id: self.id.clone(), request_id: self.key("deliver") };
            async move { orders.deliver_order(request).await }
        };
        let order = self.shop.call(deliver).await?.order.unwrap_or_default();
        if order.status() != OrderStatus::Delivered {
            return Err(Failure::Wrong(format!("{} was delivered and is {:?}", self.id, order.status())));
        }
        Ok(order)
    }

    /// Stops following until the next time something is waited for.
    pub(crate) fn look_away(&mut self) {
        self.events = None;
    }

    /// The idempotency key of a call, for those who make it again. Without it a request is cheaper.
    fn key(&self, call: &str) -> String {
        if self.shop.manners.repeats { format!("{}-{call}", self.id) } else { String::new() }
    }

    fn wrong(&self, event: &OrderEvent) -> Failure {
        Failure::Wrong(format!("{} settled, as {:?}: {}", self.id, event.status(), event.reason))
    }

    async fn until(&mut self, wanted: impl Fn(&OrderEvent) -> bool) -> Result<OrderEvent, Failure> {
        let patience = self.shop.manners.patience;
        let waiting = async {
            loop {
                let event = self.next().await?;
                self.seen = event.sequence;
                if wanted(&event) {
                    return Ok(event);
                }
            }
        };
        match tokio::time::timeout(patience, waiting).await {
            Ok(outcome) => outcome,
            Err(_) => Err(Failure::Stuck(self.id.clone(), patience)),
        }
    }

    /// The next event; a stream that breaks is resumed where it ended.
    async fn next(&mut self) -> Result<OrderEvent, Failure> {
        loop {
            let message = match &mut self.events {
                Some(events) => events.message().await,
                None => {
                    let request = WatchOrderRequest { order_id: self.id.clone(), after_sequence: self.seen };
                    match self.shop.orders.clone().watch_order(request).await {
                        Ok(reply) => {
                            self.events = Some(reply.into_inner());
                            continue;
                        }
                        Err(status) => Err(status),
                    }
                }
            };
            match message {
                Ok(Some(WatchOrderResponse { event: Some(event) })) => return Ok(event),
                Ok(Some(_)) => {}
                // A server that stops ends its streams; one that is over has nothing more to tell at the next look either.
                Ok(None) if self.shop.manners.repeats => self.resume_later().await,
                Ok(None) => {
                    return Err(Failure::Wrong(format!("the watch of {} ended after event {}", self.id, self.seen)));
                }
                Err(status) if status.code() == Code::Unavailable || self.shop.repeats(&status) => {
                    self.resume_later().await;
                }
                Err(status) => return Err(status.into()),
            }
        }
    }

    async fn resume_later(&mut self) {
        self.events = None;
        tokio::time::sleep(PAUSE).await;
    }
}

fn is_rest(event: &OrderEvent) -> bool {
    event.kind() == OrderEventKind::Settled
}
