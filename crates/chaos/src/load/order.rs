//! A customer's order: what is asked for, and what the system said.

use std::time::Duration;

use contracts::orders::{
    ApproveOrderRequest, CancelOrderRequest, CreateOrderRequest, DeliverOrderRequest, GetOrderRequest, Order,
    OrderItem, OrderStatus, OrderView, PaymentMethod, RejectOrderRequest, ShipOrderRequest,
};

use super::client::{Ack, Answer, Client, call};
use super::{PLENTY, SCARCE, Script, usd};
use crate::dice::Dice;

/// Between two steps of a customer.
const THINK: std::ops::Range<Duration> = Duration::from_millis(0)..Duration::from_millis(2_500);

/// What happened to an order, as its customer knows it.
#[derive(Clone, Debug, Default)]
pub(crate) struct OrderStory {
    pub(crate) id: String,
    /// In whole dollars.
    pub(crate) total: i64,
    /// It breaks a business rule.
    pub(crate) broken: bool,
    /// It has a payment method, and what its charge will do.
    pub(crate) paid: Option<Script>,
    /// Stock may be short.
    pub(crate) scarce: bool,
    pub(crate) approve: Ack,
    pub(crate) reject: Ack,
    pub(crate) cancel: Ack,
    pub(crate) ship: Ack,
    pub(crate) deliver: Ack,
}

/// What the customer has in mind.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mind {
    Leave,
    Reject,
    CancelAtOnce,
    CancelWaiting,
    Approve,
    ApproveAndCancel,
    Ship,
    Deliver,
    /// Ships and cancels at one time; one of the two must be refused.
    Race,
}

/// Goes through the life of one order; `None` if its customer never learned whether it exists.
pub(crate) async fn live(client: Client, mut dice: Dice, key: String) -> Option<OrderStory> {
    let mind = dice.weighted([
        (4, Mind::Leave),
        (7, Mind::Reject),
        (5, Mind::CancelAtOnce),
        (5, Mind::CancelWaiting),
        (20, Mind::Approve),
        (25, Mind::ApproveAndCancel),
        (9, Mind::Ship),
        (20, Mind::Deliver),
        (5, Mind::Race),
    ]);
    let (request, mut story) = draw(&mut dice, &key);
    story.id = create(&client, &mut dice, &request).await?;
    let mut customer = Customer { client, dice, key, story };
    customer.go(mind).await;
    Some(customer.story)
}

fn draw(dice: &mut Dice, key: &str) -> (CreateOrderRequest, OrderStory) {
    let scarce = dice.percent(4);
    let broken = dice.percent(4);
    let product = if scarce { SCARCE } else { dice.pick(&PLENTY).unwrap_or(SCARCE) };
    let (quantity, price) = (1 + dice.below(3) as i64, 1 + dice.below(500) as i64);
    let total = if broken { -quantity * price } else { quantity * price };
    let paid = dice.percent(80).then(|| Script::of_order(dice));
    let mut request = CreateOrderRequest {
        request_id: key.to_owned(),
        customer_id: "CHAOS".to_owned(),
        items: vec![OrderItem { product_id: product.to_owned(), quantity, price: usd(price) }],
        total_amount: usd(total),
        ..Default::default()
    };
    if let Some(script) = paid {
        request.set_payment_method(PaymentMethod::CreditCard);
        request.payment_token = script.token().to_owned();
    }
    (request, OrderStory { total, broken, paid, scarce, ..Default::default() })
}

/// Creates it, sometimes twice under one key, and returns its id.
async fn create(client: &Client, dice: &mut Dice, request: &CreateOrderRequest) -> Option<String> {
    let mut id = None;
    for _ in 0..=u8::from(dice.percent(8)) {
        let answer = client.ask(dice, request, call!(client.orders.create_order)).await;
        let made = match answer {
            Answer::Yes(reply) => reply.order?.order_id,
            Answer::No(why) => {
                client.surprise(format!("an order is refused: {why}"));
                return id;
            }
            Answer::Silence => return id,
        };
        if id.as_ref().is_some_and(|first| *first != made) {
            client.surprise(format!("{id:?} and {made} were made under one key, {}", request.request_id));
        }
        id = Some(made);
    }
    id
}

struct Customer {
    client: Client,
    dice: Dice,
    key: String,
    story: OrderStory,
}

impl Customer {
    async fn go(&mut self, mind: Mind) {
        if mind == Mind::CancelAtOnce {
            self.story.cancel = self.cancel().await;
            return;
        }
        let validated =
            |order: &Order| !matches!(order.status(), OrderStatus::Created | OrderStatus::ValidationPending);
        let waits = self.until(validated).await.is_some_and(|order| order.status() == OrderStatus::PendingApproval);
        if !waits || mind == Mind::Leave {
            return;
        }
        self.think().await;
        match mind {
            Mind::Reject => {
                let (client, id, key) = self.parts("reject");
                let request = RejectOrderRequest { order_id: id, reason: "chaos".to_owned(), request_id: key };
                let call = call!(client.orders.reject_order);
                self.story.reject = client.ask(&mut self.dice, &request, call).await.into();
                return;
            }
            Mind::CancelWaiting => {
                self.story.cancel = self.cancel().await;
                return;
            }
            _ => {}
        }
        let (client, id, key) = self.parts("approve");
        let request = ApproveOrderRequest { order_id: id, reason: String::new(), request_id: key };
        let call = call!(client.orders.approve_order);
        self.story.approve = client.ask(&mut self.dice, &request, call).await.into();
        match mind {
            Mind::ApproveAndCancel => {
                self.think().await;
                self.story.cancel = self.cancel().await;
            }
            Mind::Ship | Mind::Deliver | Mind::Race if self.story.paid.is_some() => self.send(mind).await,
            _ => {}
        }
    }

    async fn send(&mut self, mind: Mind) {
        let over = |order: &Order| matches!(order.status(), OrderStatus::Processing | OrderStatus::Cancelled);
        if self.until(over).await.is_none_or(|order| order.status() != OrderStatus::Processing) {
            return;
        }
        let (client, id, key) = self.parts("ship");
        let request = ShipOrderRequest {
            order_id: id,
            carrier: "DHL".to_owned(),
            tracking_number: "JD0123456789".to_owned(),
            request_id: key,
        };
        let mut other = self.dice.clone();
        let call = call!(client.orders.ship_order);
        let ship = client.ask(&mut other, &request, call);
        if mind == Mind::Race {
            let (ship, cancel) = tokio::join!(ship, self.cancel());
            (self.story.ship, self.story.cancel) = (ship.into(), cancel);
            return;
        }
        self.story.ship = ship.await.into();
        if mind == Mind::Deliver && self.story.ship.is_accepted() {
            self.think().await;
            let (client, id, key) = self.parts("deliver");
            let request = DeliverOrderRequest { order_id: id, request_id: key };
            let call = call!(client.orders.deliver_order);
            self.story.deliver = client.ask(&mut self.dice, &request, call).await.into();
        }
    }

    async fn cancel(&mut self) -> Ack {
        let (client, id, key) = self.parts("cancel");
        let request = CancelOrderRequest { order_id: id, reason: "chaos".to_owned(), request_id: key };
        client.ask(&mut self.dice, &request, call!(client.orders.cancel_order)).await.into()
    }

    async fn until(&mut self, wanted: impl Fn(&Order) -> bool) -> Option<Order> {
        let (client, id, _) = self.parts("");
        let request = GetOrderRequest { order_id: id, view: OrderView::Basic.into() };
        let call = call!(client.orders.get_order);
        client.until(&mut self.dice, &request, call, |reply| reply.order.as_ref().is_some_and(&wanted)).await?.order
    }

    async fn think(&mut self) {
        tokio::time::sleep(self.dice.time(THINK)).await;
    }

    /// What a request is made of, with a key of its own.
    fn parts(&self, verb: &str) -> (Client, String, String) {
        (self.client.clone(), self.story.id.clone(), format!("{}-{verb}", self.key))
    }
}
