//! What a request must look like, one function per message. Each reports every field at fault.

use crate::Kind;
use crate::store::{DeliveryState, Endpoint, EndpointState, Replay};
use crate::target::Target;
use contracts::Violations;
use contracts::common::*;
use contracts::ids::EndpointId;
use contracts::timestamps;
use contracts::values::{Note, RequestId};
use service::Error;
use service::paging::{Direction, Page};
use time::OffsetDateTime;

/// Deliveries that can be named in one replay.
const MAX_REPLAYED: usize = 1_000;

/// Takes the idempotency key out of a request, so that what remains can be compared.
pub(super) fn take_key(field: &mut String) -> Result<Option<RequestId>, Error> {
    let text = std::mem::take(field);
    let mut v = Violations::new();
    let key = v.parse_optional("request_id", &text);
    Ok(v.finish(key)?)
}

pub(super) fn create(
    request: &CreateWebhookEndpointRequest,
    kinds: &'static [Kind],
) -> Result<(Endpoint, Target), Error> {
    let mut v = Violations::new();
    let target: Option<Target> = v.parse("url", &request.url);
    let description: Option<Note> = v.parse("description", &request.description);
    let mut stored = Vec::with_capacity(request.event_types.len());
    for (i, told) in request.event_types.iter().enumerate() {
        match kinds.iter().find(|kind| kind.told == told) {
            Some(kind) if stored.iter().any(|s| s == kind.stored) => {
                v.add(format!("event_types[{i}]"), "is there twice");
            }
            Some(kind) => stored.push(kind.stored.to_owned()),
            None => {
                let known: Vec<&str> = kinds.iter().map(|kind| kind.told).collect();
                v.add(format!("event_types[{i}]"), format!("must be one of {}", known.join(", ")));
            }
        }
    }
    let both = target.zip(description).map(|(target, description)| {
        let endpoint = Endpoint {
            id: EndpointId::new(),
            url: target.to_string(),
            kinds: stored,
            description: description.as_str().to_owned(),
            state: EndpointState::Enabled,
            created_at: OffsetDateTime::now_utc(),
        };
        (endpoint, target)
    });
    Ok(v.finish(both)?)
}

pub(super) fn endpoint_id(text: &str) -> Result<EndpointId, Error> {
    let mut v = Violations::new();
    let id = v.parse("endpoint_id", text);
    Ok(v.finish(id)?)
}

/// What a list asks for.
pub(super) struct ListDeliveries {
    pub(super) endpoint: EndpointId,
    pub(super) state: Option<DeliveryState>,
    pub(super) page: Page,
    pub(super) before: Option<i64>,
}

pub(super) fn list_deliveries(request: &ListWebhookDeliveriesRequest) -> Result<ListDeliveries, Error> {
    let mut v = Violations::new();
    let endpoint = v.parse("endpoint_id", &request.endpoint_id);
    let state = match WebhookDeliveryState::try_from(request.state) {
        Ok(WebhookDeliveryState::Unspecified) => Some(None),
        Ok(WebhookDeliveryState::Pending) => Some(Some(DeliveryState::Pending)),
        Ok(WebhookDeliveryState::Delivered) => Some(Some(DeliveryState::Delivered)),
        Ok(WebhookDeliveryState::Failed) => Some(Some(DeliveryState::Failed)),
        Err(_) => {
            v.add("state", "is not a known state");
            None
        }
    };
    let filters = [request.endpoint_id.as_str(), &request.state.to_string()];
    let list = (request.page_size, request.page_token.as_str(), "");
    let page = Page::parse(&mut v, list, ("create_time", Direction::Descending), &filters);
    let before = match page.as_ref().and_then(|page| page.after.as_deref()).map(str::parse) {
        None => None,
        Some(Ok(before)) => Some(before),
        Some(Err(_)) => {
            v.add("page_token", "is not a token of this list with these filters");
            None
        }
    };
    let list = (|| Some(ListDeliveries { endpoint: endpoint?, state: state?, page: page?, before }))();
    Ok(v.finish(list)?)
}

pub(super) fn replay(request: &ReplayWebhookDeliveriesRequest) -> Result<(EndpointId, Replay), Error> {
    let mut v = Violations::new();
    let endpoint = v.parse("endpoint_id", &request.endpoint_id);
    if request.delivery_ids.len() > MAX_REPLAYED {
        v.add("delivery_ids", format!("must have at most {MAX_REPLAYED} entries"));
    }
    let ids = request.delivery_ids.iter().take(MAX_REPLAYED).enumerate();
    let ids: Vec<_> = ids.filter_map(|(i, id)| v.check(format!("delivery_ids[{i}]"), id.parse())).collect();
    let since = request.failed_since.as_ref().map(timestamps::from_wire);
    let which = match (request.delivery_ids.is_empty(), since) {
        (false, None) => Some(Replay::These(ids)),
        (true, Some(Some(since))) => Some(Replay::FailedSince(since)),
        (true, Some(None)) => {
            v.add("failed_since", "is out of range");
            None
        }
        _ => {
            v.add("delivery_ids", "must be given, or failed_since, not both");
            None
        }
    };
    Ok(v.finish(endpoint.zip(which))?)
}
