//! The registry of ids.
//!
//! Our own ids are UUIDv7 with a prefix on the wire. Ids that another system
//! made (customers, products, an order of somebody else's) are opaque strings
//! with a few rules.

use std::fmt;
use std::str::FromStr;
use time::OffsetDateTime;
use uuid::Uuid;

/// Why a text is not an id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// Not one of our ids of this kind.
    #[error("must be `{0}` and 32 hexadecimal digits")]
    Malformed(&'static str),
    /// A foreign id that is empty.
    #[error("must not be empty")]
    Empty,
    /// A foreign id that is too long.
    #[error("must have at most {MAX_FOREIGN} characters")]
    TooLong,
    /// A foreign id with a character below space, or DEL and its kin.
    #[error("must not contain control characters")]
    ControlCharacter,
}

/// Longest foreign id, in characters.
pub const MAX_FOREIGN: usize = 64;

/// No id of ours that was made at this time or later is smaller, and none that was made before this millisecond is not.
#[must_use]
pub fn smallest_at(at: OffsetDateTime) -> Uuid {
    let most = (1 << 48) - 1;
    let millis = u128::try_from(at.unix_timestamp_nanos() / 1_000_000).unwrap_or_default().min(most);
    Uuid::from_u128(millis << 80)
}

macro_rules! own_ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Uuid);

        impl $name {
            /// What the wire form starts with.
            pub const PREFIX: &'static str = $prefix;

            /// A new id; later ones sort after earlier ones.
            #[must_use]
            #[expect(clippy::new_without_default, reason = "each call gives another id")]
            pub fn new() -> Self {
                Self(Uuid::now_v7())
            }

            /// The stored form.
            #[must_use]
            pub const fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                text.strip_prefix(Self::PREFIX)
                    .filter(|hex| hex.len() == 32)
                    .and_then(|hex| Uuid::try_parse(hex).ok())
                    .map(Self)
                    .ok_or(IdError::Malformed(Self::PREFIX))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}{}", Self::PREFIX, self.0.simple())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }
    )*};
}

own_ids! {
    /// An order.
    OrderId = "ord_";
    /// A payment.
    PaymentId = "pay_";
    /// A refund.
    RefundId = "rfd_";
    /// A reservation of stock.
    ReservationId = "res_";
    /// An endpoint that is told by webhook.
    EndpointId = "whe_";
    /// What an endpoint is told: one notification for one endpoint.
    DeliveryId = "msg_";
}

macro_rules! foreign_ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// The id as it was given.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                check_foreign(text)?;
                Ok(Self(text.to_owned()))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )*};
}

foreign_ids! {
    /// The shop's id of a customer.
    CustomerId;
    /// The shop's id of a product.
    ProductId;
    /// The id of an order that a payment or a reservation is for: ours or another system's.
    OrderRef;
    /// A place that holds stock.
    LocationId;
}

fn check_foreign(text: &str) -> Result<(), IdError> {
    if text.is_empty() {
        return Err(IdError::Empty);
    }
    // Counting characters only up to the limit keeps a hostile megabyte cheap.
    if text.chars().nth(MAX_FOREIGN).is_some() {
        return Err(IdError::TooLong);
    }
    if text.chars().any(char::is_control) {
        return Err(IdError::ControlCharacter);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_ids_survive_the_wire() {
        let id = OrderId::new();
        assert_eq!(id.to_string().parse(), Ok(id));
        assert!(PaymentId::from_str(&id.to_string()).is_err());
    }

    #[test]
    fn ids_are_in_the_order_of_their_milliseconds() {
        let before = OffsetDateTime::now_utc();
        let id = OrderId::new().uuid();
        let after = OffsetDateTime::now_utc() + time::Duration::MILLISECOND;
        assert!(smallest_at(before) <= id && id < smallest_at(after));
        let made = Uuid::try_parse("0199a1b2c3d47e5f8a9b0c1d2e3f4a5b").unwrap();
        let millis = OffsetDateTime::from_unix_timestamp_nanos(0x0199_a1b2_c3d4 * 1_000_000).unwrap();
        let nanosecond = time::Duration::NANOSECOND;
        assert!(
            smallest_at(millis + nanosecond * 999_999) <= made && made < smallest_at(millis + nanosecond * 1_000_000)
        );
        assert_eq!(smallest_at(OffsetDateTime::UNIX_EPOCH - nanosecond), Uuid::nil());
    }

    #[test]
    fn only_the_canonical_length_is_taken() {
        let uuid = Uuid::now_v7();
        assert!(OrderId::from_str(&format!("ord_{uuid}")).is_err());
        assert!(OrderId::from_str("ord_").is_err());
        assert!(OrderId::from_str("").is_err());
        assert!(OrderId::from_str("ord_é123456789012345678901234567890").is_err());
    }

    #[test]
    fn foreign_ids_keep_their_rules() {
        assert!(ProductId::from_str("PROD-001").is_ok());
        assert_eq!(ProductId::from_str(""), Err(IdError::Empty));
        assert_eq!(ProductId::from_str(&"é".repeat(65)), Err(IdError::TooLong));
        assert!(ProductId::from_str(&"é".repeat(64)).is_ok());
        assert_eq!(ProductId::from_str("a\u{7f}"), Err(IdError::ControlCharacter));
    }
}
