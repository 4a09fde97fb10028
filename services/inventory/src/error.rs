//! Every way in which this service refuses, and its gRPC form.

use crate::domain::stock::Broken;
use crate::domain::{Shortage, Status as ReservationStatus};
use contracts::Violations;
use contracts::ids::{LocationId, ProductId, ReservationId};
use service::error::Refusal;
use tonic::{Code, Status};

/// Details travel in a header, and many clients take no more than 8 KiB of headers.
const DETAILS_BUDGET: usize = 1_500;

/// A refusal of the inventory service.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Products that do not exist, each with the field that names it.
    #[error("unknown product: {}", listed(.0))]
    ProductsUnknown(Vec<(String, ProductId)>),
    /// There is no such location.
    #[error("location {0} does not exist")]
    LocationUnknown(LocationId),
    /// There is no such reservation.
    #[error("reservation {0} does not exist")]
    ReservationNotFound(ReservationId),
    /// The reservation is not in a state for it.
    #[error("reservation {id} is {actual}")]
    State {
        /// Which.
        id: ReservationId,
        /// Where it stands.
        actual: ReservationStatus,
    },
    /// Too few pieces; the reservation is recorded as rejected.
    #[error("not enough stock for {} of the lines", .shortages.len())]
    Short {
        /// The rejected reservation.
        id: ReservationId,
        /// What was missing.
        shortages: Vec<Shortage>,
    },
    /// The change would break an invariant of the stock.
    #[error("the stock of {product} at {location} can't be changed so: {broken}")]
    Invariant {
        /// Of what.
        product: ProductId,
        /// Where.
        location: LocationId,
        /// Which invariant.
        broken: Broken,
    },
    /// A constraint of the database refused it, after all checks.
    #[error("the change would break the stock's constraint {0}")]
    Constraint(String),
    /// More would come back than was taken.
    #[error("reservation {id} took {committed} pieces of it, fewer than would come back")]
    RestockTooMuch {
        /// Whose.
        id: ReservationId,
        /// What it took there.
        committed: i64,
    },
    /// The transaction lost a race and may be repeated.
    #[error("lost a race in the database")]
    Again(#[source] sqlx::Error),
    /// A refusal that was given before under the same key.
    #[error("{}", .0.message())]
    Replayed(Box<Status>),
    /// A fault that any service can have.
    #[error(transparent)]
    Service(#[from] service::Error),
}

impl Error {
    /// One product that does not exist.
    #[must_use]
    pub fn product_unknown(product: &ProductId) -> Self {
        Self::ProductsUnknown(vec![("product_id".to_owned(), product.clone())])
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        if service::db::is_rollback(&error) {
            return Self::Again(error);
        }
        match service::db::constraint(&error) {
            // Two requests of the same saga step at one time: the second finds the first's.
            Some("reservations_saga_key") => Self::Again(error),
            Some(name @ ("stock_held_back_not_negative" | "stock_reserved_not_negative" | "stock_not_oversold")) => {
                Self::Constraint(name.to_owned())
            }
            _ => Self::Service(error.into()),
        }
    }
}

impl From<Violations> for Error {
    fn from(violations: Violations) -> Self {
        Self::Service(violations.into())
    }
}

impl From<Error> for Status {
    fn from(error: Error) -> Self {
        let message = error.to_string();
        let failed = |reason| Refusal::new(Code::FailedPrecondition, reason, message.clone());
        match error {
            Error::ProductsUnknown(products) => {
                let mut refusal = Refusal::new(Code::NotFound, "PRODUCT_UNKNOWN", message);
                let mut budget = DETAILS_BUDGET;
                for (field, product) in &products {
                    let Some(rest) = budget.checked_sub(field.len() + product.as_str().len() + 40) else { break };
                    budget = rest;
                    refusal = refusal.violation(field, &format_args!("{product} is not a known product"));
                }
                refusal.into()
            }
            Error::LocationUnknown(location) => Refusal::new(Code::NotFound, "LOCATION_UNKNOWN", message)
                .violation("location", &format_args!("{location} is not a known location"))
                .into(),
            Error::ReservationNotFound(id) => Refusal::new(Code::NotFound, "RESERVATION_NOT_FOUND", message)
                .with("reservation_id", id)
                .violation("reservation_id", &"is not a known reservation")
                .into(),
            Error::State { id, actual } => {
                failed("RESERVATION_STATE").with("reservation_id", id).with("state", actual).into()
            }
            Error::Short { id, shortages } => short(failed("INSUFFICIENT_STOCK"), id, &shortages).into(),
            Error::Invariant { product, location, broken } => failed("STOCK_INVARIANT")
                .precondition("STOCK_INVARIANT", &format!("{product}@{location}"), &broken.to_string())
                .violation("quantity", &broken)
                .into(),
            Error::Constraint(name) => {
                failed("STOCK_INVARIANT").with("constraint", name).violation("quantity", &message).into()
            }
            Error::RestockTooMuch { id, committed } => failed("RESTOCK_EXCEEDS_COMMITTED")
                .with("reservation_id", id)
                .with("committed", committed)
                .violation("quantity", &message)
                .into(),
            Error::Again(cause) => service::Error::unavailable(cause).into(),
            Error::Replayed(status) => *status,
            Error::Service(error) => error.into(),
        }
    }
}

/// The shortages twice: for people and for programs. What does not fit is counted,
/// and the rejected reservation has it all.
fn short(mut refusal: Refusal, id: ReservationId, shortages: &[Shortage]) -> Refusal {
    let mut listed = Vec::new();
    let mut budget = DETAILS_BUDGET;
    for s in shortages {
        let location = s.location.as_ref().map(LocationId::as_str).unwrap_or_default();
        let value = serde_json::json!({
            "product_id": s.product.as_str(), "location": location, "requested": s.requested, "available": s.available,
        });
        // Once as JSON, once as a violation of about the same length.
        let Some(rest) = budget.checked_sub(value.to_string().len()) else { break };
        budget = rest;
        listed.push(value);
        let subject = if location.is_empty() { s.product.to_string() } else { format!("{}@{location}", s.product) };
        let description = format!("requested {}, available {}", s.requested, s.available);
        refusal = refusal.precondition("INSUFFICIENT_STOCK", &subject, &description);
    }
    refusal
        .with("reservation_id", id)
        .with("shortages_total", shortages.len())
        .with("shortages", serde_json::Value::from(listed))
}

fn listed(products: &[(String, ProductId)]) -> String {
    const SHOWN: usize = 5;
    let mut names: Vec<_> = products.iter().map(|(_, product)| product.as_str()).collect();
    names.dedup();
    let more = names.len().saturating_sub(SHOWN);
    names.truncate(SHOWN);
    let names = names.join(", ");
    if more > 0 { format!("{names} and {more} more") } else { names }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tonic_types::StatusExt as _;

    #[test]
    fn a_shortage_is_told_to_people_and_programs() {
        let shortages = vec![
            Shortage { product: "A".parse().unwrap(), location: None, requested: 6, available: 5 },
            Shortage {
                product: "B".parse().unwrap(),
                location: Some("EAST".parse().unwrap()),
                requested: 2,
                available: 0,
            },
        ];
        let status = Status::from(Error::Short { id: ReservationId::new(), shortages });
        let details = status.get_error_details();
        let failure = details.precondition_failure().unwrap();
        assert_eq!(failure.violations[0].description, "requested 6, available 5");
        assert_eq!(failure.violations[1].subject, "B@EAST");
        let info = details.error_info().unwrap();
        assert_eq!((info.reason.as_str(), info.metadata["shortages_total"].as_str()), ("INSUFFICIENT_STOCK", "2"));
        let parsed: serde_json::Value = serde_json::from_str(&info.metadata["shortages"]).unwrap();
        assert_eq!(parsed[1]["location"], "EAST");
    }

    #[test]
    fn details_fit_a_header() {
        let long = "é".repeat(64);
        let shortages = (0..10_000)
            .map(|_| Shortage {
                product: long.parse().unwrap(),
                location: Some(long.parse().unwrap()),
                requested: 1,
                available: 0,
            })
            .collect();
        let status = Status::from(Error::Short { id: ReservationId::new(), shortages });
        assert!(status.details().len() < 4_500, "{}", status.details().len());
        let unknown = (0..10_000).map(|i| (format!("items[{i}].product_id"), long.parse().unwrap())).collect();
        let status = Status::from(Error::ProductsUnknown(unknown));
        assert!(status.details().len() + 3 * status.message().len() < 6_000);
    }
}
