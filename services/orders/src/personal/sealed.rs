//! What is sealed of an order, and the keys to it.

use crate::domain::Private;
use contracts::ids::OrderId;
use privacy::{CustomerKey, Place};
use service::Error;
use std::collections::HashMap;
use std::str::FromStr;
use uuid::Uuid;

/// What is sealed of an order.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Column {
    Customer,
    Words,
    Tracking,
}

/// The keys of some customers.
pub(super) struct Keys(pub(super) HashMap<Uuid, CustomerKey>);

impl Column {
    fn place(self, order: OrderId) -> Place {
        let what = match self {
            Self::Customer => "order customer",
            Self::Words => "order words",
            Self::Tracking => "order tracking number",
        };
        Place::new(what, order)
    }

    pub(crate) fn seal(self, key: &CustomerKey, order: OrderId, plain: &str) -> Result<String, Error> {
        key.seal_text(plain, &self.place(order)).map_err(Error::internal)
    }
}

impl Keys {
    /// Opens a value. One whose key is gone is erased.
    pub(super) fn open<T: FromStr>(&self, value: &mut Private<T>, column: Column, order: OrderId) -> Result<(), Error> {
        let Private::Sealed(text) = value else { return Ok(()) };
        let key = CustomerKey::of_text(text).and_then(|id| self.0.get(&id));
        *value = match key {
            None => Private::Erased,
            Some(key) => {
                let plain = key.open_text(text, &column.place(order)).map_err(Error::internal)?;
                Private::Known(plain.parse().map_err(|_| Error::internal(format!("{column:?} of {order} is none")))?)
            }
        };
        Ok(())
    }
}

/// The key of a sealed value.
pub(super) fn key_of<T>(value: &Private<T>) -> Option<Uuid> {
    match value {
        Private::Sealed(text) => CustomerKey::of_text(text),
        Private::Known(_) | Private::Erased => None,
    }
}

/// Where the reply to the request with this key belongs.
pub(crate) fn reply_place(key: &str) -> Place {
    Place::new("order reply", key)
}
