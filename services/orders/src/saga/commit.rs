//! `commit`: take the stock that is held; put it back.

use super::partners::Fault;
use super::{Did, Saga, Task, Undid, reserve};
use crate::domain::StepName;
use contracts::inventory::CommitReservationRequest;
use futures::FutureExt as _;
use futures::future::BoxFuture;
use service::Error;

/// Takes what the last reservation holds; a repetition finds it taken.
pub(super) fn act<'a>(saga: &'a Saga, task: &'a Task<'a>) -> BoxFuture<'a, Result<Did, Error>> {
    async move {
        let id = held(task)?;
        let request = CommitReservationRequest { reservation_id: id.clone(), request_id: String::new() };
        let mut inventory = saga.partners.inventory.clone();
        let answer = saga.partners.answer(inventory.commit_reservation(saga.partners.request(request))).await;
        Ok(match answer {
            Ok(_) => Did::Done(id),
            Err(Fault::Refused { state, message, .. }) if state == "CANCELLED" || state == "EXPIRED" => {
                Did::HoldLost(message)
            }
            Err(fault) => Did::Open(fault.words()),
        })
    }
    .boxed()
}

/// Puts back what was taken. If nothing was, the undo of the reservation, which follows, makes sure that nothing can be.
pub(super) fn undo<'a>(saga: &'a Saga, task: &'a Task<'a>) -> BoxFuture<'a, Result<Undid, Error>> {
    async move { Ok(reserve::restock(saga, task.order, held(task)?).await) }.boxed()
}

fn held(task: &Task<'_>) -> Result<String, Error> {
    let reserved = task.journal.last(StepName::Reserve).and_then(|entry| entry.external.clone());
    reserved.ok_or_else(|| Error::internal(format!("{} is to be committed without a reservation", task.order.id)))
}
