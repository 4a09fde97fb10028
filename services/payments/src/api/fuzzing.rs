//! What only the fuzz targets of `crates/hostile` reach: a message from the wire, up to where it would take effect.

use super::{proto, requests};
use prost::Message;
use tonic::Status;

/// The methods whose messages are looked at.
pub const METHODS: [&str; 10] = [
    "CreatePayment",
    "GetPayment",
    "ListPayments",
    "WatchPayment",
    "CancelPayment",
    "CreateRefund",
    "GetRefund",
    "ListRefunds",
    "ListLedgerEntries",
    "GetPaymentStatistics",
];

/// How such a call is refused before anything is looked up; `None`: it is not, or the message can't be read.
#[must_use]
pub fn refusal(method: &str, message: &[u8]) -> Option<Status> {
    macro_rules! read {
        ($type:ident, $parse:path) => {
            $parse(&proto::$type::decode(message).ok()?).map(drop)
        };
        (mut $type:ident, $parse:path) => {
            $parse(&mut proto::$type::decode(message).ok()?).map(drop)
        };
    }
    let read = match method {
        "CreatePayment" => read!(mut CreatePaymentRequest, requests::create_payment),
        "GetPayment" => read!(GetPaymentRequest, requests::get_payment),
        "ListPayments" => read!(ListPaymentsRequest, requests::list_payments),
        "WatchPayment" => read!(WatchPaymentRequest, requests::watch_payment),
        "CancelPayment" => read!(mut CancelPaymentRequest, requests::cancel_payment),
        "CreateRefund" => read!(mut CreateRefundRequest, requests::create_refund),
        "GetRefund" => read!(GetRefundRequest, requests::get_refund),
        "ListRefunds" => read!(ListRefundsRequest, requests::list_refunds),
        "ListLedgerEntries" => read!(ListLedgerEntriesRequest, requests::list_ledger_entries),
        "GetPaymentStatistics" => read!(GetPaymentStatisticsRequest, requests::payment_statistics),
        _ => return None,
    };
    read.err().map(Status::from)
}
