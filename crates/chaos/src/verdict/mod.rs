//! Compares what the customers were told with what the system says at the end. Nothing here asks anybody: it can be tested.

mod totals;

use std::collections::BTreeSet;

use contracts::google_type::Money;
use contracts::inventory::{Reservation, ReservationStatus};
use contracts::orders::{Order, OrderStatus};
use contracts::payments::{Payment, PaymentStatus};

use crate::books::Books;
use crate::load::{Ack, Ledger, OrderStory, PaymentStory, ReservationStory, Script, usd};

/// Why an order ends whose stock was held, and held again, for too short a time.
const HOLD_OVER: &str = "RESERVATION_EXPIRED";

/// Everything that does not fit.
pub(crate) fn findings(ledger: &Ledger, books: &Books) -> Vec<String> {
    let mut found: Vec<String> = books.restless().into_iter().map(|what| format!("not at rest: {what}")).collect();
    for story in &ledger.orders {
        match books.orders.get(&story.id) {
            Some(order) => found.extend(order_fault(story, order)),
            None => found.push(format!("{} was accepted, and does not exist", story.id)),
        }
    }
    for story in &ledger.payments {
        match books.payments.get(&story.id) {
            Some(payment) => found.extend(payment_fault(story, payment)),
            None => found.push(format!("{} was accepted, and does not exist", story.id)),
        }
    }
    for story in &ledger.reservations {
        match books.reservations.get(&story.id) {
            Some(reservation) => found.extend(reservation_fault(story, reservation)),
            None => found.push(format!("{} was accepted, and does not exist", story.id)),
        }
    }
    found.extend(totals::unknown(ledger, books));
    found.extend(totals::money(books));
    found.extend(totals::stock(ledger, books));
    found
}

/// Where an order may stand after its story.
fn order_ends(story: &OrderStory) -> BTreeSet<OrderStatus> {
    use OrderStatus::{
        Approved, Cancelled, Delivered, PendingApproval, Processing, Rejected, Shipped, ValidationFailed,
    };
    if story.cancel.is_accepted() {
        return [Cancelled].into();
    }
    let mut ends = BTreeSet::new();
    if story.cancel.may_be() {
        ends.insert(Cancelled);
    }
    if story.broken {
        ends.insert(ValidationFailed);
        return ends;
    }
    if story.reject.may_be() {
        ends.insert(Rejected);
    }
    if story.deliver.may_be() {
        ends.insert(Delivered);
    }
    if story.ship.may_be() && !story.deliver.is_accepted() {
        ends.insert(Shipped);
    }
    if story.approve.may_be() && !story.ship.is_accepted() {
        ends.insert(match story.paid {
            None => Approved,
            Some(Script::Decline) => Cancelled,
            Some(_) => Processing,
        });
        if story.paid.is_some() && story.scarce {
            ends.insert(Cancelled);
        }
    }
    if !story.approve.is_accepted() && !story.reject.is_accepted() {
        ends.insert(PendingApproval);
    }
    ends
}

fn order_fault(story: &OrderStory, order: &Order) -> Vec<String> {
    let mut found = Vec::new();
    let mut ends = order_ends(story);
    // Stock is held for a short time here. Twice too short is a defined end, whole only if nothing is kept of it.
    if order.reason.starts_with(HOLD_OVER) && ends.remove(&OrderStatus::Processing) {
        ends.insert(OrderStatus::Cancelled);
    }
    if !ends.contains(&order.status()) {
        let ends: Vec<&str> = ends.iter().map(OrderStatus::as_str_name).collect();
        found.push(format!(
            "{} is {} ({}), and by what its customer was told should be {}: {story:?}",
            story.id,
            order.status().as_str_name(),
            order.reason,
            ends.join(" or ")
        ));
    }
    for (what, refusal) in refusals(story, order.status()) {
        found.push(format!("{}: {what} was refused without a reason: {refusal}", story.id));
    }
    if story.cancel.is_accepted() && story.ship.is_accepted() {
        found.push(format!("{} was acknowledged as cancelled and as shipped", story.id));
    }
    if order.total_amount != usd(story.total) {
        found.push(format!("{} costs {:?} and was accepted for {}", story.id, order.total_amount, story.total));
    }
    found
}

/// Refusals that nothing explains: nobody but its customer decides about an order.
fn refusals(story: &OrderStory, status: OrderStatus) -> Vec<(&'static str, &String)> {
    use OrderStatus::{Approved, Cancelled, PendingApproval, Processing};
    let told = [
        ("the approval", &story.approve, false),
        ("the rejection", &story.reject, false),
        ("the cancellation", &story.cancel, !matches!(status, PendingApproval | Approved | Processing)),
        ("the shipment", &story.ship, status == Cancelled),
        ("the delivery", &story.deliver, false),
    ];
    let refused = told.into_iter().filter_map(|(what, ack, explained)| match ack {
        Ack::Refused(why) if !explained => Some((what, why)),
        _ => None,
    });
    refused.collect()
}

fn payment_fault(story: &PaymentStory, payment: &Payment) -> Vec<String> {
    use PaymentStatus::{Cancelled, Completed, Failed, PartiallyRefunded, Refunded};
    let asked = |wanted: fn(&Ack) -> bool| -> i64 {
        story.refunds.iter().filter(|(_, ack)| wanted(ack)).map(|(dollars, _)| dollars).sum()
    };
    let declined = story.script == Script::RefundDecline;
    let (least, most) = if declined { (0, 0) } else { (asked(Ack::is_accepted), asked(Ack::may_be)) };
    let back = dollars(payment.refunded_amount.as_ref());
    let mut ends = BTreeSet::new();
    if story.cancel.may_be() {
        ends.insert(Cancelled);
    }
    if !story.cancel.is_accepted() {
        ends.insert(match story.script {
            Script::Decline => Failed,
            _ if back == 0 => Completed,
            _ if back == story.amount => Refunded,
            _ => PartiallyRefunded,
        });
    }
    let mut found = Vec::new();
    if !ends.contains(&payment.status()) || payment.amount != usd(story.amount) {
        found.push(format!("{} is {} over {:?}: {story:?}", story.id, payment.status().as_str_name(), payment.amount));
    }
    if !(least..=most).contains(&back) {
        found.push(format!("{}: {back} came back, {least} to {most} were acknowledged", story.id));
    }
    found
}

fn reservation_fault(story: &ReservationStory, reservation: &Reservation) -> Option<String> {
    use ReservationStatus::{Cancelled, Committed, Expired, Rejected};
    let status = reservation.status();
    let fits = if story.commit.is_accepted() {
        status == Committed
    } else if story.cancel.is_accepted() {
        status == Cancelled
    } else {
        // Nobody took it, or it was too late.
        matches!(status, Expired | Rejected)
            || (status == Committed && story.commit.may_be())
            || (status == Cancelled && story.cancel.may_be())
    };
    let back = reservation.lines.iter().all(|line| line.restocked == line.quantity);
    let none_back = reservation.lines.iter().all(|line| line.restocked == 0);
    let fits = fits && (!story.restock.is_accepted() || back) && (story.restock.may_be() || none_back);
    (!fits).then(|| format!("{} is {}, restocked {back}: {story:?}", story.id, status.as_str_name()))
}

/// Whole dollars; anything else is no amount of ours and fits nothing.
fn dollars(money: Option<&Money>) -> i64 {
    money.map_or(0, |money| if money.nanos == 0 { money.units } else { i64::MIN / 4 })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn story(change: impl FnOnce(&mut OrderStory)) -> OrderStory {
        let mut story = OrderStory { id: "ord_1".into(), total: 10, paid: Some(Script::Plain), ..Default::default() };
        change(&mut story);
        story
    }

    fn faults(story: &OrderStory, status: OrderStatus) -> usize {
        let mut order = Order { order_id: story.id.clone(), total_amount: usd(10), ..Default::default() };
        order.set_status(status);
        order_fault(story, &order).len()
    }

    #[test]
    fn what_was_acknowledged_has_to_be() {
        let cancelled = story(|s| (s.approve, s.cancel) = (Ack::Accepted, Ack::Accepted));
        assert_eq!(faults(&cancelled, OrderStatus::Cancelled), 0);
        assert_eq!(faults(&cancelled, OrderStatus::Shipped), 1);
        assert_eq!(faults(&cancelled, OrderStatus::Processing), 1);
        let approved = story(|s| s.approve = Ack::Accepted);
        assert_eq!(faults(&approved, OrderStatus::Processing), 0);
        assert_eq!(faults(&approved, OrderStatus::Cancelled), 1);
        assert_eq!(faults(&approved, OrderStatus::PendingApproval), 1);
        let declined = story(|s| (s.approve, s.paid) = (Ack::Accepted, Some(Script::Decline)));
        assert_eq!(faults(&declined, OrderStatus::Cancelled), 0);
        assert_eq!(faults(&declined, OrderStatus::Processing), 1);
    }

    #[test]
    fn what_was_not_answered_may_be_or_not() {
        let unsure = story(|s| (s.approve, s.cancel) = (Ack::Accepted, Ack::Unanswered));
        assert_eq!(faults(&unsure, OrderStatus::Cancelled), 0);
        assert_eq!(faults(&unsure, OrderStatus::Processing), 0);
        assert_eq!(faults(&unsure, OrderStatus::Rejected), 1);
    }

    #[test]
    fn of_a_shipment_and_a_cancellation_one_is_refused() {
        let refused = || Ack::Refused("it is SHIPPED".into());
        let shipped = story(|s| (s.approve, s.ship, s.cancel) = (Ack::Accepted, Ack::Accepted, refused()));
        assert_eq!(faults(&shipped, OrderStatus::Shipped), 0);
        let both = story(|s| (s.approve, s.ship, s.cancel) = (Ack::Accepted, Ack::Accepted, Ack::Accepted));
        assert_eq!(faults(&both, OrderStatus::Cancelled), 1);
        let neither = story(|s| (s.approve, s.ship, s.cancel) = (Ack::Accepted, refused(), refused()));
        assert_eq!(faults(&neither, OrderStatus::Processing), 2);
    }

    #[test]
    fn an_accepted_order_that_is_gone_is_found() {
        let ledger = Ledger { orders: vec![story(|_| {})], ..Default::default() };
        let found = findings(&ledger, &Books::default());
        assert!(found.iter().any(|what| what.starts_with("ord_1 was accepted")), "{found:?}");
    }
}
