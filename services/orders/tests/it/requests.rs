//! Keys, pages, watches and bad input.

use crate::common::*;
use contracts::orders::*;
use futures::future::join_all;
use std::collections::HashSet;
use testkit::carried_out;
use tonic::Code;
use tonic_types::StatusExt as _;

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_key_gets_the_first_reply() {
    let orders = Orders::new().await;
    let mut client = orders.client();
    let request = CreateOrderRequest { request_id: "key 1".into(), ..order() };
    let first = client.create_order(request.clone()).await.unwrap();
    assert!(first.metadata().get("idempotent-replayed").is_none());
    let second = client.create_order(request.clone()).await.unwrap();
    assert_eq!(second.metadata().get("idempotent-replayed").unwrap(), "true");
    assert_eq!(first.into_inner(), second.into_inner());
    let other = CreateOrderRequest { customer_id: "SOMEBODY".into(), ..request };
    let refused = client.create_order(other).await.unwrap_err();
    assert_eq!((refused.code(), reason(&refused).as_str()), (Code::InvalidArgument, "IDEMPOTENCY_KEY_REUSED"));
    orders.audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_key_at_once_makes_one_order() {
    let orders = Orders::new().await;
    let request = || CreateOrderRequest { request_id: "k".into(), ..order() };
    let create = async |mut client: Client| carried_out(async || client.create_order(request()).await).await;
    let replies = join_all((0..20).map(|_| create(orders.client()))).await;
    let made: HashSet<_> = replies.into_iter().map(|reply| reply.order.unwrap().order_id).collect();
    assert_eq!(made.len(), 1);
    let all = orders.client().list_orders(ListOrdersRequest::default()).await.unwrap().into_inner().orders;
    assert_eq!(all.len(), 1);
    orders.audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_cover_everything_once() {
    let orders = Orders::new().await;
    let mut client = orders.client();
    let mut ids = Vec::new();
    for _ in 0..7 {
        ids.push(create(&mut client, order()).await);
    }
    ids.reverse();
    let mut request = ListOrdersRequest {
        page_size: 3,
        customer_id: "CUST123".into(),
        view: OrderView::Full.into(),
        ..Default::default()
    };
    let mut seen = Vec::new();
    loop {
        let page = client.list_orders(request.clone()).await.unwrap().into_inner();
        assert!(page.orders.iter().all(|o| o.items.len() == 1 && !o.timeline.is_empty()));
        seen.extend(page.orders.into_iter().map(|order| order.order_id));
        if page.next_page_token.is_empty() {
            break;
        }
        request.page_token = page.next_page_token;
    }
    assert_eq!(seen, ids);
    let stranger = ListOrdersRequest { customer_id: "NOBODY".into(), ..Default::default() };
    assert!(client.list_orders(stranger).await.unwrap().into_inner().orders.is_empty());
    request.page_token = "garbage".into();
    assert_eq!(client.list_orders(request).await.unwrap_err().code(), Code::InvalidArgument);
    orders.audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watch_resumes_after_a_sequence_number() {
    let orders = Orders::new().await;
    let mut client = orders.client();
    let id = create(&mut client, order()).await;
    until_status(&mut client, &id, OrderStatus::PendingApproval).await;
    cancel(&mut client, &id).await.unwrap();
    until_settled(&mut client, &id).await;
    let request = WatchOrderRequest { order_id: id, after_sequence: 3 };
    let mut stream = client.watch_order(request).await.unwrap().into_inner();
    let mut rest = Vec::new();
    // It ends by itself: nothing can follow.
    while let Some(message) = stream.message().await.unwrap() {
        rest.push(message.event.unwrap().sequence);
    }
    assert_eq!(rest, [4, 5]);
    orders.audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_input_is_named() {
    let orders = Orders::new().await;
    let mut client = orders.client();
    let request = CreateOrderRequest { request_id: "é".into(), ..Default::default() };
    assert_eq!(client.create_order(request).await.unwrap_err().code(), Code::InvalidArgument);
    let refused = client.create_order(CreateOrderRequest::default()).await.unwrap_err();
    let details = refused.get_error_details();
    let fields: Vec<_> = details.bad_request().unwrap().field_violations.iter().map(|v| v.field.as_str()).collect();
    assert_eq!(fields, ["customer_id", "total_amount", "items"]);
    for id in ["", "ord_", "pay_00000000000000000000000000000000", "ord_\0"] {
        let request = GetOrderRequest { order_id: id.into(), ..Default::default() };
        assert_eq!(client.get_order(request).await.unwrap_err().code(), Code::InvalidArgument, "{id}");
    }
    let unknown = GetOrderRequest { order_id: format!("ord_{:032x}", 7), ..Default::default() };
    assert_eq!(client.get_order(unknown).await.unwrap_err().code(), Code::NotFound);
    orders.audit().await;
}
