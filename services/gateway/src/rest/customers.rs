//! `/customers`.

use super::doors::Doors;
use super::input::Input;
use super::model::Nothing;
use super::model::orders::CustomerErased;
use super::{App, Result, State};
use axum::Router;
use contracts::Method;
use contracts::ids::CustomerId;
use contracts::orders as wire;
use http::StatusCode;
use std::sync::Arc;
use utoipa::OpenApi;

const SERVICE: &str = "orders";

/// The part of the document about customers.
#[derive(OpenApi)]
#[openapi(paths(erase))]
pub(crate) struct CustomersApi;

pub(super) fn routes(doors: &Doors<'_>) -> Router<Arc<App>> {
    Router::new().route("/customers/{customer_id}/erase", doors.post(Method::OrdersEraseCustomer, erase))
}

/// Make unreadable what is stored of a customer
///
/// The orders stay, with an empty `customer_id`. Not possible while orders of the customer are under way; `details` names
/// them. Doing it again changes nothing.
#[utoipa::path(post, path = "/customers/{customer_id}/erase", tag = "customers", operation_id = "erase_customer",
    params(("customer_id" = String, Path, min_length = 1, max_length = 64, description = "The shop's id of the customer")),
    request_body = Option<Nothing>,
    responses((status = 200, description = "Erased", body = CustomerErased)))]
async fn erase(axum::extract::State(app): State, input: Input) -> Result<CustomerErased> {
    let customer_id = input.id::<CustomerId>("customer")?;
    let (message, sender) =
        input.read(SERVICE, |_, _, input| wire::EraseCustomerRequest { customer_id, request_id: input.key() })?;
    let mut client = app.upstreams.privacy_client();
    let answer = sender.send(app.deadline, message, |m| client.erase_customer(m)).await?;
    answer.reply(StatusCode::OK, |reply| Ok(reply.into()))
}
