//! An order and its parts.

use super::private::Private;
use super::status::Status;
use contracts::Money;
use contracts::ids::{CustomerId, OrderId, ProductId};
use contracts::values::Quantity;
use time::OffsetDateTime;
use uuid::Uuid;

/// How an order is paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::Display, strum::EnumString, strum::IntoStaticStr)]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
pub enum PaymentMethod {
    /// A credit card.
    CreditCard,
    /// A bank transfer.
    BankTransfer,
    /// Cash.
    Cash,
    /// An electronic wallet.
    EWallet,
}

/// One line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// What.
    pub product: ProductId,
    /// How many.
    pub quantity: Quantity,
    /// Price of one, in the order's currency.
    pub price: Money,
}

/// An order as it was asked for; its shape is right, its business rules are not checked.
#[derive(Clone, Debug)]
pub struct NewOrder {
    /// The id it will have.
    pub id: OrderId,
    /// Whose.
    pub customer: CustomerId,
    /// 1 to 10,000 lines in the currency of the total.
    pub lines: Vec<Line>,
    /// As the shop computed it.
    pub total: Money,
    /// How it is paid, and the provider's token.
    pub payment: Option<(PaymentMethod, Option<Token>)>,
}

/// A payment provider's token. Never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(pub String);

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[redacted]")
    }
}

/// An order as it stands.
#[derive(Clone, Debug)]
pub struct Order {
    /// Its id.
    pub id: OrderId,
    /// Whose.
    pub customer: Private<CustomerId>,
    /// What stands for whose it is: the customer's id, or while that is sealed its pseudonym.
    pub owner: String,
    /// The key of the customer that seals what is stored of it.
    pub sealed_by: Option<Uuid>,
    /// Where it stands.
    pub status: Status,
    /// Why it stands there.
    pub reason: Private<String>,
    /// Whether something done for it is being undone.
    pub unwinding: bool,
    /// As the shop computed it.
    pub total: Money,
    /// How it is paid.
    pub payment_method: Option<PaymentMethod>,
    /// Made by the fulfilment.
    pub payment_id: Option<String>,
    /// Made by the fulfilment.
    pub reservation_id: Option<String>,
    /// Who carries the parcel.
    pub carrier: Option<String>,
    /// The carrier's number of it.
    pub tracking_number: Option<Private<String>>,
    /// Definite failures of the validator.
    pub validation_failures: i32,
    /// When the validator may be tried again.
    pub validation_due_at: Option<OffsetDateTime>,
    /// Number of the last event.
    pub sequence: i64,
    /// Whether no workflow is needed.
    pub settled: bool,
    /// The trace in which it was made, if that is recorded. W3C Trace Context.
    pub made_in: Option<String>,
    /// When it was accepted.
    pub created_at: OffsetDateTime,
    /// When it last changed.
    pub updated_at: OffsetDateTime,
}

/// What an event records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::Display, strum::EnumString, strum::IntoStaticStr)]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
pub enum EventKind {
    /// The status was set.
    StatusChanged,
    /// The validator failed and will be tried again.
    ValidationRetried,
    /// The workflow has carried the status out.
    Settled,
    /// The stock held for a charged order was lost; it is reserved once more.
    HoldLost,
    /// The stock is held again.
    HoldRenewed,
    /// A step of the fulfilment was undone.
    StepUndone,
    /// The undo of a step has been tried for over a minute.
    UndoDelayed,
    /// Nobody has decided in time.
    ApprovalOverdue,
}

/// One recorded fact.
#[derive(Clone, Debug)]
pub struct Event {
    /// From 1, without gaps.
    pub sequence: i64,
    /// What.
    pub kind: EventKind,
    /// The status after it.
    pub status: Status,
    /// Why.
    pub reason: Private<String>,
    /// Who.
    pub actor: String,
    /// When.
    pub at: OffsetDateTime,
}
