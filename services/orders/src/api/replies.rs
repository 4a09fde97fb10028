//! Domain values to their wire form.

use crate::domain::{Event, EventKind, Line, Order, PaymentMethod, Private, Status};
use contracts::orders as proto;
use contracts::timestamps::to_wire;
use service::telemetry::propagation::trace_id;

/// The BASIC view.
pub(super) fn order(order: &Order) -> proto::Order {
    proto::Order {
        order_id: order.id.to_string(),
        customer_id: order.customer.known().map(ToString::to_string).unwrap_or_default(),
        status: status(order.status).into(),
        reason: order.reason.text(),
        unwinding: order.unwinding,
        items: Vec::new(),
        total_amount: Some(order.total.into()),
        payment_method: method(order.payment_method).into(),
        payment_id: order.payment_id.clone().unwrap_or_default(),
        reservation_id: order.reservation_id.clone().unwrap_or_default(),
        carrier: order.carrier.clone().unwrap_or_default(),
        tracking_number: order.tracking_number.as_ref().map(Private::text).unwrap_or_default(),
        timeline: Vec::new(),
        create_time: Some(to_wire(order.created_at)),
        update_time: Some(to_wire(order.updated_at)),
        sequence: order.sequence,
        trace_id: order.made_in.as_deref().and_then(trace_id).unwrap_or_default().to_owned(),
    }
}

/// The FULL view.
pub(super) fn full(basic: &Order, lines: &[Line], events: &[Event]) -> proto::Order {
    let item = |line: &Line| proto::OrderItem {
        product_id: line.product.to_string(),
        quantity: line.quantity.get(),
        price: Some(line.price.into()),
    };
    proto::Order {
        items: lines.iter().map(item).collect(),
        timeline: events.iter().map(event).collect(),
        ..order(basic)
    }
}

pub(super) fn event(event: &Event) -> proto::OrderEvent {
    let kind = match event.kind {
        EventKind::StatusChanged => proto::OrderEventKind::StatusChanged,
        EventKind::ValidationRetried => proto::OrderEventKind::ValidationRetried,
        EventKind::Settled => proto::OrderEventKind::Settled,
        EventKind::HoldLost => proto::OrderEventKind::HoldLost,
        EventKind::HoldRenewed => proto::OrderEventKind::HoldRenewed,
        EventKind::StepUndone => proto::OrderEventKind::StepUndone,
        EventKind::ApprovalOverdue => proto::OrderEventKind::ApprovalOverdue,
        EventKind::UndoDelayed => proto::OrderEventKind::UndoDelayed,
    };
    proto::OrderEvent {
        sequence: event.sequence,
        kind: kind.into(),
        status: status(event.status).into(),
        reason: event.reason.text(),
        actor: event.actor.clone(),
        create_time: Some(to_wire(event.at)),
    }
}

pub(super) fn status(status: Status) -> proto::OrderStatus {
    match status {
        Status::Created => proto::OrderStatus::Created,
        Status::ValidationPending => proto::OrderStatus::ValidationPending,
        Status::PendingApproval => proto::OrderStatus::PendingApproval,
        Status::Approved => proto::OrderStatus::Approved,
        Status::PaymentPending => proto::OrderStatus::PaymentPending,
        Status::PaymentCompleted => proto::OrderStatus::PaymentCompleted,
        Status::Processing => proto::OrderStatus::Processing,
        Status::Shipped => proto::OrderStatus::Shipped,
        Status::Delivered => proto::OrderStatus::Delivered,
        Status::ValidationFailed => proto::OrderStatus::ValidationFailed,
        Status::AutoRejected => proto::OrderStatus::AutoRejected,
        Status::Rejected => proto::OrderStatus::Rejected,
        Status::Cancelled => proto::OrderStatus::Cancelled,
    }
}

fn method(method: Option<PaymentMethod>) -> proto::PaymentMethod {
    match method {
        None => proto::PaymentMethod::Unspecified,
        Some(PaymentMethod::CreditCard) => proto::PaymentMethod::CreditCard,
        Some(PaymentMethod::BankTransfer) => proto::PaymentMethod::BankTransfer,
        Some(PaymentMethod::Cash) => proto::PaymentMethod::Cash,
        Some(PaymentMethod::EWallet) => proto::PaymentMethod::EWallet,
    }
}
