//! Enums as bare words: `ORDER_STATUS_APPROVED` on the wire is `"APPROVED"` here.

use contracts::{inventory, orders, payments};

/// A protobuf enum whose values carry its name as prefix.
pub(crate) trait Word: TryFrom<i32> + Sized {
    /// What all its values start with.
    const PREFIX: &'static str;

    fn name(&self) -> &'static str;
    fn from_name(name: &str) -> Option<i32>;

    /// The word of a value from the wire; `None` if it is not set.
    fn of(number: i32) -> Option<&'static str> {
        match Self::try_from(number) {
            Ok(_) if number == 0 => None,
            Ok(value) => value.name().strip_prefix(Self::PREFIX),
            Err(_) => Some("UNKNOWN"),
        }
    }

    /// The number of a word.
    fn parse(word: &str) -> Result<i32, String> {
        // The longest word has 20 letters; a hostile megabyte is not copied.
        let number = if word.len() > 64 { None } else { Self::from_name(&format!("{}{word}", Self::PREFIX)) };
        number.filter(|n| *n != 0).ok_or_else(|| format!("must be one of {}", Self::words().join(", ")))
    }

    /// All words.
    fn words() -> Vec<&'static str> {
        (1..).map_while(|n| Self::try_from(n).ok()).filter_map(|v| v.name().strip_prefix(Self::PREFIX)).collect()
    }
}

macro_rules! words {
    ($($type:ty = $prefix:literal;)*) => {$(
        impl Word for $type {
            const PREFIX: &'static str = $prefix;

            fn name(&self) -> &'static str {
                self.as_str_name()
            }

            fn from_name(name: &str) -> Option<i32> {
                Self::from_str_name(name).map(|v| v as i32)
            }
        }
    )*};
}

words! {
    orders::OrderStatus = "ORDER_STATUS_";
    orders::PaymentMethod = "PAYMENT_METHOD_";
    orders::OrderEventKind = "ORDER_EVENT_KIND_";
    payments::PaymentStatus = "PAYMENT_STATUS_";
    payments::PaymentMethod = "PAYMENT_METHOD_";
    payments::PaymentEventKind = "PAYMENT_EVENT_KIND_";
    payments::RefundStatus = "REFUND_STATUS_";
    payments::LedgerAccount = "LEDGER_ACCOUNT_";
    inventory::ReservationStatus = "RESERVATION_STATUS_";
    inventory::ReservationEventKind = "RESERVATION_EVENT_KIND_";
    inventory::MovementType = "MOVEMENT_TYPE_";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_have_no_prefix() {
        assert_eq!(orders::OrderStatus::of(3), Some("PENDING_APPROVAL"));
        assert_eq!(orders::OrderStatus::of(0), None);
        assert_eq!(orders::OrderStatus::of(99), Some("UNKNOWN"));
        assert_eq!(payments::PaymentMethod::words(), ["CREDIT_CARD", "BANK_TRANSFER", "CASH", "E_WALLET"]);
    }

    #[test]
    fn only_the_exact_word_is_taken() {
        assert_eq!(orders::OrderStatus::parse("APPROVED"), Ok(4));
        for word in ["", "approved", "UNSPECIFIED", "ORDER_STATUS_APPROVED", "4"] {
            assert!(orders::OrderStatus::parse(word).is_err(), "{word}");
        }
    }
}
