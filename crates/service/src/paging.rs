//! Cursor paging by id. Our ids are in order of creation, so the last id of a
//! page says where the next one starts, whatever happened in between.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use contracts::Violations;
use sha2::{Digest as _, Sha256};

/// Size of a page when none is asked for.
pub const DEFAULT_SIZE: i32 = 50;
/// Largest page.
pub const MAX_SIZE: i32 = 1_000;
const MARK: usize = 8;

/// Which way a list runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Smallest key first.
    Ascending,
    /// Largest key first.
    Descending,
}

/// A page that was asked for.
#[derive(Clone, Debug)]
pub struct Page {
    /// Rows of this page at most.
    pub size: i64,
    /// Key of the row before the page.
    pub after: Option<String>,
    /// Which way.
    pub direction: Direction,
    mark: [u8; MARK],
}

impl Page {
    /// Reads the paging fields of a list request. `filters` is everything else the
    /// request holds; a token is only good for the same filters and order. `key` is
    /// the name of the ordering field, `default` its direction when none is given.
    pub fn parse(
        violations: &mut Violations,
        (size, token, order_by): (i32, &str, &str),
        (key, default): (&str, Direction),
        filters: &[&str],
    ) -> Option<Self> {
        if !(0..=MAX_SIZE).contains(&size) {
            violations.add("page_size", format!("must be between 1 and {MAX_SIZE}, or 0 for {DEFAULT_SIZE}"));
        }
        let words: Vec<&str> = order_by.split_whitespace().collect();
        let direction = match words.as_slice() {
            [] => Some(default),
            [k] if *k == key => Some(Direction::Ascending),
            [k, "asc"] if *k == key => Some(Direction::Ascending),
            [k, "desc"] if *k == key => Some(Direction::Descending),
            _ => {
                violations.add("order_by", format!("must be `{key}` or `{key} desc`"));
                None
            }
        }?;
        let mark = mark(direction, filters);
        let after = if token.is_empty() {
            None
        } else if let Some(after) = open(token, mark) {
            Some(after)
        } else {
            violations.add("page_token", "is not a token of this list with these filters");
            return None;
        };
        let size = i64::from(if size == 0 { DEFAULT_SIZE } else { size });
        Some(Self { size, after, direction, mark })
    }

    /// Cuts a result that was fetched with one row more than the page and returns
    /// the token of the next page, empty if there is none.
    pub fn cut<T>(&self, rows: &mut Vec<T>, key: impl Fn(&T) -> String) -> String {
        let size = usize::try_from(self.size).unwrap_or_default();
        if rows.len() <= size {
            return String::new();
        }
        rows.truncate(size);
        rows.last().map(|last| self.token(&key(last))).unwrap_or_default()
    }

    fn token(&self, key: &str) -> String {
        URL_SAFE_NO_PAD.encode([self.mark.as_slice(), key.as_bytes()].concat())
    }
}

fn mark(direction: Direction, filters: &[&str]) -> [u8; MARK] {
    let mut hash = Sha256::new();
    hash.update([u8::from(direction == Direction::Ascending)]);
    for filter in filters {
        hash.update(filter.len().to_le_bytes());
        hash.update(filter.as_bytes());
    }
    let mut mark = [0; MARK];
    mark.copy_from_slice(&hash.finalize()[..MARK]);
    mark
}

fn open(token: &str, mark: [u8; MARK]) -> Option<String> {
    let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
    let key = bytes.strip_prefix(mark.as_slice())?;
    String::from_utf8(key.to_vec()).ok().filter(|key| !key.is_empty() && !key.contains('\0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(size: i32, token: &str, order: &str, filters: &[&str]) -> Result<Page, Violations> {
        let mut v = Violations::new();
        let page = Page::parse(&mut v, (size, token, order), ("create_time", Direction::Descending), filters);
        v.finish(page)
    }

    #[test]
    fn a_token_is_bound_to_its_list() {
        let first = page(2, "", "", &["a", ""]).unwrap();
        let mut rows = vec!["k1".to_owned(), "k2".into(), "k3".into()];
        let token = first.cut(&mut rows, Clone::clone);
        assert_eq!(rows, ["k1", "k2"]);
        assert_eq!(page(2, &token, "", &["a", ""]).unwrap().after.as_deref(), Some("k2"));
        for (order, filters) in [("", ["", "a"]), ("create_time", ["a", ""])] {
            assert!(page(2, &token, order, &filters).is_err());
        }
        assert!(page(2, "%%%", "", &["a", ""]).is_err());
    }

    #[test]
    fn the_last_page_has_no_token() {
        let page = page(2, "", "create_time desc", &[]).unwrap();
        assert_eq!(page.cut(&mut vec![1, 2], ToString::to_string), "");
    }

    #[test]
    fn sizes_and_orders_are_checked() {
        assert!(page(-1, "", "", &[]).is_err());
        assert!(page(1_001, "", "", &[]).is_err());
        assert!(page(0, "", "price", &[]).is_err());
        assert_eq!(page(0, "", "", &[]).unwrap().size, 50);
    }
}
