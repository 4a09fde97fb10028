//! What a request must look like, one function per message. Each reports every
//! field at fault. A request that writes loses its `request_id` here, so that what
//! remains can be compared with what came under the same key before.

use crate::domain::{Method, NewPayment, NewRefund, PaymentStatus, RefundStatus, Saga, Token};
use crate::store::{PaymentFilter, RefundFilter};
use contracts::ids::{PaymentId, RefundId};
use contracts::money::MoneyError;
use contracts::payments as proto;
use contracts::values::{Note, RequestId};
use contracts::{Money, Violations, google_type};
use prost::Message;
use service::Error;
use service::paging::{Direction, Page};
use service::statistics::Window;
use sha2::{Digest as _, Sha256};
use std::str::FromStr;

const MAX_TOKEN: usize = 256;
const MAX_SAGA_KEY: usize = 256;

type Key = Option<RequestId>;

pub(super) fn create_payment(request: &mut proto::CreatePaymentRequest) -> Result<(NewPayment, Key), Error> {
    let request_id = std::mem::take(&mut request.request_id);
    let mut v = Violations::new();
    let key = v.parse_optional("request_id", &request_id);
    let order = v.parse("order_id", &request.order_id);
    let amount = match &request.amount {
        Some(wire) => amount(&mut v, wire),
        None => {
            v.add("amount", "is required");
            None
        }
    };
    let method = method(&mut v, request.method);
    let token = token(&mut v, &request.payment_token);
    // Whose it is was not always said, and a step that is repeated has to be the same step.
    let customer_id = std::mem::take(&mut request.customer_id);
    let customer = v.parse_optional("customer_id", &customer_id);
    let saga = saga(&mut v, &request.saga_key, request);
    request.customer_id = customer_id;
    if request.void && request.saga_key.is_empty() {
        v.add("saga_key", "is required to make it void");
    }
    let void = request.void;
    let parsed = (|| {
        let payment = NewPayment {
            id: PaymentId::new(),
            order: order?,
            customer: customer?,
            amount: amount?,
            method: method?,
            token: token?,
            saga: saga?,
            void,
        };
        Some((payment, key?))
    })();
    Ok(v.finish(parsed)?)
}

pub(super) fn create_refund(request: &mut proto::CreateRefundRequest) -> Result<(NewRefund, Key), Error> {
    let request_id = std::mem::take(&mut request.request_id);
    let mut v = Violations::new();
    let key = v.parse_optional("request_id", &request_id);
    let payment = v.parse("payment_id", &request.payment_id);
    let amount = match &request.amount {
        Some(wire) => amount(&mut v, wire).map(Some),
        None => Some(None),
    };
    let reason = v.parse::<Note>("reason", &request.reason);
    let saga = saga(&mut v, &request.saga_key, request);
    let parsed = (|| {
        let refund = NewRefund {
            id: RefundId::new(),
            payment: payment?,
            amount: amount?,
            reason: reason?.to_string(),
            saga: saga?,
        };
        Some((refund, key?))
    })();
    Ok(v.finish(parsed)?)
}

pub(super) fn cancel_payment(request: &mut proto::CancelPaymentRequest) -> Result<(PaymentId, Note, Key), Error> {
    let request_id = std::mem::take(&mut request.request_id);
    let mut v = Violations::new();
    let key = v.parse_optional("request_id", &request_id);
    let id = v.parse("payment_id", &request.payment_id);
    let reason = v.parse("reason", &request.reason);
    let parsed = (|| Some((id?, reason?, key?)))();
    Ok(v.finish(parsed)?)
}

pub(super) fn get_payment(request: &proto::GetPaymentRequest) -> Result<PaymentId, Error> {
    one("payment_id", &request.payment_id)
}

pub(super) fn get_refund(request: &proto::GetRefundRequest) -> Result<RefundId, Error> {
    one("refund_id", &request.refund_id)
}

pub(super) fn list_ledger_entries(request: &proto::ListLedgerEntriesRequest) -> Result<PaymentId, Error> {
    one("payment_id", &request.payment_id)
}

pub(super) fn payment_statistics(request: &proto::GetPaymentStatisticsRequest) -> Result<Window, Error> {
    let mut v = Violations::new();
    let window = Window::read(&mut v, "window", request.window);
    Ok(v.finish(window)?)
}

fn one<T: FromStr<Err: std::fmt::Display>>(field: &str, text: &str) -> Result<T, Error> {
    let mut v = Violations::new();
    let id = v.parse(field, text);
    Ok(v.finish(id)?)
}

pub(super) fn watch_payment(request: &proto::WatchPaymentRequest) -> Result<(PaymentId, i64), Error> {
    let mut v = Violations::new();
    let id = v.parse("payment_id", &request.payment_id);
    if request.after_sequence < 0 {
        v.add("after_sequence", "must not be negative");
    }
    Ok(v.finish(id.map(|id| (id, request.after_sequence)))?)
}

type List<F, I> = (F, Page, Option<I>);

pub(super) fn list_payments(request: &proto::ListPaymentsRequest) -> Result<List<PaymentFilter, PaymentId>, Error> {
    let mut v = Violations::new();
    let order = v.parse_optional("order_id", &request.order_id);
    let status = v.check("status", payment_status(request.status));
    let paging = (request.page_size, request.page_token.as_str(), request.order_by.as_str());
    let page = page(&mut v, paging, &[&request.order_id, &request.status.to_string()]);
    let parsed = (|| {
        let filter = PaymentFilter { order: order?, status: status?, customer: None };
        let (page, after) = page?;
        Some((filter, page, after))
    })();
    Ok(v.finish(parsed)?)
}

pub(super) fn list_refunds(request: &proto::ListRefundsRequest) -> Result<List<RefundFilter, RefundId>, Error> {
    let mut v = Violations::new();
    let payment = v.parse_optional("payment_id", &request.payment_id);
    let status = v.check("status", refund_status(request.status));
    let paging = (request.page_size, request.page_token.as_str(), request.order_by.as_str());
    let page = page(&mut v, paging, &[&request.payment_id, &request.status.to_string()]);
    let parsed = (|| {
        let filter = RefundFilter { payment: payment?, status: status?, customer: None };
        let (page, after) = page?;
        Some((filter, page, after))
    })();
    Ok(v.finish(parsed)?)
}

fn page<I: FromStr<Err: std::fmt::Display>>(
    v: &mut Violations,
    paging: (i32, &str, &str),
    filters: &[&str],
) -> Option<(Page, Option<I>)> {
    let page = Page::parse(v, paging, ("create_time", Direction::Descending), filters)?;
    let after = match &page.after {
        Some(key) => Some(v.parse("page_token", key)?),
        None => None,
    };
    Some((page, after))
}

fn amount(v: &mut Violations, wire: &google_type::Money) -> Option<Money> {
    match Money::try_from(wire) {
        Ok(money) if money.minor() <= 0 => {
            v.add("amount", "must be above 0");
            None
        }
        Ok(money) => Some(money),
        Err(error @ MoneyError::UnknownCurrency) => v.check("amount.currency_code", Err(error)),
        Err(error) => v.check("amount", Err(error)),
    }
}

fn method(v: &mut Violations, wire: i32) -> Option<Method> {
    let method = match proto::PaymentMethod::try_from(wire) {
        Ok(proto::PaymentMethod::CreditCard) => Ok(Method::CreditCard),
        Ok(proto::PaymentMethod::BankTransfer) => Ok(Method::BankTransfer),
        Ok(proto::PaymentMethod::Cash) => Ok(Method::Cash),
        Ok(proto::PaymentMethod::EWallet) => Ok(Method::EWallet),
        Ok(proto::PaymentMethod::Unspecified) => Err("is required"),
        Err(_) => Err("is not a known method"),
    };
    v.check("method", method)
}

fn token(v: &mut Violations, text: &str) -> Option<Option<Token>> {
    let printable = text.bytes().all(|b| (0x21..0x7f).contains(&b));
    if text.len() > MAX_TOKEN || !printable {
        v.add("payment_token", format!("must have at most {MAX_TOKEN} printable ASCII characters and no spaces"));
        return None;
    }
    Some((!text.is_empty()).then(|| Token(text.to_owned())))
}

/// `request` is all that the step asks for.
fn saga(v: &mut Violations, key: &str, request: &impl Message) -> Option<Option<Saga>> {
    if key.len() > MAX_SAGA_KEY || !key.bytes().all(|b| (0x20..0x7f).contains(&b)) {
        v.add("saga_key", format!("must have at most {MAX_SAGA_KEY} printable ASCII characters"));
        return None;
    }
    let hash = || Sha256::digest(request.encode_to_vec()).to_vec();
    Some((!key.is_empty()).then(|| Saga { key: key.to_owned(), hash: hash() }))
}

fn payment_status(wire: i32) -> Result<Option<PaymentStatus>, &'static str> {
    Ok(Some(match proto::PaymentStatus::try_from(wire).map_err(|_| "is not a known status")? {
        proto::PaymentStatus::Unspecified => return Ok(None),
        proto::PaymentStatus::Pending => PaymentStatus::Pending,
        proto::PaymentStatus::Processing => PaymentStatus::Processing,
        proto::PaymentStatus::Completed => PaymentStatus::Completed,
        proto::PaymentStatus::Failed => PaymentStatus::Failed,
        proto::PaymentStatus::Cancelled => PaymentStatus::Cancelled,
        proto::PaymentStatus::PartiallyRefunded => PaymentStatus::PartiallyRefunded,
        proto::PaymentStatus::Refunded => PaymentStatus::Refunded,
    }))
}

fn refund_status(wire: i32) -> Result<Option<RefundStatus>, &'static str> {
    Ok(Some(match proto::RefundStatus::try_from(wire).map_err(|_| "is not a known status")? {
        proto::RefundStatus::Unspecified => return Ok(None),
        proto::RefundStatus::Pending => RefundStatus::Pending,
        proto::RefundStatus::Processing => RefundStatus::Processing,
        proto::RefundStatus::Completed => RefundStatus::Completed,
        proto::RefundStatus::Failed => RefundStatus::Failed,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usd(units: i64) -> google_type::Money {
        google_type::Money { currency_code: "USD".into(), units, nanos: 0 }
    }

    fn fields<T>(result: Result<T, Error>) -> Vec<String> {
        match result {
            Err(Error::Invalid(violations)) => violations.iter().map(|v| v.field.clone()).collect(),
            Err(error) => panic!("{error}"),
            Ok(_) => Vec::new(),
        }
    }

    #[test]
    fn every_field_at_fault_is_named() {
        let mut request = proto::CreatePaymentRequest {
            request_id: "a\n".into(),
            order_id: String::new(),
            amount: Some(google_type::Money { currency_code: "XXQ".into(), ..Default::default() }),
            method: 77,
            payment_token: "\0".into(),
            saga_key: "é".into(),
            customer_id: "\0".into(),
            void: false,
        };
        let all =
            ["request_id", "order_id", "amount.currency_code", "method", "payment_token", "customer_id", "saga_key"];
        assert_eq!(fields(create_payment(&mut request)), all);
        let mut request = proto::CreateRefundRequest {
            payment_id: "pay_1".into(),
            amount: Some(usd(-1)),
            reason: "\0".into(),
            ..Default::default()
        };
        assert_eq!(fields(create_refund(&mut request)), ["payment_id", "amount", "reason"]);
        let request = proto::ListPaymentsRequest {
            order_id: "\0".into(),
            status: -1,
            page_size: 2_000,
            page_token: "?".into(),
            order_by: "amount".into(),
        };
        assert_eq!(fields(list_payments(&request)), ["order_id", "status", "page_size", "order_by"]);
    }

    #[test]
    fn a_saga_key_is_bound_to_the_request_but_not_to_its_id() {
        let request = |id: &str, units| proto::CreatePaymentRequest {
            request_id: id.into(),
            order_id: "o".into(),
            amount: Some(usd(units)),
            method: proto::PaymentMethod::Cash.into(),
            payment_token: "tok".into(),
            saga_key: "o/charge/1".into(),
            customer_id: String::new(),
            void: false,
        };
        let hash = |mut request| create_payment(&mut request).unwrap().0.saga.unwrap().hash;
        assert_eq!(hash(request("a", 5)), hash(request("b", 5)));
        assert_ne!(hash(request("a", 5)), hash(request("a", 6)));
        let (payment, _) = create_payment(&mut request("", 5)).unwrap();
        assert!(!format!("{payment:?}").contains("tok\""));
    }
}
