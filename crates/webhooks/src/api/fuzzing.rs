//! What only the fuzz targets of `crates/hostile` reach: a message from the wire, up to where it would take effect.

use super::{Error, requests};
use crate::Kind;
use contracts::common::*;
use prost::Message;
use tonic::Status;

/// The methods whose messages are looked at.
pub const METHODS: [&str; 5] = [
    "CreateWebhookEndpoint",
    "EnableWebhookEndpoint",
    "RotateWebhookSecret",
    "ListWebhookDeliveries",
    "ReplayWebhookDeliveries",
];

static KINDS: [Kind; 2] = [Kind { stored: "ONE", told: "one" }, Kind { stored: "OTHER", told: "other" }];

/// How such a call is refused before anything is looked up; `None`: it is not, or the message can't be read.
#[must_use]
pub fn refusal(method: &str, message: &[u8]) -> Option<Status> {
    let read = match method {
        "CreateWebhookEndpoint" => {
            let mut request = CreateWebhookEndpointRequest::decode(message).ok()?;
            let key = requests::take_key(&mut request.request_id);
            key.and_then(|_| requests::create(&request, &KINDS)).map(drop)
        }
        "EnableWebhookEndpoint" => {
            requests::endpoint_id(&EnableWebhookEndpointRequest::decode(message).ok()?.endpoint_id).map(drop)
        }
        "RotateWebhookSecret" => {
            let mut request = RotateWebhookSecretRequest::decode(message).ok()?;
            let key = requests::take_key(&mut request.request_id);
            key.and_then(|_| requests::endpoint_id(&request.endpoint_id)).map(drop)
        }
        "ListWebhookDeliveries" => {
            requests::list_deliveries(&ListWebhookDeliveriesRequest::decode(message).ok()?).map(drop)
        }
        "ReplayWebhookDeliveries" => requests::replay(&ReplayWebhookDeliveriesRequest::decode(message).ok()?).map(drop),
        _ => return None,
    };
    read.err().map(Error::from).map(Status::from)
}
