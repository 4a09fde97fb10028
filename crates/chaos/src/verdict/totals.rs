//! Sums over everything: money, stock, and entities that nobody asked for.

use std::collections::{BTreeMap, BTreeSet};

use contracts::inventory::ReservationStatus;
use contracts::orders::{Order, OrderStatus, PaymentMethod};
use contracts::payments::{PaymentStatus, RefundStatus};

use super::dollars;
use crate::books::Books;
use crate::load::{Ack, DELIVERY, LOCATIONS, Ledger, PLENTY, RECEIVED, SCARCE};

/// Pieces at MAIN in the opening stock, see the migration of the inventory.
const OPENING: [(&str, i64); 5] =
    [("PROD-001", 50), ("PROD-002", 100), ("PROD-003", 30), ("PROD-004", 12), ("PROD-005", 5)];

/// Entities that nobody was told of: as many as customers who never got an answer may have made.
pub(super) fn unknown(ledger: &Ledger, books: &Books) -> Option<String> {
    let orders: BTreeSet<&String> = ledger.orders.iter().map(|story| &story.id).collect();
    let payments: BTreeSet<&String> = ledger.payments.iter().map(|story| &story.id).collect();
    let reservations: BTreeSet<&String> = ledger.reservations.iter().map(|story| &story.id).collect();
    let others: Vec<&String> = (books.orders.keys().filter(|id| !orders.contains(id)))
        .chain(
            books
                .payments
                .values()
                .filter(|p| p.saga_key.is_empty())
                .map(|p| &p.payment_id)
                .filter(|id| !payments.contains(id)),
        )
        .chain(
            (books.reservations.values())
                // One that found too little is kept, and its client was refused.
                .filter(|r| r.saga_key.is_empty() && r.status() != ReservationStatus::Rejected)
                .map(|r| &r.reservation_id)
                .filter(|id| !reservations.contains(id)),
        )
        .collect();
    (others.len() > ledger.lost).then(|| {
        format!("{} entities that nobody was told of, {} were possible: {others:?}", others.len(), ledger.lost)
    })
}

/// Each fulfilled order is paid by one payment of its amount; no other order keeps money.
pub(super) fn money(books: &Books) -> Vec<String> {
    let mut kept: BTreeMap<&str, i64> = BTreeMap::new();
    for payment in books.payments.values().filter(|payment| !payment.saga_key.is_empty()) {
        use PaymentStatus::{Completed, PartiallyRefunded, Refunded};
        if matches!(payment.status(), Completed | PartiallyRefunded | Refunded) {
            let rest = dollars(payment.amount.as_ref()) - dollars(payment.refunded_amount.as_ref());
            *kept.entry(payment.order_id.as_str()).or_default() += rest;
        }
    }
    let mut found = Vec::new();
    for order in books.orders.values() {
        use OrderStatus::{Delivered, Processing, Shipped};
        let fulfilled = matches!(order.status(), Processing | Shipped | Delivered);
        let due = if fulfilled { dollars(order.total_amount.as_ref()) } else { 0 };
        let has = kept.remove(order.order_id.as_str()).unwrap_or_default();
        if has != due {
            found.push(format!("{} is {} and keeps {has} of {due}", order.order_id, order.status().as_str_name()));
        }
    }
    found.extend(kept.into_iter().map(|(order, kept)| format!("{order} does not exist and keeps {kept}")));
    for payment in books.payments.values() {
        let refunds = books
            .refunds
            .values()
            .filter(|refund| refund.payment_id == payment.payment_id && refund.status() == RefundStatus::Completed);
        let sum: i64 = refunds.map(|refund| dollars(refund.amount.as_ref())).sum();
        if sum != dollars(payment.refunded_amount.as_ref()) {
            found.push(format!("{}: refunds of {sum}, refunded {:?}", payment.payment_id, payment.refunded_amount));
        }
    }
    found
}

/// What lies on the shelves is what was delivered, less what was taken and did not come back.
pub(super) fn stock(ledger: &Ledger, books: &Books) -> Vec<String> {
    let mut expected: BTreeMap<(&str, &str), i64> = BTreeMap::new();
    for (product, pieces) in OPENING {
        *expected.entry((product, LOCATIONS[0])).or_default() += pieces;
    }
    for product in PLENTY {
        for location in LOCATIONS {
            *expected.entry((product, location)).or_default() += DELIVERY;
        }
    }
    *expected.entry((SCARCE, LOCATIONS[1])).or_default() += 1;
    let received = |wanted: fn(&Ack) -> bool| ledger.receipts.iter().filter(|ack| wanted(ack)).count() as i64;
    *expected.entry((RECEIVED, LOCATIONS[0])).or_default() += received(Ack::is_accepted);
    let unsure = received(Ack::may_be) - received(Ack::is_accepted);
    for reservation in books.reservations.values().filter(|r| r.status() == ReservationStatus::Committed) {
        for line in &reservation.lines {
            *expected.entry((&line.product_id, &line.location)).or_default() -= line.quantity - line.restocked;
        }
    }
    let mut found = Vec::new();
    for product in books.products.values() {
        for level in &product.stock {
            let due = expected.remove(&(product.product_id.as_str(), level.location.as_str())).unwrap_or_default();
            let most = due + if product.product_id == RECEIVED { unsure } else { 0 };
            if !(due..=most).contains(&level.on_hand) || level.reserved != 0 {
                found.push(format!(
                    "{} at {}: {} on hand, {} reserved; it should be {due} and 0",
                    product.product_id, level.location, level.on_hand, level.reserved
                ));
            }
        }
    }
    found.extend(expected.into_keys().map(|(product, location)| format!("no stock of {product} at {location}")));
    found.extend(books.orders.values().filter_map(|order| taken(order, books)));
    found
}

/// A fulfilled order has taken its pieces, whole.
fn taken(order: &Order, books: &Books) -> Option<String> {
    use OrderStatus::{Delivered, Processing, Shipped};
    let fulfilled = matches!(order.status(), Processing | Shipped | Delivered);
    let pieces: i64 = (books.reservations.get(&order.reservation_id).into_iter())
        .filter(|reservation| reservation.status() == ReservationStatus::Committed)
        .flat_map(|reservation| &reservation.lines)
        .map(|line| line.quantity - line.restocked)
        .sum();
    let fits = if fulfilled { pieces > 0 } else { pieces == 0 };
    let paid = order.payment_method() != PaymentMethod::Unspecified;
    (paid && !fits).then(|| format!("{} is {} and has {pieces} pieces", order.order_id, order.status().as_str_name()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::usd;
    use contracts::payments::Payment;

    fn books(order: OrderStatus, payments: &[(PaymentStatus, i64)]) -> Books {
        let mut books = Books::default();
        let mut sold = Order { order_id: "ord_1".into(), total_amount: usd(10), ..Default::default() };
        sold.set_status(order);
        books.orders.insert("ord_1".into(), sold);
        for (n, (status, amount)) in payments.iter().enumerate() {
            let mut payment = Payment {
                payment_id: format!("pay_{n}"),
                order_id: "ord_1".into(),
                saga_key: "key".into(),
                amount: usd(*amount),
                ..Default::default()
            };
            payment.set_status(*status);
            books.payments.insert(payment.payment_id.clone(), payment);
        }
        books
    }

    #[test]
    fn a_fulfilled_order_keeps_its_price_and_no_other_keeps_anything() {
        use OrderStatus::{Cancelled, Processing};
        use PaymentStatus::{Completed, Failed};
        assert!(money(&books(Processing, &[(Completed, 10)])).is_empty());
        assert!(money(&books(Cancelled, &[(Failed, 10)])).is_empty());
        assert_eq!(money(&books(Processing, &[])).len(), 1, "not paid");
        assert_eq!(money(&books(Processing, &[(Completed, 10), (Completed, 10)])).len(), 1, "paid twice");
        assert_eq!(money(&books(Cancelled, &[(Completed, 10)])).len(), 1, "not given back");
    }

    #[test]
    fn missing_stock_is_found() {
        assert_eq!(stock(&Ledger::default(), &Books::default()).len(), 5 + PLENTY.len() + 1);
    }

    #[test]
    fn nobody_gets_what_nobody_asked_for() {
        let books = books(OrderStatus::PendingApproval, &[]);
        assert!(unknown(&Ledger::default(), &books).is_some());
        assert!(unknown(&Ledger { lost: 1, ..Default::default() }, &books).is_none());
    }
}
