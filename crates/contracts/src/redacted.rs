//! `Debug` for the messages that carry a provider token, a signing key or a customer's id, without it.

use crate::common::{CreateWebhookEndpointResponse, RotateWebhookSecretResponse};
use crate::orders::{CreateOrderRequest, EraseCustomerRequest};
use crate::payments::CreatePaymentRequest;
use std::fmt;

fn hidden(token: &str) -> &'static str {
    if token.is_empty() { "" } else { "[redacted]" }
}

impl fmt::Debug for CreateOrderRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CreateOrderRequest")
            .field("request_id", &self.request_id)
            .field("customer_id", &hidden(&self.customer_id))
            .field("items", &self.items.len())
            .field("total_amount", &self.total_amount)
            .field("payment_method", &self.payment_method())
            .field("payment_token", &hidden(&self.payment_token))
            .finish()
    }
}

impl fmt::Debug for EraseCustomerRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EraseCustomerRequest")
            .field("customer_id", &hidden(&self.customer_id))
            .field("request_id", &self.request_id)
            .finish()
    }
}

impl fmt::Debug for CreatePaymentRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CreatePaymentRequest")
            .field("request_id", &self.request_id)
            .field("order_id", &self.order_id)
            .field("amount", &self.amount)
            .field("method", &self.method())
            .field("payment_token", &hidden(&self.payment_token))
            .field("saga_key", &self.saga_key)
            .field("void", &self.void)
            .finish()
    }
}

impl fmt::Debug for CreateWebhookEndpointResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CreateWebhookEndpointResponse")
            .field("endpoint", &self.endpoint)
            .field("secret", &hidden(&self.secret))
            .finish()
    }
}

impl fmt::Debug for RotateWebhookSecretResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RotateWebhookSecretResponse").field("secret", &hidden(&self.secret)).finish()
    }
}
