//! A refund, and whether it can be admitted.

use super::payment::{Payment, Saga};
use super::status::{PaymentCommand, PaymentStatus, RefundStatus};
use contracts::Money;
use contracts::ids::{PaymentId, RefundId};
use std::time::Duration;
use time::OffsetDateTime;

/// A refund as it was asked for.
#[derive(Clone, Debug)]
pub struct NewRefund {
    /// The id it will have.
    pub id: RefundId,
    /// The payment to give back.
    pub payment: PaymentId,
    /// How much; `None`: the rest.
    pub amount: Option<Money>,
    /// Why.
    pub reason: String,
    /// The saga step that makes it.
    pub saga: Option<Saga>,
}

/// A refund as it stands.
#[derive(Clone, Debug)]
pub struct Refund {
    /// Its id.
    pub id: RefundId,
    /// The payment it gives back.
    pub payment: PaymentId,
    /// How much.
    pub amount: Money,
    /// Where it stands.
    pub status: RefundStatus,
    /// Why it was asked for, or why it failed.
    pub reason: String,
    /// Provider attempts begun.
    pub attempts: i32,
    /// The provider's id of the refund.
    pub provider_reference: Option<String>,
    /// When it was admitted.
    pub created_at: OffsetDateTime,
    /// When it last changed.
    pub updated_at: OffsetDateTime,
}

/// Why a refund is not admitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// The payment is not charged.
    NotCharged,
    /// The amount is in another currency.
    OtherCurrency,
    /// Nothing, or less than asked, is left.
    ExceedsRest(Money),
    /// The time for it is over.
    WindowOver,
}

/// How much a refund that is asked for now gives back. `window` is the time after the
/// completion; `None`: no limit.
///
/// # Errors
/// Why not.
pub fn admit(
    payment: &Payment,
    asked: Option<Money>,
    now: OffsetDateTime,
    window: Option<Duration>,
) -> Result<Money, Refused> {
    let Some(completed_at) = payment.completed_at.filter(|_| payment.status.is_charged()) else {
        return Err(Refused::NotCharged);
    };
    let rest = payment.amount.checked_sub(payment.refunded).ok_or(Refused::OtherCurrency)?;
    let amount = asked.unwrap_or(rest);
    if amount.currency() != rest.currency() {
        return Err(Refused::OtherCurrency);
    }
    if amount.minor() > rest.minor() || amount.minor() <= 0 {
        return Err(Refused::ExceedsRest(rest));
    }
    if window.is_some_and(|window| now - completed_at > window) {
        return Err(Refused::WindowOver);
    }
    Ok(amount)
}

/// What the payment becomes when so much of its amount has been paid back.
#[must_use]
pub fn after_payback(status: PaymentStatus, amount_minor: i64, paid_back_minor: i64) -> Option<PaymentStatus> {
    let command = if paid_back_minor < amount_minor { PaymentCommand::RefundPart } else { PaymentCommand::RefundRest };
    status.transition(command)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Method;
    use contracts::Currency;
    use proptest::prelude::*;
    use time::OffsetDateTime;

    fn charged(minor: i64) -> Payment {
        Payment {
            id: PaymentId::new(),
            order: "o".parse().unwrap(),
            customer: None,
            amount: Money::new(Currency::USD, minor),
            method: Method::Cash,
            status: PaymentStatus::Completed,
            reason: String::new(),
            attempts: 1,
            provider_reference: None,
            refunded: Money::new(Currency::USD, 0),
            sequence: 5,
            settled: true,
            created_at: OffsetDateTime::UNIX_EPOCH,
            updated_at: OffsetDateTime::UNIX_EPOCH,
            completed_at: Some(OffsetDateTime::UNIX_EPOCH),
            saga_key: None,
        }
    }

    const WINDOW: Option<Duration> = Some(Duration::from_secs(60));
    const T0: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;

    #[test]
    fn the_window_closes_for_hands_only() {
        let payment = charged(100);
        let late = T0 + Duration::from_secs(61);
        assert_eq!(admit(&payment, None, late, WINDOW), Err(Refused::WindowOver));
        assert_eq!(admit(&payment, None, late, None).map(Money::minor), Ok(100));
        assert_eq!(admit(&payment, None, T0 + Duration::from_secs(60), WINDOW).map(Money::minor), Ok(100));
    }

    #[test]
    fn only_charges_are_given_back() {
        let mut payment = charged(100);
        payment.status = PaymentStatus::Processing;
        payment.completed_at = None;
        assert_eq!(admit(&payment, None, T0, WINDOW), Err(Refused::NotCharged));
        let yen = Money::new("JPY".parse().unwrap(), 1);
        assert_eq!(admit(&charged(100), Some(yen), T0, WINDOW), Err(Refused::OtherCurrency));
    }

    #[derive(Clone, Debug)]
    enum Act {
        Ask(Option<i64>),
        PayBack(usize),
        Fail(usize),
    }

    fn act() -> impl Strategy<Value = Act> {
        prop_oneof![
            prop::option::of(-5_i64..400).prop_map(Act::Ask),
            (0_usize..8).prop_map(Act::PayBack),
            (0_usize..8).prop_map(Act::Fail),
        ]
    }

    proptest! {
        /// Whatever is asked in whatever order: never more than was charged is given back,
        /// and a failed refund can be asked for again.
        #[test]
        fn refunds_never_exceed_the_charge(total in 1_i64..1_000, acts in prop::collection::vec(act(), 0..60)) {
            let mut payment = charged(total);
            let (mut pending, mut paid_back): (Vec<i64>, i64) = (Vec::new(), 0);
            for act in acts {
                match act {
                    Act::Ask(minor) => {
                        let asked = minor.map(|m| Money::new(Currency::USD, m));
                        let rest = total - paid_back - pending.iter().sum::<i64>();
                        match admit(&payment, asked, T0, WINDOW) {
                            Ok(amount) => {
                                prop_assert_eq!(amount.minor(), minor.unwrap_or(rest));
                                pending.push(amount.minor());
                            }
                            Err(refused) => {
                                prop_assert_eq!(refused, Refused::ExceedsRest(Money::new(Currency::USD, rest)));
                                prop_assert!(minor.unwrap_or(rest) <= 0 || minor.unwrap_or(rest) > rest);
                            }
                        }
                    }
                    Act::PayBack(i) if i < pending.len() => {
                        paid_back += pending.remove(i);
                        payment.status = after_payback(payment.status, total, paid_back).unwrap();
                    }
                    Act::Fail(i) if i < pending.len() => { pending.remove(i); }
                    Act::PayBack(_) | Act::Fail(_) => {}
                }
                payment.refunded = Money::new(Currency::USD, paid_back + pending.iter().sum::<i64>());
                prop_assert!((0..=total).contains(&payment.refunded.minor()));
                prop_assert_eq!(payment.status == PaymentStatus::Refunded, paid_back == total);
            }
        }
    }
}
