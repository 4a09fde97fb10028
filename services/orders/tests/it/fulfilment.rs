//! From the approval to the delivery, with the real inventory and the real payments.

use crate::common::*;
use crate::world::{World, listener, payments};
use contracts::inventory::ReservationStatus;
use contracts::orders::*;
use contracts::payments::PaymentStatus;
use service::Role;
use temporalio_client::UntypedWorkflow;
use tonic::Code;

async fn history_length(world: &World, workflow: &str) -> usize {
    let handle = temporal(&world.site).await.get_workflow_handle::<UntypedWorkflow>(workflow);
    handle.get_result(Default::default()).await.unwrap();
    handle.describe(Default::default()).await.unwrap().history_length()
}

fn parcel(order_id: &str, number: &str) -> ShipOrderRequest {
    let (order_id, tracking_number) = (order_id.to_owned(), number.to_owned());
    ShipOrderRequest { order_id, carrier: "DHL".into(), tracking_number, request_id: String::new() }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paid_order_is_reserved_charged_committed_shipped_and_delivered() {
    let world = World::new().await;
    let mut client = world.client();
    let id = world.buy(2, "tok_visa").await;
    let events =
        until(&mut client, &id, |e| e.kind() == OrderEventKind::Settled && e.status() == OrderStatus::Processing).await;
    let seen: Vec<_> = events[3..].iter().map(|e| (e.kind(), e.status())).collect();
    assert_eq!(
        seen,
        [
            (OrderEventKind::StatusChanged, OrderStatus::Approved),
            (OrderEventKind::StatusChanged, OrderStatus::PaymentPending),
            (OrderEventKind::StatusChanged, OrderStatus::PaymentCompleted),
            (OrderEventKind::StatusChanged, OrderStatus::Processing),
            (OrderEventKind::Settled, OrderStatus::Processing),
        ]
    );
    assert_eq!(world.payment(&id).await.status(), PaymentStatus::Completed);
    assert_eq!(world.reservation(&id).await.status(), ReservationStatus::Committed);
    assert_eq!(world.mice().await, (3, 3));
    let order = get(&mut client, &id).await;
    let mut cost = 0;
    for workflow in [&id, &order.payment_id, &order.reservation_id] {
        cost += history_length(&world, workflow).await;
    }
    assert!(cost <= 36, "{cost} events");

    let early = client.deliver_order(DeliverOrderRequest { order_id: id.clone(), ..Default::default() }).await;
    assert!(early.unwrap_err().message().contains("PROCESSING"));
    let shipped = client.ship_order(parcel(&id, "JD01")).await.unwrap().into_inner().order.unwrap();
    assert_eq!((shipped.status(), shipped.carrier.as_str()), (OrderStatus::Shipped, "DHL"));
    let again = client.ship_order(parcel(&id, "JD01")).await.unwrap().into_inner().order.unwrap();
    assert_eq!(again.sequence, shipped.sequence, "the same parcel changes nothing");
    let other = client.ship_order(parcel(&id, "JD02")).await.unwrap_err();
    assert_eq!((other.code(), reason(&other)), (Code::FailedPrecondition, "ORDER_STATE".to_owned()));
    assert_eq!(cancel(&mut client, &id).await.unwrap_err().code(), Code::FailedPrecondition);
    for _ in 0..2 {
        let request = DeliverOrderRequest { order_id: id.clone(), ..Default::default() };
        let delivered = client.deliver_order(request).await.unwrap().into_inner().order.unwrap();
        assert_eq!((delivered.status(), delivered.sequence), (OrderStatus::Delivered, shipped.sequence + 1));
    }
    // The watch ends by itself with the last event.
    let watch = WatchOrderRequest { order_id: id.clone(), after_sequence: shipped.sequence };
    let mut rest = client.watch_order(watch).await.unwrap().into_inner();
    assert_eq!(rest.message().await.unwrap().unwrap().event.unwrap().status(), OrderStatus::Delivered);
    assert!(rest.message().await.unwrap().is_none());
    world.audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn shipping_names_every_field_at_fault() {
    let world = World::new().await;
    let request = ShipOrderRequest { order_id: "x".into(), carrier: String::new(), ..parcel("", "a\n") };
    let refused = world.client().ship_order(request).await.unwrap_err();
    use tonic_types::StatusExt as _;
    let details = refused.get_error_details();
    let fields: Vec<_> = details.bad_request().unwrap().field_violations.iter().map(|v| v.field.as_str()).collect();
    assert_eq!(fields, ["order_id", "carrier", "tracking_number"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decline_releases_the_stock_and_says_why() {
    let world = World::new().await;
    let mut client = world.client();
    let id = world.buy(2, "sim_decline").await;
    until_settled(&mut client, &id).await;
    let order = get(&mut client, &id).await;
    assert_eq!((order.status(), order.unwinding), (OrderStatus::Cancelled, false));
    assert!(order.reason.starts_with("PAYMENT_DECLINED"), "{}", order.reason);
    assert_eq!(world.mice().await, (5, 5));
    assert_eq!(world.reservation(&id).await.status(), ReservationStatus::Cancelled);
    world.audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn missing_stock_charges_nothing() {
    let world = World::new().await;
    let mut client = world.client();
    let id = world.buy(6, "").await;
    until_settled(&mut client, &id).await;
    let order = get(&mut client, &id).await;
    assert!(order.reason.starts_with("INSUFFICIENT_STOCK"), "{}", order.reason);
    assert_eq!((order.status(), order.payment_id.as_str()), (OrderStatus::Cancelled, ""));
    assert!(world.payments_of(&id).await.is_empty());
    assert_eq!(world.mice().await, (5, 5));
    world.audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_hesitates_is_waited_for() {
    // The patience is over before the slow provider answers: a timer takes over.
    let world = World::with(Role::All, |config| config.fulfilment.patience_ms = 300).await;
    let mut client = world.client();
    let id = world.buy(1, "sim_slow").await;
    until_status(&mut client, &id, OrderStatus::Processing).await;
    assert_eq!(world.payments_of(&id).await.len(), 1);
    world.audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payments_service_that_is_away_is_waited_for() {
    let world = World::new().await;
    let mut client = world.client();
    let address = world.payments.address;
    let World { site, inventory, payments: gone, orders } = world;
    gone.stop().await;
    let world = World { payments: payments(&site, Role::All, listener().await).await, site, inventory, orders };
    let id = world.buy(1, "").await;
    until_status(&mut client, &id, OrderStatus::PaymentPending).await;
    let back = tokio::net::TcpListener::bind(address).await.unwrap();
    let _again = payments(&world.site, Role::All, back).await;
    until_status(&mut client, &id, OrderStatus::Processing).await;
    world.audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn stock_lost_during_a_slow_charge_is_reserved_once_more() {
    let world = World::new().await;
    let mut client = world.client();
    let id = world.buy(2, "sim_slow").await;
    until_status(&mut client, &id, OrderStatus::PaymentPending).await;
    world.release(&id).await;
    let events = until_status(&mut client, &id, OrderStatus::Processing).await;
    let kinds: Vec<_> = events.iter().map(OrderEvent::kind).collect();
    assert!(kinds.contains(&OrderEventKind::HoldLost) && kinds.contains(&OrderEventKind::HoldRenewed), "{kinds:?}");
    assert_eq!(world.mice().await, (3, 3));
    assert_eq!(world.payments_of(&id).await.len(), 1);
    world.audit().await;
}
