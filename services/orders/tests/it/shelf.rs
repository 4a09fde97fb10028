//! An inventory that knows ten products and can be made to fail. Only the look-up
//! of products is asked of it here; the real inventory has tests of its own and
//! with the whole system.

use contracts::inventory::inventory_service_server::{InventoryService, InventoryServiceServer};
use contracts::inventory::*;
use service::watch::EventStream;
use std::sync::{Arc, Mutex};
use testkit::Running;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{Request, Response, Status};

/// How it answers.
#[derive(Clone, Default)]
struct Shop {
    fault: Arc<Mutex<Option<Status>>>,
}

pub struct Shelf {
    pub running: Running,
    shop: Shop,
}

impl Shelf {
    pub async fn start() -> Self {
        let shop = Shop::default();
        let service = InventoryServiceServer::new(shop.clone());
        let running = Running::start(|listener, stop| {
            tonic::transport::Server::builder()
                .add_service(service)
                .serve_with_incoming_shutdown(TcpListenerStream::new(listener), async move { stop.cancelled().await })
        })
        .await;
        Self { running, shop }
    }

    /// From now on every answer is this fault, or right again.
    pub fn fail_with(&self, fault: Option<Status>) {
        *self.shop.fault.lock().unwrap() = fault;
    }
}

macro_rules! not_asked {
    ($($method:ident($request:ty) -> $reply:ty;)*) => {
        #[tonic::async_trait]
        impl InventoryService for Shop {
            type WatchReservationStream = EventStream<WatchReservationResponse>;

            async fn batch_get_products(
                &self,
                request: Request<BatchGetProductsRequest>,
            ) -> Result<Response<BatchGetProductsResponse>, Status> {
                if let Some(fault) = self.fault.lock().unwrap().clone() {
                    return Err(fault);
                }
                let known = |id: &String| id.starts_with("PROD-0");
                let product = |product_id| Product { product_id, ..Default::default() };
                let ids = request.into_inner().product_ids;
                let products = ids.into_iter().filter(known).map(product).collect();
                Ok(Response::new(BatchGetProductsResponse { products }))
            }

            $(async fn $method(&self, _: Request<$request>) -> Result<Response<$reply>, Status> {
                Err(Status::unimplemented("only products can be looked up on this shelf"))
            })*
        }
    };
}

not_asked! {
    check_availability(CheckAvailabilityRequest) -> CheckAvailabilityResponse;
    reserve_stock(ReserveStockRequest) -> ReserveStockResponse;
    commit_reservation(CommitReservationRequest) -> CommitReservationResponse;
    cancel_reservation(CancelReservationRequest) -> CancelReservationResponse;
    restock_reservation(RestockReservationRequest) -> RestockReservationResponse;
    get_reservation(GetReservationRequest) -> GetReservationResponse;
    list_reservations(ListReservationsRequest) -> ListReservationsResponse;
    watch_reservation(WatchReservationRequest) -> Self::WatchReservationStream;
    get_product(GetProductRequest) -> GetProductResponse;
    list_products(ListProductsRequest) -> ListProductsResponse;
    adjust_stock(AdjustStockRequest) -> AdjustStockResponse;
    list_movements(ListMovementsRequest) -> ListMovementsResponse;
    get_inventory_statistics(GetInventoryStatisticsRequest) -> GetInventoryStatisticsResponse;
}
