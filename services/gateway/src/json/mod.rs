//! JSON the way the contract wants it: everything at fault is reported, and
//! amounts never pass through a float.

pub(crate) mod decimal;
pub(crate) mod field;
pub(crate) mod object;
pub(crate) mod word;

pub(crate) use decimal::Decimal;
pub(crate) use field::Field;
pub(crate) use object::Object;
pub(crate) use word::Word;
