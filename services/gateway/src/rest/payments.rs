//! `/payments`.

use super::doors::Doors;
use super::input::{Input, Sender};
use super::model::payments::{
    CreatePayment, CreateRefund, Ledger, Payment, PaymentSummary, Payments, RefundAccepted, Refunds,
};
use super::model::{Reason, StatusOnly};
use super::{App, Result, State};
use crate::Error;
use crate::json::{Word as _, decimal};
use axum::Router;
use contracts::Method as M;
use contracts::ids::{CustomerId, OrderRef, PaymentId};
use contracts::payments as wire;
use contracts::payments::{PaymentMethod, PaymentStatus, RefundStatus};
use contracts::values::Note;
use contracts::{Currency, Violations, google_type};
use http::StatusCode;
use std::sync::Arc;
use utoipa::OpenApi;

const SERVICE: &str = "payments";
/// What a path id is called when it is unknown.
const PAYMENT: &str = "payment";

/// The part of the document about payments.
#[derive(OpenApi)]
#[openapi(paths(create, list, fetch, status, cancel, refund, refunds, ledger))]
pub(crate) struct PaymentsApi;

pub(super) fn routes(doors: &Doors<'_>) -> Router<Arc<App>> {
    Router::new()
        .route(
            "/payments",
            doors.post(M::PaymentsCreatePayment, create).merge(doors.get(M::PaymentsListPayments, list)),
        )
        .route("/payments/{payment_id}", doors.get(M::PaymentsGetPayment, fetch))
        .route("/payments/{payment_id}/status", doors.get(M::PaymentsGetPayment, status))
        .route("/payments/{payment_id}/cancel", doors.post(M::PaymentsCancelPayment, cancel))
        .route("/payments/{payment_id}/refund", doors.post(M::PaymentsCreateRefund, refund))
        .route("/payments/{payment_id}/refunds", doors.get(M::PaymentsListRefunds, refunds))
        .route("/payments/{payment_id}/ledger", doors.get(M::PaymentsListLedgerEntries, ledger))
}

/// Accept a payment
///
/// It is stored when the reply comes and charged afterwards.
#[utoipa::path(post, path = "/payments", tag = "payments", operation_id = "create_payment", request_body = CreatePayment,
    responses((status = 202, description = "Accepted", body = PaymentSummary)))]
async fn create(axum::extract::State(app): State, input: Input) -> Result<PaymentSummary> {
    let (message, sender) = input.read(SERVICE, |_, body, input| {
        let request_id = input.key();
        let faults = &mut input.faults;
        let currency = body.field("currency", faults).currency();
        let (name, method) = body.either(("method", "payment_method"), faults);
        let method = method.required().word::<PaymentMethod>().unwrap_or_default();
        let message = wire::CreatePaymentRequest {
            request_id,
            order_id: body.field("order_id", faults).required().valid::<OrderRef>().unwrap_or_default(),
            amount: body.field("amount", faults).required().positive_money(currency),
            method,
            payment_token: body.field("payment_token", faults).text().unwrap_or_default(),
            saga_key: String::new(),
            void: false,
            customer_id: body.field("customer_id", faults).valid::<CustomerId>().unwrap_or_default(),
        };
        input.rename("method", name);
        message
    })?;
    let mut client = app.upstreams.payment_client();
    let answer = sender.send(app.deadline, message, |m| client.create_payment(m)).await?;
    answer.reply(StatusCode::ACCEPTED, |r| r.payment.try_into())
}

/// List payments, newest first
#[utoipa::path(get, path = "/payments", tag = "payments", operation_id = "list_payments",
    params(
        ("order_id" = Option<String>, Query, max_length = 64, pattern = "^[^\\x00-\\x1f\\x7f-\\x9f]*$", description = "Only payments of this order"),
        ("status" = Option<String>, Query, description = "Only payments in this status"),
        ("page_size" = Option<i32>, Query, minimum = 1, maximum = 1000, description = "At most so many; 50 by default"),
        ("page_token" = Option<String>, Query, description = "`next_page_token` of the page before, with the same filters"),
    ),
    responses((status = 200, description = "One page", body = Payments)))]
async fn list(axum::extract::State(app): State, input: Input) -> Result<Payments> {
    let (message, sender) = input.read(SERVICE, |query, _, input| wire::ListPaymentsRequest {
        order_id: query.valid::<OrderRef>("order_id", &mut input.faults),
        status: query.word::<PaymentStatus>("status", &mut input.faults),
        page_size: query.page_size(&mut input.faults),
        page_token: query.text("page_token"),
        order_by: String::new(),
    })?;
    let mut client = app.upstreams.payment_client();
    let answer = sender.send(app.deadline, message, |m| client.list_payments(m)).await?;
    answer.reply(StatusCode::OK, |r| {
        let payments = r.payments.into_iter().map(TryInto::try_into).collect::<std::result::Result<_, Error>>()?;
        Ok(Payments { payments, next_page_token: r.next_page_token })
    })
}

/// Get a payment with its timeline
#[utoipa::path(get, path = "/payments/{payment_id}", tag = "payments", operation_id = "get_payment",
    params(("payment_id" = String, Path, description = "The payment")),
    responses((status = 200, description = "The payment", body = Payment)))]
async fn fetch(axum::extract::State(app): State, input: Input) -> Result<Payment> {
    let payment_id = input.id::<PaymentId>(PAYMENT)?;
    let (message, sender) = input.read(SERVICE, |_, _, _| wire::GetPaymentRequest { payment_id })?;
    let mut client = app.upstreams.payment_client();
    let answer = sender.send(app.deadline, message, |m| client.get_payment(m)).await?;
    answer.reply(StatusCode::OK, |r| r.payment.try_into())
}

/// Get only the status of a payment
#[utoipa::path(get, path = "/payments/{payment_id}/status", tag = "payments", operation_id = "get_payment_status",
    params(("payment_id" = String, Path, description = "The payment")),
    responses((status = 200, description = "The status", body = StatusOnly)))]
async fn status(axum::extract::State(app): State, input: Input) -> Result<StatusOnly> {
    let payment_id = input.id::<PaymentId>(PAYMENT)?;
    let (message, sender) = input.read(SERVICE, |_, _, _| wire::GetPaymentRequest { payment_id })?;
    let mut client = app.upstreams.payment_client();
    let answer = sender.send(app.deadline, message, |m| client.get_payment(m)).await?;
    answer.reply(StatusCode::OK, |r| {
        let payment = r.payment.ok_or(Error::Reply("no payment in the reply"))?;
        Ok(StatusOnly { status: PaymentStatus::of(payment.status) })
    })
}

/// Cancel a payment that has not been sent to the provider
#[utoipa::path(post, path = "/payments/{payment_id}/cancel", tag = "payments", operation_id = "cancel_payment",
    params(("payment_id" = String, Path, description = "The payment")), request_body = Option<Reason>,
    responses((status = 202, description = "Cancelled", body = PaymentSummary)))]
async fn cancel(axum::extract::State(app): State, input: Input) -> Result<PaymentSummary> {
    let payment_id = input.id::<PaymentId>(PAYMENT)?;
    let (message, sender) = input.read(SERVICE, |_, body, input| wire::CancelPaymentRequest {
        payment_id,
        request_id: input.key(),
        reason: body.field("reason", &mut input.faults).valid::<Note>().unwrap_or_default(),
    })?;
    let mut client = app.upstreams.payment_client();
    let answer = sender.send(app.deadline, message, |m| client.cancel_payment(m)).await?;
    answer.reply(StatusCode::ACCEPTED, |r| r.payment.try_into())
}

/// Refund a payment, whole or part
///
/// Without an amount, what is left is refunded. The amount counts as refunded from now on; the payment
/// soon is `REFUNDED` or `PARTIALLY_REFUNDED`.
#[utoipa::path(post, path = "/payments/{payment_id}/refund", tag = "payments", operation_id = "refund_payment",
    params(("payment_id" = String, Path, description = "The payment")), request_body = Option<CreateRefund>,
    responses((status = 202, description = "Admitted", body = RefundAccepted)))]
async fn refund(axum::extract::State(app): State, input: Input) -> Result<RefundAccepted> {
    let payment_id = input.id::<PaymentId>(PAYMENT)?;
    let ((amount, mut message), sender) = input.read(SERVICE, |_, body, input| {
        let request_id = input.key();
        let faults = &mut input.faults;
        let amount = body.field("amount", faults).number().map(str::to_owned);
        let reason = body.field("reason", faults).valid::<Note>().unwrap_or_default();
        let message =
            wire::CreateRefundRequest { payment_id, amount: None, reason, request_id, saga_key: String::new() };
        (amount, message)
    })?;
    if let Some(amount) = amount {
        let currency = currency_of(&app, &sender, &message.payment_id).await?;
        message.amount = Some(positive(&amount, currency)?);
    }
    let mut client = app.upstreams.payment_client();
    let answer = sender.send(app.deadline, message, |m| client.create_refund(m)).await?;
    answer.reply(StatusCode::ACCEPTED, TryInto::try_into)
}

/// List the refunds of a payment, newest first
#[utoipa::path(get, path = "/payments/{payment_id}/refunds", tag = "payments", operation_id = "list_refunds",
    params(
        ("payment_id" = String, Path, description = "The payment"),
        ("status" = Option<String>, Query, description = "Only refunds in this status"),
        ("page_size" = Option<i32>, Query, minimum = 1, maximum = 1000, description = "At most so many; 50 by default"),
        ("page_token" = Option<String>, Query, description = "`next_page_token` of the page before, with the same filters"),
    ),
    responses((status = 200, description = "One page", body = Refunds)))]
async fn refunds(axum::extract::State(app): State, input: Input) -> Result<Refunds> {
    let payment_id = input.id::<PaymentId>(PAYMENT)?;
    let (message, sender) = input.read(SERVICE, |query, _, input| wire::ListRefundsRequest {
        payment_id,
        status: query.word::<RefundStatus>("status", &mut input.faults),
        page_size: query.page_size(&mut input.faults),
        page_token: query.text("page_token"),
        order_by: String::new(),
    })?;
    let mut client = app.upstreams.payment_client();
    let answer = sender.send(app.deadline, message, |m| client.list_refunds(m)).await?;
    answer.reply(StatusCode::OK, |r| {
        let refunds = r.refunds.into_iter().map(TryInto::try_into).collect::<std::result::Result<_, Error>>()?;
        Ok(Refunds { refunds, next_page_token: r.next_page_token })
    })
}

/// List what was booked of a payment and its refunds, oldest first
///
/// The entries of a capture, and those of a refund, sum to zero.
#[utoipa::path(get, path = "/payments/{payment_id}/ledger", tag = "payments", operation_id = "list_ledger_entries",
    params(("payment_id" = String, Path, description = "The payment")),
    responses((status = 200, description = "All entries", body = Ledger)))]
async fn ledger(axum::extract::State(app): State, input: Input) -> Result<Ledger> {
    let payment_id = input.id::<PaymentId>(PAYMENT)?;
    let (message, sender) = input.read(SERVICE, |_, _, _| wire::ListLedgerEntriesRequest { payment_id })?;
    let mut client = app.upstreams.payment_client();
    let answer = sender.send(app.deadline, message, |m| client.list_ledger_entries(m)).await?;
    answer.reply(StatusCode::OK, |r| {
        let entries = r.entries.into_iter().map(TryInto::try_into).collect::<std::result::Result<_, Error>>()?;
        Ok(Ledger { entries })
    })
}

/// An amount to refund is in the currency of its payment, which a refund's caller doesn't repeat.
async fn currency_of(app: &App, sender: &Sender, payment_id: &str) -> std::result::Result<Currency, Error> {
    let message = wire::GetPaymentRequest { payment_id: payment_id.to_owned() };
    let mut client = app.upstreams.payment_client();
    let answer = sender.send(app.deadline, message, |m| client.get_payment(m)).await?;
    let amount = answer.message.payment.and_then(|p| p.amount).ok_or(Error::Reply("no amount in the reply"))?;
    amount.currency_code.parse().map_err(|_| Error::Reply("an unknown currency"))
}

fn positive(amount: &str, currency: Currency) -> std::result::Result<google_type::Money, Error> {
    let mut faults = Violations::new();
    let money = faults.check("amount", decimal::parse(amount, currency));
    if money.is_some_and(|m| m.minor() <= 0) {
        faults.add("amount", "must be above 0");
    }
    Ok(faults.finish(money)?.into())
}
