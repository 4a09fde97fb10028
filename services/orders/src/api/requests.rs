//! What a request must look like, one function per message. Each reports every
//! field at fault.

use super::Key;
use crate::domain::order::Token;
use crate::domain::{Line, NewOrder, PaymentMethod};
use contracts::ids::{CustomerId, OrderId};
use contracts::orders as proto;
use contracts::values::{MAX_LINES, Note, Quantity};
use contracts::{Currency, Money, Violations, google_type};
use proto::OrderView;
use service::Error;

const MAX_TOKEN: usize = 256;

/// Takes the idempotency key out of a request, so that what remains can be compared.
pub(super) fn take_key(field: &mut String) -> Result<Key, Error> {
    let text = std::mem::take(field);
    let mut v = Violations::new();
    let key = v.parse_optional("request_id", &text);
    Ok(v.finish(key)?)
}

pub(super) fn create_order(request: &proto::CreateOrderRequest) -> Result<NewOrder, Error> {
    let mut v = Violations::new();
    let customer = v.parse("customer_id", &request.customer_id);
    let total = money(&mut v, "total_amount", request.total_amount.as_ref());
    let lines = lines(&mut v, &request.items, total.map(Money::currency));
    let method = method(&mut v, request.payment_method);
    let token = token(&mut v, &request.payment_token);
    if method == Some(None) && !request.payment_token.is_empty() {
        v.add("payment_token", "needs a payment_method");
    }
    let order = (|| {
        let payment = match method? {
            None => None,
            Some(method) => Some((method, token?)),
        };
        Some(NewOrder { id: OrderId::new(), customer: customer?, lines: lines?, total: total?, payment })
    })();
    Ok(v.finish(order)?)
}

fn lines(v: &mut Violations, items: &[proto::OrderItem], currency: Option<Currency>) -> Option<Vec<Line>> {
    if items.is_empty() || items.len() > MAX_LINES {
        v.add("items", format!("must have 1 to {MAX_LINES} entries"));
        return None;
    }
    let mut lines = Vec::with_capacity(items.len());
    for (i, item) in items.iter().enumerate() {
        // The path is only spelt out for a field at fault: there may be 10,000 lines.
        let product = item.product_id.parse().map_err(|e| v.add(format!("items[{i}].product_id"), e)).ok();
        let quantity = Quantity::try_from(item.quantity).map_err(|e| v.add(format!("items[{i}].quantity"), e)).ok();
        let price = money(v, &format!("items[{i}].price"), item.price.as_ref());
        if let (Some(price), Some(currency)) = (price, currency)
            && price.currency() != currency
        {
            v.add(format!("items[{i}].price"), format!("must be in the currency of total_amount, {currency}"));
        }
        if let (Some(product), Some(quantity), Some(price)) = (product, quantity, price) {
            lines.push(Line { product, quantity, price });
        }
    }
    (lines.len() == items.len()).then_some(lines)
}

fn money(v: &mut Violations, field: &str, wire: Option<&google_type::Money>) -> Option<Money> {
    match wire {
        Some(wire) => v.check(field, Money::try_from(wire)),
        None => {
            v.add(field, "is required");
            None
        }
    }
}

fn method(v: &mut Violations, wire: i32) -> Option<Option<PaymentMethod>> {
    match proto::PaymentMethod::try_from(wire) {
        Ok(proto::PaymentMethod::Unspecified) => Some(None),
        Ok(proto::PaymentMethod::CreditCard) => Some(Some(PaymentMethod::CreditCard)),
        Ok(proto::PaymentMethod::BankTransfer) => Some(Some(PaymentMethod::BankTransfer)),
        Ok(proto::PaymentMethod::Cash) => Some(Some(PaymentMethod::Cash)),
        Ok(proto::PaymentMethod::EWallet) => Some(Some(PaymentMethod::EWallet)),
        Err(_) => {
            v.add("payment_method", "is not a known method");
            None
        }
    }
}

fn token(v: &mut Violations, text: &str) -> Option<Option<Token>> {
    let printable = text.bytes().all(|b| (0x21..0x7f).contains(&b));
    if text.len() > MAX_TOKEN || !printable {
        v.add("payment_token", format!("must have at most {MAX_TOKEN} printable ASCII characters and no spaces"));
        return None;
    }
    Some((!text.is_empty()).then(|| Token(text.to_owned())))
}

pub(super) fn get_order(request: &proto::GetOrderRequest) -> Result<(OrderId, OrderView), Error> {
    let mut v = Violations::new();
    let id = v.parse("order_id", &request.order_id);
    let view = view(&mut v, request.view);
    Ok(v.finish(id.zip(view))?)
}

pub(super) fn view(v: &mut Violations, wire: i32) -> Option<OrderView> {
    v.check("view", OrderView::try_from(wire).map_err(|_| "is not a known view"))
}

pub(super) fn watch_order(request: &proto::WatchOrderRequest) -> Result<(OrderId, i64), Error> {
    let mut v = Violations::new();
    let id = v.parse("order_id", &request.order_id);
    if request.after_sequence < 0 {
        v.add("after_sequence", "must not be negative");
    }
    Ok(v.finish(id.map(|id| (id, request.after_sequence)))?)
}

/// Approve, reject or cancel.
pub(super) struct Decision {
    pub(super) id: OrderId,
    pub(super) reason: Note,
    pub(super) key: Key,
}

pub(super) fn decision(request_id: &mut String, order_id: &str, reason: &str) -> Result<Decision, Error> {
    let request_id = std::mem::take(request_id);
    let mut v = Violations::new();
    let id = v.parse("order_id", order_id);
    let reason = v.parse("reason", reason);
    let key = v.parse_optional("request_id", &request_id);
    let decision = (|| Some(Decision { id: id?, reason: reason?, key: key? }))();
    Ok(v.finish(decision)?)
}

pub(super) fn ship(request: &mut proto::ShipOrderRequest) -> Result<(OrderId, Key), Error> {
    let request_id = std::mem::take(&mut request.request_id);
    let mut v = Violations::new();
    let id = v.parse("order_id", &request.order_id);
    label(&mut v, "carrier", &request.carrier);
    label(&mut v, "tracking_number", &request.tracking_number);
    let key = v.parse_optional("request_id", &request_id);
    Ok(v.finish((|| Some((id?, key?)))())?)
}

pub(super) fn deliver(request: &mut proto::DeliverOrderRequest) -> Result<(OrderId, Key), Error> {
    let request_id = std::mem::take(&mut request.request_id);
    let mut v = Violations::new();
    let id = v.parse("order_id", &request.order_id);
    let key = v.parse_optional("request_id", &request_id);
    Ok(v.finish((|| Some((id?, key?)))())?)
}

pub(super) fn erase_customer(request: &mut proto::EraseCustomerRequest) -> Result<(CustomerId, Key), Error> {
    let request_id = std::mem::take(&mut request.request_id);
    let mut v = Violations::new();
    let customer = v.parse("customer_id", &request.customer_id);
    let key = v.parse_optional("request_id", &request_id);
    Ok(v.finish((|| Some((customer?, key?)))())?)
}

/// The longest name of a carrier and number of a parcel, in characters.
const MAX_LABEL: usize = 64;

fn label(v: &mut Violations, field: &str, text: &str) {
    if text.is_empty() || text.chars().count() > MAX_LABEL || text.chars().any(char::is_control) {
        v.add(field, format!("must have 1 to {MAX_LABEL} characters and no control characters"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usd(units: i64, nanos: i32) -> Option<google_type::Money> {
        Some(google_type::Money { currency_code: "USD".into(), units, nanos })
    }

    #[test]
    fn every_field_at_fault_is_named() {
        let request = proto::CreateOrderRequest {
            customer_id: String::new(),
            items: vec![proto::OrderItem { product_id: "a\n".into(), quantity: 0, price: usd(1, 1) }],
            total_amount: None,
            payment_method: 99,
            ..Default::default()
        };
        let Err(Error::Invalid(violations)) = create_order(&request) else { panic!("accepted") };
        let fields: Vec<_> = violations.iter().map(|v| v.field.as_str()).collect();
        assert_eq!(
            fields,
            [
                "customer_id",
                "total_amount",
                "items[0].product_id",
                "items[0].quantity",
                "items[0].price",
                "payment_method"
            ]
        );
    }

    #[test]
    fn business_faults_are_accepted() {
        let request = proto::CreateOrderRequest {
            customer_id: "C".into(),
            items: vec![proto::OrderItem { product_id: "nothing".into(), quantity: 1, price: usd(-1, 0) }],
            total_amount: usd(-5, 0),
            ..Default::default()
        };
        assert!(create_order(&request).is_ok());
    }

    #[test]
    fn a_token_needs_a_method() {
        let mut request = proto::CreateOrderRequest {
            customer_id: "C".into(),
            items: vec![proto::OrderItem { product_id: "P".into(), quantity: 1, price: usd(1, 0) }],
            total_amount: usd(1, 0),
            payment_token: "tok".into(),
            ..Default::default()
        };
        assert!(create_order(&request).is_err());
        request.set_payment_method(proto::PaymentMethod::CreditCard);
        let order = create_order(&request).unwrap();
        assert_eq!(format!("{:?}", order.payment), "Some((CreditCard, Some([redacted])))");
    }
}
