//! Who is told by webhook, how often, and who is not.

use crate::common::*;
use crate::shelf::Shelf;
use contracts::common::*;
use contracts::orders::*;
use orders::config::Config;
use service::Role;
use sqlx::PgPool;
use testkit::leaks::{encryption, tables_with};
use testkit::receiver::{Receiver, Take, allow};
use testkit::{PATIENCE, Site};
use tonic::transport::Channel;
use tonic::{Code, Status};
use tonic_types::StatusExt as _;
use webhook_service_client::WebhookServiceClient;

type Hooks = WebhookServiceClient<Channel>;

async fn told(change: impl FnOnce(&mut Config)) -> (Orders, Hooks) {
    let orders = Orders::with(|config| {
        allow(&mut config.webhooks);
        change(config);
    })
    .await;
    let hooks = WebhookServiceClient::new(orders.running.channel());
    (orders, hooks)
}

fn endpoint(url: String, event_types: &[&str]) -> CreateWebhookEndpointRequest {
    let event_types = event_types.iter().map(ToString::to_string).collect();
    CreateWebhookEndpointRequest { url, event_types, ..Default::default() }
}

/// Registers and returns the id and the secret.
async fn register(hooks: &mut Hooks, request: CreateWebhookEndpointRequest) -> (String, String) {
    let reply = hooks.create_webhook_endpoint(request).await.unwrap().into_inner();
    (reply.endpoint.unwrap().endpoint_id, reply.secret)
}

async fn deliveries(hooks: &mut Hooks, endpoint: &str) -> Vec<WebhookDelivery> {
    let request = ListWebhookDeliveriesRequest { endpoint_id: endpoint.to_owned(), ..Default::default() };
    hooks.list_webhook_deliveries(request).await.unwrap().into_inner().deliveries
}

/// Until all of an endpoint's deliveries are in this state, and there are so many.
async fn until_all(
    hooks: &mut Hooks,
    endpoint: &str,
    count: usize,
    state: WebhookDeliveryState,
) -> Vec<WebhookDelivery> {
    let look = async {
        loop {
            let found = deliveries(hooks, endpoint).await;
            if found.len() == count && found.iter().all(|delivery| delivery.state() == state) {
                return found;
            }
        }
    };
    let found = tokio::time::timeout(PATIENCE, look).await;
    found.unwrap_or_else(|_| panic!("{endpoint} has no {count} deliveries that are {state:?}"))
}

async fn approved(orders: &Orders) -> String {
    let mut client = orders.client();
    let id = create(&mut client, order()).await;
    until_status(&mut client, &id, OrderStatus::PendingApproval).await;
    approve(&mut client, &id).await.unwrap();
    until_settled(&mut client, &id).await;
    id
}

fn at_fault(status: &Status) -> Vec<String> {
    let details = status.get_error_details();
    let violations = details.bad_request().map(|request| request.field_violations.clone()).unwrap_or_default();
    violations.into_iter().map(|violation| violation.field).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_is_told_with_a_signature_that_it_can_check() {
    let (orders, mut hooks) = told(|_| {}).await;
    let mut receiver = Receiver::start(&[]).await;
    let (id, secret) = register(&mut hooks, endpoint(receiver.url(), &[])).await;
    let order = approved(&orders).await;
    let mut got = [receiver.next().await, receiver.next().await];
    got.sort_by_key(|message| message.json()["data"]["sequence"].as_i64());
    for (message, kind) in got.iter().zip(["order.pending_approval", "order.approved"]) {
        assert_eq!(message.kind(), kind);
        assert_eq!(message.json()["data"]["order_id"], order);
        assert!(message.is_signed_with(&secret));
        assert!(!message.is_signed_with("whsec_bm90IHRoZSBzZWNyZXQgb2YgdGhpcyBlbmRwb2ludA=="));
    }
    assert_ne!(got[0].id(), got[1].id());
    let ended = until_all(&mut hooks, &id, 2, WebhookDeliveryState::Delivered).await;
    assert!(ended.iter().all(|delivery| delivery.attempts == 1 && delivery.last_result == "200"), "{ended:#?}");
    assert!(receiver.rest().is_empty());
    orders.audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_taken_is_sent_again_under_its_id() {
    let (orders, mut hooks) = told(|config| config.webhooks.timeout_ms = 500).await;
    let first = [Take::Status(500), Take::Hang, Take::Status(302), Take::Later(0), Take::Status(204)];
    let mut receiver = Receiver::start(&first).await;
    let (id, secret) = register(&mut hooks, endpoint(receiver.url(), &["order.approved"])).await;
    approved(&orders).await;
    let first = receiver.next().await;
    for _ in 1..5 {
        let again = receiver.next().await;
        assert_eq!((again.id(), again.json()), (first.id(), first.json()));
        assert!(again.is_signed_with(&secret));
    }
    let ended = until_all(&mut hooks, &id, 1, WebhookDeliveryState::Delivered).await;
    assert_eq!((ended[0].delivery_id.as_str(), ended[0].attempts), (first.id(), 5));
    assert_eq!(ended[0].last_result, "204");
    orders.audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_given_up_can_be_replayed() {
    let (orders, mut hooks) = told(|config| config.webhooks.retry_s = vec![0]).await;
    let mut receiver = Receiver::start(&[Take::Status(500); 4]).await;
    let (id, _) = register(&mut hooks, endpoint(receiver.url(), &[])).await;
    approved(&orders).await;
    let failed = until_all(&mut hooks, &id, 2, WebhookDeliveryState::Failed).await;
    assert_eq!(receiver.rest().len(), 4);
    let request = ReplayWebhookDeliveriesRequest {
        endpoint_id: id.clone(),
        delivery_ids: vec![failed[0].delivery_id.clone()],
        ..Default::default()
    };
    assert_eq!(hooks.replay_webhook_deliveries(request).await.unwrap().into_inner().replayed, 1);
    assert_eq!(receiver.next().await.id(), failed[0].delivery_id);
    let failed_since = failed[1].create_time;
    let request = ReplayWebhookDeliveriesRequest { endpoint_id: id.clone(), failed_since, ..Default::default() };
    assert_eq!(hooks.replay_webhook_deliveries(request).await.unwrap().into_inner().replayed, 1);
    assert_eq!(receiver.next().await.id(), failed[1].delivery_id);
    until_all(&mut hooks, &id, 2, WebhookDeliveryState::Delivered).await;
    orders.audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_that_is_gone_is_told_no_more() {
    let (orders, mut hooks) = told(|_| {}).await;
    let mut receiver = Receiver::start(&[Take::Status(410)]).await;
    let (id, _) = register(&mut hooks, endpoint(receiver.url(), &["order.approved"])).await;
    approved(&orders).await;
    let first = receiver.next().await;
    let gone = async {
        while hooks.list_webhook_endpoints(ListWebhookEndpointsRequest {}).await.unwrap().into_inner().endpoints[0]
            .state()
            != WebhookEndpointState::Gone
        {}
    };
    tokio::time::timeout(PATIENCE, gone).await.unwrap();
    approved(&orders).await;
    assert_eq!(deliveries(&mut hooks, &id).await.len(), 1);
    assert!(receiver.rest().is_empty());
    let request = EnableWebhookEndpointRequest { endpoint_id: id.clone() };
    let enabled = hooks.enable_webhook_endpoint(request).await.unwrap().into_inner().endpoint.unwrap();
    assert_eq!(enabled.state(), WebhookEndpointState::Enabled);
    assert_eq!(receiver.next().await.id(), first.id());
    until_all(&mut hooks, &id, 1, WebhookDeliveryState::Delivered).await;
    orders.audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_endpoint_keeps_no_other_waiting() {
    let (orders, mut hooks) = told(|config| {
        config.webhooks.at_once = 2;
        config.webhooks.timeout_ms = 600_000;
    })
    .await;
    let silent = Receiver::start(&[Take::Hang; 50]).await;
    let mut other = Receiver::start(&[]).await;
    register(&mut hooks, endpoint(silent.url(), &[])).await;
    let (id, _) = register(&mut hooks, endpoint(other.url(), &[])).await;
    for _ in 0..4 {
        approved(&orders).await;
    }
    for _ in 0..8 {
        other.next().await;
    }
    until_all(&mut hooks, &id, 8, WebhookDeliveryState::Delivered).await;
    orders.audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn processes_side_by_side_send_each_message_once() {
    let (orders, mut hooks) = told(|_| {}).await;
    let mut config = config(&orders.site, &orders.shelf);
    allow(&mut config.webhooks);
    let _other = start(config, Role::Worker).await;
    let mut receiver = Receiver::start(&[]).await;
    let (id, _) = register(&mut hooks, endpoint(receiver.url(), &[])).await;
    for _ in 0..10 {
        approved(&orders).await;
    }
    until_all(&mut hooks, &id, 20, WebhookDeliveryState::Delivered).await;
    assert_eq!(receiver.rest().len(), 20);
    orders.audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_process_was_sending_when_it_died_is_sent_again() {
    let (mut orders, mut hooks) = told(|_| {}).await;
    let mut receiver = Receiver::start(&[Take::Hang]).await;
    let (id, _) = register(&mut hooks, endpoint(receiver.url(), &["order.approved"])).await;
    approved(&orders).await;
    let first = receiver.next().await;
    let mut config = config(&orders.site, &orders.shelf);
    allow(&mut config.webhooks);
    let next = start(config, Role::All).await;
    std::mem::replace(&mut orders.running, next).stop().await;
    let mut hooks = WebhookServiceClient::new(orders.running.channel());
    assert_eq!(deliveries(&mut hooks, &id).await[0].state(), WebhookDeliveryState::Pending);
    // The lease, which is a minute, is over.
    let db = PgPool::connect(&orders.site.database_url("orders")).await.unwrap();
    sqlx::query("UPDATE webhook_deliveries SET next_attempt_at = now()").execute(&db).await.unwrap();
    assert_eq!(receiver.next().await.id(), first.id());
    until_all(&mut hooks, &id, 1, WebhookDeliveryState::Delivered).await;
    orders.audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn targets_inside_are_refused() {
    // As it is by default, but for http.
    let (orders, mut hooks) = told(|config| {
        config.webhooks.allow_http = true;
        config.webhooks.allowed_networks.clear();
        config.webhooks.retry_s.clear();
    })
    .await;
    let mut inside = Receiver::start(&[]).await;
    let port = inside.url().rsplit(':').next().unwrap().to_owned();
    for host in ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "2130706433", "10.0.0.1", "169.254.169.254"] {
        let refused = hooks.create_webhook_endpoint(endpoint(format!("http://{host}:{port}"), &[])).await.unwrap_err();
        assert_eq!((refused.code(), at_fault(&refused)), (Code::InvalidArgument, vec!["url".to_owned()]), "{host}");
    }
    // It was public once: its name has other addresses now, or it was allowed then.
    let (id, _) = register(&mut hooks, endpoint("http://1.1.1.1/".into(), &["order.approved"])).await;
    let db = PgPool::connect(&orders.site.database_url("orders")).await.unwrap();
    for host in ["localhost", "127.0.0.1"] {
        let url = format!("http://{host}:{port}");
        sqlx::query("UPDATE webhook_endpoints SET url = $1").bind(url).execute(&db).await.unwrap();
        sqlx::query("DELETE FROM webhook_deliveries").execute(&db).await.unwrap();
        approved(&orders).await;
        let failed = until_all(&mut hooks, &id, 1, WebhookDeliveryState::Failed).await;
        assert_eq!(failed[0].last_result, "NOT_ALLOWED", "{host}");
    }
    assert!(inside.rest().is_empty());
    let request = DeleteWebhookEndpointRequest { endpoint_id: id };
    hooks.delete_webhook_endpoint(request).await.unwrap();
    orders.audit().await;
}

/// Not even to where it might go by itself.
#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_is_not_followed() {
    let (orders, mut hooks) = told(|config| config.webhooks.retry_s.clear()).await;
    let mut elsewhere = Receiver::start(&[]).await;
    let mut receiver = Receiver::start(&[Take::Redirect(elsewhere.address())]).await;
    let (id, _) = register(&mut hooks, endpoint(receiver.url(), &["order.approved"])).await;
    approved(&orders).await;
    receiver.next().await;
    let failed = until_all(&mut hooks, &id, 1, WebhookDeliveryState::Failed).await;
    assert_eq!(failed[0].last_result, "307");
    assert!(elsewhere.rest().is_empty());
    orders.audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_rotation_both_secrets_sign() {
    let (orders, mut hooks) = told(|_| {}).await;
    let mut receiver = Receiver::start(&[]).await;
    let (endpoint_id, old) = register(&mut hooks, endpoint(receiver.url(), &["order.approved"])).await;
    let request = RotateWebhookSecretRequest { request_id: "once".into(), endpoint_id };
    let new = hooks.rotate_webhook_secret(request.clone()).await.unwrap().into_inner().secret;
    assert_eq!(hooks.rotate_webhook_secret(request).await.unwrap().into_inner().secret, new);
    approved(&orders).await;
    let message = receiver.next().await;
    assert!(message.is_signed_with(&old) && message.is_signed_with(&new) && old != new);
    orders.audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_is_told_only_while_it_is_registered_and_enabled() {
    let (orders, mut hooks) = told(|_| {}).await;
    let mut receiver = Receiver::start(&[]).await;
    let mut request = endpoint(receiver.url(), &["order.approved", "order.cancelled"]);
    request.request_id = "once".into();
    request.description = "the shop".into();
    let (id, secret) = register(&mut hooks, request.clone()).await;
    assert_eq!(register(&mut hooks, request).await, (id.clone(), secret));
    let endpoints = hooks.list_webhook_endpoints(ListWebhookEndpointsRequest {}).await.unwrap().into_inner().endpoints;
    assert_eq!(endpoints.len(), 1);
    assert_eq!(endpoints[0].event_types, ["order.approved", "order.cancelled"]);
    assert_eq!(endpoints[0].description, "the shop");

    hooks.disable_webhook_endpoint(DisableWebhookEndpointRequest { endpoint_id: id.clone() }).await.unwrap();
    let unheard = approved(&orders).await;
    hooks.enable_webhook_endpoint(EnableWebhookEndpointRequest { endpoint_id: id.clone() }).await.unwrap();
    let heard = approved(&orders).await;
    assert_eq!(receiver.next().await.json()["data"]["order_id"], heard);
    assert_ne!(unheard, heard);

    for _ in 0..2 {
        let request = DeleteWebhookEndpointRequest { endpoint_id: id.clone() };
        hooks.delete_webhook_endpoint(request).await.unwrap();
    }
    approved(&orders).await;
    assert!(receiver.rest().is_empty());
    let request = ListWebhookDeliveriesRequest { endpoint_id: id, ..Default::default() };
    let refused = hooks.list_webhook_deliveries(request).await.unwrap_err();
    assert_eq!((refused.code(), reason(&refused).as_str()), (Code::NotFound, "WEBHOOK_ENDPOINT_NOT_FOUND"));
    orders.audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn deliveries_are_listed_in_pages_latest_first() {
    let (orders, mut hooks) = told(|_| {}).await;
    let receiver = Receiver::start(&[]).await;
    let (endpoint_id, _) = register(&mut hooks, endpoint(receiver.url(), &[])).await;
    approved(&orders).await;
    approved(&orders).await;
    let all = until_all(&mut hooks, &endpoint_id, 4, WebhookDeliveryState::Delivered).await;
    let mut paged = Vec::new();
    let mut request = ListWebhookDeliveriesRequest { endpoint_id, page_size: 3, ..Default::default() };
    loop {
        let page = hooks.list_webhook_deliveries(request.clone()).await.unwrap().into_inner();
        paged.extend(page.deliveries);
        request.page_token = page.next_page_token;
        if request.page_token.is_empty() {
            break;
        }
    }
    assert_eq!(paged, all);
    request.state = WebhookDeliveryState::Failed.into();
    assert!(hooks.list_webhook_deliveries(request).await.unwrap().into_inner().deliveries.is_empty());
    orders.audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_field_at_fault_is_named() {
    let (orders, mut hooks) = told(|config| config.webhooks.allow_http = false).await;
    let refused = |result: Result<_, Status>| at_fault(&result.err().unwrap());
    let mut request = endpoint("nowhere".into(), &["order.approved", "order.lost", "order.approved"]);
    request.description = "x".repeat(501);
    let fields = refused(hooks.create_webhook_endpoint(request).await.map(drop));
    assert_eq!(fields, ["url", "description", "event_types[1]", "event_types[2]"]);
    let plain = hooks.create_webhook_endpoint(endpoint("http://1.1.1.1/".into(), &[])).await;
    assert_eq!(refused(plain.map(drop)), ["url"]);
    let list =
        ListWebhookDeliveriesRequest { endpoint_id: "ord_1".into(), state: 9, page_size: -1, page_token: "!".into() };
    let fields = refused(hooks.list_webhook_deliveries(list).await.map(drop));
    assert_eq!(fields, ["endpoint_id", "state", "page_size", "page_token"]);
    let neither = ReplayWebhookDeliveriesRequest { endpoint_id: "x".into(), ..Default::default() };
    assert_eq!(refused(hooks.replay_webhook_deliveries(neither).await.map(drop)), ["endpoint_id", "delivery_ids"]);
    orders.audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_audit_finds_what_was_not_told() {
    let (orders, mut hooks) = told(|_| {}).await;
    let receiver = Receiver::start(&[]).await;
    let (id, _) = register(&mut hooks, endpoint(receiver.url(), &["order.approved"])).await;
    let order = approved(&orders).await;
    until_all(&mut hooks, &id, 1, WebhookDeliveryState::Delivered).await;
    let db = PgPool::connect(&orders.site.database_url("orders")).await.unwrap();
    sqlx::query("UPDATE webhook_endpoints SET state_at = now() - interval '1 minute'").execute(&db).await.unwrap();
    orders.audit().await;
    sqlx::query("DELETE FROM webhook_deliveries").execute(&db).await.unwrap();
    let targets = audit::Targets { orders: Some(orders.running.channel()), ..Default::default() };
    let found = audit::run(&targets).await.unwrap().findings;
    assert_eq!(found.len(), 1, "{found:#?}");
    assert_eq!((found[0].rule.as_str(), &found[0].entity), ("orders WEBHOOK_DELIVERY_MISSING", &order));
}

#[tokio::test(flavor = "multi_thread")]
async fn secrets_are_sealed_once_there_are_keys() {
    let (site, shelf) = (Site::new().await, Shelf::start().await);
    let mut config = config(&site, &shelf);
    allow(&mut config.webhooks);
    let pool = PgPool::connect(&site.database_url("orders")).await.unwrap();
    let stored = async || {
        let query = "SELECT secret, old_secret FROM webhook_endpoints";
        sqlx::query_as::<_, (Vec<u8>, Option<Vec<u8>>)>(query).fetch_one(&pool).await.unwrap()
    };
    let plain = start(config.clone(), Role::All).await;
    let mut receiver = Receiver::start(&[]).await;
    let mut hooks = WebhookServiceClient::new(plain.channel());
    let (id, old) = register(&mut hooks, endpoint(receiver.url(), &["order.approved"])).await;
    assert_eq!(stored().await.0.len(), 32);
    plain.stop().await;

    config.encryption = encryption(&[("k1", 1)]);
    let running = start(config.clone(), Role::All).await;
    let sealed = async { while stored().await.0.len() == 32 {} };
    tokio::time::timeout(PATIENCE, sealed).await.unwrap();
    let mut hooks = WebhookServiceClient::new(running.channel());
    let request = RotateWebhookSecretRequest { endpoint_id: id, request_id: "rotate".into() };
    let new = hooks.rotate_webhook_secret(request.clone()).await.unwrap().into_inner().secret;
    assert_eq!(hooks.rotate_webhook_secret(request).await.unwrap().into_inner().secret, new, "told again");
    for secret in [&old, &new] {
        assert!(tables_with(&site.admin_url(), secret).await.is_empty());
    }
    let (secret, before) = stored().await;
    assert!(secret.len() > 32 && before.unwrap().len() > 32);
    let orders = Orders { site, shelf, running };
    approved(&orders).await;
    let message = receiver.next().await;
    assert!(message.is_signed_with(&new) && message.is_signed_with(&old));
    orders.audit().await;
}
