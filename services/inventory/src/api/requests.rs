//! What a request must look like, one function per message. Each reports every
//! field at fault.

use crate::domain::stock::MAX_ADJUSTMENT;
use crate::domain::{Adjustment, MovementType, Status, Wanted};
use crate::store::{Filter, MovementFilter, NewReservation, ProductFilter};
use access::Caller;
use contracts::Violations;
use contracts::ids::{LocationId, ProductId, ReservationId};
use contracts::inventory as proto;
use contracts::values::{MAX_LINES, Note, Quantity, RequestId};
use service::Error;
use service::paging::{Direction, Page};
use std::time::Duration;

/// Longest key of a caller's saga step; printable ASCII.
const MAX_SAGA_KEY: usize = 200;
/// Longest text that products are looked for by, in characters.
const MAX_SEARCH: usize = 64;

/// The key of a request.
pub(super) type Key = Option<RequestId>;

/// Takes the idempotency key out of a request, so that what remains can be compared.
pub(super) fn take_key(field: &mut String) -> Result<Key, Error> {
    let text = std::mem::take(field);
    let mut v = Violations::new();
    let key = v.parse_optional("request_id", &text);
    Ok(v.finish(key)?)
}

/// A question for stock.
pub(super) struct CheckAvailability {
    pub(super) product: ProductId,
    pub(super) quantity: i64,
    pub(super) location: Option<LocationId>,
}

pub(super) fn check_availability(request: &proto::CheckAvailabilityRequest) -> Result<CheckAvailability, Error> {
    let mut v = Violations::new();
    let product = v.parse("product_id", &request.product_id);
    let quantity = v.check("quantity", Quantity::try_from(request.quantity));
    let location = v.parse_optional("location", &request.location);
    let asked = (|| Some(CheckAvailability { product: product?, quantity: quantity?.get(), location: location? }))();
    Ok(v.finish(asked)?)
}

pub(super) fn reserve_stock(
    request: &proto::ReserveStockRequest,
    hold: Duration,
    caller: &Caller,
) -> Result<NewReservation, Error> {
    let mut v = Violations::new();
    let order = v.parse("order_id", &request.order_id);
    let wanted = wanted(&mut v, &request.items);
    let saga_key = saga_key(&mut v, &request.saga_key);
    let new = (|| {
        let (order, wanted, saga_key) = (order?, wanted?, saga_key?);
        Some(NewReservation {
            id: ReservationId::new(),
            order,
            wanted,
            saga_key,
            hold,
            actor: caller.actor().to_owned(),
        })
    })();
    Ok(v.finish(new)?)
}

fn wanted(v: &mut Violations, items: &[proto::ReservationItem]) -> Option<Vec<Wanted>> {
    if items.is_empty() || items.len() > MAX_LINES {
        v.add("items", format!("must have 1 to {MAX_LINES} entries"));
        return None;
    }
    let mut wanted = Vec::with_capacity(items.len());
    for (i, item) in items.iter().enumerate() {
        // The path is only spelt out for a field at fault: there may be 10,000 lines.
        let product = item.product_id.parse().map_err(|e| v.add(format!("items[{i}].product_id"), e)).ok();
        let quantity = Quantity::try_from(item.quantity).map_err(|e| v.add(format!("items[{i}].quantity"), e)).ok();
        let location = if item.location.is_empty() {
            Some(None)
        } else {
            item.location.parse().map(Some).map_err(|e| v.add(format!("items[{i}].location"), e)).ok()
        };
        if let (Some(product), Some(quantity), Some(location)) = (product, quantity, location) {
            wanted.push(Wanted { product, quantity: quantity.get(), location });
        }
    }
    (wanted.len() == items.len()).then_some(wanted)
}

#[expect(clippy::option_option, reason = "none given and at fault differ")]
fn saga_key(v: &mut Violations, text: &str) -> Option<Option<String>> {
    let printable = text.bytes().all(|b| (0x20..0x7f).contains(&b));
    if text.len() > MAX_SAGA_KEY || !printable {
        v.add("saga_key", format!("must have at most {MAX_SAGA_KEY} printable ASCII characters"));
        return None;
    }
    Some((!text.is_empty()).then(|| text.to_owned()))
}

/// Commit or cancel.
pub(super) struct Decided {
    pub(super) id: ReservationId,
    pub(super) reason: Note,
    pub(super) key: Key,
}

pub(super) fn decision(request_id: &mut String, reservation_id: &str, reason: &str) -> Result<Decided, Error> {
    let request_id = std::mem::take(request_id);
    let mut v = Violations::new();
    let id = v.parse("reservation_id", reservation_id);
    let reason = v.parse("reason", reason);
    let key = v.parse_optional("request_id", &request_id);
    let decided = (|| Some(Decided { id: id?, reason: reason?, key: key? }))();
    Ok(v.finish(decided)?)
}

pub(super) fn reservation_id(text: &str) -> Result<ReservationId, Error> {
    let mut v = Violations::new();
    let id = v.parse("reservation_id", text);
    Ok(v.finish(id)?)
}

pub(super) fn product_id(text: &str) -> Result<ProductId, Error> {
    let mut v = Violations::new();
    let id = v.parse("product_id", text);
    Ok(v.finish(id)?)
}

pub(super) fn batch_get_products(request: &proto::BatchGetProductsRequest) -> Result<Vec<ProductId>, Error> {
    let mut v = Violations::new();
    if request.product_ids.is_empty() || request.product_ids.len() > MAX_LINES {
        v.add("product_ids", format!("must have 1 to {MAX_LINES} entries"));
        return Err(v.into());
    }
    let ids: Vec<ProductId> = request
        .product_ids
        .iter()
        .enumerate()
        .filter_map(|(i, text)| text.parse().map_err(|e| v.add(format!("product_ids[{i}]"), e)).ok())
        .collect();
    Ok(v.finish(Some(ids))?)
}

pub(super) fn list_products(request: &proto::ListProductsRequest) -> Result<(ProductFilter, Page), Error> {
    let mut v = Violations::new();
    let page = Page::parse(
        &mut v,
        (request.page_size, &request.page_token, &request.order_by),
        ("product_id", Direction::Ascending),
        &[&request.low_stock.to_string(), &request.search],
    );
    // The token is the caller's text: whatever it says goes into a statement.
    let after = page.as_ref().and_then(|page| page.after.as_deref());
    let known = after.is_none_or(|key| v.parse::<ProductId>("page_token", key).is_some());
    let page = page.filter(|_| known);
    let search = search(&mut v, &request.search);
    let list = (|| Some((ProductFilter { low_stock: request.low_stock, search: search? }, page?)))();
    Ok(v.finish(list)?)
}

#[expect(clippy::option_option, reason = "none given and at fault differ")]
fn search(v: &mut Violations, text: &str) -> Option<Option<String>> {
    if text.chars().count() > MAX_SEARCH || text.chars().any(char::is_control) {
        v.add("search", format!("must have at most {MAX_SEARCH} characters and no control characters"));
        return None;
    }
    Some((!text.is_empty()).then(|| text.to_owned()))
}

/// A page of movements before a number.
pub(super) type ListMovements = (MovementFilter, Page, Option<i64>);

pub(super) fn list_movements(request: &proto::ListMovementsRequest) -> Result<ListMovements, Error> {
    let mut v = Violations::new();
    let product = v.parse("product_id", &request.product_id);
    let location = v.parse_optional("location", &request.location);
    let page = Page::parse(
        &mut v,
        (request.page_size, &request.page_token, ""),
        ("create_time", Direction::Descending),
        &[&request.product_id, &request.location],
    );
    let before = page.as_ref().and_then(|page| match &page.after {
        Some(key) => v.parse("page_token", key).map(Some),
        None => Some(None),
    });
    let list = (|| Some((MovementFilter { product: product?, location: location? }, page?, before?)))();
    Ok(v.finish(list)?)
}

/// A list request.
pub(super) struct ListReservations {
    pub(super) filter: Filter,
    pub(super) page: Page,
    pub(super) after: Option<ReservationId>,
}

pub(super) fn list_reservations(request: &proto::ListReservationsRequest) -> Result<ListReservations, Error> {
    let mut v = Violations::new();
    let order = v.parse_optional("order_id", &request.order_id);
    let status = v.check(
        "status",
        proto::ReservationStatus::try_from(request.status).map(status).map_err(|_| "is not a known status"),
    );
    let page = Page::parse(
        &mut v,
        (request.page_size, &request.page_token, &request.order_by),
        ("create_time", Direction::Descending),
        &[&request.order_id, &request.status.to_string()],
    );
    let after = page.as_ref().and_then(|page| match &page.after {
        Some(key) => v.parse("page_token", key).map(Some),
        None => Some(None),
    });
    let list = (|| {
        let filter = Filter { status: status?, order: order? };
        Some(ListReservations { filter, page: page?, after: after? })
    })();
    Ok(v.finish(list)?)
}

fn status(wire: proto::ReservationStatus) -> Option<Status> {
    Some(match wire {
        proto::ReservationStatus::Unspecified => return None,
        proto::ReservationStatus::Pending => Status::Pending,
        proto::ReservationStatus::Reserved => Status::Reserved,
        proto::ReservationStatus::Committed => Status::Committed,
        proto::ReservationStatus::Cancelled => Status::Cancelled,
        proto::ReservationStatus::Expired => Status::Expired,
        proto::ReservationStatus::Rejected => Status::Rejected,
    })
}

pub(super) fn watch_reservation(request: &proto::WatchReservationRequest) -> Result<(ReservationId, i64), Error> {
    let mut v = Violations::new();
    let id = v.parse("reservation_id", &request.reservation_id);
    if request.after_sequence < 0 {
        v.add("after_sequence", "must not be negative");
    }
    Ok(v.finish(id.map(|id| (id, request.after_sequence)))?)
}

pub(super) fn adjust_stock(request: &mut proto::AdjustStockRequest) -> Result<(Key, Adjustment), Error> {
    let request_id = std::mem::take(&mut request.request_id);
    let mut v = Violations::new();
    let product = v.parse("product_id", &request.product_id);
    let location = v.parse("location", &request.location);
    let kind = v.check("type", movement(request.r#type));
    let quantity = request.quantity;
    if !(-MAX_ADJUSTMENT..=MAX_ADJUSTMENT).contains(&quantity) {
        v.add("quantity", format!("must be between -{MAX_ADJUSTMENT} and {MAX_ADJUSTMENT}"));
    } else if let Some(fault) =
        kind.map_or((quantity == 0).then_some("must not be 0"), |kind| kind.sign_fault(quantity))
    {
        v.add("quantity", fault);
    }
    let reason = v.parse("reason", &request.reason);
    let reservation = v.parse_optional("reservation_id", &request.reservation_id);
    match (kind, request.reservation_id.is_empty()) {
        (Some(MovementType::Restock), true) => v.add("reservation_id", "is required for RESTOCK"),
        (Some(kind), false) if kind != MovementType::Restock => v.add("reservation_id", "is only for RESTOCK"),
        _ => {}
    }
    let key = v.parse_optional("request_id", &request_id);
    let change = (|| {
        let (product, location, kind) = (product?, location?, kind?);
        let change = Adjustment { product, location, quantity, kind, reason: reason?, reservation: reservation? };
        Some((key?, change))
    })();
    Ok(v.finish(change)?)
}

fn movement(wire: i32) -> Result<MovementType, &'static str> {
    match proto::MovementType::try_from(wire) {
        Ok(proto::MovementType::Receipt) => Ok(MovementType::Receipt),
        Ok(proto::MovementType::Correction) => Ok(MovementType::Correction),
        Ok(proto::MovementType::Damage) => Ok(MovementType::Damage),
        Ok(proto::MovementType::Restock) => Ok(MovementType::Restock),
        Ok(proto::MovementType::HoldBack) => Ok(MovementType::HoldBack),
        Ok(proto::MovementType::Commit) => Err("COMMIT is made by committing a reservation"),
        Ok(proto::MovementType::Unspecified) => Err("is required"),
        Err(_) => Err("is not a known type"),
    }
}

#[cfg(test)]
mod tests;
