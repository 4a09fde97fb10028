//! `charge`: charge the payment; cancel or refund it.

use super::partners::{Fault, Partners};
use super::{Did, Saga, Task, Undid};
use crate::domain::PaymentMethod;
use crate::store::journal;
use contracts::payments::{
    self, CancelPaymentRequest, CreatePaymentRequest, CreateRefundRequest, GetPaymentRequest, Payment, PaymentEvent,
    PaymentStatus, RefundStatus, WatchPaymentRequest,
};
use futures::FutureExt as _;
use futures::future::BoxFuture;
use service::Error;
use tokio::time::Instant;

/// Asks for the payment under the attempt's key and watches it for a while.
pub(super) fn act<'a>(saga: &'a Saga, task: &'a Task<'a>) -> BoxFuture<'a, Result<Did, Error>> {
    async move {
        let payment = match ask(saga, task, false).await? {
            Ok(payment) => payment,
            Err(Fault::Away(why)) => return Ok(Did::Open(why)),
            Err(Fault::Refused { message, .. }) => return Ok(Did::Refused(format!("PAYMENT_REFUSED: {message}"))),
        };
        if task.entry.external.is_none() {
            journal::made(&saga.pool, task.order, task.entry, &payment.payment_id).await?;
        }
        Ok(match outcome(&payment) {
            Did::Open(_) => match watched(&saga.partners, &payment).await {
                Ok(payment) => outcome(&payment),
                Err(fault) => Did::Open(fault.words()),
            },
            did => did,
        })
    }
    .boxed()
}

/// A payment that is not under way is cancelled; one that is, is waited for and then refunded. What was refunded by
/// hand counts. With time, whatever happens to the payment is watched.
pub(super) fn undo<'a>(saga: &'a Saga, task: &'a Task<'a>) -> BoxFuture<'a, Result<Undid, Error>> {
    async move {
        let over = Instant::now() + saga.partners.patience;
        loop {
            // The key is taken even if no payment was made, so that a request on its way makes none.
            let payment = match ask(saga, task, true).await? {
                Ok(payment) => payment,
                Err(Fault::Away(why)) => return Ok(Undid::Away(why)),
                // What can't be asked for was never made: a total of zero, say.
                Err(Fault::Refused { .. }) => return Ok(Undid::Undone("nothing was charged")),
            };
            if task.entry.external.is_none() {
                journal::made(&saga.pool, task.order, task.entry, &payment.payment_id).await?;
            }
            let undid = give_back(&saga.partners, task, &payment).await;
            let open = matches!(undid, Undid::Open(_));
            if !(open && task.long && followed(&saga.partners, &payment, over, |_| true).await.is_some()) {
                return Ok(undid);
            }
        }
    }
    .boxed()
}

async fn give_back(partners: &Partners, task: &Task<'_>, payment: &Payment) -> Undid {
    let id = payment.payment_id.clone();
    match payment.status() {
        PaymentStatus::Failed | PaymentStatus::Cancelled => Undid::Undone("nothing was charged"),
        PaymentStatus::Refunded => Undid::Undone("the charge was refunded"),
        PaymentStatus::Pending => cancel(partners, task, id).await,
        PaymentStatus::Completed | PaymentStatus::PartiallyRefunded => refund(partners, task, id).await,
        PaymentStatus::Processing | PaymentStatus::Unspecified => Undid::Open("the charge is under way".to_owned()),
    }
}

async fn ask(saga: &Saga, task: &Task<'_>, void: bool) -> Result<Result<Payment, Fault>, Error> {
    let order = task.order;
    let token = task.token.filter(|_| !void).cloned();
    let Some(method) = order.payment_method else {
        return Err(Error::internal(format!("{} is to be charged without a payment method", order.id)));
    };
    let request = saga.partners.request(CreatePaymentRequest {
        request_id: String::new(),
        order_id: order.id.to_string(),
        amount: Some(order.total.into()),
        method: wire(method).into(),
        payment_token: token.map(|token| token.0).unwrap_or_default(),
        saga_key: task.entry.key(order.id),
        void,
        customer_id: order.owner.clone(),
    });
    let mut payments = saga.partners.payments.clone();
    let answer = saga.partners.answer(payments.create_payment(request)).await;
    Ok(answer.map(|answer| answer.payment.unwrap_or_default()))
}

fn outcome(payment: &Payment) -> Did {
    let id = payment.payment_id.clone();
    match payment.status() {
        PaymentStatus::Completed | PaymentStatus::PartiallyRefunded => Did::Done(id),
        PaymentStatus::Failed => Did::Refused(format!("PAYMENT_DECLINED: {}", payment.reason)),
        PaymentStatus::Cancelled => Did::Refused(format!("PAYMENT_CANCELLED: {}", payment.reason)),
        PaymentStatus::Refunded => Did::Refused("PAYMENT_REFUNDED: the payment was refunded by hand".to_owned()),
        PaymentStatus::Pending | PaymentStatus::Processing | PaymentStatus::Unspecified => Did::Open(id),
    }
}

/// The payment once it is final, or as it stands after the patience is over.
async fn watched(partners: &Partners, payment: &Payment) -> Result<Payment, Fault> {
    let is_final = |event: &PaymentEvent| !matches!(event.status(), PaymentStatus::Pending | PaymentStatus::Processing);
    if let Some(event) = followed(partners, payment, Instant::now() + partners.patience, is_final).await {
        return Ok(Payment { status: event.status, reason: event.reason, ..payment.clone() });
    }
    let get = GetPaymentRequest { payment_id: payment.payment_id.clone() };
    let mut payments = partners.payments.clone();
    let answer = partners.answer(payments.get_payment(partners.request(get))).await?;
    Ok(answer.payment.unwrap_or_default())
}

/// The first thing that counts of what happened to the payment after it was read, if it came before the time was over.
/// A watch that breaks, or never comes about, only ends the waiting.
async fn followed(
    partners: &Partners,
    payment: &Payment,
    over: Instant,
    counts: fn(&PaymentEvent) -> bool,
) -> Option<PaymentEvent> {
    let mut payments = partners.payments.clone();
    let watch = WatchPaymentRequest { payment_id: payment.payment_id.clone(), after_sequence: payment.sequence };
    let seen = tokio::time::timeout_at(over, async {
        let mut events = payments.watch_payment(watch).await?.into_inner();
        while let Some(message) = events.message().await? {
            if let Some(event) = message.event.filter(counts) {
                return Ok(Some(event));
            }
        }
        Ok::<_, tonic::Status>(None)
    });
    seen.await.ok()?.ok()?
}

async fn cancel(partners: &Partners, task: &Task<'_>, payment_id: String) -> Undid {
    let reason = format!("the order is {}", task.order.status);
    let request = partners.request(CancelPaymentRequest { payment_id, reason, request_id: String::new() });
    let mut payments = partners.payments.clone();
    match partners.answer(payments.cancel_payment(request)).await {
        Ok(_) => Undid::Undone("the payment was cancelled"),
        // It has begun meanwhile: look again.
        Err(fault) => fault.into(),
    }
}

/// Gives back whatever is left, under the key of this try. A refund that failed for good is tried under the next.
async fn refund(partners: &Partners, task: &Task<'_>, payment_id: String) -> Undid {
    let request = partners.request(CreateRefundRequest {
        payment_id,
        amount: None,
        reason: format!("the order is {}", task.order.status),
        request_id: String::new(),
        saga_key: format!("{}/refund/{}", task.entry.key(task.order.id), task.entry.undo),
    });
    let mut payments = partners.payments.clone();
    match partners.answer(payments.create_refund(request)).await {
        Ok(answer) => {
            let refund = answer.refund.unwrap_or_default();
            match refund.status() {
                RefundStatus::Failed => Undid::Failed(format!("{} failed: {}", refund.refund_id, refund.reason)),
                _ => Undid::Open(format!("{} is under way", refund.refund_id)),
            }
        }
        // Nothing is left to give back: refunds by hand are under way.
        Err(fault) => fault.into(),
    }
}

const fn wire(method: PaymentMethod) -> payments::PaymentMethod {
    match method {
        PaymentMethod::CreditCard => payments::PaymentMethod::CreditCard,
        PaymentMethod::BankTransfer => payments::PaymentMethod::BankTransfer,
        PaymentMethod::Cash => payments::PaymentMethod::Cash,
        PaymentMethod::EWallet => payments::PaymentMethod::EWallet,
    }
}
