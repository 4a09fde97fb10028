//! What is undone when an order is cancelled at any moment, or can't be fulfilled.

use crate::common::*;
use crate::world::{World, payments};
use contracts::inventory::ReservationStatus;
use contracts::orders::*;
use contracts::payments::{CancelPaymentRequest, PaymentStatus};
use service::Role;
use temporalio_client::UntypedWorkflow;
use testkit::PATIENCE;

async fn until_unwound(world: &World, id: &str) -> Order {
    let mut client = world.client();
    until(&mut client, id, |e| e.kind() == OrderEventKind::Settled && e.status() == OrderStatus::Cancelled).await;
    let order = get(&mut client, id).await;
    assert_eq!((order.status(), order.unwinding), (OrderStatus::Cancelled, false));
    order
}

#[tokio::test(flavor = "multi_thread")]
async fn cancelled_after_everything_was_done() {
    let world = World::new().await;
    let mut client = world.client();
    let id = world.buy(2, "").await;
    until(&mut client, &id, |e| e.kind() == OrderEventKind::Settled && e.status() == OrderStatus::Processing).await;
    assert_eq!(world.mice().await, (3, 3));
    let cancelled = cancel(&mut client, &id).await.unwrap();
    assert!(cancelled.unwinding);
    let order = until_unwound(&world, &id).await;
    assert_eq!(order.reason, "changed my mind");
    assert_eq!(world.mice().await, (5, 5));
    assert_eq!(world.payment(&id).await.status(), PaymentStatus::Refunded);
    assert_eq!(world.reservation(&id).await.status(), ReservationStatus::Committed);
    let undone: Vec<_> =
        order.timeline.iter().filter(|e| e.kind() == OrderEventKind::StepUndone).map(|e| e.reason.clone()).collect();
    assert_eq!(undone.len(), 3);
    assert!(undone[0].starts_with("commit") && undone[1].starts_with("charge"), "in reverse: {undone:?}");
    world.audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn cancelled_during_its_charge() {
    let world = World::new().await;
    let mut client = world.client();
    let id = world.buy(2, "sim_slow").await;
    world.until_payment(&id).await;
    cancel(&mut client, &id).await.unwrap();
    until_unwound(&world, &id).await;
    let payments = world.payments_of(&id).await;
    assert_eq!(payments.len(), 1);
    assert!(
        matches!(payments[0].status(), PaymentStatus::Refunded | PaymentStatus::Cancelled),
        "{:?}",
        payments[0].status()
    );
    assert_eq!(world.mice().await, (5, 5));
    world.audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn cancelled_while_no_worker_charges() {
    let world = World::with(Role::Api, |_| {}).await;
    let mut client = world.client();
    let id = world.buy(2, "").await;
    world.until_payment(&id).await;
    cancel(&mut client, &id).await.unwrap();
    until_unwound(&world, &id).await;
    assert_eq!(world.payment(&id).await.status(), PaymentStatus::Cancelled);
    assert_eq!(world.mice().await, (5, 5));
    world.audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_cancelled_by_hand_counts_as_declined() {
    let world = World::with(Role::Api, |_| {}).await;
    let id = world.buy(1, "").await;
    let payment_id = world.until_payment(&id).await.payment_id;
    let request = CancelPaymentRequest { payment_id, reason: "by hand".into(), ..Default::default() };
    world.till().cancel_payment(request).await.unwrap();
    let order = until_unwound(&world, &id).await;
    assert!(order.reason.starts_with("PAYMENT_CANCELLED"), "{}", order.reason);
    assert_eq!(world.mice().await, (5, 5));
    world.audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn stock_lost_and_sold_to_another_is_refunded() {
    let world = World::new().await;
    let mut client = world.client();
    let id = world.buy(4, "sim_slow").await;
    until_status(&mut client, &id, OrderStatus::PaymentPending).await;
    world.release(&id).await;
    let other = world.buy(4, "").await;
    until_status(&mut client, &other, OrderStatus::Processing).await;
    let order = until_unwound(&world, &id).await;
    assert!(order.reason.starts_with("RESERVATION_EXPIRED"), "{}", order.reason);
    assert_eq!(world.payment(&id).await.status(), PaymentStatus::Refunded);
    assert_eq!(world.mice().await, (1, 1));
    world.audit().await;
}

/// Orders are cancelled after every length of time, so at every point of their way.
#[tokio::test(flavor = "multi_thread")]
async fn cancelled_at_any_moment_leaves_nothing_behind() {
    let world = World::new().await;
    let mut buyers = Vec::new();
    for i in 0..12_u64 {
        let mut client = world.client();
        let id = world.buy(1, "").await;
        buyers.push(tokio::spawn(async move {
            // Not to wait for something: to come at another moment each time.
            tokio::time::sleep(std::time::Duration::from_millis(i * 12)).await;
            cancel(&mut client, &id).await.unwrap();
            id
        }));
    }
    for buyer in buyers {
        let id = buyer.await.unwrap();
        let order = until_unwound(&world, &id).await;
        for payment in world.payments_of(&id).await {
            assert!(
                matches!(payment.status(), PaymentStatus::Refunded | PaymentStatus::Cancelled | PaymentStatus::Failed),
                "{}: {:?}",
                order.order_id,
                payment.status()
            );
        }
    }
    assert_eq!(world.mice().await, (5, 5));
    world.audit().await;
}

/// However long it takes: while a partner is away, an undo is Temporal's to repeat, which costs no event.
#[tokio::test(flavor = "multi_thread")]
async fn an_undo_outlasts_a_partner_that_is_away() {
    let world = World::new().await;
    let mut client = world.client();
    let id = world.buy(2, "").await;
    until(&mut client, &id, |e| e.kind() == OrderEventKind::Settled && e.status() == OrderStatus::Processing).await;
    let temporal = temporal(&world.site).await;
    let handle = temporal.get_workflow_handle::<UntypedWorkflow>(&id);
    handle.get_result(Default::default()).await.unwrap();
    let address = world.payments.address;
    let World { site, inventory, payments: gone, orders } = world;
    gone.stop().await;
    cancel(&mut client, &id).await.unwrap();
    let tries = async {
        loop {
            let description = handle.describe(Default::default()).await.unwrap();
            let activities = &description.raw_description.pending_activities;
            if activities.iter().any(|activity| activity.attempt > 3) {
                return (activities.clone(), description.history_length());
            }
        }
    };
    let (pending, events) = tokio::time::timeout(PATIENCE, tries).await.unwrap();
    // Started, task, marker, and the activity that is tried.
    assert_eq!(events, 6);
    let why = format!("{:?}", pending[0].last_failure);
    assert!(why.contains("undo of charge"), "{why}");
    let back = tokio::net::TcpListener::bind(address).await.unwrap();
    let payments = payments(&site, Role::All, back).await;
    let world = World { site, inventory, payments, orders };
    until_unwound(&world, &id).await;
    handle.get_result(Default::default()).await.unwrap();
    assert_eq!(world.mice().await, (5, 5));
    world.audit().await;
}
