//! What changes in lists of orders.

use super::lists::WatchOrders;
use super::replies;
use crate::store::{Changes, Listed};
use contracts::orders as proto;
use service::Error;
use service::feed::{Feed, Message};
use service::watch::EventStream;
use std::time::Duration;

/// Streams what changes in this list.
pub(super) async fn watch(
    feed: &Feed<Changes>,
    WatchOrders { statuses, customer, after }: WatchOrders,
    lifetime: Duration,
) -> Result<EventStream<proto::WatchOrdersResponse>, Error> {
    let select = move |listed: &Listed, past: bool| {
        // Whoever resumes may have been sent it in any status.
        let asked_for = past || statuses.is_empty() || listed.statuses.iter().any(|status| statuses.contains(status));
        let theirs = customer.is_none() || listed.order.customer.known() == customer.as_ref();
        (asked_for && theirs).then(|| replies::order(&listed.order))
    };
    let message = |Message { item, position, again }| proto::WatchOrdersResponse {
        order: item,
        position: position.to_string(),
        list_again: again,
    };
    feed.watch(after, lifetime, select, message).await
}
