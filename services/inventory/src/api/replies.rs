//! Domain values to their wire form.

use crate::domain::stock::LOW;
use crate::domain::{
    Event, EventKind, Level, Line, LineState, Movement, MovementType, Product, Reservation, Shortage, Status,
};
use crate::store::Figures;
use contracts::ids::{LocationId, ReservationId};
use contracts::inventory as proto;
use contracts::timestamps::to_wire;

pub(super) fn reservation(reservation: &Reservation) -> proto::Reservation {
    proto::Reservation {
        reservation_id: reservation.id.to_string(),
        order_id: reservation.order.to_string(),
        status: status(reservation.status).into(),
        reason: reservation.reason.clone(),
        lines: reservation.lines.iter().map(line).collect(),
        shortages: reservation.shortages.iter().map(shortage).collect(),
        unwinding: reservation.unwinding,
        expire_time: reservation.expires_at.map(to_wire),
        timeline: reservation.timeline.iter().map(event).collect(),
        create_time: Some(to_wire(reservation.created_at)),
        update_time: Some(to_wire(reservation.updated_at)),
        sequence: reservation.sequence,
        saga_key: reservation.saga_key.clone().unwrap_or_default(),
    }
}

fn line(line: &Line) -> proto::ReservationLine {
    proto::ReservationLine {
        product_id: line.product.to_string(),
        quantity: line.quantity,
        location: line.location.to_string(),
        held: line.state == LineState::Held,
        restocked: line.restocked,
    }
}

fn shortage(shortage: &Shortage) -> proto::Shortage {
    proto::Shortage {
        product_id: shortage.product.to_string(),
        location: shortage.location.as_ref().map(LocationId::to_string).unwrap_or_default(),
        requested: shortage.requested,
        available: shortage.available,
    }
}

pub(super) fn event(event: &Event) -> proto::ReservationEvent {
    let kind = match event.kind {
        EventKind::StatusChanged => proto::ReservationEventKind::StatusChanged,
        EventKind::LocationHeld => proto::ReservationEventKind::LocationHeld,
        EventKind::LocationShort => proto::ReservationEventKind::LocationShort,
        EventKind::LocationReleased => proto::ReservationEventKind::LocationReleased,
        EventKind::Settled => proto::ReservationEventKind::Settled,
    };
    proto::ReservationEvent {
        sequence: event.sequence,
        kind: kind.into(),
        status: status(event.status).into(),
        reason: event.reason.clone(),
        actor: event.actor.clone(),
        create_time: Some(to_wire(event.at)),
        location: event.location.clone(),
    }
}

fn status(status: Status) -> proto::ReservationStatus {
    match status {
        Status::Pending => proto::ReservationStatus::Pending,
        Status::Reserved => proto::ReservationStatus::Reserved,
        Status::Committed => proto::ReservationStatus::Committed,
        Status::Cancelled => proto::ReservationStatus::Cancelled,
        Status::Expired => proto::ReservationStatus::Expired,
        Status::Rejected => proto::ReservationStatus::Rejected,
    }
}

pub(super) fn stock(location: &LocationId, level: Level) -> proto::StockLevel {
    proto::StockLevel {
        location: location.to_string(),
        on_hand: level.on_hand,
        held_back: level.held_back,
        reserved: level.reserved,
        available: level.available(),
    }
}

pub(super) fn product(product: &Product) -> proto::Product {
    proto::Product {
        product_id: product.id.to_string(),
        name: product.name.clone(),
        stock: product.stock.iter().map(|(location, level)| stock(location, *level)).collect(),
        available_quantity: product.available(),
        low_stock: product.available() < LOW,
    }
}

pub(super) fn movement(movement: &Movement) -> proto::Movement {
    let kind = match movement.kind {
        MovementType::Receipt => proto::MovementType::Receipt,
        MovementType::Correction => proto::MovementType::Correction,
        MovementType::Damage => proto::MovementType::Damage,
        MovementType::Restock => proto::MovementType::Restock,
        MovementType::Commit => proto::MovementType::Commit,
        MovementType::HoldBack => proto::MovementType::HoldBack,
    };
    proto::Movement {
        product_id: movement.product.to_string(),
        location: movement.location.to_string(),
        r#type: kind.into(),
        quantity: movement.quantity,
        reason: movement.reason.clone(),
        actor: movement.actor.clone(),
        reservation_id: movement.reservation.as_ref().map(ReservationId::to_string).unwrap_or_default(),
        create_time: Some(to_wire(movement.at)),
    }
}

pub(super) fn statistics(figures: &Figures) -> proto::GetInventoryStatisticsResponse {
    let counts = figures.counts.iter().map(|(of, reservations)| proto::ReservationStatusCount {
        status: status(*of).into(),
        reservations: *reservations,
    });
    proto::GetInventoryStatisticsResponse {
        at: Some(to_wire(figures.at)),
        counts: counts.collect(),
        products: figures.products,
        low_stock_products: figures.low_stock,
        backlog: Some(figures.backlog),
    }
}

/// At one location, or over all.
pub(super) fn availability(
    product: &Product,
    location: Option<&LocationId>,
    quantity: i64,
) -> proto::CheckAvailabilityResponse {
    let available_quantity = match location {
        None => product.available(),
        Some(wanted) => product.stock.iter().find(|(l, _)| l == wanted).map_or(0, |(_, level)| level.available()),
    };
    proto::CheckAvailabilityResponse {
        product_id: product.id.to_string(),
        available: available_quantity >= quantity,
        available_quantity,
        quantity,
        low_stock: available_quantity < LOW,
    }
}
