//! What is stored, as it is answered.

use crate::store::{Delivery, DeliveryState, Endpoint, EndpointState};
use crate::{Kind, told};
use contracts::common::{WebhookDelivery, WebhookDeliveryState, WebhookEndpoint, WebhookEndpointState};
use contracts::ids::EndpointId;
use contracts::timestamps::to_wire;

pub(super) fn endpoint(endpoint: &Endpoint, kinds: &'static [Kind]) -> WebhookEndpoint {
    let state = match endpoint.state {
        EndpointState::Enabled => WebhookEndpointState::Enabled,
        EndpointState::Disabled => WebhookEndpointState::Disabled,
        EndpointState::Gone => WebhookEndpointState::Gone,
    };
    WebhookEndpoint {
        endpoint_id: endpoint.id.to_string(),
        url: endpoint.url.clone(),
        event_types: endpoint.kinds.iter().map(|kind| told(kinds, kind).to_owned()).collect(),
        description: endpoint.description.clone(),
        state: state.into(),
        create_time: Some(to_wire(endpoint.created_at)),
    }
}

pub(super) fn delivery(delivery: &Delivery, endpoint: EndpointId, kinds: &'static [Kind]) -> WebhookDelivery {
    let state = match delivery.state {
        DeliveryState::Pending => WebhookDeliveryState::Pending,
        DeliveryState::Delivered => WebhookDeliveryState::Delivered,
        DeliveryState::Failed => WebhookDeliveryState::Failed,
    };
    let pending = delivery.state == DeliveryState::Pending;
    WebhookDelivery {
        delivery_id: delivery.message_id.to_string(),
        endpoint_id: endpoint.to_string(),
        event_type: told(kinds, &delivery.kind).to_owned(),
        state: state.into(),
        attempts: delivery.attempts,
        last_result: delivery.last_result.clone(),
        next_attempt_time: pending.then(|| to_wire(delivery.next_attempt_at)),
        create_time: Some(to_wire(delivery.created_at)),
        end_time: delivery.ended_at.map(to_wire),
    }
}
