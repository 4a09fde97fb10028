//! How long a forwarded call may take: the caller's `grpc-timeout`, bounded.

use http::{HeaderMap, HeaderValue};
use service::deadline::parse_timeout;
use std::time::Duration;

const HEADER: &str = "grpc-timeout";
/// The value has at most 8 digits.
const MAX_DIGITS: u128 = 99_999_999;

/// The caller's deadline or the bound, whichever is shorter.
pub(crate) fn of(headers: &HeaderMap, bound: Duration) -> Duration {
    headers.get(HEADER).and_then(|v| parse_timeout(v.to_str().ok()?)).map_or(bound, |asked| asked.min(bound))
}

/// Passes a deadline on.
pub(crate) fn set(headers: &mut HeaderMap, deadline: Duration) {
    if let Ok(value) = HeaderValue::from_str(&format(deadline)) {
        headers.insert(HEADER, value);
    }
}

fn format(deadline: Duration) -> String {
    if deadline.as_micros() <= MAX_DIGITS {
        format!("{}u", deadline.as_micros())
    } else if deadline.as_millis() <= MAX_DIGITS {
        format!("{}m", deadline.as_millis())
    } else {
        format!("{}S", u128::from(deadline.as_secs()).min(MAX_DIGITS))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(value: &'static str) -> Duration {
        let mut headers = HeaderMap::new();
        headers.insert(HEADER, HeaderValue::from_static(value));
        of(&headers, Duration::from_secs(10))
    }

    #[test]
    fn the_shorter_deadline_counts() {
        assert_eq!(asked("250m"), Duration::from_millis(250));
        assert_eq!(asked("1M"), Duration::from_secs(10));
        assert_eq!(of(&HeaderMap::new(), Duration::from_secs(10)), Duration::from_secs(10));
        assert_eq!(asked("5x"), Duration::from_secs(10));
    }

    #[test]
    fn what_is_sent_on_can_be_read_back() {
        for seconds in [1, 10, 3_600, 1_000_000] {
            assert_eq!(parse_timeout(&format(Duration::from_secs(seconds))), Some(Duration::from_secs(seconds)));
        }
    }
}
