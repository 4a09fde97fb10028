//! Where a stream can resume.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use std::fmt;
use std::str::FromStr;
use time::OffsetDateTime;

/// What it begins with, in case it ever holds something else.
const FORM: u8 = 1;
const LENGTH: usize = 17;

/// How far a stream was read. Opaque to callers; good in any process of the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// All numbered rows up to this one.
    pub(super) mark: i64,
    /// And what was touched before this time.
    pub(super) at: OffsetDateTime,
}

/// The text is no position.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be a position that a stream before gave")]
pub struct PositionError;

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let micros = i64::try_from(self.at.unix_timestamp_nanos() / 1_000).unwrap_or_default(); // until the year 294,000
        let bytes = [[FORM].as_slice(), &self.mark.to_be_bytes(), &micros.to_be_bytes()].concat();
        f.write_str(&URL_SAFE_NO_PAD.encode(bytes))
    }
}

impl FromStr for Position {
    type Err = PositionError;

    fn from_str(text: &str) -> Result<Self, PositionError> {
        let mut bytes = [0; LENGTH];
        let length = URL_SAFE_NO_PAD.decode_slice(text, &mut bytes).map_err(|_| PositionError)?;
        let (Some((&FORM, rest)), LENGTH) = (bytes.split_first(), length) else { return Err(PositionError) };
        let number = |bytes: &[u8]| bytes.try_into().map(i64::from_be_bytes).map_err(|_| PositionError);
        let (mark, micros) = (number(&rest[..8])?, number(&rest[8..])?);
        let at = OffsetDateTime::from_unix_timestamp_nanos(i128::from(micros) * 1_000).map_err(|_| PositionError)?;
        if mark < 0 || micros < 0 { Err(PositionError) } else { Ok(Self { mark, at }) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_position_is_read_as_it_was_given(mark in 0..i64::MAX, micros in 0..200_000_000_000_000_000_i64) {
            let at = OffsetDateTime::from_unix_timestamp_nanos(i128::from(micros) * 1_000).unwrap();
            let position = Position { mark, at };
            prop_assert_eq!(position.to_string().parse(), Ok(position));
        }

        #[test]
        fn no_text_is_a_fault_of_ours(text in any::<String>()) {
            let _ = text.parse::<Position>();
        }
    }

    #[test]
    fn what_is_none_is_refused() {
        let good = Position { mark: 7, at: OffsetDateTime::UNIX_EPOCH }.to_string();
        let encoded = |form: u8, mark: i64, micros: i64| {
            URL_SAFE_NO_PAD.encode([[form].as_slice(), &mark.to_be_bytes(), &micros.to_be_bytes()].concat())
        };
        assert_eq!(good, encoded(1, 7, 0));
        for bad in [
            String::new(),
            format!("{good}A"),
            good[1..].to_owned(),
            encoded(2, 7, 0),
            encoded(1, -1, 0),
            encoded(1, 7, -1),
            encoded(1, 7, i64::MAX),
            "A".repeat(1_000_000),
        ] {
            assert_eq!(bad.parse::<Position>(), Err(PositionError), "{:.40}", bad);
        }
    }
}
