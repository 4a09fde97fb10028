//! Stand-ins for the services. What they do depends on the request.

use contracts::google_type::Money;
use contracts::inventory::inventory_service_server::InventoryService;
use contracts::orders::order_service_server::OrderService;
use contracts::payments::payment_service_server::PaymentService;
use contracts::{inventory, orders, payments};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::Notify;
use tokio_stream::wrappers::ReceiverStream;
use tonic::metadata::MetadataMap;
use tonic::{Code, Request, Response, Status};
use tonic_types::{ErrorDetails, StatusExt as _};

/// An order that exists.
pub(crate) const ORDER: &str = "ord_0199a1b2c3d47e5f8a9b0c1d2e3f4a5b";
/// A payment in yen that exists.
pub(crate) const PAYMENT: &str = "pay_0199a1b2c3d47e5f8a9b0c1d2e3f4a5b";

/// An event of the payment provider, with spaces that a parser would lose.
pub(crate) const EVENT: &str = "{ \"id\":  \"evt_1\",\n\"type\": \"payment_intent.succeeded\", \"unknown\": 1.0 }";

type Answer<T> = Result<Response<T>, Status>;
type Events = ReceiverStream<Result<orders::WatchOrderResponse, Status>>;

type Later<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

macro_rules! not_here {
    ($($method:ident: $request:ty => $reply:ty;)*) => {$(
        fn $method<'s, 'a>(&'s self, _: Request<$request>) -> Later<'a, Answer<$reply>>
        where
            's: 'a,
            Self: 'a,
        {
            Box::pin(async { Err(Status::unimplemented(stringify!($method))) })
        }
    )*};
}

#[derive(Clone, Default)]
pub(crate) struct Orders {
    pub(crate) created: Arc<Mutex<Option<orders::CreateOrderRequest>>>,
    pub(crate) metadata: Arc<Mutex<MetadataMap>>,
    /// Lets a stream after sequence 300 go on with its next event.
    pub(crate) go_on: Arc<Notify>,
}

fn money(units: i64, nanos: i32) -> Option<Money> {
    Some(Money { currency_code: "USD".into(), units, nanos })
}

fn order() -> orders::Order {
    orders::Order {
        order_id: ORDER.into(),
        customer_id: "CUST123".into(),
        status: orders::OrderStatus::PendingApproval.into(),
        items: vec![orders::OrderItem { product_id: "PROD-001".into(), quantity: 2, price: money(1299, 900_000_000) }],
        total_amount: money(2599, 800_000_000),
        timeline: vec![orders::OrderEvent {
            sequence: 1,
            kind: orders::OrderEventKind::StatusChanged.into(),
            status: orders::OrderStatus::Created.into(),
            actor: "system".into(),
            create_time: Some(prost_types::Timestamp { seconds: 1_700_000_000, nanos: 500_000_000 }),
            ..Default::default()
        }],
        create_time: Some(prost_types::Timestamp { seconds: 1_700_000_000, nanos: 0 }),
        ..Default::default()
    }
}

#[tonic::async_trait]
impl OrderService for Orders {
    async fn create_order(&self, request: Request<orders::CreateOrderRequest>) -> Answer<orders::CreateOrderResponse> {
        let message = request.into_inner();
        if message.customer_id == "INVALID" {
            let mut details = ErrorDetails::new();
            details.set_error_info("INVALID_FIELDS", "oms", []);
            details.add_bad_request_violation("request_id", "is bad");
            details.add_bad_request_violation("total_amount.currency_code", "is bad");
            details.add_bad_request_violation("items[3].quantity", "is bad");
            return Err(Status::with_error_details(Code::InvalidArgument, "invalid", details));
        }
        let mut response = Response::new(orders::CreateOrderResponse { order: Some(order()) });
        if message.customer_id == "AGAIN" {
            response.metadata_mut().insert("idempotent-replayed", "true".parse().unwrap());
        }
        *self.created.lock().unwrap() = Some(message);
        Ok(response)
    }

    async fn get_order(&self, request: Request<orders::GetOrderRequest>) -> Answer<orders::GetOrderResponse> {
        *self.metadata.lock().unwrap() = request.metadata().clone();
        if request.get_ref().order_id != ORDER {
            return Err(Status::not_found("no such order"));
        }
        let mut response = Response::new(orders::GetOrderResponse { order: Some(order()) });
        response.metadata_mut().insert("x-stand-in", "orders".parse().unwrap());
        Ok(response)
    }

    type WatchOrderStream = Events;
    type WatchOrdersStream = ReceiverStream<Result<orders::WatchOrdersResponse, Status>>;

    /// Three events; after sequence 100 nothing comes any more, and it stays open; after 200 it
    /// breaks; after 300 each event waits for the test.
    async fn watch_order(&self, request: Request<orders::WatchOrderRequest>) -> Answer<Events> {
        let (sender, receiver) = tokio::sync::mpsc::channel(4);
        let after = request.get_ref().after_sequence;
        let go_on = Arc::clone(&self.go_on);
        tokio::spawn(async move {
            for sequence in 1..=3 {
                let event = orders::OrderEvent { sequence, ..Default::default() };
                let sent = sender.send(Ok(orders::WatchOrderResponse { event: Some(event) })).await;
                if sent.is_err() {
                    return;
                }
                if after == 300 {
                    go_on.notified().await;
                }
            }
            match after {
                100 => sender.closed().await,
                200 => drop(sender.send(Err(Status::aborted("broke off"))).await),
                _ => {}
            }
        });
        Ok(Response::new(ReceiverStream::new(receiver)))
    }

    async fn approve_order(&self, _: Request<orders::ApproveOrderRequest>) -> Answer<orders::ApproveOrderResponse> {
        let mut details = ErrorDetails::new();
        details.set_error_info("ORDER_STATE", "oms", [("state".to_owned(), "APPROVED".to_owned())]);
        Err(Status::with_error_details(Code::FailedPrecondition, "die Bestellung ist schon geprüft", details))
    }

    async fn reject_order(&self, _: Request<orders::RejectOrderRequest>) -> Answer<orders::RejectOrderResponse> {
        std::future::pending().await
    }

    async fn cancel_order(&self, _: Request<orders::CancelOrderRequest>) -> Answer<orders::CancelOrderResponse> {
        let mut details = ErrorDetails::new();
        details.set_retry_info(Some(Duration::from_secs(7)));
        Err(Status::with_error_details(Code::ResourceExhausted, "later", details))
    }

    not_here! {
        watch_orders: orders::WatchOrdersRequest => Self::WatchOrdersStream;
        get_order_statistics: orders::GetOrderStatisticsRequest => orders::GetOrderStatisticsResponse;
        list_orders: orders::ListOrdersRequest => orders::ListOrdersResponse;
        ship_order: orders::ShipOrderRequest => orders::ShipOrderResponse;
        deliver_order: orders::DeliverOrderRequest => orders::DeliverOrderResponse;
    }
}

#[derive(Clone)]
pub(crate) struct Payments;

fn yen(units: i64) -> Option<Money> {
    Some(Money { currency_code: "JPY".into(), units, nanos: 0 })
}

#[tonic::async_trait]
impl PaymentService for Payments {
    async fn get_payment(&self, request: Request<payments::GetPaymentRequest>) -> Answer<payments::GetPaymentResponse> {
        if request.get_ref().payment_id != PAYMENT {
            return Err(Status::not_found("no such payment"));
        }
        let payment = payments::Payment { payment_id: PAYMENT.into(), amount: yen(1200), ..Default::default() };
        Ok(Response::new(payments::GetPaymentResponse { payment: Some(payment) }))
    }

    async fn create_refund(
        &self,
        request: Request<payments::CreateRefundRequest>,
    ) -> Answer<payments::CreateRefundResponse> {
        let amount = request.into_inner().amount.or_else(|| yen(1200));
        Ok(Response::new(payments::CreateRefundResponse {
            refund: Some(payments::Refund { amount: amount.clone(), ..Default::default() }),
            payment: Some(payments::Payment { amount: yen(1200), refunded_amount: amount, ..Default::default() }),
        }))
    }

    async fn create_payment(
        &self,
        request: Request<payments::CreatePaymentRequest>,
    ) -> Answer<payments::CreatePaymentResponse> {
        let message = request.into_inner();
        if message.order_id == "INVALID" {
            let details = ErrorDetails::with_bad_request_violation("method", "is bad");
            return Err(Status::with_error_details(Code::InvalidArgument, "invalid", details));
        }
        let payment = payments::Payment { amount: message.amount, method: message.method, ..Default::default() };
        Ok(Response::new(payments::CreatePaymentResponse { payment: Some(payment) }))
    }

    /// A capture and one of its refunds.
    async fn list_ledger_entries(
        &self,
        _: Request<payments::ListLedgerEntriesRequest>,
    ) -> Answer<payments::ListLedgerEntriesResponse> {
        let create_time = Some(prost_types::Timestamp { seconds: 1_700_000_000, nanos: 0 });
        let entry = |account: payments::LedgerAccount, amount, refund_id: &str| payments::LedgerEntry {
            account: account.into(),
            amount,
            refund_id: refund_id.into(),
            create_time,
        };
        let entries = vec![
            entry(payments::LedgerAccount::ProviderClearing, yen(1200), ""),
            entry(payments::LedgerAccount::Sales, yen(-1200), ""),
            entry(payments::LedgerAccount::Sales, money(0, 500_000_000), "rfd_1"),
        ];
        Ok(Response::new(payments::ListLedgerEntriesResponse { entries }))
    }

    /// Believes one signature only.
    async fn handle_provider_event(
        &self,
        request: Request<payments::HandleProviderEventRequest>,
    ) -> Answer<payments::HandleProviderEventResponse> {
        let message = request.into_inner();
        if message.signature != "t=1,v1=good" || message.payload != EVENT.as_bytes() {
            let details = ErrorDetails::with_bad_request_violation("signature", "does not fit the payload");
            return Err(Status::with_error_details(Code::InvalidArgument, "bad signature", details));
        }
        Ok(Response::new(payments::HandleProviderEventResponse {}))
    }

    type WatchPaymentStream = ReceiverStream<Result<payments::WatchPaymentResponse, Status>>;

    not_here! {
        list_payments: payments::ListPaymentsRequest => payments::ListPaymentsResponse;
        watch_payment: payments::WatchPaymentRequest => Self::WatchPaymentStream;
        cancel_payment: payments::CancelPaymentRequest => payments::CancelPaymentResponse;
        get_payment_statistics: payments::GetPaymentStatisticsRequest => payments::GetPaymentStatisticsResponse;
        get_refund: payments::GetRefundRequest => payments::GetRefundResponse;
        list_refunds: payments::ListRefundsRequest => payments::ListRefundsResponse;
    }
}

#[derive(Clone)]
pub(crate) struct Inventory;

#[tonic::async_trait]
impl InventoryService for Inventory {
    async fn reserve_stock(
        &self,
        request: Request<inventory::ReserveStockRequest>,
    ) -> Answer<inventory::ReserveStockResponse> {
        let message = request.into_inner();
        let status = match message.order_id.as_str() {
            "SAGA" => inventory::ReservationStatus::Pending,
            _ => inventory::ReservationStatus::Reserved,
        };
        if message.order_id == "SHORT" {
            let mut details = ErrorDetails::new();
            let shortages = r#"[{"product_id":"PROD-005","location":"","requested":6,"available":5}]"#;
            let facts = [("reservation_id", "res_1"), ("shortages_total", "1"), ("shortages", shortages)];
            details.set_error_info("INSUFFICIENT_STOCK", "oms", facts.map(|(k, v)| (k.to_owned(), v.to_owned())));
            details.add_precondition_failure_violation("STOCK", "PROD-005", "6 asked for, 5 available");
            return Err(Status::with_error_details(Code::FailedPrecondition, "stock is short", details));
        }
        let reservation = inventory::Reservation { status: status.into(), ..Default::default() };
        Ok(Response::new(inventory::ReserveStockResponse { reservation: Some(reservation) }))
    }

    async fn check_availability(
        &self,
        request: Request<inventory::CheckAvailabilityRequest>,
    ) -> Answer<inventory::CheckAvailabilityResponse> {
        let message = request.into_inner();
        Ok(Response::new(inventory::CheckAvailabilityResponse {
            product_id: message.product_id,
            available: true,
            available_quantity: 45,
            quantity: message.quantity,
            low_stock: false,
        }))
    }

    /// One movement, with what was asked for as its reason.
    async fn list_movements(
        &self,
        request: Request<inventory::ListMovementsRequest>,
    ) -> Answer<inventory::ListMovementsResponse> {
        let asked = request.into_inner();
        let movement = inventory::Movement {
            reason: format!("{} {} {}", asked.location, asked.page_size, asked.page_token),
            product_id: asked.product_id,
            location: "EAST".into(),
            r#type: inventory::MovementType::Damage.into(),
            quantity: -2,
            actor: "warehouse:walter".into(),
            ..Default::default()
        };
        Ok(Response::new(inventory::ListMovementsResponse { movements: vec![movement], next_page_token: "n".into() }))
    }

    /// One product, named as it was looked for.
    async fn list_products(
        &self,
        request: Request<inventory::ListProductsRequest>,
    ) -> Answer<inventory::ListProductsResponse> {
        let product = inventory::Product { name: request.into_inner().search, ..Default::default() };
        Ok(Response::new(inventory::ListProductsResponse { products: vec![product], ..Default::default() }))
    }

    type WatchReservationStream = ReceiverStream<Result<inventory::WatchReservationResponse, Status>>;

    not_here! {
        commit_reservation: inventory::CommitReservationRequest => inventory::CommitReservationResponse;
        cancel_reservation: inventory::CancelReservationRequest => inventory::CancelReservationResponse;
        restock_reservation: inventory::RestockReservationRequest => inventory::RestockReservationResponse;
        get_reservation: inventory::GetReservationRequest => inventory::GetReservationResponse;
        list_reservations: inventory::ListReservationsRequest => inventory::ListReservationsResponse;
        watch_reservation: inventory::WatchReservationRequest => Self::WatchReservationStream;
        get_product: inventory::GetProductRequest => inventory::GetProductResponse;
        batch_get_products: inventory::BatchGetProductsRequest => inventory::BatchGetProductsResponse;
        get_inventory_statistics: inventory::GetInventoryStatisticsRequest => inventory::GetInventoryStatisticsResponse;
        adjust_stock: inventory::AdjustStockRequest => inventory::AdjustStockResponse;
    }
}
