//! What only the fuzz targets of `crates/hostile` reach: a message from the wire, up to where it would take effect.

use super::{proto, requests};
use prost::Message;
use std::time::Duration;
use tonic::Status;

/// The methods whose messages are looked at.
pub const METHODS: [&str; 13] = [
    "CheckAvailability",
    "ReserveStock",
    "CommitReservation",
    "CancelReservation",
    "RestockReservation",
    "GetReservation",
    "ListReservations",
    "WatchReservation",
    "GetProduct",
    "BatchGetProducts",
    "ListProducts",
    "AdjustStock",
    "ListMovements",
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
        "CheckAvailability" => read!(CheckAvailabilityRequest, |r: &mut _| requests::check_availability(r).map(drop)),
        "ReserveStock" => read!(ReserveStockRequest, |r: &mut proto::ReserveStockRequest| {
            let key = requests::take_key(&mut r.request_id);
            key.and_then(|_| requests::reserve_stock(r, Duration::ZERO, &access::Caller::local())).map(drop)
        }),
        "CommitReservation" => read!(CommitReservationRequest, |r: &mut proto::CommitReservationRequest| {
            requests::decision(&mut r.request_id, &r.reservation_id, "").map(drop)
        }),
        "CancelReservation" => read!(CancelReservationRequest, |r: &mut proto::CancelReservationRequest| {
            requests::decision(&mut r.request_id, &r.reservation_id, &r.reason).map(drop)
        }),
        "RestockReservation" => read!(RestockReservationRequest, |r: &mut proto::RestockReservationRequest| {
            requests::decision(&mut r.request_id, &r.reservation_id, &r.reason).map(drop)
        }),
        "GetReservation" => read!(GetReservationRequest, |r: &mut proto::GetReservationRequest| {
            requests::reservation_id(&r.reservation_id).map(drop)
        }),
        "ListReservations" => read!(ListReservationsRequest, |r: &mut _| requests::list_reservations(r).map(drop)),
        "WatchReservation" => read!(WatchReservationRequest, |r: &mut _| requests::watch_reservation(r).map(drop)),
        "GetProduct" => read!(GetProductRequest, |r: &mut proto::GetProductRequest| {
            requests::product_id(&r.product_id).map(drop)
        }),
        "BatchGetProducts" => read!(BatchGetProductsRequest, |r: &mut _| requests::batch_get_products(r).map(drop)),
        "ListProducts" => read!(ListProductsRequest, |r: &mut _| requests::list_products(r).map(drop)),
        "AdjustStock" => read!(AdjustStockRequest, |r: &mut _| requests::adjust_stock(r).map(drop)),
        "ListMovements" => read!(ListMovementsRequest, |r: &mut _| requests::list_movements(r).map(drop)),
        _ => return None,
    };
    read.err().map(Status::from)
}
