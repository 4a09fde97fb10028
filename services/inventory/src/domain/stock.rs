//! Stock levels and the movements that change them.

use contracts::ids::{LocationId, ProductId, ReservationId};
use contracts::values::Note;

/// Fewer available pieces than this are low stock.
pub const LOW: i64 = 10;

/// Most pieces of one movement, either way.
pub const MAX_ADJUSTMENT: i64 = 1_000_000;

/// Why stock changed.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, strum::Display, strum::EnumString, strum::IntoStaticStr, strum::VariantArray,
)]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
pub enum MovementType {
    /// Goods came in.
    Receipt,
    /// A count found another number.
    Correction,
    /// Pieces were lost or broken.
    Damage,
    /// Pieces of a committed reservation came back.
    Restock,
    /// A reservation was committed.
    Commit,
    /// Pieces are held back from sale, or freed for it.
    HoldBack,
}

impl MovementType {
    /// What is wrong with the sign of a quantity, if anything.
    #[must_use]
    pub const fn sign_fault(self, quantity: i64) -> Option<&'static str> {
        match self {
            Self::Receipt | Self::Restock if quantity <= 0 => Some("must be above 0 for this type"),
            Self::Damage | Self::Commit if quantity >= 0 => Some("must be below 0 for this type"),
            _ if quantity == 0 => Some("must not be 0"),
            _ => None,
        }
    }
}

/// A change of stock that was asked for.
#[derive(Clone, Debug)]
pub struct Adjustment {
    /// Of what.
    pub product: ProductId,
    /// Where.
    pub location: LocationId,
    /// Signed as its type demands.
    pub quantity: i64,
    /// Why.
    pub kind: MovementType,
    /// Why, for people.
    pub reason: Note,
    /// Whose pieces come back; with a restock, and only then.
    pub reservation: Option<ReservationId>,
}

/// The stock of a product at one location. `0 <= held_back`, `0 <= reserved`,
/// `reserved + held_back <= on_hand`; the same three are constraints of the table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Level {
    /// Pieces physically there.
    pub on_hand: i64,
    /// Of these, not for sale.
    pub held_back: i64,
    /// Of these, held by reservations.
    pub reserved: i64,
}

/// Why a change of stock is not possible.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// Less than nothing would be held back.
    #[error("{held_back} would be held back")]
    HeldBack {
        /// After the change.
        held_back: i64,
    },
    /// Fewer pieces would be there than are promised.
    #[error("{on_hand} would be on hand, and {held_back} are held back and {reserved} reserved")]
    Oversold {
        /// After the change.
        on_hand: i64,
        /// After the change.
        held_back: i64,
        /// Promised.
        reserved: i64,
    },
}

impl Level {
    /// Pieces that can be reserved.
    #[must_use]
    pub const fn available(self) -> i64 {
        self.on_hand - self.held_back - self.reserved
    }

    /// The level after a movement.
    ///
    /// # Errors
    /// The invariant it would break.
    pub const fn after(self, kind: MovementType, quantity: i64) -> Result<Self, Broken> {
        let mut next = self;
        match kind {
            MovementType::HoldBack => next.held_back += quantity,
            MovementType::Commit => {
                next.on_hand += quantity;
                next.reserved += quantity;
            }
            MovementType::Receipt | MovementType::Correction | MovementType::Damage | MovementType::Restock => {
                next.on_hand += quantity;
            }
        }
        next.checked()
    }

    /// The level with so many more reserved; fewer, if negative.
    ///
    /// # Errors
    /// The invariant it would break.
    pub const fn reserve(self, quantity: i64) -> Result<Self, Broken> {
        Self { reserved: self.reserved + quantity, ..self }.checked()
    }

    const fn checked(self) -> Result<Self, Broken> {
        if self.held_back < 0 {
            return Err(Broken::HeldBack { held_back: self.held_back });
        }
        if self.reserved < 0 || self.available() < 0 {
            return Err(Broken::Oversold { on_hand: self.on_hand, held_back: self.held_back, reserved: self.reserved });
        }
        Ok(self)
    }
}

/// A product with its stock.
#[derive(Clone, Debug)]
pub struct Product {
    /// The shop's id.
    pub id: ProductId,
    /// Its name.
    pub name: String,
    /// In order of location.
    pub stock: Vec<(LocationId, Level)>,
}

impl Product {
    /// Pieces that can be reserved, over all locations.
    #[must_use]
    pub fn available(&self) -> i64 {
        self.stock.iter().map(|(_, level)| level.available()).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use strum::VariantArray as _;

    #[test]
    fn signs_follow_the_type() {
        use MovementType as M;
        for (kind, quantity, good) in [
            (M::Receipt, 1, true),
            (M::Receipt, -1, false),
            (M::Restock, -1, false),
            (M::Damage, 1, false),
            (M::Damage, -1, true),
            (M::Correction, -1, true),
            (M::HoldBack, 1, true),
        ] {
            assert_eq!(kind.sign_fault(quantity).is_none(), good, "{kind} {quantity}");
        }
        assert!(M::VARIANTS.iter().all(|kind| kind.sign_fault(0).is_some()));
    }

    #[test]
    fn promised_pieces_stay() {
        let level = Level { on_hand: 10, held_back: 2, reserved: 5 };
        assert!(level.after(MovementType::Damage, -3).is_ok());
        assert!(matches!(level.after(MovementType::Damage, -4), Err(Broken::Oversold { on_hand: 6, .. })));
        assert!(matches!(level.after(MovementType::HoldBack, -3), Err(Broken::HeldBack { held_back: -1 })));
        assert_eq!(level.after(MovementType::Commit, -5).unwrap(), Level { on_hand: 5, held_back: 2, reserved: 0 });
    }

    proptest! {
        #[test]
        fn no_sequence_breaks_an_invariant(steps in prop::collection::vec((prop::sample::select(MovementType::VARIANTS), -20_i64..20, any::<bool>()), 0..60)) {
            let mut level = Level { on_hand: 30, held_back: 3, reserved: 0 };
            let mut moved = 0;
            for (kind, quantity, reserve) in steps {
                let next = if reserve { level.reserve(quantity) } else { level.after(kind, quantity) };
                if let Ok(next) = next {
                    moved += if reserve || kind == MovementType::HoldBack { 0 } else { quantity };
                    level = next;
                }
                prop_assert!(level.held_back >= 0 && level.reserved >= 0 && level.available() >= 0);
                prop_assert_eq!(level.on_hand, 30 + moved);
            }
        }
    }
}
