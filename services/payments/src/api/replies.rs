//! Domain values to their wire form.

use crate::domain::{
    Account, Event, EventKind, LedgerEntry, Method, Payment, PaymentStatus, Refund, RefundStatus, Turnover,
};
use crate::store::Figures;
use contracts::payments as proto;
use contracts::timestamps::to_wire;

/// Without the timeline.
pub(super) fn payment(payment: &Payment) -> proto::Payment {
    proto::Payment {
        payment_id: payment.id.to_string(),
        order_id: payment.order.to_string(),
        amount: Some(payment.amount.into()),
        method: method(payment.method).into(),
        status: status(payment.status).into(),
        reason: payment.reason.clone(),
        attempts: payment.attempts,
        provider_reference: payment.provider_reference.clone().unwrap_or_default(),
        refunded_amount: Some(payment.refunded.into()),
        timeline: Vec::new(),
        create_time: Some(to_wire(payment.created_at)),
        update_time: Some(to_wire(payment.updated_at)),
        complete_time: payment.completed_at.map(to_wire),
        sequence: payment.sequence,
        saga_key: payment.saga_key.clone().unwrap_or_default(),
    }
}

/// With the timeline.
pub(super) fn full(basic: &Payment, events: &[Event]) -> proto::Payment {
    proto::Payment { timeline: events.iter().map(event).collect(), ..payment(basic) }
}

pub(super) fn event(event: &Event) -> proto::PaymentEvent {
    let kind = match event.kind {
        EventKind::StatusChanged => proto::PaymentEventKind::StatusChanged,
        EventKind::AttemptStarted => proto::PaymentEventKind::AttemptStarted,
        EventKind::AttemptFailed => proto::PaymentEventKind::AttemptFailed,
        EventKind::Refund => proto::PaymentEventKind::Refund,
        EventKind::Settled => proto::PaymentEventKind::Settled,
    };
    proto::PaymentEvent {
        sequence: event.sequence,
        kind: kind.into(),
        status: status(event.status).into(),
        reason: event.reason.clone(),
        actor: event.actor.clone(),
        create_time: Some(to_wire(event.at)),
        attempt: event.attempt,
    }
}

pub(super) fn refund(refund: &Refund) -> proto::Refund {
    let status = match refund.status {
        RefundStatus::Pending => proto::RefundStatus::Pending,
        RefundStatus::Processing => proto::RefundStatus::Processing,
        RefundStatus::Completed => proto::RefundStatus::Completed,
        RefundStatus::Failed => proto::RefundStatus::Failed,
    };
    proto::Refund {
        refund_id: refund.id.to_string(),
        payment_id: refund.payment.to_string(),
        amount: Some(refund.amount.into()),
        status: status.into(),
        reason: refund.reason.clone(),
        attempts: refund.attempts,
        provider_reference: refund.provider_reference.clone().unwrap_or_default(),
        create_time: Some(to_wire(refund.created_at)),
        update_time: Some(to_wire(refund.updated_at)),
    }
}

pub(super) fn entry(entry: &LedgerEntry) -> proto::LedgerEntry {
    let account = match entry.account {
        Account::ProviderClearing => proto::LedgerAccount::ProviderClearing,
        Account::Sales => proto::LedgerAccount::Sales,
    };
    proto::LedgerEntry {
        account: account.into(),
        amount: Some(entry.amount.into()),
        refund_id: entry.refund.map(|id| id.to_string()).unwrap_or_default(),
        create_time: Some(to_wire(entry.at)),
    }
}

pub(super) fn statistics(figures: &Figures) -> proto::GetPaymentStatisticsResponse {
    let counts = figures
        .counts
        .iter()
        .map(|(of, payments)| proto::PaymentStatusCount { status: status(*of).into(), payments: *payments });
    let turnovers = |turnovers: &[Turnover]| turnovers.iter().map(turnover).collect();
    let steps = figures.steps.iter().map(|step| proto::PaymentStatisticsStep {
        start_time: Some(to_wire(step.start)),
        turnovers: turnovers(&step.turnovers),
    });
    proto::GetPaymentStatisticsResponse {
        at: Some(to_wire(figures.at)),
        counts: counts.collect(),
        steps: steps.collect(),
        turnovers: turnovers(&figures.turnovers),
        backlog: Some(figures.backlog),
    }
}

fn turnover(turnover: &Turnover) -> proto::Turnover {
    proto::Turnover { captured: Some(turnover.captured.into()), refunded: Some(turnover.refunded.into()) }
}

fn status(status: PaymentStatus) -> proto::PaymentStatus {
    match status {
        PaymentStatus::Pending => proto::PaymentStatus::Pending,
        PaymentStatus::Processing => proto::PaymentStatus::Processing,
        PaymentStatus::Completed => proto::PaymentStatus::Completed,
        PaymentStatus::Failed => proto::PaymentStatus::Failed,
        PaymentStatus::Cancelled => proto::PaymentStatus::Cancelled,
        PaymentStatus::PartiallyRefunded => proto::PaymentStatus::PartiallyRefunded,
        PaymentStatus::Refunded => proto::PaymentStatus::Refunded,
    }
}

fn method(method: Method) -> proto::PaymentMethod {
    match method {
        Method::CreditCard => proto::PaymentMethod::CreditCard,
        Method::BankTransfer => proto::PaymentMethod::BankTransfer,
        Method::Cash => proto::PaymentMethod::Cash,
        Method::EWallet => proto::PaymentMethod::EWallet,
    }
}
