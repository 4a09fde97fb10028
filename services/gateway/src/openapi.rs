//! The OpenAPI document and the page that shows it.
//!
//! The handlers describe what is particular to them; what is common to all
//! (errors, the idempotency header) is added here.

mod rules;

use crate::rest::model::{ErrorBody, words};
use crate::rest::{CustomersApi, IDEMPOTENCY_KEY_NAME, InventoryApi, OrdersApi, PaymentsApi, WebhooksApi};
use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Extension, Router};
use bytes::Bytes;
use contracts::{inventory, orders, payments};
use http::StatusCode;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use std::sync::Arc;
use utoipa::OpenApi;
use utoipa::openapi::path::{HttpMethod, Operation, ParameterBuilder, ParameterIn, ParameterStyle};
use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, SchemaType, Type};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{
    ContentBuilder, HeaderBuilder, Object, PathItem, Ref, RefOr, Required, Response as ApiResponse, ResponseBuilder,
};
use utoipa_swagger_ui::Config;

const DOCUMENT: &str = "/openapi.json";
/// Name of the one way to say who one is.
const BEARER: &str = "bearer";
const WHEN: &str = "Needed unless the system runs in the local mode (`auth.mode`).";

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Order management",
        description = "Orders, payments and inventory. Amounts are exact decimals; statuses are bare words; unknown fields, \
                       unknown query parameters and repeated names are refused. The same port speaks gRPC and gRPC-Web.",
    ),
    tags(
        (name = "orders", description = "Accepting, deciding and following orders"),
        (name = "customers", description = "What is stored of them"),
        (name = "payments", description = "Charging and refunding"),
        (name = "inventory", description = "Products, stock and reservations"),
        (name = "webhooks", description = "What the payment provider tells"),
        (name = "health", description = "Whether the system can work"),
    ),
    paths(crate::health::healthz, crate::health::readyz),
    components(schemas(ErrorBody)),
)]
struct Document;

/// The document as it is served.
#[must_use]
pub fn document() -> utoipa::openapi::OpenApi {
    let mut document = Document::openapi();
    let parts = [
        OrdersApi::openapi(),
        CustomersApi::openapi(),
        PaymentsApi::openapi(),
        InventoryApi::openapi(),
        WebhooksApi::openapi(),
    ];
    for part in parts {
        document.merge(part);
    }
    for (path, item) in &mut document.paths.paths {
        let named = path.contains('{');
        for (method, operation) in operations(item) {
            common(operation, &method, named);
        }
    }
    rules::add(&mut document);
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").description(Some(WHEN)).build();
    document.components.get_or_insert_default().add_security_scheme(BEARER, SecurityScheme::Http(bearer));
    document
}

/// `/openapi.json` and `/docs`.
pub(crate) fn routes() -> Result<Router, serde_json::Error> {
    let document = Bytes::from(document().to_pretty_json()?);
    let config = Arc::new(Config::new([DOCUMENT]).try_it_out_enabled(true));
    Ok(Router::new()
        .route(DOCUMENT, get(|| async { ([(CONTENT_TYPE, "application/json")], document) }))
        .route("/docs", get(page))
        .route("/docs/", get(page))
        .route("/docs/{*file}", get(|Path(name): Path<String>, config| async move { file(&name, config) }))
        .layer(Extension(config)))
}

type Shared = Extension<Arc<Config<'static>>>;

/// The page names its parts relative to a folder; it is served without the slash too.
async fn page(Extension(config): Shared) -> Response {
    match utoipa_swagger_ui::serve("", config) {
        Ok(Some(file)) => {
            let page = String::from_utf8_lossy(&file.bytes)
                .replace("\"./", "\"/docs/")
                .replace("\"index.css", "\"/docs/index.css");
            ([(CONTENT_TYPE, "text/html; charset=utf-8")], page).into_response()
        }
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

fn file(name: &str, Extension(config): Shared) -> Response {
    let Ok(Some(file)) = utoipa_swagger_ui::serve(name, config) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let mut response = ([(CONTENT_TYPE, file.content_type)], file.bytes.into_owned()).into_response();
    if file.gzpipped {
        response.headers_mut().insert(CONTENT_ENCODING, http::HeaderValue::from_static("gzip"));
    }
    response
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = (HttpMethod, &mut Operation)> {
    let get = item.get.as_mut().map(|o| (HttpMethod::Get, o));
    let post = item.post.as_mut().map(|o| (HttpMethod::Post, o));
    get.into_iter().chain(post)
}

/// Adds what all operations have in common.
fn common(operation: &mut Operation, method: &HttpMethod, named: bool) {
    let id = operation.operation_id.clone().unwrap_or_default();
    if let Some(words) = status_words(&id) {
        for parameter in operation.parameters.iter_mut().flatten() {
            let RefOr::T(parameter) = parameter else { continue };
            match parameter.name.as_str() {
                "status" => parameter.schema = Some(words.clone().into()),
                "statuses" => {
                    parameter.schema = Some(ArrayBuilder::new().items(words.clone()).build().into());
                    (parameter.style, parameter.explode) = (Some(ParameterStyle::Form), Some(false));
                }
                _ => {}
            }
        }
    }
    if ["healthz", "readyz"].contains(&id.as_str()) {
        if id == "readyz" {
            answer(operation, "503", "A service is not ready; `details` says which", true);
        }
        return;
    }
    answer(operation, "400", "Malformed; `details` names every field at fault", false);
    if id != "stripe_webhook" {
        operation.security = Some(vec![SecurityRequirement::new(BEARER, [] as [&str; 0])]);
        answer(operation, "401", "A token is needed, and none that is valid here came with the request", false);
        answer(operation, "403", "The caller has none of the roles for it, or names another customer", false);
    }
    if named || id == "reserve_stock" {
        answer(operation, "404", "Unknown", false);
    }
    rules::no_body_is_not_null(operation);
    if matches!(method, HttpMethod::Post) {
        if id != "stripe_webhook" {
            idempotent(operation);
        }
        answer(operation, "408", "The body did not arrive in time", false);
        answer(
            operation,
            "409",
            "Not possible in the present state, which `details` has; or a request with the same key is running",
            false,
        );
        answer(operation, "413", "The body is larger than 16 MiB", false);
        answer(operation, "415", "The body is not JSON in UTF-8", false);
        answer(operation, "429", "Too much at once", true);
    }
    if ["ship_order", "deliver_order"].contains(&id.as_str()) {
        answer(operation, "501", "Not built yet", false);
    }
    answer(operation, "431", "The headers are too large", false);
    answer(operation, "500", "A mistake of ours", false);
    answer(operation, "503", "A part of the system can't be reached", true);
    answer(operation, "504", "No answer within the deadline; whether the request took effect is not known", false);
}

fn status_words(operation: &str) -> Option<Object> {
    match operation {
        "list_orders" => Some(words::<orders::OrderStatus>()),
        "list_payments" => Some(words::<payments::PaymentStatus>()),
        "list_refunds" => Some(words::<payments::RefundStatus>()),
        "list_reservations" => Some(words::<inventory::ReservationStatus>()),
        _ => None,
    }
}

fn answer(operation: &mut Operation, status: &str, description: &str, retry: bool) {
    let body = ContentBuilder::new().schema(Some(Ref::from_schema_name("ErrorBody"))).build();
    let mut response = ResponseBuilder::new().description(description).content("application/json", body);
    if retry {
        let seconds = ObjectBuilder::new().schema_type(SchemaType::Type(Type::Integer)).minimum(Some(1)).build();
        let header = HeaderBuilder::new().schema(Some(seconds)).description(Some("Seconds to wait")).build();
        response = response.header("Retry-After", header);
    }
    operation.responses.responses.entry(status.to_owned()).or_insert_with(|| response.build().into());
}

/// The header of the request, and that of a reply given before.
fn idempotent(operation: &mut Operation) {
    let key = ObjectBuilder::new()
        .schema_type(SchemaType::Type(Type::String))
        .min_length(Some(1))
        .max_length(Some(128))
        .pattern(Some("^[ -~]{1,128}$"))
        .build();
    let parameter = ParameterBuilder::new()
        .name(IDEMPOTENCY_KEY_NAME)
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some("The same key with the same request gets the first reply; kept for 24 hours"))
        .schema(Some(key))
        .build();
    operation.parameters.get_or_insert_default().push(parameter.into());
    for (status, response) in &mut operation.responses.responses {
        if let (true, RefOr::T(response)) = (status.starts_with('2'), response) {
            replayed(response);
        }
    }
}

fn replayed(response: &mut ApiResponse) {
    let word = ObjectBuilder::new().schema_type(SchemaType::Type(Type::String)).enum_values(Some(["true"])).build();
    let header =
        HeaderBuilder::new().schema(Some(word)).description(Some("Present when the reply was given before")).build();
    response.headers.insert("Idempotent-Replayed".to_owned(), header.into());
}
