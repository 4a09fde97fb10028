//! What is personal can't be read without the customer's key, and not at all once that is destroyed.

use crate::common::*;
use crate::world::World;
use contracts::orders::*;
use orders::config::Config;
use privacy_service_client::PrivacyServiceClient;
use service::Role;
use sqlx::PgPool;
use testkit::leaks::{encryption, payloads, tables_with};
use testkit::receiver::{Receiver, allow};
use testkit::{PATIENCE, Running, Site};
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

const CUSTOMER: &str = "mrs-unmistakable";
const NUMBER: &str = "TRACK-ME-0815";
const WORDS: &str = "wants it in lilac";

fn on(config: &mut Config) {
    config.encryption = encryption(&[("k1", 1)]);
}

fn hers() -> CreateOrderRequest {
    CreateOrderRequest { customer_id: CUSTOMER.into(), ..order() }
}

async fn erase(orders: &Running) -> Result<EraseCustomerResponse, Status> {
    let request = EraseCustomerRequest { customer_id: CUSTOMER.into(), ..Default::default() };
    Ok(PrivacyServiceClient::new(orders.channel()).erase_customer(request).await?.into_inner())
}

async fn of_customer(client: &mut Client) -> Vec<Order> {
    let request =
        ListOrdersRequest { customer_id: CUSTOMER.into(), view: OrderView::Full.into(), ..Default::default() };
    client.list_orders(request).await.unwrap().into_inner().orders
}

/// Everything that was said of her is nowhere.
async fn nowhere(site: &Site) {
    for text in [CUSTOMER, NUMBER, WORDS] {
        let tables = tables_with(&site.admin_url(), text).await;
        assert!(tables.is_empty(), "{text:?} is in {tables:?}");
    }
}

/// The orders that a search for this shows.
async fn found(client: &mut Client, search: &str) -> Vec<String> {
    let request = ListOrdersRequest { search: search.into(), ..Default::default() };
    client.list_orders(request).await.unwrap().into_inner().orders.into_iter().map(|order| order.order_id).collect()
}

async fn approve_with_words(client: &mut Client, id: &str) -> Order {
    let request =
        ApproveOrderRequest { order_id: id.into(), reason: WORDS.into(), request_id: format!("approve {id}") };
    client.approve_order(request).await.unwrap().into_inner().order.unwrap()
}

/// An order that was paid, and is on its way.
async fn shipped(world: &World) -> (String, CreateOrderRequest) {
    let mut client = world.client();
    let mut request = CreateOrderRequest { request_id: "create".into(), ..hers() };
    request.set_payment_method(PaymentMethod::CreditCard);
    let id = create(&mut client, request.clone()).await;
    until_status(&mut client, &id, OrderStatus::PendingApproval).await;
    let approved = approve_with_words(&mut client, &id).await;
    assert_eq!((approved.customer_id.as_str(), approved.reason.as_str()), (CUSTOMER, WORDS));
    until_status(&mut client, &id, OrderStatus::Processing).await;
    until_settled(&mut client, &id).await;
    let ship = ShipOrderRequest {
        order_id: id.clone(),
        carrier: "DHL".into(),
        tracking_number: NUMBER.into(),
        request_id: "ship".into(),
    };
    for _ in 0..2 {
        let shipped = client.ship_order(ship.clone()).await.unwrap().into_inner().order.unwrap();
        assert_eq!((shipped.customer_id.as_str(), shipped.tracking_number.as_str()), (CUSTOMER, NUMBER));
    }
    let without_key = ShipOrderRequest { request_id: String::new(), ..ship };
    // The same parcel once more.
    client.ship_order(without_key).await.unwrap();
    (id, request)
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_an_erased_customer_can_be_found() {
    let mut receiver = Receiver::start(&[]).await;
    let world = World::with(Role::All, |config| {
        on(config);
        allow(&mut config.webhooks);
    })
    .await;
    let mut hooks = webhook_service_client::WebhookServiceClient::new(world.orders.channel());
    let endpoint = contracts::common::CreateWebhookEndpointRequest {
        url: receiver.url(),
        event_types: vec!["order.approved".into()],
        ..Default::default()
    };
    hooks.create_webhook_endpoint(endpoint).await.unwrap();
    let (mut client, books) = (world.client(), world.mice().await);
    let (id, request) = shipped(&world).await;
    assert_eq!(receiver.next().await.json()["data"]["reason"], WORDS);
    let stranger = create(&mut client, order()).await;
    until_status(&mut client, &stranger, OrderStatus::PendingApproval).await;

    // What a backup of now would hold.
    nowhere(&world.site).await;
    let before = get(&mut client, &id).await;
    assert_eq!((before.customer_id.as_str(), before.tracking_number.as_str()), (CUSTOMER, NUMBER));
    let said: Vec<&str> = before.timeline.iter().map(|event| event.reason.as_str()).filter(|r| !r.is_empty()).collect();
    assert_eq!(said, [WORDS, &format!("DHL {NUMBER}")]);
    assert_eq!(of_customer(&mut client).await, std::slice::from_ref(&before));
    for search in [CUSTOMER, NUMBER, &id[..16]] {
        assert_eq!(found(&mut client, search).await[0], id, "{search}");
    }

    let refused = erase(&world.orders).await.unwrap_err();
    assert_eq!((refused.code(), reason(&refused).as_str()), (Code::FailedPrecondition, "CUSTOMER_UNDER_WAY"));
    let named = refused.get_error_details().precondition_failure().unwrap().violations[0].clone();
    assert_eq!((named.subject, named.description), (id.clone(), "SHIPPED".to_owned()));
    assert_eq!(get(&mut client, &id).await, before);
    client.deliver_order(DeliverOrderRequest { order_id: id.clone(), ..Default::default() }).await.unwrap();

    assert_eq!(erase(&world.orders).await.unwrap().orders, 1);
    nowhere(&world.site).await;
    let after = get(&mut client, &id).await;
    assert_eq!((after.customer_id.as_str(), after.tracking_number.as_str(), after.reason.as_str()), ("", "", ""));
    assert!(after.timeline.iter().all(|event| event.reason.is_empty()));
    assert_eq!(
        (&after.total_amount, &after.items, after.status()),
        (&before.total_amount, &before.items, OrderStatus::Delivered)
    );
    assert!(of_customer(&mut client).await.is_empty());
    for search in [CUSTOMER, NUMBER] {
        assert!(found(&mut client, search).await.is_empty(), "{search}");
    }
    let all = client.list_orders(ListOrdersRequest::default()).await.unwrap().into_inner().orders;
    assert_eq!(all.iter().map(|order| order.customer_id.as_str()).collect::<Vec<_>>(), ["CUST123", ""]);
    // A request that comes again makes no second order.
    let again = client.create_order(request).await.unwrap().into_inner().order.unwrap();
    assert_eq!((again.order_id, again.customer_id), (id.clone(), String::new()));
    assert_eq!(erase(&world.orders).await.unwrap().orders, 0, "once is enough");
    let records: Vec<(i64, String)> = sqlx::query_as("SELECT orders, actor FROM orders.erasures")
        .fetch_all(&PgPool::connect(&world.site.admin_url()).await.unwrap())
        .await
        .unwrap();
    assert_eq!(records, [(1, "local".to_owned())]);

    // The same id is another customer from now on.
    let anew = create(&mut client, hers()).await;
    let found = of_customer(&mut client).await;
    assert_eq!(
        found.iter().map(|order| (&*order.order_id, &*order.customer_id)).collect::<Vec<_>>(),
        [(&*anew, CUSTOMER)]
    );
    assert_eq!(world.mice().await, books);
    world.audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_keys_the_columns_are_overwritten() {
    let orders = Orders::new().await;
    let mut client = orders.client();
    let request = CreateOrderRequest { request_id: "create".into(), ..hers() };
    let id = create(&mut client, request.clone()).await;
    until_status(&mut client, &id, OrderStatus::PendingApproval).await;
    let refused = erase(&orders.running).await.unwrap_err();
    assert_eq!(reason(&refused), "CUSTOMER_UNDER_WAY");
    approve_with_words(&mut client, &id).await;
    until_settled(&mut client, &id).await;
    assert!(!tables_with(&orders.site.admin_url(), CUSTOMER).await.is_empty(), "the search finds something");
    assert!(!tables_with(&orders.site.admin_url(), WORDS).await.is_empty(), "the search finds something");
    assert_eq!(erase(&orders.running).await.unwrap().orders, 1);
    nowhere(&orders.site).await;
    assert_eq!(get(&mut client, &id).await.customer_id, "");
    let again = client.create_order(request).await.unwrap().into_inner().order.unwrap();
    assert_eq!((again.order_id, again.customer_id), (id, String::new()));
    orders.audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_made_before_there_were_keys_are_hers_too() {
    let (site, shelf) = (Site::new().await, crate::shelf::Shelf::start().await);
    let mut config = config(&site, &shelf);
    let plain = start(config.clone(), Role::All).await;
    let old = create(&mut client(&plain), hers()).await;
    until_status(&mut client(&plain), &old, OrderStatus::PendingApproval).await;
    plain.stop().await;
    on(&mut config);
    let sealing = start(config, Role::All).await;
    let mut client = client(&sealing);
    // The workflow began without keys, and goes on with them.
    approve_with_words(&mut client, &old).await;
    until_settled(&mut client, &old).await;
    let new = create(&mut client, hers()).await;
    until_status(&mut client, &new, OrderStatus::PendingApproval).await;
    let listed: Vec<_> = of_customer(&mut client).await.into_iter().map(|o| (o.order_id, o.customer_id)).collect();
    assert_eq!(listed, [(new.clone(), CUSTOMER.to_owned()), (old.clone(), CUSTOMER.to_owned())]);
    cancel(&mut client, &new).await.unwrap();
    until_settled(&mut client, &new).await;
    assert_eq!(erase(&sealing).await.unwrap().orders, 2);
    nowhere(&site).await;
    site.audit(audit::Targets { orders: Some(sealing.channel()), ..Default::default() }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_rotated_under_running_workflows() {
    let (site, shelf) = (Site::new().await, crate::shelf::Shelf::start().await);
    let mut config = config(&site, &shelf);
    config.encryption = encryption(&[("k1", 1)]);
    let running = start(config.clone(), Role::All).await;
    let id = create(&mut client(&running), hers()).await;
    until_status(&mut client(&running), &id, OrderStatus::PendingApproval).await;
    running.stop().await;
    config.encryption = encryption(&[("k2", 2), ("k1", 1)]);
    let running = start(config.clone(), Role::All).await;
    approve_with_words(&mut client(&running), &id).await;
    until_settled(&mut client(&running), &id).await;
    let temporal = temporal(&site).await;
    let handle = temporal.get_workflow_handle::<temporalio_client::UntypedWorkflow>(&id);
    handle.get_result(Default::default()).await.unwrap();
    let kept = payloads(&temporal, &id).await;
    assert!(kept.iter().all(|kept| kept.encoding == "binary/encrypted"), "{kept:#?}");
    assert!(kept.iter().all(|kept| !kept.data.windows(id.len()).any(|bytes| bytes == id.as_bytes())));
    let mut keys: Vec<&str> = kept.iter().map(|kept| kept.key_id.as_str()).collect();
    keys.dedup();
    assert_eq!(keys, ["k1", "k2"]);

    let pool = PgPool::connect(&site.database_url("orders")).await.unwrap();
    let renewed = async {
        while sqlx::query_scalar::<_, String>("SELECT ring_key FROM customer_keys").fetch_one(&pool).await.unwrap()
            != "k2"
        {}
    };
    tokio::time::timeout(PATIENCE, renewed).await.unwrap();
    running.stop().await;
    config.encryption = encryption(&[("k3", 3)]);
    let lacking = orders::run(config.clone(), Role::Worker, None, Default::default()).await.unwrap_err();
    assert!(format!("{lacking:?}").contains("`k2`"), "{lacking:?}");
    config.encryption = encryption(&[("k2", 2)]);
    let running = start(config, Role::All).await;
    assert_eq!(get(&mut client(&running), &id).await.customer_id, CUSTOMER);
    site.audit(audit::Targets { orders: Some(running.channel()), ..Default::default() }).await;
    // As when an older copy of the keys was restored.
    sqlx::query("DELETE FROM customer_keys").execute(&pool).await.unwrap();
    let found = audit::run(&audit::Targets { orders: Some(running.channel()), ..Default::default() }).await.unwrap();
    assert!(found.findings.iter().any(|finding| finding.rule.ends_with("ORDER_CUSTOMER_KEY")), "{found:#?}");
}

/// Orders come in at the moment of an erasure. Each is either erased or can be read.
#[tokio::test(flavor = "multi_thread")]
async fn an_order_is_either_erased_or_readable() {
    let (site, shelf) = (Site::new().await, crate::shelf::Shelf::start().await);
    let mut config = config(&site, &shelf);
    on(&mut config);
    let running = start(config.clone(), Role::Api).await;
    // Another process, which remembers the key for a while.
    let other = start(config, Role::Api).await;
    let pool = PgPool::connect(&site.database_url("orders")).await.unwrap();
    for process in [&running, &other] {
        // Its tables are there.
        create(&mut client(process), hers()).await;
    }
    let mut erased = 0;
    for round in 0..10 {
        let orders = (0..8).map(|i| {
            let mut client = client(if i % 2 == 0 { &running } else { &other });
            tokio::spawn(async move { create(&mut client, hers()).await })
        });
        let orders: Vec<_> = orders.collect();
        // Nothing is under way, as far as this goes.
        sqlx::query("UPDATE orders SET settled_at = now()").execute(&pool).await.unwrap();
        match erase(&running).await {
            Ok(done) => erased += done.orders,
            Err(refused) => assert_eq!(reason(&refused), "CUSTOMER_UNDER_WAY"),
        }
        for order in orders {
            let id = order.await.unwrap();
            let customer = get(&mut client(&other), &id).await.customer_id;
            assert!(["", CUSTOMER].contains(&customer.as_str()), "round {round}: {customer:?}");
        }
    }
    sqlx::query("UPDATE orders SET settled_at = now()").execute(&pool).await.unwrap();
    erased += erase(&running).await.unwrap().orders;
    assert_eq!(erased, 82);
    let keys: i64 = sqlx::query_scalar("SELECT count(*) FROM customer_keys").fetch_one(&pool).await.unwrap();
    assert_eq!(keys, 0);
    nowhere(&site).await;
}
