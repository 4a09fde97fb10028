//! The header `grpc-timeout`: never longer than the bound, and passed on as it was understood.

use service::deadline::parse_timeout;
use std::time::Duration;

const BOUND: Duration = Duration::from_secs(3_600);
/// What is lost by writing a time in eight digits.
const ROUNDED: Duration = Duration::from_millis(1);

/// A header value.
pub(crate) fn target(data: &[u8]) {
    let asked = std::str::from_utf8(data).ok().and_then(parse_timeout);
    if let Some(asked) = asked {
        assert!((2..=9).contains(&data.len()));
        assert!(asked <= Duration::from_secs(99_999_999 * 3_600));
    }
    let Some((time, header)) = gateway::fuzzing::passed_on(data, BOUND) else { return };
    assert_eq!(time, asked.map_or(BOUND, |asked| asked.min(BOUND)));
    let Some(again) = parse_timeout(&header) else { panic!("{header} is passed on") };
    assert!(again <= time && time - again < ROUNDED, "{time:?} is passed on as {header}");
}
