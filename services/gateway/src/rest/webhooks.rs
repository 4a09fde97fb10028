//! `/webhooks`: what others tell us unasked.

use super::input::{self, Sender};
use super::{App, Result, State};
use crate::Error;
use axum::Router;
use axum::extract::{FromRequest, Request};
use axum::routing::post;
use bytes::Bytes;
use contracts::Violations;
use contracts::payments as wire;
use http::{HeaderMap, StatusCode};
use serde::Serialize;
use std::sync::Arc;
use tonic::metadata::{Ascii, MetadataValue};
use utoipa::{OpenApi, ToSchema};

/// Where Stripe puts its signature.
const SIGNATURE: &str = "stripe-signature";
/// How the header is written in errors and in the document.
const SIGNATURE_NAME: &str = "Stripe-Signature";

/// The part of the document about webhooks.
#[derive(OpenApi)]
#[openapi(paths(stripe))]
pub(crate) struct WebhooksApi;

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new().route("/webhooks/stripe", post(stripe))
}

/// An event was taken.
#[derive(Serialize, ToSchema)]
pub(crate) struct Received {
    /// Always true. Events that mean nothing here are taken too.
    received: bool,
}

/// Take an event from Stripe
///
/// The payment it names is looked at again soon; nothing else in the event is believed. The signature is checked by
/// the payments service, over the body as it came, so it goes on byte for byte.
#[utoipa::path(post, path = "/webhooks/stripe", tag = "webhooks", operation_id = "stripe_webhook",
    params(("Stripe-Signature" = String, Header, description = "`t=…,v1=…`: when and by whom the body was signed")),
    request_body(content = Object, description = "A Stripe event"),
    responses((status = 200, description = "Taken", body = Received)))]
async fn stripe(axum::extract::State(app): State, input: RawInput) -> Result<Received> {
    let Some(signature) = input.header(SIGNATURE) else {
        let mut faults = Violations::new();
        faults.add(SIGNATURE_NAME, "is required, once");
        return Err(faults.into());
    };
    let (payload, trace) = (input.body.to_vec(), input.trace);
    let sender = Sender::new("payments", trace);
    let message = wire::HandleProviderEventRequest { payload, signature };
    let mut client = app.upstreams.own_payment_client();
    let answer = sender.send(app.deadline, message, |m| client.handle_provider_event(m)).await?;
    answer.reply(StatusCode::OK, |_| Ok(Received { received: true }))
}

/// A request whose body is passed on as it is.
struct RawInput {
    /// Not looked at.
    body: Bytes,
    /// The caller's trace context.
    trace: Vec<(&'static str, MetadataValue<Ascii>)>,
    headers: HeaderMap,
}

impl RawInput {
    /// The value of a header; `None` if there is none, or more than one.
    fn header(&self, name: &str) -> Option<String> {
        let mut values = self.headers.get_all(name).iter();
        match (values.next(), values.next()) {
            (Some(value), None) => Some(String::from_utf8_lossy(value.as_bytes()).into_owned()),
            _ => None,
        }
    }
}

impl FromRequest<Arc<App>> for RawInput {
    type Rejection = Error;

    async fn from_request(request: Request, app: &Arc<App>) -> std::result::Result<Self, Error> {
        let (parts, body) = request.into_parts();
        let body = input::read(&parts.headers, body, app).await?;
        Ok(Self { body, trace: input::trace(&parts.headers), headers: parts.headers })
    }
}
