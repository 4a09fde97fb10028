//! Page tokens: good for the list they were made for, and for no other.

use contracts::Violations;
use service::paging::{Direction, MAX_SIZE, Page};

const KEY: (&str, Direction) = ("create_time", Direction::Descending);

/// A size, then a token, an order and a filter on lines of their own.
pub(crate) fn target(data: &[u8]) {
    let Some((size, rest)) = data.split_first_chunk() else { return };
    let Ok(text) = std::str::from_utf8(rest) else { return };
    let mut lines = text.splitn(3, '\n');
    let (token, order) = (lines.next().unwrap_or_default(), lines.next().unwrap_or_default());
    let filter = lines.next().unwrap_or_default();
    let size = i32::from(i16::from_le_bytes(*size));
    if let Some(page) = parse(size, token, order, filter) {
        assert!((1..=i64::from(MAX_SIZE)).contains(&page.size), "{size}");
        assert_eq!(page.after.is_none(), token.is_empty());
        if let Some(after) = &page.after {
            assert!(!after.is_empty() && !after.contains('\0'));
            assert_eq!(next(&page, after), token, "a token has two spellings");
        }
    }
    // The token as a key: what we make must be taken back.
    let Some(first) = parse(1, "", order, filter) else { return };
    let made = next(&first, token);
    let again = parse(1, &made, order, filter);
    let good = !token.is_empty() && !token.contains('\0');
    assert_eq!(again.and_then(|page| page.after), good.then(|| token.to_owned()));
    assert!(!good || parse(1, &made, order, &format!("{filter}x")).is_none(), "good for another filter");
}

fn parse(size: i32, token: &str, order: &str, filter: &str) -> Option<Page> {
    let mut faults = Violations::new();
    let page = Page::parse(&mut faults, (size, token, order), KEY, &[filter]);
    match faults.finish(page) {
        Ok(page) => Some(page),
        Err(faults) => {
            let known = ["page_size", "page_token", "order_by"];
            assert!(faults.iter().all(|fault| known.contains(&fault.field.as_str())), "{faults:?}");
            None
        }
    }
}

/// The token of the page after a row with this key.
fn next(page: &Page, key: &str) -> String {
    let size = usize::try_from(page.size).unwrap_or_default();
    page.cut(&mut vec![key; size + 1], |key| (*key).to_owned())
}
