//! What somebody is to the shop.

use std::fmt;
use strum::{Display, EnumIter, EnumString, IntoEnumIterator as _};

/// A role, as tokens name it.
#[derive(Clone, Copy, Debug, Display, EnumIter, EnumString, PartialEq, Eq, Hash)]
#[strum(serialize_all = "lowercase")]
pub enum Role {
    /// Buys; sees and touches only what is theirs.
    Customer,
    /// Decides on orders.
    Manager,
    /// Ships and counts.
    Warehouse,
    /// Looks after payments and refunds.
    Finance,
    /// Reads everything, changes nothing.
    Auditor,
    /// A program of ours.
    Service,
}

/// A set of roles.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Roles(u8);

impl Roles {
    /// The set of these.
    #[must_use]
    pub const fn of(roles: &[Role]) -> Self {
        let mut set = 0;
        let mut i = 0;
        while i < roles.len() {
            set |= 1 << roles[i] as u8;
            i += 1;
        }
        Self(set)
    }

    /// Adds one.
    pub const fn insert(&mut self, role: Role) {
        self.0 |= 1 << role as u8;
    }

    /// Whether it is among them.
    #[must_use]
    pub const fn has(self, role: Role) -> bool {
        self.0 & (1 << role as u8) != 0
    }

    /// The first that both sets have, in the order of [`Role`].
    #[must_use]
    pub fn common(self, other: Self) -> Option<Role> {
        Role::iter().find(|role| self.has(*role) && other.has(*role))
    }

    /// Its members, in the order of [`Role`].
    pub fn iter(self) -> impl Iterator<Item = Role> {
        Role::iter().filter(move |role| self.has(*role))
    }
}

impl fmt::Debug for Roles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_has_what_was_put_in() {
        let set = Roles::of(&[Role::Finance, Role::Manager]);
        assert_eq!(set.iter().collect::<Vec<_>>(), [Role::Manager, Role::Finance]);
        assert_eq!(set.common(Roles::of(&[Role::Customer, Role::Finance])), Some(Role::Finance));
        assert_eq!(set.common(Roles::default()), None);
        assert_eq!("warehouse".parse(), Ok(Role::Warehouse));
        assert!("Warehouse".parse::<Role>().is_err());
    }
}
