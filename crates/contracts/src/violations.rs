//! Collects everything that is wrong with a request, field by field, so that
//! the caller learns it all at once.

use std::fmt::Display;
use std::str::FromStr;

/// One field at fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Path of the field, `items[3].quantity`.
    pub field: String,
    /// What is wrong with it, as a predicate: `must not be empty`.
    pub description: String,
}

/// The fields at fault so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Violations(Vec<Violation>);

impl Violations {
    /// So many are reported at most; a request with 10,000 bad lines gets the first ones.
    pub const MAX: usize = 100;

    /// Nothing wrong yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Notes one fault.
    pub fn add(&mut self, field: impl Into<String>, description: impl Display) {
        if self.0.len() < Self::MAX {
            self.0.push(Violation { field: field.into(), description: description.to_string() });
        }
    }

    /// Passes an `Ok` on and notes an `Err` under the field.
    pub fn check<T, E: Display>(&mut self, field: impl Into<String>, result: Result<T, E>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(error) => {
                self.add(field, error);
                None
            }
        }
    }

    /// Parses a required text field.
    pub fn parse<T: FromStr<Err: Display>>(&mut self, field: &str, text: &str) -> Option<T> {
        self.check(field, text.parse())
    }

    /// Parses a text field that may be empty. The outer `None` is a fault.
    pub fn parse_optional<T: FromStr<Err: Display>>(&mut self, field: &str, text: &str) -> Option<Option<T>> {
        if text.is_empty() { Some(None) } else { self.parse(field, text).map(Some) }
    }

    /// Whether nothing was noted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What was noted.
    pub fn iter(&self) -> impl Iterator<Item = &Violation> {
        self.0.iter()
    }

    /// The value if nothing was noted. A fault without a value and without a
    /// note would be a mistake of the caller; it is reported as such.
    ///
    /// # Errors
    /// The faults.
    pub fn finish<T>(mut self, value: Option<T>) -> Result<T, Self> {
        match value {
            Some(value) if self.is_empty() => Ok(value),
            _ => {
                if self.is_empty() {
                    self.add("request", "is malformed");
                }
                Err(self)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_all_and_passes_none() {
        let mut v = Violations::new();
        let a = v.parse::<crate::ids::CustomerId>("customer_id", "");
        let b = v.check("quantity", crate::values::Quantity::try_from(0));
        let error = v.finish(a.zip(b)).unwrap_err();
        let fields: Vec<_> = error.iter().map(|x| x.field.as_str()).collect();
        assert_eq!(fields, ["customer_id", "quantity"]);
    }
}
