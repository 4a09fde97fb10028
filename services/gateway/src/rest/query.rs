//! The query of a request. An empty value counts as absent, but for times.

use crate::json::Word;
use contracts::Violations;
use contracts::timestamps;
use contracts::values::Quantity;
use prost_types::Timestamp;
use std::fmt::Display;
use std::str::FromStr;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// No request has a tenth as many parameters, and each is compared with all before it.
const MAX: usize = 100;

/// Parameters some of which have been taken.
pub(crate) struct Query(Vec<(String, String)>);

impl Query {
    /// Notes names that come twice.
    pub(crate) fn new(pairs: Vec<(String, String)>, faults: &mut Violations) -> Self {
        let mut kept: Vec<(String, String)> = Vec::with_capacity(pairs.len().min(8));
        for (name, value) in pairs {
            if kept.iter().any(|(n, _)| *n == name) {
                faults.add(short(&name), "is given more than once");
            } else {
                kept.push((name, value));
            }
        }
        Self(kept)
    }

    /// A text, empty if absent.
    pub(crate) fn text(&mut self, name: &str) -> String {
        match self.0.iter().position(|(n, _)| n == name) {
            Some(i) => self.0.swap_remove(i).1,
            None => String::new(),
        }
    }

    /// A text that, if given, must be good for a `T`; the service reads it again.
    pub(crate) fn valid<T: FromStr<Err: Display>>(&mut self, name: &str, faults: &mut Violations) -> String {
        let text = self.text(name);
        faults.parse_optional::<T>(name, &text);
        text
    }

    /// One of an enum's words as its number on the wire, 0 if absent.
    pub(crate) fn word<E: Word>(&mut self, name: &str, faults: &mut Violations) -> i32 {
        let text = self.text(name);
        if text.is_empty() { 0 } else { faults.check(name, E::parse(&text)).unwrap_or_default() }
    }

    /// Words of an enum with commas between them, as their numbers on the wire.
    pub(crate) fn words<E: Word>(&mut self, name: &str, faults: &mut Violations) -> Vec<i32> {
        let text = self.text(name);
        if text.is_empty() {
            return Vec::new();
        }
        // The first that is none says enough.
        let numbers: Result<_, String> = text.split(',').map(E::parse).collect();
        faults.check(name, numbers).unwrap_or_default()
    }

    /// A time in RFC 3339. An empty one is at fault: whoever meant to bound a window must not get all there is.
    pub(crate) fn time(&mut self, name: &str, faults: &mut Violations) -> Option<Timestamp> {
        let i = self.0.iter().position(|(n, _)| n == name)?;
        let read = OffsetDateTime::parse(&self.0.swap_remove(i).1, &Rfc3339);
        let read = read.map_err(|_| "must be a time such as 2026-11-30T12:00:00Z; a plus sign is written %2B");
        faults.check(name, read).map(timestamps::to_wire)
    }

    /// A whole number.
    pub(crate) fn integer<T: FromStr + Copy>(&mut self, name: &str, faults: &mut Violations) -> Option<T> {
        let text = self.text(name);
        if text.is_empty() {
            return None;
        }
        let digits = text.strip_prefix('-').unwrap_or(&text);
        let whole = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
        let read = if whole { text.parse().map_err(|_| "is out of range") } else { Err("must be a whole number") };
        faults.check(name, read)
    }

    /// Pieces.
    pub(crate) fn required_quantity(&mut self, name: &str, faults: &mut Violations) -> i64 {
        if self.0.iter().all(|(n, value)| n != name || value.is_empty()) {
            self.0.retain(|(n, _)| n != name);
            faults.add(name, "is required");
            return 0;
        }
        let pieces = self.integer(name, faults);
        pieces.and_then(|n: i64| faults.check(name, Quantity::try_from(n))).map(Quantity::get).unwrap_or_default()
    }

    /// The size of a page, 0 if absent.
    pub(crate) fn page_size(&mut self, faults: &mut Violations) -> i32 {
        let size = self.integer::<i32>("page_size", faults);
        if size.is_some_and(|n| !(1..=1_000).contains(&n)) {
            faults.add("page_size", "must be between 1 and 1000");
        }
        size.unwrap_or_default()
    }

    /// Reports what was not taken.
    pub(crate) fn finish(self, faults: &mut Violations) {
        for (name, _) in self.0 {
            faults.add(short(&name), "is not a known query parameter");
        }
    }
}

/// What a parameter is called in a fault. One without a name can't be named; the query can.
fn short(name: &str) -> String {
    if name.is_empty() { "query".to_owned() } else { name.chars().take(100).collect() }
}

/// Splits a query into names and values.
pub(crate) fn pairs(query: &str, faults: &mut Violations) -> Vec<(String, String)> {
    let mut pairs = Vec::new();
    for (i, pair) in query.split('&').filter(|p| !p.is_empty()).enumerate() {
        if i == MAX {
            faults.add("query", format!("has more than {MAX} parameters"));
            break;
        }
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        match (decode(name), decode(value)) {
            (Some(name), Some(value)) => pairs.push((name, value)),
            (Some(name), None) => faults.add(short(&name), "is not valid UTF-8 in percent-encoding"),
            (None, _) => faults.add("query", "has a name that is not valid UTF-8 in percent-encoding"),
        }
    }
    pairs
}

/// Whether every `%` has its two digits.
pub(crate) fn is_encoded(text: &str) -> bool {
    text.split('%').skip(1).all(|rest| {
        let digits = rest.as_bytes().get(..2);
        digits.is_some_and(|d| d.iter().all(u8::is_ascii_hexdigit))
    })
}

fn decode(text: &str) -> Option<String> {
    if !is_encoded(text) {
        return None;
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => hex(rest.next()?)? << 4 | hex(rest.next()?)?,
            other => other,
        });
    }
    String::from_utf8(bytes).ok()
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|d| u8::try_from(d).ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use contracts::orders::OrderStatus;

    fn faults(query: &str, read: impl FnOnce(&mut Query, &mut Violations)) -> Vec<String> {
        let mut faults = Violations::new();
        let pairs = pairs(query, &mut faults);
        let mut query = Query::new(pairs, &mut faults);
        read(&mut query, &mut faults);
        query.finish(&mut faults);
        faults.iter().map(|v| format!("{} {}", v.field, v.description)).collect()
    }

    #[test]
    fn empty_values_are_absent() {
        let found = faults("status=&page_size=&customer_id=&&page_token", |query, faults| {
            assert_eq!(query.word::<OrderStatus>("status", faults), 0);
            assert_eq!(query.page_size(faults), 0);
            assert_eq!(query.text("customer_id"), "");
            assert_eq!(query.text("page_token"), "");
        });
        assert_eq!(found, [""; 0]);
    }

    #[test]
    fn unknown_repeated_and_broken_ones_are_named() {
        let found = faults("a=1&a=2&b=%zz&c=%ff&%=1&d=1", |query, _| {
            assert_eq!(query.text("a"), "1");
        });
        assert_eq!(found.len(), 5, "{found:?}");
        assert_eq!(found.last().unwrap(), "d is not a known query parameter");
        assert_eq!(faults("=1", |_, _| {}), ["query is not a known query parameter"]);
    }

    // Thousands fit into a request line, and took a second to be compared with each other.
    #[test]
    fn a_swarm_of_parameters_is_refused_at_once() {
        let swarm: Vec<String> = (0..10_000).map(|i| format!("{i:x}")).collect();
        let mut faults = Violations::new();
        assert_eq!(pairs(&swarm.join("&"), &mut faults).len(), MAX);
        assert_eq!(faults.iter().next().unwrap().field, "query");
    }

    #[test]
    fn values_are_decoded() {
        let mut faults = Violations::new();
        assert_eq!(pairs("n%61me=J%C3%BCrgen+X%2B", &mut faults), [("name".into(), "Jürgen X+".into())]);
        assert!(faults.is_empty());
    }

    #[test]
    fn lists_of_words_and_times_are_read() {
        let query = "s=APPROVED,CREATED&t=2026-11-30T12:00:00.5%2B07:00&none=";
        let found = faults(query, |query, faults| {
            assert_eq!(query.words::<OrderStatus>("s", faults), [4, 1]);
            assert_eq!(query.words::<OrderStatus>("none", faults), [0; 0]);
            let at = query.time("t", faults).unwrap();
            assert_eq!((at.seconds, at.nanos), (1_796_014_800, 500_000_000));
            assert_eq!(query.time("absent", faults), None);
        });
        assert_eq!(found, [""; 0]);
        for bad in ["APPROVED,", ",", "APPROVED,approved", "UNSPECIFIED"] {
            let found = faults(&format!("s={bad}"), |q, f| assert!(q.words::<OrderStatus>("s", f).is_empty()));
            assert!(found.len() == 1 && found[0].starts_with("s must be one of CREATED, "), "{bad}: {found:?}");
        }
        for bad in ["", "now", "2026-11-30", "2026-11-30T12:00:00", "2026-11-30T12:00:00+07:00"] {
            let found = faults(&format!("t={bad}"), |q, f| assert_eq!(q.time("t", f), None));
            assert!(found.len() == 1 && found[0].starts_with("t must be a time "), "{bad}: {found:?}");
        }
    }

    #[test]
    fn numbers_are_checked() {
        for (text, good) in [
            ("5", true),
            ("0", false),
            ("-1", false),
            ("1001", false),
            ("1.5", false),
            ("+5", false),
            ("99999999999", false),
        ] {
            let found = faults(&format!("page_size={}", text.replace('+', "%2B")), |q, f| {
                q.page_size(f);
            });
            assert_eq!(found.is_empty(), good, "{text}: {found:?}");
        }
    }
}
