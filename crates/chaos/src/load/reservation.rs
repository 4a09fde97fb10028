//! A reservation without an order of ours: at one location or over two, taken, given back, or left until it expires.

use std::time::Duration;

use contracts::inventory::{
    CancelReservationRequest, CommitReservationRequest, GetReservationRequest, Reservation, ReservationItem,
    ReservationStatus, ReserveStockRequest, RestockReservationRequest,
};

use super::client::{Ack, Answer, Client, call};
use super::{LOCATIONS, PLENTY, SCARCE};
use crate::dice::Dice;

const THINK: std::ops::Range<Duration> = Duration::from_millis(0)..Duration::from_millis(1_500);

/// What happened to a reservation, as its client knows it.
#[derive(Clone, Debug, Default)]
pub(crate) struct ReservationStory {
    pub(crate) id: String,
    pub(crate) commit: Ack,
    pub(crate) cancel: Ack,
    pub(crate) restock: Ack,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mind {
    Leave,
    Cancel,
    Commit,
    Restock,
}

/// Goes through the life of one reservation; `None` if there is none, or if its client never learned of it.
pub(crate) async fn live(client: Client, mut dice: Dice, key: String) -> Option<ReservationStory> {
    let dice = &mut dice;
    let request = draw(dice, &key);
    let id = match client.ask(dice, &request, call!(client.inventory.reserve_stock)).await {
        Answer::Yes(reply) => reply.reservation?.reservation_id,
        // Too little is left.
        Answer::No(_) | Answer::Silence => return None,
    };
    let mut story = ReservationStory { id: id.clone(), ..Default::default() };
    let mind = dice.weighted([(25, Mind::Leave), (25, Mind::Cancel), (35, Mind::Commit), (15, Mind::Restock)]);
    if mind == Mind::Leave {
        return Some(story);
    }
    tokio::time::sleep(dice.time(THINK)).await;
    let reason = "chaos".to_owned();
    if mind == Mind::Cancel {
        let request = CancelReservationRequest { reservation_id: id, reason, request_id: format!("{key}-cancel") };
        let call = call!(client.inventory.cancel_reservation);
        story.cancel = client.ask(dice, &request, call).await.into();
        return Some(story);
    }
    // Over several locations it may still be in the making.
    let asked = GetReservationRequest { reservation_id: id.clone() };
    let decided = |reservation: &Reservation| reservation.status() != ReservationStatus::Pending;
    let call = call!(client.inventory.get_reservation);
    client.until(dice, &asked, call, |reply| reply.reservation.as_ref().is_some_and(decided)).await;
    let request = CommitReservationRequest { reservation_id: id.clone(), request_id: format!("{key}-commit") };
    let call = call!(client.inventory.commit_reservation);
    story.commit = client.ask(dice, &request, call).await.into();
    if mind == Mind::Restock && story.commit.is_accepted() {
        let request = RestockReservationRequest { reservation_id: id, reason, request_id: format!("{key}-restock") };
        let call = call!(client.inventory.restock_reservation);
        story.restock = client.ask(dice, &request, call).await.into();
    }
    Some(story)
}

fn draw(dice: &mut Dice, key: &str) -> ReserveStockRequest {
    let scarce = dice.percent(10);
    let over_two = dice.percent(40);
    let product = if scarce { SCARCE } else { dice.pick(&PLENTY).unwrap_or(SCARCE) };
    let quantity = 1 + dice.below(3) as i64;
    let at =
        |location: &str| ReservationItem { product_id: product.to_owned(), quantity, location: location.to_owned() };
    let items = if over_two { LOCATIONS.map(at).to_vec() } else { vec![at(LOCATIONS[0])] };
    ReserveStockRequest { request_id: key.to_owned(), order_id: format!("LONE-{key}"), items, ..Default::default() }
}
