//! The ways an order can go, against real Postgres and Temporal.

use crate::common::*;
use contracts::orders::*;
use temporalio_client::{UntypedWorkflow, WorkflowStartOptions};
use temporalio_common::data_converters::{PayloadConverter, RawValue};
use tonic::{Code, Status};

async fn history_length(orders: &Orders, id: &str) -> usize {
    let handle = orders.temporal().await.get_workflow_handle::<UntypedWorkflow>(id);
    handle.get_result(Default::default()).await.unwrap();
    handle.describe(Default::default()).await.unwrap().history_length()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approved_order_costs_eleven_events() {
    let orders = Orders::new().await;
    let mut client = orders.client();
    let id = create(&mut client, order()).await;
    until_status(&mut client, &id, OrderStatus::PendingApproval).await;
    let approved = approve(&mut client, &id).await.unwrap();
    assert_eq!(approved.status(), OrderStatus::Approved);
    let events = until_settled(&mut client, &id).await;
    let seen: Vec<_> = events.iter().map(|e| (e.sequence, e.kind(), e.status())).collect();
    assert_eq!(
        seen,
        [
            (1, OrderEventKind::StatusChanged, OrderStatus::Created),
            (2, OrderEventKind::StatusChanged, OrderStatus::ValidationPending),
            (3, OrderEventKind::StatusChanged, OrderStatus::PendingApproval),
            (4, OrderEventKind::StatusChanged, OrderStatus::Approved),
            (5, OrderEventKind::Settled, OrderStatus::Approved),
        ]
    );
    assert_eq!(history_length(&orders, &id).await, 11);
    orders.audit().await;
}

/// As by a reset: the service has started a run that has ended, and another is waiting.
#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_somebody_else_started_is_woken() {
    let orders = Orders::new().await;
    let mut client = orders.client();
    let id = create(&mut client, order()).await;
    until_status(&mut client, &id, OrderStatus::PendingApproval).await;
    let temporal = orders.temporal().await;
    let first = temporal.get_workflow_handle::<UntypedWorkflow>(&id);
    let was = first.describe(Default::default()).await.unwrap();
    first.terminate(Default::default()).await.unwrap();
    let (workflow, input) =
        (UntypedWorkflow::new(was.workflow_type()), RawValue::from_value(&id, &PayloadConverter::default()));
    let options = WorkflowStartOptions::new(was.task_queue(), id.as_str()).build();
    let second = temporal.start_workflow(workflow, input, options).await.unwrap();
    // It waits once its first step is in its history.
    while second.describe(Default::default()).await.unwrap().history_length() < 5 {}
    approve(&mut client, &id).await.unwrap();
    until_settled(&mut client, &id).await;
    second.get_result(Default::default()).await.unwrap();
    orders.audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_lines_cost_no_more_history() {
    let orders = Orders::new().await;
    let mut client = orders.client();
    let names: Vec<String> = (0..10_000).map(|i| format!("PROD-0{i}")).collect();
    let lines: Vec<_> = names.iter().map(|name| (name.as_str(), 1, 5)).collect();
    let id = create(&mut client, order_of(&lines, 50_000)).await;
    until_status(&mut client, &id, OrderStatus::PendingApproval).await;
    approve(&mut client, &id).await.unwrap();
    until_settled(&mut client, &id).await;
    assert_eq!(history_length(&orders, &id).await, 11);
    assert_eq!(get(&mut client, &id).await.items.len(), 10_000);
    orders.audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn broken_rules_end_in_validation_failed() {
    let orders = Orders::new().await;
    let mut client = orders.client();
    let id = create(&mut client, order_of(&[("PROD-001", 1, 100), ("UNHEARD-OF", 1, 100)], -5)).await;
    until_settled(&mut client, &id).await;
    let order = get(&mut client, &id).await;
    assert_eq!(order.status(), OrderStatus::ValidationFailed);
    for part in ["-0.05 USD is negative", "2.00 USD", "UNHEARD-OF is unknown"] {
        assert!(order.reason.contains(part), "{}", order.reason);
    }
    let refused = approve(&mut client, &id).await.unwrap_err();
    assert_eq!(refused.code(), Code::FailedPrecondition);
    assert_eq!(reason(&refused), "ORDER_STATE");
    assert!(refused.message().contains("VALIDATION_FAILED"), "{refused}");
    orders.audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rejected_and_cancelled_orders_end() {
    let orders = Orders::new().await;
    let mut client = orders.client();
    let rejected = create(&mut client, order()).await;
    until_status(&mut client, &rejected, OrderStatus::PendingApproval).await;
    let request = RejectOrderRequest { order_id: rejected.clone(), reason: "too dear".into(), ..Default::default() };
    client.reject_order(request).await.unwrap();
    until_settled(&mut client, &rejected).await;
    assert_eq!(get(&mut client, &rejected).await.reason, "too dear");

    // Cancelled while it waits, and cancelled after its workflow has ended.
    let waiting = create(&mut client, order()).await;
    until_status(&mut client, &waiting, OrderStatus::PendingApproval).await;
    cancel(&mut client, &waiting).await.unwrap();
    until_settled(&mut client, &waiting).await;
    let approved = create(&mut client, order()).await;
    until_status(&mut client, &approved, OrderStatus::PendingApproval).await;
    approve(&mut client, &approved).await.unwrap();
    until_settled(&mut client, &approved).await;
    assert_eq!(cancel(&mut client, &approved).await.unwrap().status(), OrderStatus::Cancelled);
    assert_eq!(cancel(&mut client, &approved).await.unwrap_err().code(), Code::FailedPrecondition);
    orders.audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_validator_that_fails_three_times_rejects_the_order() {
    let orders = Orders::with(|config| config.validation.first_retry_ms = 50).await;
    orders.shelf.fail_with(Some(Status::internal("broken")));
    let mut client = orders.client();
    let id = create(&mut client, order()).await;
    let events = until_settled(&mut client, &id).await;
    let order = get(&mut client, &id).await;
    assert_eq!(order.status(), OrderStatus::AutoRejected);
    assert!(order.reason.contains("3 times") && order.reason.contains("broken"), "{}", order.reason);
    assert_eq!(events.iter().filter(|e| e.status() == OrderStatus::ValidationPending).count(), 2);
    orders.audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_inventory_that_is_away_is_waited_for() {
    let orders = Orders::new().await;
    orders.shelf.fail_with(Some(Status::unavailable("away")));
    let mut client = orders.client();
    let id = create(&mut client, order()).await;
    until_status(&mut client, &id, OrderStatus::ValidationPending).await;
    orders.shelf.fail_with(None);
    until_status(&mut client, &id, OrderStatus::PendingApproval).await;
    cancel(&mut client, &id).await.unwrap();
    until_settled(&mut client, &id).await;
    orders.audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cheap_order_is_approved_by_itself() {
    let orders = Orders::with(|config| config.approval.auto_below = vec!["100.00 USD".into()]).await;
    let mut client = orders.client();
    let cheap = create(&mut client, order_of(&[("PROD-001", 1, 9_999)], 9_999)).await;
    let events = until_settled(&mut client, &cheap).await;
    let approval = events.iter().find(|e| e.status() == OrderStatus::Approved).unwrap();
    assert_eq!((approval.actor.as_str(), approval.reason.as_str()), ("system", "below 100.00 USD"));
    let dear = create(&mut client, order_of(&[("PROD-001", 1, 10_000)], 10_000)).await;
    until_status(&mut client, &dear, OrderStatus::PendingApproval).await;
    approve(&mut client, &dear).await.unwrap();
    until_settled(&mut client, &dear).await;
    orders.audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_deciding_in_time_is_told_once() {
    let orders = Orders::with(|config| config.approval.deadline_s = 1).await;
    let mut client = orders.client();
    let id = create(&mut client, order()).await;
    let events = until(&mut client, &id, |e| e.kind() == OrderEventKind::ApprovalOverdue).await;
    assert_eq!(events.last().unwrap().status(), OrderStatus::PendingApproval);
    approve(&mut client, &id).await.unwrap();
    let events = until_settled(&mut client, &id).await;
    assert_eq!(events.iter().filter(|e| e.kind() == OrderEventKind::ApprovalOverdue).count(), 1);
    orders.audit().await;
}
