//! The gRPC interface: proto to domain and back, nothing else.

mod audit;
#[doc(hidden)]
pub mod fuzzing;
mod replies;
mod requests;
mod write;

pub use audit::Audit;

use crate::domain::{Command, EventKind, Reservation};
use crate::error::Error;
use crate::store::{self, Figures, Store};
use access::Caller;
use contracts::ids::{ProductId, ReservationId};
use contracts::inventory as proto;
use proto::inventory_service_server::InventoryService;
use service::db::within;
use service::deadline::Deadline;
use service::outbox::Outbox;
use service::statistics::Remembered;
use service::watch::{Batch, EventStream, Hub};
use std::time::Duration;
use tonic::{Request, Response, Status};

/// The service behind the interface.
pub struct Api {
    /// The truth.
    pub store: Store,
    /// Wakes workflows.
    pub outbox: Outbox,
    /// Wakes watchers.
    pub hub: Hub,
    /// What was counted of late.
    pub figures: Remembered<(), Figures>,
    /// How long a reservation holds.
    pub hold: Duration,
    /// How long a watch may stay open.
    pub stream_lifetime: Duration,
}

#[tonic::async_trait]
impl InventoryService for Api {
    type WatchReservationStream = EventStream<proto::WatchReservationResponse>;

    async fn check_availability(
        &self,
        request: Request<proto::CheckAvailabilityRequest>,
    ) -> Result<Response<proto::CheckAvailabilityResponse>, Status> {
        let asked = requests::check_availability(&request.into_inner())?;
        let product = self.product(asked.product).await?;
        Ok(Response::new(replies::availability(&product, asked.location.as_ref(), asked.quantity)))
    }

    async fn reserve_stock(
        &self,
        request: Request<proto::ReserveStockRequest>,
    ) -> Result<Response<proto::ReserveStockResponse>, Status> {
        let (caller, deadline) = (Caller::of(&request)?, Deadline::of(&request, write::LONGEST_WAIT));
        caller.may_use(&request.get_ref().saga_key)?;
        Ok(self.reserve(caller, request.into_inner(), deadline).await?)
    }

    async fn commit_reservation(
        &self,
        request: Request<proto::CommitReservationRequest>,
    ) -> Result<Response<proto::CommitReservationResponse>, Status> {
        let caller = Caller::of(&request)?;
        let mut request = request.into_inner();
        let decision = requests::decision(&mut request.request_id, &request.reservation_id, "")?;
        let reply = |reservation| proto::CommitReservationResponse { reservation: Some(reservation) };
        Ok(self.decide(&caller, ("CommitReservation", Command::Commit), &decision, &request, reply).await?)
    }

    async fn cancel_reservation(
        &self,
        request: Request<proto::CancelReservationRequest>,
    ) -> Result<Response<proto::CancelReservationResponse>, Status> {
        let caller = Caller::of(&request)?;
        let mut request = request.into_inner();
        let decision = requests::decision(&mut request.request_id, &request.reservation_id, &request.reason)?;
        let reply = |reservation| proto::CancelReservationResponse { reservation: Some(reservation) };
        Ok(self.decide(&caller, ("CancelReservation", Command::Cancel), &decision, &request, reply).await?)
    }

    async fn restock_reservation(
        &self,
        request: Request<proto::RestockReservationRequest>,
    ) -> Result<Response<proto::RestockReservationResponse>, Status> {
        let caller = Caller::of(&request)?;
        let mut request = request.into_inner();
        let asked = requests::decision(&mut request.request_id, &request.reservation_id, &request.reason)?;
        Ok(self.restock(&caller, &asked, &request).await?)
    }

    async fn get_reservation(
        &self,
        request: Request<proto::GetReservationRequest>,
    ) -> Result<Response<proto::GetReservationResponse>, Status> {
        let id = requests::reservation_id(&request.into_inner().reservation_id)?;
        let reservation = within(async {
            let mut reservation = self.find(id).await?;
            reservation.timeline = store::timeline(&self.store.pool, &reservation).await?;
            Ok::<_, Error>(reservation)
        })
        .await?;
        Ok(Response::new(proto::GetReservationResponse { reservation: Some(replies::reservation(&reservation)) }))
    }

    async fn list_reservations(
        &self,
        request: Request<proto::ListReservationsRequest>,
    ) -> Result<Response<proto::ListReservationsResponse>, Status> {
        let requests::ListReservations { filter, page, after } = requests::list_reservations(&request.into_inner())?;
        let (reservations, next_page_token) = within(store::list(&self.store.pool, &filter, &page, after)).await?;
        let reservations = reservations.iter().map(replies::reservation).collect();
        Ok(Response::new(proto::ListReservationsResponse { reservations, next_page_token }))
    }

    async fn watch_reservation(
        &self,
        request: Request<proto::WatchReservationRequest>,
    ) -> Result<Response<Self::WatchReservationStream>, Status> {
        let (id, after) = requests::watch_reservation(&request.into_inner())?;
        within(self.find(id)).await?;
        let store = self.store.clone();
        let stream = self.hub.stream(&id.to_string(), after, self.stream_lifetime, move |after| {
            let store = store.clone();
            async move { within(next_events(&store, id, after)).await.map_err(Status::from) }
        });
        Ok(Response::new(stream))
    }

    async fn get_product(
        &self,
        request: Request<proto::GetProductRequest>,
    ) -> Result<Response<proto::GetProductResponse>, Status> {
        let id = requests::product_id(&request.into_inner().product_id)?;
        let product = self.product(id).await?;
        Ok(Response::new(proto::GetProductResponse { product: Some(replies::product(&product)) }))
    }

    async fn batch_get_products(
        &self,
        request: Request<proto::BatchGetProductsRequest>,
    ) -> Result<Response<proto::BatchGetProductsResponse>, Status> {
        let ids = requests::batch_get_products(&request.into_inner())?;
        let products = within(store::products(&self.store.pool, &ids)).await?;
        let products = products.iter().map(replies::product).collect();
        Ok(Response::new(proto::BatchGetProductsResponse { products }))
    }

    async fn list_products(
        &self,
        request: Request<proto::ListProductsRequest>,
    ) -> Result<Response<proto::ListProductsResponse>, Status> {
        let (filter, page) = requests::list_products(&request.into_inner())?;
        let mut products = within(store::list_products(&self.store.pool, &filter, &page)).await?;
        let next_page_token = page.cut(&mut products, |product| product.id.to_string());
        let products = products.iter().map(replies::product).collect();
        Ok(Response::new(proto::ListProductsResponse { products, next_page_token }))
    }

    async fn adjust_stock(
        &self,
        request: Request<proto::AdjustStockRequest>,
    ) -> Result<Response<proto::AdjustStockResponse>, Status> {
        Ok(self.adjust(Caller::of(&request)?, request.into_inner()).await?)
    }

    async fn list_movements(
        &self,
        request: Request<proto::ListMovementsRequest>,
    ) -> Result<Response<proto::ListMovementsResponse>, Status> {
        let (filter, page, before) = requests::list_movements(&request.into_inner())?;
        let mut movements = within(async {
            let pool = &self.store.pool;
            let movements = store::movements(pool, &filter, &page, before).await?;
            // Nothing was booked, or there is no such product.
            if movements.is_empty() && store::products(pool, std::slice::from_ref(&filter.product)).await?.is_empty() {
                return Err(Error::product_unknown(&filter.product));
            }
            Ok(movements)
        })
        .await?;
        let next_page_token = page.cut(&mut movements, |movement| movement.number.to_string());
        let movements = movements.iter().map(replies::movement).collect();
        Ok(Response::new(proto::ListMovementsResponse { movements, next_page_token }))
    }

    async fn get_inventory_statistics(
        &self,
        _: Request<proto::GetInventoryStatisticsRequest>,
    ) -> Result<Response<proto::GetInventoryStatisticsResponse>, Status> {
        let figures = self.figures.get((), within(store::statistics(&self.store.pool))).await?;
        Ok(Response::new(replies::statistics(&figures)))
    }
}

impl Api {
    async fn find(&self, id: ReservationId) -> Result<Reservation, Error> {
        store::find(&self.store.pool, id).await?.ok_or(Error::ReservationNotFound(id))
    }

    async fn product(&self, id: ProductId) -> Result<crate::domain::Product, Error> {
        let found = within(store::products(&self.store.pool, std::slice::from_ref(&id))).await?;
        found.into_iter().next().ok_or_else(|| Error::product_unknown(&id))
    }
}

async fn next_events(
    store: &Store,
    id: ReservationId,
    after: i64,
) -> Result<Batch<proto::WatchReservationResponse>, Error> {
    let events = store::events_after(&store.pool, id, after).await?;
    // A reservation rejected at once has no workflow that could settle it: the row says so.
    let last = events.last().is_some_and(|e| e.kind == EventKind::Settled)
        || (events.last().is_none_or(|e| e.status.is_final())
            && store::find(&store.pool, id)
                .await?
                .is_none_or(|r| r.settled && events.last().map_or(after, |e| e.sequence) >= r.sequence));
    let message = |event| proto::WatchReservationResponse { event: Some(event) };
    Ok(Batch { events: events.iter().map(|e| (e.sequence, message(replies::event(e)))).collect(), last })
}
