//! Lists of orders, filtered and in pages.
//!
//! Each page is read by an index in the order of the ids, whatever the filter: of several statuses, or several things that
//! a text may be, each gives its own first rows, and those are put together.

use super::row::{StoredOrder, order_columns};
use crate::domain::{Order, Status};
use crate::personal::Personal;
use contracts::ids::{CustomerId, OrderId, smallest_at};
use service::Error;
use service::paging::{Direction, Page};
use sqlx::{PgPool, Postgres, QueryBuilder};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

/// An id is made when the request comes, the row's time when its transaction begins, by another clock: they are not further
/// apart.
const APART: Duration = Duration::seconds(30);

/// Which orders a list shows.
#[derive(Debug, Default)]
pub struct Filter {
    /// Only in one of these statuses, each once. None: in any.
    pub statuses: Vec<Status>,
    /// Only of this customer.
    pub customer: Option<CustomerId>,
    /// Only made then or later.
    pub from: Option<OffsetDateTime>,
    /// Only made before.
    pub until: Option<OffsetDateTime>,
    /// Only with this.
    pub search: Option<Search>,
}

/// What somebody looks for.
#[derive(Debug)]
pub struct Search {
    text: String,
    /// The first and the last id that begins with it.
    ids: Option<(Uuid, Uuid)>,
}

impl Search {
    /// So many digits of an id are needed.
    const DIGITS: std::ops::RangeInclusive<usize> = 4..=32;

    /// For a text, which may be the beginning of an order's id, a customer, or the number of a parcel.
    #[must_use]
    pub fn new(text: String) -> Self {
        let digits = text.strip_prefix(OrderId::PREFIX).unwrap_or(&text);
        let hexadecimal = Self::DIGITS.contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_hexdigit());
        let end = |fill: char| {
            let padded: String = digits.chars().chain(std::iter::repeat(fill)).take(*Self::DIGITS.end()).collect();
            Uuid::try_parse(&padded).ok()
        };
        let ids = if hexadecimal { end('0').zip(end('f')) } else { None };
        Self { text, ids }
    }

    fn meanings(&self) -> Vec<Meaning<'_>> {
        let ids = self.ids.map(|(first, last)| Meaning::Ids(first, last));
        let customer = self.text.parse().ok().map(Meaning::Customer);
        ids.into_iter().chain(customer).chain([Meaning::Number(&self.text)]).collect()
    }
}

/// What a text may be.
enum Meaning<'a> {
    Ids(Uuid, Uuid),
    Customer(CustomerId),
    Number(&'a str),
}

/// One page, and one order more if there is another page.
///
/// # Errors
/// The database's.
pub async fn list(
    pool: &PgPool,
    personal: &Personal,
    filter: &Filter,
    page: &Page,
    after: Option<OrderId>,
) -> Result<Vec<Order>, Error> {
    let mut list = List { query: QueryBuilder::new("-- read.list\n"), personal, filter, page };
    let ids = ids(filter, page.direction, after);
    match &filter.search {
        None => list.part(ids, None),
        Some(search) => {
            for (i, meaning) in search.meanings().iter().enumerate() {
                list.query.push(if i == 0 { "SELECT f.* FROM ((" } else { " UNION (" });
                list.part(ids, Some(meaning));
                list.query.push(")");
            }
            list.query.push(") AS f");
            list.cut("");
        }
    }
    let rows: Vec<StoredOrder> = list.query.build_query_as().fetch_all(pool).await?;
    rows.into_iter().map(TryInto::try_into).collect()
}

/// The first and the last id that may be on the page.
type Ids = (Uuid, Uuid);

fn ids(filter: &Filter, direction: Direction, after: Option<OrderId>) -> Ids {
    let first = filter.from.map_or(Uuid::nil(), |from| smallest_at(from.saturating_sub(APART)));
    let last = filter.until.map_or(Uuid::max(), |until| smallest_at(until.saturating_add(APART)));
    match (after.map(|after| after.uuid().as_u128()), direction) {
        (None, _) => (first, last),
        (Some(after), Direction::Descending) => (first, last.min(Uuid::from_u128(after.saturating_sub(1)))),
        (Some(after), Direction::Ascending) => (first.max(Uuid::from_u128(after.saturating_add(1))), last),
    }
}

/// A statement in the making.
struct List<'a> {
    query: QueryBuilder<Postgres>,
    personal: &'a Personal,
    filter: &'a Filter,
    page: &'a Page,
}

impl List<'_> {
    /// The page of those that the text means.
    fn part(&mut self, mut ids: Ids, meaning: Option<&Meaning<'_>>) {
        let statuses: Vec<&str> = self.filter.statuses.iter().map(Into::into).collect();
        if let Some(Meaning::Ids(first, last)) = meaning {
            ids = (ids.0.max(*first), ids.1.min(*last));
        }
        let few = self.filter.customer.is_some() || matches!(meaning, Some(Meaning::Customer(_) | Meaning::Number(_)));
        if few || statuses.is_empty() {
            self.query.push(concat!("SELECT ", order_columns!(), " FROM orders WHERE id >= ")).push_bind(ids.0);
            self.query.push(" AND id <= ").push_bind(ids.1);
            if !statuses.is_empty() {
                self.query.push(" AND status = ANY(").push_bind(statuses).push(")");
            }
            self.rest(meaning);
            return self.cut("");
        }
        // Compared as pairs, which only the index of both can find in this order. Of `status = s.wanted` the planner does
        // not know how rare it is, and would rather look for it in the order of the ids, through all orders if need be.
        self.query.push("SELECT p.* FROM unnest(").push_bind(statuses);
        self.query.push(concat!("::text[]) AS s (wanted), LATERAL (SELECT ", order_columns!(), " FROM orders"));
        self.query.push(" WHERE (status, id) >= (s.wanted, ").push_bind(ids.0);
        self.query.push(") AND (status, id) <= (s.wanted, ").push_bind(ids.1).push(")");
        self.rest(meaning);
        self.cut("status");
        self.query.push(") AS p");
        self.cut("");
    }

    /// What the ids and the status do not say.
    fn rest(&mut self, meaning: Option<&Meaning<'_>>) {
        let Filter { customer, from, until, .. } = self.filter;
        if let Some(customer) = customer {
            self.of(customer);
        }
        if let Some(from) = *from {
            self.query.push(" AND created_at >= ").push_bind(from);
        }
        if let Some(until) = *until {
            self.query.push(" AND created_at < ").push_bind(until);
        }
        match meaning {
            None | Some(Meaning::Ids(..)) => {}
            Some(Meaning::Customer(customer)) => self.of(customer),
            Some(Meaning::Number(number)) => {
                let stored = self.personal.number(number).into_iter().chain([(*number).to_owned()]);
                self.query
                    .push(" AND id = ANY(ARRAY(SELECT order_id FROM parcels WHERE coalesce(tracking_pseudonym, tracking_number) = ANY(")
                    .push_bind(stored.collect::<Vec<String>>())
                    .push(")))");
            }
        }
    }

    fn of(&mut self, customer: &CustomerId) {
        let pseudonym = self.personal.pseudonym(customer);
        if pseudonym == customer.as_str() {
            self.query.push(" AND customer_id = ").push_bind(pseudonym);
        } else {
            // Orders that are older than the keys have the id itself.
            let either = vec![pseudonym.clone(), customer.to_string()];
            self.query.push(" AND customer_id = ANY(").push_bind(either);
            self.query.push(") AND (customer_sealed IS NULL OR customer_id = ").push_bind(pseudonym).push(")");
        }
    }

    /// In the order of the ids, and of a column before that is always the same.
    fn cut(&mut self, before: &str) {
        self.query.push(" ORDER BY ");
        let direction = if self.page.direction == Direction::Descending { " DESC" } else { "" };
        if !before.is_empty() {
            self.query.push(before).push(direction).push(", ");
        }
        self.query.push("id").push(direction).push(" LIMIT ").push_bind(self.page.size + 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_may_be_the_beginning_of_an_id() {
        let ids =
            |text: &str| Search::new(text.to_owned()).ids.map(|(first, last)| (first.to_string(), last.to_string()));
        let range = |first: &str, last: &str| Some((first.to_owned(), last.to_owned()));
        let found = range("0199a000-0000-0000-0000-000000000000", "0199afff-ffff-ffff-ffff-ffffffffffff");
        assert_eq!(ids("0199a"), found);
        assert_eq!(ids("ord_0199A"), found);
        let whole = "0199a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b";
        assert_eq!(ids(&whole.replace('-', "")), range(whole, whole));
        for text in ["", "ord_", "019", "CUST", "0199x", "ord_ord_0199", "é199", &"0".repeat(33)] {
            assert_eq!(ids(text), None, "{text}");
        }
    }
}
