//! What the process says of itself.

use crate::common::*;
use crate::world::{listener, payments};
use contracts::orders::order_service_client::OrderServiceClient;
use contracts::orders::*;
use service::Role;
use sqlx::PgPool;
use std::net::SocketAddr;
use temporalio_client::UntypedWorkflow;
use temporalio_common::protos::temporal::api::enums::v1::EventType;
use testkit::{Running, Site, Spawned};
use tokio::net::TcpListener;

/// The other two services, in this process.
struct Others {
    site: Site,
    inventory: Running,
    payments: Option<Running>,
    payments_at: SocketAddr,
}

impl Others {
    async fn new() -> Self {
        let site = Site::new().await;
        let mut config: inventory::config::Config = service::config::load(inventory::config::DEFAULTS, None).unwrap();
        site.adopt("inventory", &mut config.database, &mut config.temporal);
        let inventory = Running::start(|listener, stop| inventory::run(config, Role::All, Some(listener), stop)).await;
        let payments = payments(&site, Role::All, listener().await).await;
        Self { site, inventory, payments_at: payments.address, payments: Some(payments) }
    }

    /// The orders service, as a process.
    async fn orders(&self, more: &[(&'static str, String)]) -> (Spawned, Client) {
        let mut settings = self.site.settings("orders");
        settings.push(("OMS_INVENTORY__ADDRESS", self.inventory.url()));
        settings.push(("OMS_PAYMENTS__ADDRESS", format!("http://{}", self.payments_at)));
        settings.extend_from_slice(more);
        let orders = Spawned::start(env!("CARGO_BIN_EXE_orders"), &settings).await;
        let client = OrderServiceClient::new(orders.channel());
        (orders, client)
    }

    async fn stop_payments(&mut self) {
        self.payments.take().unwrap().stop().await;
    }

    async fn start_payments(&mut self) {
        let listener = TcpListener::bind(self.payments_at).await.unwrap();
        self.payments = Some(payments(&self.site, Role::All, listener).await);
    }
}

async fn buy(client: &mut Client, token: &str) -> String {
    let mut order = order_of(&[("PROD-005", 1, 5_000)], 5_000);
    order.set_payment_method(PaymentMethod::CreditCard);
    token.clone_into(&mut order.payment_token);
    let id = create(client, order).await;
    until_status(client, &id, OrderStatus::PendingApproval).await;
    id
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_and_steps_are_counted() {
    let others = Others::new().await;
    let (orders, mut client) = others.orders(&[]).await;
    let id = buy(&mut client, "").await;
    approve(&mut client, &id).await.unwrap();
    until_settled(&mut client, &id).await;
    let nothing = GetOrderRequest { order_id: "x".into(), ..Default::default() };
    client.get_order(nothing).await.unwrap_err();
    for step in ["reserve", "charge", "commit"] {
        let done = format!("oms_saga_steps_total{{step=\"{step}\",outcome=\"done\"}}");
        orders.until_metric(&done, 1.0).await;
    }
    let page = orders.metrics().await;
    let method = "method=\"oms.orders.v1.OrderService/CreateOrder\"";
    for line in [
        &format!("oms_rpc_requests_total{{{method},code=\"OK\"}} 1"),
        "oms_rpc_requests_total{method=\"oms.orders.v1.OrderService/GetOrder\",code=\"INVALID_ARGUMENT\"} 1",
        &format!("oms_rpc_duration_seconds_count{{{method}}} 1"),
        &format!("oms_rpc_duration_seconds_bucket{{{method},le=\"10\"}} 1"),
        "oms_build_info{service=\"orders\",version=\"0.1.0\"} 1",
        "oms_undo_delayed{step=\"charge\"} 0",
        "oms_repairs_total{repair=\"workflow_started\"} 0",
        "oms_outbox_parked_rows 0",
        "oms_saga_undos_total{step=\"commit\",outcome=\"failed\"} 0",
    ] {
        assert!(page.lines().any(|l| l == line), "no {line} in\n{page}");
    }
    assert!(orders.metric("oms_outbox_deliveries_total{by=\"dispatcher\",outcome=\"done\"}").await > Some(1.0));
    assert!(orders.metric("oms_db_connections{state=\"idle\"}").await.is_some());
    assert!(orders.metric("process_start_time_seconds").await > Some(1.7e9));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_workflow_that_is_started_again_is_counted() {
    let others = Others::new().await;
    let (orders, mut client) = others.orders(&[("OMS_OUTBOX__STALE_AFTER_S", "4".to_owned())]).await;
    let id = buy(&mut client, "").await;
    let workflow = temporal(&others.site).await.get_workflow_handle::<UntypedWorkflow>(&id);
    workflow.terminate(Default::default()).await.unwrap();
    orders.until_metric("oms_repairs_total{repair=\"workflow_started\"}", 1.0).await;
    approve(&mut client, &id).await.unwrap();
    until_settled(&mut client, &id).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delayed_undo_is_shown_until_it_is_done_also_after_a_crash() {
    let mut others = Others::new().await;
    let (orders, mut client) = others.orders(&[]).await;
    let id = buy(&mut client, "").await;
    approve(&mut client, &id).await.unwrap();
    until_settled(&mut client, &id).await;
    others.stop_payments().await;
    cancel(&mut client, &id).await.unwrap();
    let away = "oms_saga_undos_total{step=\"charge\",outcome=\"away\"}";
    while orders.metric(away).await < Some(1.0) {}
    let pool = PgPool::connect(&others.site.database_url("orders")).await.unwrap();
    let since = async |minutes: i32| {
        let set = "UPDATE order_journal SET undo_since = now() - make_interval(mins => $1) WHERE step = 'charge'";
        sqlx::query(set).bind(minutes).execute(&pool).await.unwrap();
        let wake = "INSERT INTO outbox (entity_id, start) VALUES ($1, false)";
        sqlx::query(wake).bind(&id).execute(&pool).await.unwrap();
    };
    since(2).await;
    let delayed = "oms_undo_delayed{step=\"charge\"}";
    orders.until_metric(delayed, 1.0).await;
    orders.kill().await;
    let (orders, _) = others.orders(&[]).await;
    orders.until_metric(delayed, 1.0).await;
    others.start_payments().await;
    // Not to wait as long as one waits that has waited so long.
    since(0).await;
    orders.until_metric(delayed, 0.0).await;
    orders.until_metric("oms_saga_undos_total{step=\"charge\",outcome=\"undone\"}", 1.0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_hands_over_to_the_next_and_loses_no_task() {
    let others = Others::new().await;
    let (orders, client) = others.orders(&[("OMS_TEMPORAL__ACTIVITIES_PER_WORKER", "10".to_owned())]).await;
    let temporal = temporal(&others.site).await;
    for workers in [2.0, 3.0, 4.0] {
        let bought = (0..10).map(|_| {
            let mut client = client.clone();
            async move {
                let id = buy(&mut client, "").await;
                approve(&mut client, &id).await.unwrap();
                until_settled(&mut client, &id).await;
                id
            }
        });
        for id in futures::future::join_all(bought).await {
            let workflow = temporal.get_workflow_handle::<UntypedWorkflow>(&id);
            let history = workflow.fetch_history(Default::default()).into_events().await.unwrap();
            assert!(history.iter().all(|event| event.event_type() != EventType::WorkflowTaskTimedOut), "{history:#?}");
        }
        while orders.metric("oms_workers_started_total").await < Some(workers) {}
    }
    orders.until_metric("oms_workers", 1.0).await;
}
