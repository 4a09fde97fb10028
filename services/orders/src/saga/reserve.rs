//! `reserve`: hold the stock; release it.

use super::partners::Fault;
use super::{Did, Saga, Task, Undid};
use crate::domain::Order;
use crate::store;
use contracts::inventory::{
    CancelReservationRequest, ReservationItem, ReservationStatus, ReserveStockRequest, RestockReservationRequest,
};
use futures::FutureExt as _;
use futures::future::BoxFuture;
use service::Error;

/// Asks for the stock under the attempt's key, which gets the same reservation however often it is asked.
pub(super) fn act<'a>(saga: &'a Saga, task: &'a Task<'a>) -> BoxFuture<'a, Result<Did, Error>> {
    async move {
        // Under a later key the stock was held before, for too long.
        let code = if task.entry.attempt > 1 { "RESERVATION_EXPIRED" } else { "INSUFFICIENT_STOCK" };
        Ok(match ask(saga, task).await? {
            Err(Fault::Away(why)) => Did::Open(why),
            Err(Fault::Refused { message, .. }) => Did::Refused(format!("{code}: {message}")),
            Ok((id, ReservationStatus::Reserved | ReservationStatus::Committed)) => Did::Done(id),
            Ok((id, ReservationStatus::Cancelled | ReservationStatus::Expired)) => {
                Did::HoldLost(format!("{id} was given back"))
            }
            Ok((id, _)) => Did::Open(format!("{id} is being decided")),
        })
    }
    .boxed()
}

/// Cancels the reservation. If it was taken meanwhile, by whomever, its pieces come back.
pub(super) fn undo<'a>(saga: &'a Saga, task: &'a Task<'a>) -> BoxFuture<'a, Result<Undid, Error>> {
    async move {
        let id = match &task.entry.external {
            Some(id) => id.clone(),
            // Whether it was made is not known. Asking once more under its key says so, and leaves no room for a
            // request that is still on its way.
            None => match ask(saga, task).await? {
                Ok((id, _)) => id,
                Err(Fault::Refused { .. }) => return Ok(Undid::Undone("no stock was held")),
                Err(Fault::Away(why)) => return Ok(Undid::Away(why)),
            },
        };
        let reason = format!("the order is {}", task.order.status);
        let request = saga.partners.request(CancelReservationRequest {
            reservation_id: id.clone(),
            reason,
            request_id: String::new(),
        });
        let mut inventory = saga.partners.inventory.clone();
        Ok(match saga.partners.answer(inventory.cancel_reservation(request)).await {
            Ok(_) => Undid::Undone("the stock was released"),
            Err(Fault::Refused { state, .. }) if state == "COMMITTED" => restock(saga, task.order, id).await,
            Err(Fault::Refused { state, .. }) if !state.is_empty() => Undid::Undone("the stock was not held any more"),
            Err(fault) => fault.into(),
        })
    }
    .boxed()
}

/// Puts the pieces of a committed reservation back.
pub(super) async fn restock(saga: &Saga, order: &Order, id: String) -> Undid {
    let reason = format!("the order is {}", order.status);
    let request =
        saga.partners.request(RestockReservationRequest { reservation_id: id, reason, request_id: String::new() });
    let mut inventory = saga.partners.inventory.clone();
    match saga.partners.answer(inventory.restock_reservation(request)).await {
        Ok(_) => Undid::Undone("the stock was put back"),
        Err(Fault::Refused { state, .. }) if !state.is_empty() => Undid::Undone("the stock had not been taken"),
        Err(fault) => fault.into(),
    }
}

async fn ask(saga: &Saga, task: &Task<'_>) -> Result<Result<(String, ReservationStatus), Fault>, Error> {
    let lines = store::lines(&saga.pool, &[task.order]).await?.remove(&task.order.id).unwrap_or_default();
    let item = |line: &crate::domain::Line| ReservationItem {
        product_id: line.product.to_string(),
        quantity: line.quantity.get(),
        location: String::new(),
    };
    let request = saga.partners.request(ReserveStockRequest {
        request_id: String::new(),
        order_id: task.order.id.to_string(),
        items: lines.iter().map(item).collect(),
        saga_key: task.entry.key(task.order.id),
    });
    let mut inventory = saga.partners.inventory.clone();
    let answer = saga.partners.answer(inventory.reserve_stock(request)).await;
    Ok(answer.map(|answer| {
        let reservation = answer.reservation.unwrap_or_default();
        let status = reservation.status();
        (reservation.reservation_id, status)
    }))
}
