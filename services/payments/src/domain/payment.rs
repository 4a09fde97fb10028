//! A payment and its parts.

use super::status::PaymentStatus;
use contracts::Money;
use contracts::ids::{CustomerId, OrderRef, PaymentId};
use time::OffsetDateTime;

/// How a payment is made.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    strum::Display,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantArray,
)]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
pub enum Method {
    /// A credit card.
    CreditCard,
    /// A bank transfer.
    BankTransfer,
    /// Cash.
    Cash,
    /// An electronic wallet.
    EWallet,
}

/// A payment provider's token. Never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(pub String);

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[redacted]")
    }
}

/// The saga step that makes a payment or refund.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Saga {
    /// `{order}/{step}/{attempt}`.
    pub key: String,
    /// Of all that the step asks for, so that the key means one thing only.
    pub hash: Vec<u8>,
}

/// A payment as it was asked for.
#[derive(Clone, Debug)]
pub struct NewPayment {
    /// The id it will have.
    pub id: PaymentId,
    /// The order it pays.
    pub order: OrderRef,
    /// Whose order it is, if that is known.
    pub customer: Option<CustomerId>,
    /// What to charge, above 0.
    pub amount: Money,
    /// How.
    pub method: Method,
    /// The provider's token.
    pub token: Option<Token>,
    /// The saga step that makes it.
    pub saga: Option<Saga>,
    /// Only to take the step's key: it is stored as `CANCELLED`, unless the step has made one.
    pub void: bool,
}

/// A payment as it stands, without its token.
#[derive(Clone, Debug)]
pub struct Payment {
    /// Its id.
    pub id: PaymentId,
    /// The order it pays.
    pub order: OrderRef,
    /// Whose order it is, if that is known.
    pub customer: Option<CustomerId>,
    /// What is charged.
    pub amount: Money,
    /// How.
    pub method: Method,
    /// Where it stands.
    pub status: PaymentStatus,
    /// Why it stands there.
    pub reason: String,
    /// Provider attempts begun.
    pub attempts: i32,
    /// The provider's id of the charge.
    pub provider_reference: Option<String>,
    /// Admitted refunds, pending ones included.
    pub refunded: Money,
    /// Number of the last event.
    pub sequence: i64,
    /// Whether no workflow is needed.
    pub settled: bool,
    /// When it was accepted.
    pub created_at: OffsetDateTime,
    /// When it last changed.
    pub updated_at: OffsetDateTime,
    /// When it was charged.
    pub completed_at: Option<OffsetDateTime>,
    /// Key of the saga step that made it.
    pub saga_key: Option<String>,
}

/// What an event records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::Display, strum::EnumString, strum::IntoStaticStr)]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
pub enum EventKind {
    /// The status was set.
    StatusChanged,
    /// An attempt began.
    AttemptStarted,
    /// An attempt ended without a charge, and another will follow.
    AttemptFailed,
    /// A refund was admitted, completed or failed.
    Refund,
    /// The workflow has carried the status out.
    Settled,
}

/// One recorded fact.
#[derive(Clone, Debug)]
pub struct Event {
    /// From 1, without gaps.
    pub sequence: i64,
    /// What.
    pub kind: EventKind,
    /// The status after it.
    pub status: PaymentStatus,
    /// Why.
    pub reason: String,
    /// Who.
    pub actor: String,
    /// The provider attempt; 0: none.
    pub attempt: i32,
    /// When.
    pub at: OffsetDateTime,
}
