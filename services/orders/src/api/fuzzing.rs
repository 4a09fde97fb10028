//! What only the fuzz targets of `crates/hostile` reach: a message from the wire, up to where it would take effect.

use super::{lists, proto, requests, statistics};
use prost::Message;
use tonic::Status;

/// The methods whose messages are looked at.
pub const METHODS: [&str; 11] = [
    "CreateOrder",
    "GetOrder",
    "ListOrders",
    "WatchOrder",
    "ApproveOrder",
    "RejectOrder",
    "CancelOrder",
    "ShipOrder",
    "DeliverOrder",
    "WatchOrders",
    "GetOrderStatistics",
];

/// How such a call is refused before anything is looked up; `None`: it is not, or the message can't be read.
#[must_use]
pub fn refusal(method: &str, message: &[u8]) -> Option<Status> {
    macro_rules! read {
        ($type:ident, $parse:expr) => {
            $parse(&mut proto::$type::decode(message).ok()?)
        };
    }
    let read = match method {
        "CreateOrder" => read!(CreateOrderRequest, |r: &mut proto::CreateOrderRequest| {
            requests::take_key(&mut r.request_id).and_then(|_| requests::create_order(r)).map(drop)
        }),
        "GetOrder" => read!(GetOrderRequest, |r: &mut _| requests::get_order(r).map(drop)),
        "ListOrders" => read!(ListOrdersRequest, |r: &mut _| lists::list_orders(r).map(drop)),
        "WatchOrder" => read!(WatchOrderRequest, |r: &mut _| requests::watch_order(r).map(drop)),
        "ApproveOrder" => read!(ApproveOrderRequest, |r: &mut proto::ApproveOrderRequest| {
            requests::decision(&mut r.request_id, &r.order_id, &r.reason).map(drop)
        }),
        "RejectOrder" => read!(RejectOrderRequest, |r: &mut proto::RejectOrderRequest| {
            requests::decision(&mut r.request_id, &r.order_id, &r.reason).map(drop)
        }),
        "CancelOrder" => read!(CancelOrderRequest, |r: &mut proto::CancelOrderRequest| {
            requests::decision(&mut r.request_id, &r.order_id, &r.reason).map(drop)
        }),
        "ShipOrder" => read!(ShipOrderRequest, |r: &mut _| requests::ship(r).map(drop)),
        "DeliverOrder" => read!(DeliverOrderRequest, |r: &mut _| requests::deliver(r).map(drop)),
        "WatchOrders" => read!(WatchOrdersRequest, |r: &mut _| lists::watch_orders(r).map(drop)),
        "GetOrderStatistics" => read!(GetOrderStatisticsRequest, |r: &mut _| statistics::window(*r).map(drop)),
        _ => return None,
    };
    read.err().map(Status::from)
}
