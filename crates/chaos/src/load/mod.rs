//! The load: an open loop of customers. Each draws what it does from the seed and its number, and remembers what it was told.

mod client;
mod order;
mod payment;
mod reservation;

use std::time::Duration;

use contracts::google_type::Money;
use contracts::inventory::{AdjustStockRequest, MovementType};
use stack::Progress;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::dice::Dice;
use client::call;
pub(crate) use client::{Ack, Client, Surprises};
pub(crate) use order::OrderStory;
pub(crate) use payment::PaymentStory;
pub(crate) use reservation::ReservationStory;

/// Products with more pieces than a run can sell.
pub(crate) const PLENTY: [&str; 3] = ["PROD-001", "PROD-002", "PROD-003"];
/// A product with five pieces.
pub(crate) const SCARCE: &str = "PROD-005";
/// A product that is only received, a piece at a time.
pub(crate) const RECEIVED: &str = "PROD-004";
/// Where stock lies.
pub(crate) const LOCATIONS: [&str; 2] = ["MAIN", "EAST"];
/// How many pieces of each of the first come in before the run, at each location.
pub(crate) const DELIVERY: i64 = 1_000_000;
/// Connections to the gateway that the customers share.
const CONNECTIONS: u64 = 8;
/// Beside so many orders there is one lone payment and one lone reservation.
const ORDERS_PER_LONE: u64 = 4;
/// Beside so many orders a piece comes in.
const ORDERS_PER_RECEIPT: u64 = 16;
const SAY_EVERY: Duration = Duration::from_secs(15);

/// What the simulated provider does with a payment: its test tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Script {
    Plain,
    Decline,
    Transient1,
    Transient2,
    Unknown,
    Slow,
    Timeout,
    RefundTransient,
    RefundUnknown,
    RefundSlow,
    RefundTimeout,
    RefundDecline,
}

impl Script {
    pub(crate) fn token(self) -> &'static str {
        match self {
            Self::Plain => "tok_plain",
            Self::Decline => "sim_decline",
            Self::Transient1 => "sim_transient_1",
            Self::Transient2 => "sim_transient_2",
            Self::Unknown => "sim_unknown_2",
            Self::Slow => "sim_slow",
            Self::Timeout => "sim_timeout",
            Self::RefundTransient => "sim_refund_transient_2",
            Self::RefundUnknown => "sim_refund_unknown_2",
            Self::RefundSlow => "sim_refund_slow",
            Self::RefundTimeout => "sim_refund_timeout",
            Self::RefundDecline => "sim_refund_decline",
        }
    }

    /// For an order. A refund that is declined for good would keep its undo waiting for ever, as it should.
    fn of_order(dice: &mut Dice) -> Self {
        dice.weighted([
            (50, Self::Plain),
            (10, Self::Decline),
            (6, Self::Transient1),
            (4, Self::Transient2),
            (8, Self::Unknown),
            (9, Self::Slow),
            (2, Self::Timeout),
            (4, Self::RefundTransient),
            (4, Self::RefundUnknown),
            (2, Self::RefundSlow),
            (1, Self::RefundTimeout),
        ])
    }

    /// For a payment without an order.
    fn of_payment(dice: &mut Dice) -> Self {
        if dice.percent(5) { Self::RefundDecline } else { Self::of_order(dice) }
    }
}

/// Everything the customers were told.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    pub(crate) orders: Vec<OrderStory>,
    pub(crate) payments: Vec<PaymentStory>,
    pub(crate) reservations: Vec<ReservationStory>,
    /// Pieces that came in, one each.
    pub(crate) receipts: Vec<Ack>,
    /// Customers that never learned whether what they asked for exists.
    pub(crate) lost: usize,
}

/// How one customer's story ended.
enum Story {
    Order(OrderStory),
    Payment(PaymentStory),
    Reservation(ReservationStory),
    Receipt(Ack),
    Lost,
}

/// A load under way.
pub(crate) struct Load {
    clients: Vec<Client>,
    seed: u64,
    customers: JoinSet<Story>,
    begun: u64,
}

impl Load {
    /// Nobody has come yet.
    pub(crate) fn new(
        entrance: &str,
        seed: u64,
        surprises: &Surprises,
        closing: &watch::Receiver<Option<Instant>>,
    ) -> anyhow::Result<Self> {
        let client = |_| Client::new(entrance, surprises.clone(), closing.clone());
        let clients = (0..CONNECTIONS).map(client).collect::<anyhow::Result<_>>()?;
        Ok(Self { clients, seed, customers: JoinSet::new(), begun: 0 })
    }

    /// Lets customers come at this rate, whether or not the system keeps up.
    pub(crate) async fn run(&mut self, orders_per_s: f64, lasts: Duration, progress: &Progress) {
        let (began, mut said) = (Instant::now(), Duration::ZERO);
        for n in 0_u32.. {
            let due = Duration::from_secs_f64(f64::from(n) / orders_per_s);
            if due >= lasts {
                return;
            }
            if due >= said + SAY_EVERY {
                said = due;
                progress.say(format!("{} s of load, {} orders begun", due.as_secs(), n));
            }
            tokio::time::sleep_until(began + due).await;
            self.order();
            let n = u64::from(n);
            if n % ORDERS_PER_LONE == 0 {
                self.payment();
                self.reservation();
            }
            if n % ORDERS_PER_RECEIPT == 0 {
                self.receipt();
            }
        }
    }

    /// Waits for the last customer.
    pub(crate) async fn finish(mut self, progress: &Progress) -> anyhow::Result<Ledger> {
        let mut ledger = Ledger::default();
        let mut said = Instant::now();
        while let Some(story) = self.customers.join_next().await {
            if said.elapsed() > SAY_EVERY {
                said = Instant::now();
                progress.say(format!("{} customers are not done", self.customers.len()));
            }
            match story? {
                Story::Order(story) => ledger.orders.push(story),
                Story::Payment(story) => ledger.payments.push(story),
                Story::Reservation(story) => ledger.reservations.push(story),
                Story::Receipt(ack) => ledger.receipts.push(ack),
                Story::Lost => ledger.lost += 1,
            }
        }
        Ok(ledger)
    }

    fn order(&mut self) {
        let (client, dice, key) = self.next();
        self.customers.spawn(async move { order::live(client, dice, key).await.map_or(Story::Lost, Story::Order) });
    }

    fn payment(&mut self) {
        let (client, dice, key) = self.next();
        self.customers.spawn(async move { payment::live(client, dice, key).await.map_or(Story::Lost, Story::Payment) });
    }

    fn reservation(&mut self) {
        let (client, dice, key) = self.next();
        let story = async move { reservation::live(client, dice, key).await.map_or(Story::Lost, Story::Reservation) };
        self.customers.spawn(story);
    }

    fn receipt(&mut self) {
        let (client, mut dice, key) = self.next();
        self.customers
            .spawn(async move { Story::Receipt(receive(&client, &mut dice, RECEIVED, LOCATIONS[0], 1, key).await) });
    }

    fn next(&mut self) -> (Client, Dice, String) {
        self.begun += 1;
        let client = &self.clients[(self.begun % CONNECTIONS) as usize];
        (client.clone(), Dice::new(self.seed, self.begun), format!("chaos-{}", self.begun))
    }
}

/// Fills the shelves, before anything goes wrong.
pub(crate) async fn deliver(client: &Client) -> anyhow::Result<()> {
    let mut dice = Dice::new(0, 0);
    for (product, location) in PLENTY.iter().flat_map(|product| LOCATIONS.map(|location| (product, location))) {
        let ack = receive(client, &mut dice, product, location, DELIVERY, format!("{product}-{location}")).await;
        anyhow::ensure!(ack.is_accepted(), "the stock of {product} at {location} could not be filled: {ack:?}");
    }
    // Reservations over both locations ask for it there too, and find nothing.
    let ack = receive(client, &mut dice, SCARCE, LOCATIONS[1], 1, format!("{SCARCE}-{}", LOCATIONS[1])).await;
    anyhow::ensure!(ack.is_accepted(), "the stock of {SCARCE} could not be filled: {ack:?}");
    Ok(())
}

async fn receive(client: &Client, dice: &mut Dice, product: &str, location: &str, pieces: i64, key: String) -> Ack {
    let request = AdjustStockRequest {
        product_id: product.to_owned(),
        location: location.to_owned(),
        quantity: pieces,
        r#type: MovementType::Receipt.into(),
        reason: "chaos".to_owned(),
        request_id: key,
        ..Default::default()
    };
    client.ask(dice, &request, call!(client.inventory.adjust_stock)).await.into()
}

/// An amount.
pub(crate) fn usd(dollars: i64) -> Option<Money> {
    Some(Money { currency_code: "USD".to_owned(), units: dollars, nanos: 0 })
}
