//! What is bought.

use crate::way::Goal;
use contracts::google_type::Money;
use contracts::inventory::ReservationItem;
use contracts::orders::{CreateOrderRequest, OrderItem, PaymentMethod};

/// How many products there are for a load, `LOAD-00000` and on.
pub(crate) const PRODUCTS: usize = 10_000;

/// So many pieces of a product, at a price in dollars.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    pub(crate) product: String,
    pub(crate) quantity: i64,
    pub(crate) dollars: i64,
}

/// Some lines.
#[derive(Clone, Debug)]
pub(crate) struct Basket {
    pub(crate) lines: Vec<Line>,
}

impl Basket {
    /// What the orders of the bench have: two of the products that are there from the beginning.
    pub(crate) fn usual() -> Self {
        let line = |product: &str, quantity, dollars| Line { product: product.to_owned(), quantity, dollars };
        Self { lines: vec![line("PROD-001", 1, 1_299), line("PROD-005", 2, 49)] }
    }

    /// One piece each of `lines` products, from the one with this number on.
    pub(crate) fn from(product: usize, lines: usize) -> Self {
        let line = |n| Line { product: product_id((product + n) % PRODUCTS), quantity: 1, dollars: 10 };
        Self { lines: (0..lines).map(line).collect() }
    }

    /// What they cost, in dollars.
    pub(crate) fn dollars(&self) -> i64 {
        self.lines.iter().map(|line| line.quantity * line.dollars).sum()
    }

    /// As an order that will be valid.
    pub(crate) fn order(&self, customer: &str, goal: Goal) -> CreateOrderRequest {
        let (payment_method, payment_token) = match goal {
            Goal::Approved => (PaymentMethod::Unspecified, String::new()),
            Goal::Delivered => (PaymentMethod::CreditCard, "tok_visa".to_owned()),
        };
        let item = |line: &Line| OrderItem {
            product_id: line.product.clone(),
            quantity: line.quantity,
            price: Some(usd(line.dollars)),
        };
        CreateOrderRequest {
            customer_id: customer.to_owned(),
            items: self.lines.iter().map(item).collect(),
            total_amount: Some(usd(self.dollars())),
            payment_method: payment_method.into(),
            payment_token,
            ..CreateOrderRequest::default()
        }
    }

    /// As what a reservation holds.
    pub(crate) fn items(&self) -> Vec<ReservationItem> {
        let item = |line: &Line| ReservationItem {
            product_id: line.product.clone(),
            quantity: line.quantity,
            ..ReservationItem::default()
        };
        self.lines.iter().map(item).collect()
    }
}

/// The id of a product of the load.
pub(crate) fn product_id(number: usize) -> String {
    format!("LOAD-{number:05}")
}

/// So many dollars.
pub(crate) fn usd(units: i64) -> Money {
    Money { currency_code: "USD".to_owned(), units, nanos: 0 }
}
