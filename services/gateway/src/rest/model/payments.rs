//! Payments and refunds in JSON.

use super::{Bare, currencies, positive_amount, positive_amount_or_null, present, rfc3339, words, words_or_null};
use crate::Error;
use crate::json::{Decimal, Word as _};
use contracts::payments as wire;
use contracts::payments::{LedgerAccount, PaymentEventKind, PaymentMethod, PaymentStatus, RefundStatus};
use serde::Serialize;
use utoipa::ToSchema;

/// A payment to be accepted. `method` or `payment_method` is required, not both.
#[derive(ToSchema)]
#[schema(example = json!({"order_id": "ORDER123", "amount": 1299.99, "method": "CREDIT_CARD"}))]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "describes what the handler reads")]
pub(crate) struct CreatePayment {
    /// The order it pays; any id.
    #[schema(min_length = 1, max_length = 64, pattern = "^[^\\x00-\\x1f\\x7f-\\x9f]+$")]
    order_id: String,
    /// What to charge, above 0.
    #[schema(schema_with = positive_amount)]
    amount: Decimal,
    /// How.
    #[schema(schema_with = words_or_null::<PaymentMethod>)]
    method: Option<String>,
    /// Another name of `method`.
    #[schema(schema_with = words_or_null::<PaymentMethod>)]
    payment_method: Option<String>,
    /// The payment provider's token.
    #[schema(max_length = 256, pattern = "^[!-~]*$")]
    payment_token: Option<String>,
    /// ISO 4217 code.
    #[schema(schema_with = currencies)]
    currency: Option<String>,
    /// Whose order it pays: they may see it. Customers can only name themselves, and are meant when it is absent.
    #[schema(min_length = 1, max_length = 64, pattern = "^[^\\x00-\\x1f\\x7f-\\x9f]+$")]
    customer_id: Option<String>,
}

/// A refund to be admitted.
#[derive(ToSchema)]
#[schema(example = json!({"amount": 100.00, "reason": "returned one piece"}))]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "describes what the handler reads")]
pub(crate) struct CreateRefund {
    /// How much, above 0, in the payment's currency. Absent: what is left.
    #[schema(schema_with = positive_amount_or_null)]
    amount: Option<Decimal>,
    /// Why, for people.
    #[schema(max_length = 500, pattern = "^[^\\x00-\\x1f\\x7f-\\x9f]*$")]
    reason: Option<String>,
}

/// A payment without its timeline.
#[derive(Serialize, ToSchema)]
pub(crate) struct PaymentSummary {
    /// `pay_` and 32 hexadecimal digits.
    #[schema(example = "pay_0199a1b2c3d47e5f8a9b0c1d2e3f4a5b")]
    payment_id: String,
    /// The order it pays.
    order_id: String,
    /// Where the payment stands.
    #[schema(schema_with = words::<PaymentStatus>)]
    status: Bare,
    /// Why it stands there.
    #[schema(required)]
    reason: Option<String>,
    /// What is charged.
    amount: Decimal,
    /// Refunded so far, admitted refunds included.
    refunded_amount: Decimal,
    /// ISO 4217 code of all amounts.
    #[schema(example = "USD")]
    currency: &'static str,
    /// How it is made.
    #[schema(schema_with = words::<PaymentMethod>)]
    method: Bare,
    /// Provider attempts begun so far.
    attempts: i32,
    /// The provider's own id of the charge.
    #[schema(required)]
    provider_reference: Option<String>,
    /// When it was accepted.
    #[schema(required, format = DateTime)]
    create_time: Option<String>,
    /// When it last changed.
    #[schema(required, format = DateTime)]
    update_time: Option<String>,
    /// When it was charged.
    #[schema(required, format = DateTime)]
    complete_time: Option<String>,
}

/// A payment with everything.
#[derive(Serialize, ToSchema)]
pub(crate) struct Payment {
    #[serde(flatten)]
    summary: PaymentSummary,
    /// What happened so far, oldest first.
    timeline: Vec<PaymentEvent>,
}

/// One recorded fact of a payment's life.
#[derive(Serialize, ToSchema)]
pub(crate) struct PaymentEvent {
    /// Position, from 1, without gaps.
    sequence: i64,
    /// What is recorded.
    #[schema(schema_with = words::<PaymentEventKind>)]
    kind: Bare,
    /// The status after it.
    #[schema(schema_with = words::<PaymentStatus>)]
    status: Bare,
    /// Why.
    #[schema(required)]
    reason: Option<String>,
    /// Who caused it.
    #[schema(required, example = "system")]
    actor: Option<String>,
    /// When.
    #[schema(required, format = DateTime)]
    time: Option<String>,
    /// Number of the provider attempt it belongs to, from 1.
    #[schema(required)]
    attempt: Option<i32>,
}

/// A refund.
#[derive(Serialize, ToSchema)]
pub(crate) struct Refund {
    /// `rfd_` and 32 hexadecimal digits.
    #[schema(example = "rfd_0199a1b2c3d47e5f8a9b0c1d2e3f4a5b")]
    refund_id: String,
    /// The payment it gives back.
    payment_id: String,
    /// Where the refund stands.
    #[schema(schema_with = words::<RefundStatus>)]
    status: Bare,
    /// Why it was asked for, or why it failed.
    #[schema(required)]
    reason: Option<String>,
    /// How much.
    amount: Decimal,
    /// ISO 4217 code.
    #[schema(example = "USD")]
    currency: &'static str,
    /// Provider attempts begun so far.
    attempts: i32,
    /// The provider's own id of the refund.
    #[schema(required)]
    provider_reference: Option<String>,
    /// When it was admitted.
    #[schema(required, format = DateTime)]
    create_time: Option<String>,
    /// When it last changed.
    #[schema(required, format = DateTime)]
    update_time: Option<String>,
}

/// A refund that was admitted, and the payment after it.
#[derive(Serialize, ToSchema)]
pub(crate) struct RefundAccepted {
    #[serde(flatten)]
    refund: Refund,
    /// The payment it belongs to.
    payment: PaymentSummary,
}

/// A page of payments.
#[derive(Serialize, ToSchema)]
pub(crate) struct Payments {
    /// Newest first.
    pub(crate) payments: Vec<PaymentSummary>,
    /// Where the next page starts; empty on the last one.
    pub(crate) next_page_token: String,
}

/// A page of refunds.
#[derive(Serialize, ToSchema)]
pub(crate) struct Refunds {
    /// Newest first.
    pub(crate) refunds: Vec<Refund>,
    /// Where the next page starts; empty on the last one.
    pub(crate) next_page_token: String,
}

/// One side of a booking.
#[derive(Serialize, ToSchema)]
pub(crate) struct LedgerEntry {
    /// `PROVIDER_CLEARING`: what the payment provider owes; `SALES`: what was sold.
    #[schema(schema_with = words::<LedgerAccount>)]
    account: Bare,
    /// Debits are above 0, credits below.
    amount: Decimal,
    /// ISO 4217 code.
    #[schema(example = "USD")]
    currency: &'static str,
    /// The refund that is booked; null: the capture.
    #[schema(required)]
    refund_id: Option<String>,
    /// When it was booked.
    #[schema(required, format = DateTime)]
    time: Option<String>,
}

/// The books of a payment.
#[derive(Serialize, ToSchema)]
pub(crate) struct Ledger {
    /// Oldest first.
    pub(crate) entries: Vec<LedgerEntry>,
}

impl TryFrom<wire::Payment> for PaymentSummary {
    type Error = Error;

    fn try_from(payment: wire::Payment) -> Result<Self, Error> {
        let amount = Decimal::try_from(payment.amount.as_ref())?;
        Ok(Self {
            payment_id: payment.payment_id,
            order_id: payment.order_id,
            status: PaymentStatus::of(payment.status),
            reason: present(payment.reason),
            amount,
            refunded_amount: match payment.refunded_amount {
                Some(refunded) => Decimal::try_from(Some(&refunded))?,
                None => amount.zero(),
            },
            currency: amount.currency(),
            method: PaymentMethod::of(payment.method),
            attempts: payment.attempts,
            provider_reference: present(payment.provider_reference),
            create_time: rfc3339(payment.create_time.as_ref()),
            update_time: rfc3339(payment.update_time.as_ref()),
            complete_time: rfc3339(payment.complete_time.as_ref()),
        })
    }
}

impl TryFrom<Option<wire::Payment>> for PaymentSummary {
    type Error = Error;

    fn try_from(payment: Option<wire::Payment>) -> Result<Self, Error> {
        payment.ok_or(Error::Reply("no payment in the reply"))?.try_into()
    }
}

impl TryFrom<Option<wire::Payment>> for Payment {
    type Error = Error;

    fn try_from(payment: Option<wire::Payment>) -> Result<Self, Error> {
        let mut payment = payment.ok_or(Error::Reply("no payment in the reply"))?;
        let timeline = std::mem::take(&mut payment.timeline).into_iter().map(Into::into).collect();
        Ok(Self { summary: payment.try_into()?, timeline })
    }
}

impl From<wire::PaymentEvent> for PaymentEvent {
    fn from(event: wire::PaymentEvent) -> Self {
        Self {
            sequence: event.sequence,
            kind: PaymentEventKind::of(event.kind),
            status: PaymentStatus::of(event.status),
            reason: present(event.reason),
            actor: present(event.actor),
            time: rfc3339(event.create_time.as_ref()),
            attempt: Some(event.attempt).filter(|n| *n > 0),
        }
    }
}

impl TryFrom<wire::Refund> for Refund {
    type Error = Error;

    fn try_from(refund: wire::Refund) -> Result<Self, Error> {
        let amount = Decimal::try_from(refund.amount.as_ref())?;
        Ok(Self {
            refund_id: refund.refund_id,
            payment_id: refund.payment_id,
            status: RefundStatus::of(refund.status),
            reason: present(refund.reason),
            amount,
            currency: amount.currency(),
            attempts: refund.attempts,
            provider_reference: present(refund.provider_reference),
            create_time: rfc3339(refund.create_time.as_ref()),
            update_time: rfc3339(refund.update_time.as_ref()),
        })
    }
}

impl TryFrom<wire::LedgerEntry> for LedgerEntry {
    type Error = Error;

    fn try_from(entry: wire::LedgerEntry) -> Result<Self, Error> {
        let amount = Decimal::try_from(entry.amount.as_ref())?;
        Ok(Self {
            account: LedgerAccount::of(entry.account),
            amount,
            currency: amount.currency(),
            refund_id: present(entry.refund_id),
            time: rfc3339(entry.create_time.as_ref()),
        })
    }
}

impl TryFrom<wire::CreateRefundResponse> for RefundAccepted {
    type Error = Error;

    fn try_from(reply: wire::CreateRefundResponse) -> Result<Self, Error> {
        let refund = reply.refund.ok_or(Error::Reply("no refund in the reply"))?.try_into()?;
        Ok(Self { refund, payment: reply.payment.try_into()? })
    }
}
