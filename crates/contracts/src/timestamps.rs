//! `google.protobuf.Timestamp` to and from UTC.

use prost_types::Timestamp;
use time::OffsetDateTime;

/// The wire form of an instant.
#[must_use]
pub fn to_wire(at: OffsetDateTime) -> Timestamp {
    Timestamp {
        seconds: at.unix_timestamp(),
        nanos: i32::try_from(at.nanosecond()).unwrap_or_default(), // below 10^9 by its type
    }
}

/// The instant, or `None` outside the years 1 to 9999, or with nanoseconds that are none.
#[must_use]
pub fn from_wire(at: &Timestamp) -> Option<OffsetDateTime> {
    if !(0..1_000_000_000).contains(&at.nanos) {
        return None;
    }
    let nanos = i128::from(at.seconds) * 1_000_000_000 + i128::from(at.nanos);
    OffsetDateTime::from_unix_timestamp_nanos(nanos).ok().filter(|t| t.year() >= 1)
}
