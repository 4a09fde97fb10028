//! A payment without an order of ours: charged, cancelled, given back.

use std::time::Duration;

use contracts::payments::{
    CancelPaymentRequest, CreatePaymentRequest, CreateRefundRequest, GetPaymentRequest, Payment, PaymentMethod,
    PaymentStatus,
};

use super::client::{Ack, Answer, Client, call};
use super::{Script, usd};
use crate::dice::Dice;

const THINK: std::ops::Range<Duration> = Duration::from_millis(0)..Duration::from_millis(1_500);

/// What happened to a payment, as its client knows it.
#[derive(Clone, Debug)]
pub(crate) struct PaymentStory {
    pub(crate) id: String,
    /// In whole dollars.
    pub(crate) amount: i64,
    pub(crate) script: Script,
    pub(crate) cancel: Ack,
    /// Dollars asked back, and the answer.
    pub(crate) refunds: Vec<(i64, Ack)>,
}

/// Goes through the life of one payment; `None` if its client never learned whether it exists.
pub(crate) async fn live(client: Client, mut dice: Dice, key: String) -> Option<PaymentStory> {
    let dice = &mut dice;
    let (amount, script) = (2 + dice.below(500) as i64, Script::of_payment(dice));
    let mut request = CreatePaymentRequest {
        request_id: key.clone(),
        order_id: format!("LONE-{key}"),
        amount: usd(amount),
        payment_token: script.token().to_owned(),
        ..Default::default()
    };
    request.set_method(PaymentMethod::CreditCard);
    let id = match client.ask(dice, &request, call!(client.payments.create_payment)).await {
        Answer::Yes(reply) => reply.payment?.payment_id,
        Answer::No(why) => {
            client.surprise(format!("a payment is refused: {why}"));
            return None;
        }
        Answer::Silence => return None,
    };
    let mut story = PaymentStory { id, amount, script, cancel: Ack::NotAsked, refunds: Vec::new() };
    if dice.percent(12) {
        let request = CancelPaymentRequest {
            payment_id: story.id.clone(),
            reason: "chaos".to_owned(),
            request_id: format!("{key}-cancel"),
        };
        let call = call!(client.payments.cancel_payment);
        story.cancel = client.ask(dice, &request, call).await.into();
        return Some(story);
    }
    let asked = GetPaymentRequest { payment_id: story.id.clone() };
    let over = |payment: &Payment| !matches!(payment.status(), PaymentStatus::Pending | PaymentStatus::Processing);
    let call = call!(client.payments.get_payment);
    let charged = client.until(dice, &asked, call, |reply| reply.payment.as_ref().is_some_and(over)).await;
    if charged.and_then(|reply| reply.payment).is_some_and(|payment| payment.status() == PaymentStatus::Completed) {
        let parts = dice.weighted([(40, vec_of(0, amount)), (30, vec_of(1, amount)), (30, vec_of(2, amount))]);
        for (n, part) in parts.into_iter().flatten().enumerate() {
            tokio::time::sleep(dice.time(THINK)).await;
            let request = CreateRefundRequest {
                payment_id: story.id.clone(),
                amount: usd(part),
                reason: "chaos".to_owned(),
                request_id: format!("{key}-refund-{n}"),
                ..Default::default()
            };
            let call = call!(client.payments.create_refund);
            story.refunds.push((part, client.ask(dice, &request, call).await.into()));
        }
    }
    Some(story)
}

/// Nothing back, all of it, or two halves.
fn vec_of(parts: u8, amount: i64) -> [Option<i64>; 2] {
    match parts {
        0 => [None, None],
        1 => [Some(amount), None],
        _ => [Some(amount / 2), Some(amount - amount / 2)],
    }
}
