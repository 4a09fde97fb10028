//! `/inventory`.

use super::doors::Doors;
use super::input::Input;
use super::model::reservations::{Reservation, ReservationSummary, Reservations, ReserveStock};
use super::model::stock::{AdjustStock, Adjusted, Availability, Movements, Product, Products};
use super::model::{Nothing, Reason};
use super::{App, Result, State};
use crate::Error;
use axum::Router;
use contracts::Method as M;
use contracts::ids::{LocationId, OrderRef, ProductId, ReservationId};
use contracts::inventory as wire;
use contracts::inventory::{MovementType, ReservationStatus};
use contracts::values::{MAX_LINES, Note};
use http::StatusCode;
use std::sync::Arc;
use utoipa::OpenApi;

const SERVICE: &str = "inventory";
/// What path ids are called when they are unknown.
const PRODUCT: &str = "product";
const RESERVATION: &str = "reservation";

/// The part of the document about inventory.
#[derive(OpenApi)]
#[openapi(paths(products, product, check, movements, adjust, reserve, commit, cancel, reservation, reservations))]
pub(crate) struct InventoryApi;

pub(super) fn routes(doors: &Doors<'_>) -> Router<Arc<App>> {
    Router::new()
        .route("/inventory", doors.get(M::InventoryListProducts, products))
        .route("/inventory/{product_id}", doors.get(M::InventoryGetProduct, product))
        .route("/inventory/{product_id}/check", doors.get(M::InventoryCheckAvailability, check))
        .route("/inventory/{product_id}/movements", doors.get(M::InventoryListMovements, movements))
        .route("/inventory/{product_id}/adjust", doors.post(M::InventoryAdjustStock, adjust))
        .route("/inventory/reserve", doors.post(M::InventoryReserveStock, reserve))
        .route("/inventory/commit/{reservation_id}", doors.post(M::InventoryCommitReservation, commit))
        .route("/inventory/cancel/{reservation_id}", doors.post(M::InventoryCancelReservation, cancel))
        .route("/inventory/reservations", doors.get(M::InventoryListReservations, reservations))
        .route("/inventory/reservations/{reservation_id}", doors.get(M::InventoryGetReservation, reservation))
}

/// List products with their stock, by id
#[utoipa::path(get, path = "/inventory", tag = "inventory", operation_id = "list_products",
    params(
        ("search" = Option<String>, Query, max_length = 64, pattern = "^[^\\x00-\\x1f\\x7f-\\x9f]*$", description = "Only products whose id begins with this, or whose name has it, in whatever case"),
        ("page_size" = Option<i32>, Query, minimum = 1, maximum = 1000, description = "At most so many; 50 by default"),
        ("page_token" = Option<String>, Query, description = "`next_page_token` of the page before, with the same filters"),
    ),
    responses((status = 200, description = "One page", body = Products)))]
async fn products(axum::extract::State(app): State, input: Input) -> Result<Products> {
    let (message, sender) = input.read(SERVICE, |query, _, input| wire::ListProductsRequest {
        page_size: query.page_size(&mut input.faults),
        page_token: query.text("page_token"),
        order_by: String::new(),
        low_stock: false,
        search: query.text("search"),
    })?;
    let mut client = app.upstreams.inventory_client();
    let answer = sender.send(app.deadline, message, |m| client.list_products(m)).await?;
    answer.reply(StatusCode::OK, |r| {
        let products = r.products.into_iter().map(Into::into).collect();
        Ok(Products { products, next_page_token: r.next_page_token })
    })
}

/// Get a product with its stock
#[utoipa::path(get, path = "/inventory/{product_id}", tag = "inventory", operation_id = "get_product",
    params(("product_id" = String, Path, description = "The product", example = "PROD-001")),
    responses((status = 200, description = "The product", body = Product)))]
async fn product(axum::extract::State(app): State, input: Input) -> Result<Product> {
    let product_id = input.id::<ProductId>(PRODUCT)?;
    let (message, sender) = input.read(SERVICE, |_, _, _| wire::GetProductRequest { product_id })?;
    let mut client = app.upstreams.inventory_client();
    let answer = sender.send(app.deadline, message, |m| client.get_product(m)).await?;
    answer.reply(StatusCode::OK, |r| Ok(r.product.ok_or(Error::Reply("no product in the reply"))?.into()))
}

/// Ask whether so many pieces could be reserved now
#[utoipa::path(get, path = "/inventory/{product_id}/check", tag = "inventory", operation_id = "check_availability",
    params(
        ("product_id" = String, Path, description = "The product", example = "PROD-001"),
        ("quantity" = i64, Query, minimum = 1, maximum = 1_000_000, description = "Pieces", example = 5),
    ),
    responses((status = 200, description = "Yes or no", body = Availability)))]
async fn check(axum::extract::State(app): State, input: Input) -> Result<Availability> {
    let product_id = input.id::<ProductId>(PRODUCT)?;
    let (message, sender) = input.read(SERVICE, |query, _, input| wire::CheckAvailabilityRequest {
        product_id,
        quantity: query.required_quantity("quantity", &mut input.faults),
        location: String::new(),
    })?;
    let mut client = app.upstreams.inventory_client();
    let answer = sender.send(app.deadline, message, |m| client.check_availability(m)).await?;
    answer.reply(StatusCode::OK, |r| Ok(r.into()))
}

/// List the movements of a product's stock, newest first
#[utoipa::path(get, path = "/inventory/{product_id}/movements", tag = "inventory", operation_id = "list_movements",
    params(
        ("product_id" = String, Path, description = "The product", example = "PROD-001"),
        ("location" = Option<String>, Query, max_length = 64, pattern = "^[^\\x00-\\x1f\\x7f-\\x9f]*$", description = "Only at this location"),
        ("page_size" = Option<i32>, Query, minimum = 1, maximum = 1000, description = "At most so many; 50 by default"),
        ("page_token" = Option<String>, Query, description = "`next_page_token` of the page before, with the same filters"),
    ),
    responses((status = 200, description = "One page", body = Movements)))]
async fn movements(axum::extract::State(app): State, input: Input) -> Result<Movements> {
    let product_id = input.id::<ProductId>(PRODUCT)?;
    let (message, sender) = input.read(SERVICE, |query, _, input| wire::ListMovementsRequest {
        product_id,
        location: query.valid::<LocationId>("location", &mut input.faults),
        page_size: query.page_size(&mut input.faults),
        page_token: query.text("page_token"),
    })?;
    let mut client = app.upstreams.inventory_client();
    let answer = sender.send(app.deadline, message, |m| client.list_movements(m)).await?;
    answer.reply(StatusCode::OK, |r| {
        let movements = r.movements.into_iter().map(Into::into).collect();
        Ok(Movements { movements, next_page_token: r.next_page_token })
    })
}

/// Book a change of stock
#[utoipa::path(post, path = "/inventory/{product_id}/adjust", tag = "inventory", operation_id = "adjust_stock",
    params(("product_id" = String, Path, description = "The product", example = "PROD-001")), request_body = AdjustStock,
    responses((status = 200, description = "The stock at the location afterwards", body = Adjusted)))]
async fn adjust(axum::extract::State(app): State, input: Input) -> Result<Adjusted> {
    let product_id = input.id::<ProductId>(PRODUCT)?;
    let (message, sender) = input.read(SERVICE, |_, body, input| {
        let request_id = input.key();
        let faults = &mut input.faults;
        wire::AdjustStockRequest {
            product_id,
            location: body.field("location", faults).required().valid::<LocationId>().unwrap_or_default(),
            quantity: body.field("quantity", faults).required().integer().unwrap_or_default(),
            r#type: body.field("type", faults).required().word::<MovementType>().unwrap_or_default(),
            reason: body.field("reason", faults).valid::<Note>().unwrap_or_default(),
            reservation_id: body.field("reservation_id", faults).valid::<ReservationId>().unwrap_or_default(),
            request_id,
        }
    })?;
    let mut client = app.upstreams.inventory_client();
    let answer = sender.send(app.deadline, message, |m| client.adjust_stock(m)).await?;
    answer.reply(StatusCode::OK, TryInto::try_into)
}

/// Reserve all lines or none
///
/// At one location it is done when the reply comes. Over several locations a saga does it; when that needs
/// longer than the deadline the reply is the reservation as `PENDING`.
#[utoipa::path(post, path = "/inventory/reserve", tag = "inventory", operation_id = "reserve_stock", request_body = ReserveStock,
    responses(
        (status = 201, description = "Reserved", body = ReservationSummary),
        (status = 202, description = "Pending: look at the reservation later", body = ReservationSummary),
    ))]
async fn reserve(axum::extract::State(app): State, input: Input) -> Result<ReservationSummary> {
    let (message, sender) = input.read(SERVICE, |_, body, input| {
        let request_id = input.key();
        let faults = &mut input.faults;
        wire::ReserveStockRequest {
            request_id,
            order_id: body.field("order_id", faults).required().valid::<OrderRef>().unwrap_or_default(),
            items: body.field("items", faults).required().objects(MAX_LINES, |item, faults| wire::ReservationItem {
                product_id: item.field("product_id", faults).required().valid::<ProductId>().unwrap_or_default(),
                quantity: item.field("quantity", faults).required().quantity().unwrap_or_default(),
                location: item.field("location", faults).valid::<LocationId>().unwrap_or_default(),
            }),
            saga_key: String::new(),
        }
    })?;
    let mut client = app.upstreams.inventory_client();
    let answer = sender.send(app.limits.reserve(), message, |m| client.reserve_stock(m)).await?;
    let status = answer.message.reservation.as_ref().map(|r| r.status());
    let code = if status == Some(ReservationStatus::Pending) { StatusCode::ACCEPTED } else { StatusCode::CREATED };
    answer.reply(code, |r| summary(r.reservation))
}

/// Take the reserved pieces out of stock for good
#[utoipa::path(post, path = "/inventory/commit/{reservation_id}", tag = "inventory", operation_id = "commit_reservation",
    params(("reservation_id" = String, Path, description = "The reservation")), request_body = Option<Nothing>,
    responses((status = 200, description = "Committed", body = ReservationSummary)))]
async fn commit(axum::extract::State(app): State, input: Input) -> Result<ReservationSummary> {
    let reservation_id = input.id::<ReservationId>(RESERVATION)?;
    let (message, sender) = input
        .read(SERVICE, |_, _, input| wire::CommitReservationRequest { reservation_id, request_id: input.key() })?;
    let mut client = app.upstreams.inventory_client();
    let answer = sender.send(app.deadline, message, |m| client.commit_reservation(m)).await?;
    answer.reply(StatusCode::OK, |r| summary(r.reservation))
}

/// Give the reserved pieces back
#[utoipa::path(post, path = "/inventory/cancel/{reservation_id}", tag = "inventory", operation_id = "cancel_reservation",
    params(("reservation_id" = String, Path, description = "The reservation")), request_body = Option<Reason>,
    responses((status = 200, description = "Cancelled", body = ReservationSummary)))]
async fn cancel(axum::extract::State(app): State, input: Input) -> Result<ReservationSummary> {
    let reservation_id = input.id::<ReservationId>(RESERVATION)?;
    let (message, sender) = input.read(SERVICE, |_, body, input| wire::CancelReservationRequest {
        reservation_id,
        request_id: input.key(),
        reason: body.field("reason", &mut input.faults).valid::<Note>().unwrap_or_default(),
    })?;
    let mut client = app.upstreams.inventory_client();
    let answer = sender.send(app.deadline, message, |m| client.cancel_reservation(m)).await?;
    answer.reply(StatusCode::OK, |r| summary(r.reservation))
}

/// Get a reservation with its timeline
#[utoipa::path(get, path = "/inventory/reservations/{reservation_id}", tag = "inventory", operation_id = "get_reservation",
    params(("reservation_id" = String, Path, description = "The reservation")),
    responses((status = 200, description = "The reservation", body = Reservation)))]
async fn reservation(axum::extract::State(app): State, input: Input) -> Result<Reservation> {
    let reservation_id = input.id::<ReservationId>(RESERVATION)?;
    let (message, sender) = input.read(SERVICE, |_, _, _| wire::GetReservationRequest { reservation_id })?;
    let mut client = app.upstreams.inventory_client();
    let answer = sender.send(app.deadline, message, |m| client.get_reservation(m)).await?;
    answer.reply(StatusCode::OK, |r| r.reservation.try_into())
}

/// List reservations, newest first
#[utoipa::path(get, path = "/inventory/reservations", tag = "inventory", operation_id = "list_reservations",
    params(
        ("order_id" = Option<String>, Query, max_length = 64, pattern = "^[^\\x00-\\x1f\\x7f-\\x9f]*$", description = "Only reservations of this order"),
        ("status" = Option<String>, Query, description = "Only reservations in this status"),
        ("page_size" = Option<i32>, Query, minimum = 1, maximum = 1000, description = "At most so many; 50 by default"),
        ("page_token" = Option<String>, Query, description = "`next_page_token` of the page before, with the same filters"),
    ),
    responses((status = 200, description = "One page", body = Reservations)))]
async fn reservations(axum::extract::State(app): State, input: Input) -> Result<Reservations> {
    let (message, sender) = input.read(SERVICE, |query, _, input| wire::ListReservationsRequest {
        order_id: query.valid::<OrderRef>("order_id", &mut input.faults),
        status: query.word::<ReservationStatus>("status", &mut input.faults),
        page_size: query.page_size(&mut input.faults),
        page_token: query.text("page_token"),
        order_by: String::new(),
    })?;
    let mut client = app.upstreams.inventory_client();
    let answer = sender.send(app.deadline, message, |m| client.list_reservations(m)).await?;
    answer.reply(StatusCode::OK, |r| {
        let reservations = r.reservations.into_iter().map(Into::into).collect();
        Ok(Reservations { reservations, next_page_token: r.next_page_token })
    })
}

fn summary(reservation: Option<wire::Reservation>) -> std::result::Result<ReservationSummary, Error> {
    Ok(reservation.ok_or(Error::Reply("no reservation in the reply"))?.into())
}
