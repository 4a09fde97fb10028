//! What a customer does, from its beginning to its end.

use crate::basket::{Basket, usd};
use crate::followed::Followed;
use crate::shop::{Failure, PAUSE, Shop};
use crate::way::{Goal, Part};
use contracts::inventory::{
    CheckAvailabilityRequest, CommitReservationRequest, ReservationStatus, ReserveStockRequest,
};
use contracts::orders::{GetOrderRequest, ListOrdersRequest, OrderStatus, OrderView};
use contracts::payments::{
    CreatePaymentRequest, CreateRefundRequest, PaymentMethod, PaymentStatus, WatchPaymentRequest,
};
use serde::Serialize;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;
use tonic::Code;

/// The token of a charge that the provider declines.
pub(crate) const DECLINED: &str = "sim_decline";

/// A way through the system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, strum::Display)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Flow {
    /// An order without a payment: created, validated, approved, and the approval carried out.
    #[strum(serialize = "create → approved")]
    Approved,
    /// An order with a payment: also reserved, charged, committed, shipped and delivered.
    #[strum(serialize = "create → delivered")]
    Delivered,
    /// Stock alone.
    #[strum(serialize = "reserve → commit")]
    Reserve,
    /// Money alone: charged, and all of it given back.
    #[strum(serialize = "payment → refund")]
    Refund,
    /// One look at something that is there.
    #[strum(serialize = "mixed reads")]
    Reads,
    /// A whole order.
    #[strum(serialize = "get")]
    Get,
    /// A page of twenty: of all orders, of a status, of a customer.
    #[strum(serialize = "list")]
    List,
    /// A single call, made by another program.
    #[strum(serialize = "single call")]
    Call,
}

/// One pass through a flow.
#[derive(Clone, Debug)]
pub(crate) struct Visit {
    pub(crate) flow: Flow,
    /// Unlike that of any other visit.
    pub(crate) number: usize,
    /// The same for all visits of a run, and for those of no other.
    pub(crate) customer: Arc<str>,
    pub(crate) basket: Basket,
    /// What the payment provider does.
    pub(crate) token: &'static str,
    /// What can be looked at.
    pub(crate) known: Arc<Vec<String>>,
}

/// How a visit ended, as the customer saw it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// As it should.
    Reached,
    /// The provider declined the charge, and all was undone.
    Declined,
    /// Too much waits, or the stock is short.
    Refused,
    /// Nothing happened any more.
    Stuck,
    /// Otherwise.
    Failed(String),
}

/// A visit that ended.
#[derive(Clone, Debug)]
pub(crate) struct Done {
    /// When it was meant to begin.
    pub(crate) due: Instant,
    /// When it ended.
    pub(crate) at: Instant,
    pub(crate) outcome: Outcome,
    /// What the system said that it had made.
    pub(crate) id: String,
    pub(crate) parts: Vec<(Part, Duration)>,
}

impl Flow {
    /// Whether nothing is changed by it.
    pub(crate) const fn only_reads(self) -> bool {
        matches!(self, Self::Reads | Self::Get | Self::List | Self::Call)
    }
}

impl Done {
    /// From the intended beginning.
    pub(crate) fn took(&self) -> Duration {
        self.at.duration_since(self.due)
    }
}

impl Visit {
    /// Goes through with it; it was meant to begin at `due`.
    pub(crate) async fn go(&self, shop: &Shop, due: Instant) -> Done {
        let mut done = Done { due, at: due, outcome: Outcome::Reached, id: String::new(), parts: Vec::new() };
        let outcome = match self.flow {
            Flow::Approved => self.order(shop, Goal::Approved, &mut done).await,
            Flow::Delivered => self.order(shop, Goal::Delivered, &mut done).await,
            Flow::Reserve => self.reserve(shop, &mut done).await,
            Flow::Refund => self.refund(shop, &mut done).await,
            Flow::Reads => self.read(shop).await,
            Flow::Get => self.get(shop, OrderView::Full).await,
            Flow::List => self.list(shop).await,
            Flow::Call => Ok(Outcome::Reached),
        };
        done.outcome = match outcome {
            Ok(outcome) => outcome,
            Err(Failure::Stuck(..)) => Outcome::Stuck,
            Err(Failure::Call(status)) if status.code() == Code::ResourceExhausted => Outcome::Refused,
            Err(failure) => Outcome::Failed(failure.to_string()),
        };
        done.at = Instant::now();
        done
    }

    /// Unlike that of any other visit.
    fn key(&self) -> String {
        format!("{}-{}", self.customer, self.number)
    }

    async fn order(&self, shop: &Shop, goal: Goal, done: &mut Done) -> Result<Outcome, Failure> {
        let mut request = self.basket.order(&self.customer, goal);
        request.request_id = self.key();
        if goal == Goal::Delivered {
            self.token.clone_into(&mut request.payment_token);
        }
        let due = done.due;
        let mut order: Followed = shop.order(request, goal).await?;
        order.id.clone_into(&mut done.id);
        done.parts.push((Part::Create, due.elapsed()));
        order.pending().await?;
        done.parts.push((Part::Pending, due.elapsed()));
        let decided = Instant::now();
        order.approve().await?;
        done.parts.push((Part::Approve, decided.elapsed()));
        let rest = order.rest().await?;
        done.parts.push((Part::Decision, decided.elapsed()));
        match (goal, rest.status()) {
            (Goal::Approved, OrderStatus::Approved) => Ok(Outcome::Reached),
            (Goal::Delivered, OrderStatus::Processing) => {
                order.ship().await?;
                order.deliver().await?;
                Ok(Outcome::Reached)
            }
            (Goal::Delivered, OrderStatus::Cancelled) if self.token == DECLINED => Ok(Outcome::Declined),
            (_, status) => Err(Failure::Wrong(format!("{} ended as {status:?}: {}", order.id, rest.reason))),
        }
    }

    async fn reserve(&self, shop: &Shop, done: &mut Done) -> Result<Outcome, Failure> {
        let request = ReserveStockRequest {
            request_id: self.key(),
            order_id: self.key(),
            items: self.basket.items(),
            saga_key: String::new(),
        };
        let reserve = || {
            let (mut inventory, request) = (shop.inventory.clone(), request.clone());
            async move { inventory.reserve_stock(request).await }
        };
        let reservation = shop.call(reserve).await?.reservation.unwrap_or_default();
        reservation.reservation_id.clone_into(&mut done.id);
        match reservation.status() {
            ReservationStatus::Reserved => {}
            ReservationStatus::Rejected => return Ok(Outcome::Refused),
            status => return Err(Failure::Wrong(format!("{} is {status:?}", done.id))),
        }
        let commit = || {
            let mut inventory = shop.inventory.clone();
            let (reservation_id, request_id) = (done.id.clone(), format!("{}-commit", self.key()));
            async move { inventory.commit_reservation(CommitReservationRequest { reservation_id, request_id }).await }
        };
        let reservation = shop.call(commit).await?.reservation.unwrap_or_default();
        match reservation.status() {
            ReservationStatus::Committed => Ok(Outcome::Reached),
            status => Err(Failure::Wrong(format!("{} is {status:?}", done.id))),
        }
    }

    async fn refund(&self, shop: &Shop, done: &mut Done) -> Result<Outcome, Failure> {
        let request = CreatePaymentRequest {
            request_id: self.key(),
            order_id: self.key(),
            amount: Some(usd(self.basket.dollars())),
            method: PaymentMethod::CreditCard.into(),
            payment_token: self.token.to_owned(),
            ..CreatePaymentRequest::default()
        };
        let create = || {
            let (mut payments, request) = (shop.payments.clone(), request.clone());
            async move { payments.create_payment(request).await }
        };
        let payment = shop.call(create).await?.payment.unwrap_or_default();
        payment.payment_id.clone_into(&mut done.id);
        let mut seen = payment.sequence;
        let charged = [PaymentStatus::Completed, PaymentStatus::Failed];
        if payment_until(shop, &done.id, &mut seen, &charged).await? == PaymentStatus::Failed {
            return Ok(Outcome::Declined);
        }
        let request = CreateRefundRequest {
            payment_id: done.id.clone(),
            reason: "load".to_owned(),
            request_id: format!("{}-refund", self.key()),
            ..CreateRefundRequest::default()
        };
        let refund = || {
            let (mut payments, request) = (shop.payments.clone(), request.clone());
            async move { payments.create_refund(request).await }
        };
        shop.call(refund).await?;
        payment_until(shop, &done.id, &mut seen, &[PaymentStatus::Refunded]).await?;
        Ok(Outcome::Reached)
    }

    /// Of twenty: twelve statuses, three whole orders, three pages of a list, two looks at the stock.
    async fn read(&self, shop: &Shop) -> Result<Outcome, Failure> {
        match self.number % 20 {
            0..=11 => self.get(shop, OrderView::Basic).await,
            12..=14 => self.get(shop, OrderView::Full).await,
            15..=17 => self.list(shop).await,
            _ => {
                let product_id = self.basket.lines.first().map(|line| line.product.clone()).unwrap_or_default();
                let request =
                    CheckAvailabilityRequest { product_id, quantity: 1, ..CheckAvailabilityRequest::default() };
                shop.inventory.clone().check_availability(request).await?;
                Ok(Outcome::Reached)
            }
        }
    }

    async fn get(&self, shop: &Shop, view: OrderView) -> Result<Outcome, Failure> {
        let order_id = self.known.get(self.number % self.known.len().max(1)).cloned().unwrap_or_default();
        let request = GetOrderRequest { order_id, view: view.into() };
        shop.orders.clone().get_order(request).await?;
        Ok(Outcome::Reached)
    }

    async fn list(&self, shop: &Shop) -> Result<Outcome, Failure> {
        let mut request = ListOrdersRequest { page_size: 20, ..ListOrdersRequest::default() };
        match self.number % 3 {
            0 => {}
            1 => request.status = OrderStatus::Approved.into(),
            _ => request.customer_id = format!("STORED-{}", self.number % 1_000),
        }
        shop.orders.clone().list_orders(request).await?;
        Ok(Outcome::Reached)
    }
}

/// Waits until a payment has one of these statuses.
async fn payment_until(
    shop: &Shop,
    id: &str,
    seen: &mut i64,
    wanted: &[PaymentStatus],
) -> Result<PaymentStatus, Failure> {
    let waiting = async {
        loop {
            let watch = WatchPaymentRequest { payment_id: id.to_owned(), after_sequence: *seen };
            let broken = match shop.payments.clone().watch_payment(watch).await {
                Ok(reply) => {
                    let mut events = reply.into_inner();
                    loop {
                        match events.message().await {
                            Ok(Some(message)) => {
                                let Some(event) = message.event else { continue };
                                *seen = event.sequence;
                                if wanted.contains(&event.status()) {
                                    return Ok(event.status());
                                }
                            }
                            Ok(None) => break None,
                            Err(status) => break Some(status),
                        }
                    }
                }
                Err(status) => Some(status),
            };
            match broken {
                Some(status) if !shop.repeats(&status) => return Err(status.into()),
                _ => tokio::time::sleep(PAUSE).await,
            }
        }
    };
    let patience = shop.manners.patience;
    match tokio::time::timeout(patience, waiting).await {
        Ok(outcome) => outcome,
        Err(_) => Err(Failure::Stuck(id.to_owned(), patience)),
    }
}
