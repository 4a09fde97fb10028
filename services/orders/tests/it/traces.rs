//! One trace for an order: from the request through the outbox and the workflow to the calls of the other services.

use crate::common::*;
use crate::metrics::Others;
use contracts::orders::*;
use std::collections::HashMap;
use testkit::traces::{Span, jaeger};
use tonic::Request;

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const CALLER: &str = "00f067aa0ba902b7";

#[tokio::test(flavor = "multi_thread")]
async fn a_fulfilled_order_is_one_trace() {
    let (jaeger, others) = (jaeger().await, Others::new().await);
    let (_orders, mut client) = others.orders(&jaeger.settings()).await;
    let mut order = order_of(&[("PROD-005", 1, 5_000)], 5_000);
    order.set_payment_method(PaymentMethod::CreditCard);
    "tok_visa".clone_into(&mut order.payment_token);
    let mut request = Request::new(order);
    request.metadata_mut().insert("traceparent", format!("00-{TRACE}-{CALLER}-01").parse().unwrap());
    let id = client.create_order(request).await.unwrap().into_inner().order.unwrap().order_id;
    until_status(&mut client, &id, OrderStatus::PendingApproval).await;
    approve(&mut client, &id).await.unwrap();
    until_settled(&mut client, &id).await;

    let ends = |spans: &[Span]| spans.iter().any(|span| span.name == "RunWorkflow:Order");
    let spans = jaeger.trace(TRACE, ends).await;
    let by_id: HashMap<&str, &Span> = spans.iter().map(|span| (span.id.as_str(), span)).collect();
    let path = |span: &Span| {
        let parent = |span: &&Span| by_id.get(span.parent.as_deref()?).copied();
        let mut names: Vec<_> = std::iter::successors(Some(span), parent).map(|span| span.name.as_str()).collect();
        names.reverse();
        names.join(" > ")
    };
    // Every span hangs below the caller's, and nothing is here that is not ours.
    for span in &spans {
        let top = std::iter::successors(Some(span), |span| by_id.get(span.parent.as_deref()?).copied()).last().unwrap();
        assert_eq!(top.parent.as_deref(), Some(CALLER), "{}", path(span));
        assert_eq!(top.name, "oms.orders.v1.OrderService/CreateOrder");
        assert_eq!(span.service, "orders");
    }
    let workflow = "oms.orders.v1.OrderService/CreateOrder > outbox start > StartWorkflow:Order > RunWorkflow:Order";
    let step = format!("{workflow} > StartActivity:OrderActivities::step > RunActivity:OrderActivities::step");
    let long =
        format!("{workflow} > StartActivity:OrderActivities::long_step > RunActivity:OrderActivities::long_step");
    let mut paths: Vec<String> = spans.iter().map(path).collect();
    paths.sort_unstable();
    for expected in [
        "oms.orders.v1.OrderService/CreateOrder > write.insert".to_owned(),
        format!("{step} > write.validated"),
        format!("{step} > oms.inventory.v1.InventoryService/ReserveStock"),
        format!("{long} > oms.payments.v1.PaymentService/CreatePayment"),
        format!("{long} > oms.inventory.v1.InventoryService/CommitReservation"),
        format!("{long} > journal.done"),
    ] {
        assert!(paths.contains(&expected), "no {expected} in {paths:#?}");
    }
    let start = spans.iter().find(|span| span.name == "outbox start").unwrap();
    assert_eq!(start.attributes["workflow.id"], id.as_str());
    let create = spans.iter().find(|span| span.name.ends_with("/CreateOrder")).unwrap();
    assert_eq!(
        (&create.attributes["rpc.method"], &create.attributes["span.kind"]),
        (&"CreateOrder".into(), &"server".into())
    );
    let look = spans.iter().find(|span| span.name == "look.look").unwrap();
    assert_eq!(look.attributes["db.system.name"], "postgresql");
}
