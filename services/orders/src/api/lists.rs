//! What a request for a list, or for what changes in one, must look like.

use super::requests::view;
use crate::domain::Status;
use crate::store::{Filter, Search};
use contracts::Violations;
use contracts::ids::{CustomerId, OrderId};
use contracts::orders as proto;
use contracts::timestamps;
use proto::OrderView;
use service::Error;
use service::feed::Position;
use service::paging::{Direction, Page};
use time::OffsetDateTime;

/// The longest text to search for, in characters.
const MAX_SEARCH: usize = 128;

/// A list request.
pub(super) struct ListOrders {
    pub(super) filter: Filter,
    pub(super) page: Page,
    pub(super) after: Option<OrderId>,
    pub(super) view: OrderView,
}

pub(super) fn list_orders(request: &proto::ListOrdersRequest) -> Result<ListOrders, Error> {
    let mut v = Violations::new();
    let status = match proto::OrderStatus::try_from(request.status) {
        Ok(status) => Some(from_wire(status)),
        Err(_) => {
            v.add("status", "is not a known status");
            None
        }
    };
    let statuses = statuses(&mut v, &request.statuses, status.flatten());
    let customer = v.parse_optional("customer_id", &request.customer_id);
    let from = time(&mut v, "create_time_from", request.create_time_from.as_ref());
    let until = time(&mut v, "create_time_until", request.create_time_until.as_ref());
    let search = search(&mut v, &request.search);
    let view = view(&mut v, request.view);
    let page = Page::parse(
        &mut v,
        (request.page_size, &request.page_token, &request.order_by),
        ("create_time", Direction::Descending),
        &bound(request).iter().map(String::as_str).collect::<Vec<_>>(),
    );
    let after = page.as_ref().and_then(|page| match &page.after {
        Some(key) => v.parse("page_token", key).map(Some),
        None => Some(None),
    });
    let list = (|| {
        let filter = Filter { statuses: statuses?, customer: customer?, from: from?, until: until?, search: search? };
        status?;
        Some(ListOrders { filter, page: page?, after: after?, view: view? })
    })();
    Ok(v.finish(list)?)
}

/// What a page token is bound to. Those that are given to no other filter than the first two stay good.
fn bound(request: &proto::ListOrdersRequest) -> Vec<String> {
    let mut filters = vec![request.status.to_string(), request.customer_id.clone()];
    let time =
        |at: Option<&prost_types::Timestamp>| at.map(|at| format!("{}.{}", at.seconds, at.nanos)).unwrap_or_default();
    let more = [
        request.statuses.iter().map(|status| format!("{status} ")).collect(),
        time(request.create_time_from.as_ref()),
        time(request.create_time_until.as_ref()),
        request.search.clone(),
    ];
    if more.iter().any(|filter| !filter.is_empty()) {
        filters.extend(more);
    }
    filters
}

/// A request for what changes.
pub(super) struct WatchOrders {
    /// None: all.
    pub(super) statuses: Vec<Status>,
    pub(super) customer: Option<CustomerId>,
    pub(super) after: Option<Position>,
}

pub(super) fn watch_orders(request: &proto::WatchOrdersRequest) -> Result<WatchOrders, Error> {
    let mut v = Violations::new();
    let statuses = statuses(&mut v, &request.statuses, None);
    let customer = v.parse_optional("customer_id", &request.customer_id);
    let after = v.parse_optional("after_position", &request.after_position);
    Ok(v.finish((|| Some(WatchOrders { statuses: statuses?, customer: customer?, after: after? }))())?)
}

/// These statuses and one more, each once.
fn statuses(v: &mut Violations, wire: &[i32], one: Option<Status>) -> Option<Vec<Status>> {
    let mut found: Vec<Status> = one.into_iter().collect();
    let mut known = true;
    for (i, number) in wire.iter().enumerate() {
        match proto::OrderStatus::try_from(*number).ok().and_then(from_wire) {
            Some(status) if found.contains(&status) => {}
            Some(status) => found.push(status),
            None => {
                v.add(format!("statuses[{i}]"), "is not a known status");
                known = false;
            }
        }
    }
    known.then_some(found)
}

fn time(v: &mut Violations, field: &str, wire: Option<&prost_types::Timestamp>) -> Option<Option<OffsetDateTime>> {
    let Some(wire) = wire else { return Some(None) };
    let at = timestamps::from_wire(wire);
    if at.is_none() {
        v.add(field, "must be a time in the years 1 to 9999");
    }
    at.map(Some)
}

fn search(v: &mut Violations, text: &str) -> Option<Option<Search>> {
    if text.is_empty() {
        return Some(None);
    }
    if text.chars().nth(MAX_SEARCH).is_some() || text.chars().any(char::is_control) {
        v.add("search", format!("must have at most {MAX_SEARCH} characters and no control characters"));
        return None;
    }
    Some(Some(Search::new(text.to_owned())))
}

fn from_wire(status: proto::OrderStatus) -> Option<Status> {
    Some(match status {
        proto::OrderStatus::Unspecified => return None,
        proto::OrderStatus::Created => Status::Created,
        proto::OrderStatus::ValidationPending => Status::ValidationPending,
        proto::OrderStatus::PendingApproval => Status::PendingApproval,
        proto::OrderStatus::Approved => Status::Approved,
        proto::OrderStatus::PaymentPending => Status::PaymentPending,
        proto::OrderStatus::PaymentCompleted => Status::PaymentCompleted,
        proto::OrderStatus::Processing => Status::Processing,
        proto::OrderStatus::Shipped => Status::Shipped,
        proto::OrderStatus::Delivered => Status::Delivered,
        proto::OrderStatus::ValidationFailed => Status::ValidationFailed,
        proto::OrderStatus::AutoRejected => Status::AutoRejected,
        proto::OrderStatus::Rejected => Status::Rejected,
        proto::OrderStatus::Cancelled => Status::Cancelled,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use strum::VariantArray as _;

    fn faults(request: &proto::ListOrdersRequest) -> Vec<String> {
        match list_orders(request) {
            Ok(_) => Vec::new(),
            Err(Error::Invalid(violations)) => violations.iter().map(|v| v.field.clone()).collect(),
            Err(other) => panic!("{other}"),
        }
    }

    #[test]
    fn every_filter_at_fault_is_named() {
        let request = proto::ListOrdersRequest {
            status: 99,
            statuses: vec![3, 0, 99],
            customer_id: "a\n".into(),
            create_time_from: Some(prost_types::Timestamp { seconds: 0, nanos: -1 }),
            create_time_until: Some(prost_types::Timestamp { seconds: i64::MAX, nanos: 0 }),
            search: "x".repeat(129),
            page_token: "none".into(),
            ..Default::default()
        };
        let expected = [
            "status",
            "statuses[1]",
            "statuses[2]",
            "customer_id",
            "create_time_from",
            "create_time_until",
            "search",
            "page_token",
        ];
        assert_eq!(faults(&request), expected);
        for text in ["a\0", "a\u{7f}"] {
            assert_eq!(faults(&proto::ListOrdersRequest { search: text.into(), ..Default::default() }), ["search"]);
        }
    }

    #[test]
    fn a_status_counts_once_however_it_is_asked_for() {
        let request = proto::ListOrdersRequest { status: 4, statuses: vec![3, 4, 3], ..Default::default() };
        let list = list_orders(&request).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(list.filter.statuses, [Status::Approved, Status::PendingApproval]);
    }

    #[test]
    fn a_token_is_bound_to_each_filter() {
        let plain = proto::ListOrdersRequest { customer_id: "C".into(), ..Default::default() };
        // As they were before there were more filters.
        assert_eq!(bound(&plain), ["0", "C"]);
        let at = Some(prost_types::Timestamp { seconds: 5, nanos: 0 });
        let others = [
            proto::ListOrdersRequest { statuses: vec![3], ..plain.clone() },
            proto::ListOrdersRequest { statuses: vec![3, 4], ..plain.clone() },
            proto::ListOrdersRequest { create_time_from: at, ..plain.clone() },
            proto::ListOrdersRequest { create_time_until: at, ..plain.clone() },
            proto::ListOrdersRequest { search: "C".into(), ..plain.clone() },
            plain,
        ];
        let bounds: std::collections::HashSet<_> = others.iter().map(bound).collect();
        assert_eq!(bounds.len(), others.len());
    }

    #[test]
    fn a_position_must_be_one() {
        let request =
            proto::WatchOrdersRequest { after_position: "x".into(), statuses: vec![77], ..Default::default() };
        let Err(Error::Invalid(violations)) = watch_orders(&request) else { panic!("accepted") };
        let fields: Vec<_> = violations.iter().map(|v| v.field.as_str()).collect();
        assert_eq!(fields, ["statuses[0]", "after_position"]);
    }

    #[test]
    fn every_status_can_be_asked_for() {
        let numbers: Vec<i32> = (1..).take_while(|n| proto::OrderStatus::try_from(*n).is_ok()).collect();
        assert_eq!(statuses(&mut Violations::new(), &numbers, None).unwrap(), Status::VARIANTS);
    }
}
