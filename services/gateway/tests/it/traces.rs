//! An order's whole story in one trace: four processes, a real Jaeger, and what Jaeger tells of it.

use crate::processes::Processes;
use contracts::common::CreateWebhookEndpointRequest;
use contracts::orders::webhook_service_client::WebhookServiceClient;
use reqwest::{RequestBuilder, Response};
use serde_json::{Value, json};
use std::collections::{BTreeSet, HashMap};
use testkit::PATIENCE;
use testkit::receiver::{Received, Receiver};
use testkit::traces::{Span, jaeger};

/// The trace of the shop that buys, and of the manager who approves.
const SHOP: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const MANAGER: &str = "af7651916cd43dd8448eb211c80319c7";
/// The span of either in which the request is made.
const CALLER: &str = "00f067aa0ba902b7";

impl Processes {
    fn request(&self, path: &str) -> RequestBuilder {
        self.http.post(format!("{}{path}", self.gateway.url()))
    }

    /// The sampling of these looks is the caller's decision, too: they are no part of the story.
    async fn until_status(&self, order: &str, status: &str) {
        let url = format!("{}/orders/{order}/status", self.gateway.url());
        let unsampled = format!("00-{MANAGER}-{CALLER}-00");
        let look =
            async { while json(self.http.get(&url).header("traceparent", &unsampled)).await["status"] != status {} };
        tokio::time::timeout(PATIENCE, look).await.unwrap();
    }

    /// Of deliveries.
    async fn tell(&self, receiver: &Receiver) {
        let event_types = vec!["order.delivered".to_owned()];
        let endpoint = CreateWebhookEndpointRequest { url: receiver.url(), event_types, ..Default::default() };
        WebhookServiceClient::new(self.orders.channel()).create_webhook_endpoint(endpoint).await.unwrap();
    }

    /// Bought, and waiting for the manager.
    async fn buy(&self, request: RequestBuilder) -> String {
        let order = json!({"customer_id": "CUST123", "payment_method": "CREDIT_CARD", "payment_token": "tok_visa",
            "items": [{"product_id": "PROD-001", "quantity": 1, "price": 1299.99}], "total_amount": 1299.99});
        let created = json(request.json(&order)).await;
        let id = created["order_id"].as_str().unwrap().to_owned();
        self.until_status(&id, "PENDING_APPROVAL").await;
        id
    }

    /// Demonstration 6: bought, approved, fulfilled, shipped, delivered.
    async fn fulfil(&self) -> String {
        let id = self.buy(traced(self.request("/orders"), SHOP)).await;
        sent(traced(self.request(&format!("/orders/{id}/approve")), MANAGER)).await;
        self.until_status(&id, "PROCESSING").await;
        let parcel = json!({"carrier": "DHL", "tracking_number": "JD0123456789"});
        sent(self.request(&format!("/orders/{id}/ship")).json(&parcel)).await;
        sent(self.request(&format!("/orders/{id}/deliver"))).await;
        id
    }
}

fn traced(request: RequestBuilder, trace: &str) -> RequestBuilder {
    request.header("traceparent", format!("00-{trace}-{CALLER}-01"))
}

async fn sent(request: RequestBuilder) -> Response {
    request.send().await.unwrap().error_for_status().unwrap()
}

async fn json(request: RequestBuilder) -> Value {
    sent(request).await.json().await.unwrap()
}

/// The names from the top of the trace down to a span.
fn path(spans: &[Span], span: &Span) -> String {
    let by_id: HashMap<&str, &Span> = spans.iter().map(|span| (span.id.as_str(), span)).collect();
    let parent = |span: &&Span| by_id.get(span.parent.as_deref()?).copied();
    let chain: Vec<&Span> = std::iter::successors(Some(span), parent).collect();
    let top = chain.last().unwrap();
    assert_eq!(top.parent.as_deref(), Some(CALLER), "{} in {} hangs below nothing", top.name, top.service);
    chain.iter().rev().map(|span| format!("{} {}", span.service, span.name)).collect::<Vec<_>>().join(" > ")
}

/// Whether a name is one of ours, or one that the SDK gives to our workflows; all else would be noise.
fn is_known(name: &str) -> bool {
    let starts = [
        "POST /",
        "POST order.",
        "oms.",
        "outbox ",
        "order ",
        "simulator ",
        "StartWorkflow:",
        "RunWorkflow:",
        "StartActivity:",
        "RunActivity:",
        "SignalWorkflow:",
        "HandleSignal:",
    ];
    let statement = name.split_once('.').is_some_and(|(file, function)| {
        [file, function].iter().all(|part| part.chars().all(|c| c.is_ascii_lowercase() || c == '_'))
    });
    // As sqlx names the end of a transaction.
    name == "COMMIT" || statement || starts.iter().any(|start| name.starts_with(start))
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_is_one_trace_from_the_shop_to_the_webhook() {
    let (jaeger, mut receiver) = (jaeger().await, Receiver::start(&[]).await);
    let system = Processes::start(&jaeger.settings()).await;
    system.tell(&receiver).await;
    let order = system.fulfil().await;
    let told: Received = receiver.next().await;

    let whole = |spans: &[Span]| {
        ["POST order.delivered", "RunWorkflow:Order", "RunWorkflow:Payment", "RunWorkflow:Reservation"]
            .iter()
            .all(|name| spans.iter().any(|span| span.name == *name))
    };
    let spans = jaeger.trace(SHOP, whole).await;
    let paths: BTreeSet<String> = spans.iter().map(|span| path(&spans, span)).collect();
    let services: BTreeSet<&str> = spans.iter().map(|span| span.service.as_str()).collect();
    assert_eq!(services, BTreeSet::from(["gateway", "inventory", "orders", "payments"]));
    let noise: Vec<&str> = spans.iter().map(|span| span.name.as_str()).filter(|name| !is_known(name)).collect();
    assert!(noise.is_empty(), "{noise:?}");

    let create = "gateway POST /orders > gateway oms.orders.v1.OrderService/CreateOrder > orders oms.orders.v1.OrderService/CreateOrder";
    let workflow = format!("{create} > orders outbox start > orders StartWorkflow:Order > orders RunWorkflow:Order");
    let step = |name: &str| {
        format!(
            "{workflow} > orders StartActivity:OrderActivities::{name} > orders RunActivity:OrderActivities::{name}"
        )
    };
    let call = |service: &str, method: &str| format!("orders {method} > {service} {method}");
    let reserve = format!("{} > {}", step("step"), call("inventory", "oms.inventory.v1.InventoryService/ReserveStock"));
    let charge =
        format!("{} > {}", step("long_step"), call("payments", "oms.payments.v1.PaymentService/CreatePayment"));
    let payment = format!(
        "{charge} > payments outbox start > payments StartWorkflow:Payment > payments RunWorkflow:Payment > payments \
         StartActivity:PaymentActivities::charge > payments RunActivity:PaymentActivities::charge"
    );
    for expected in [
        format!("{create} > orders write.insert"),
        format!("{} > orders write.validated", step("step")),
        format!("{reserve} > inventory reserve.insert"),
        format!("{} > {}", step("long_step"), call("inventory", "oms.inventory.v1.InventoryService/CommitReservation")),
        format!("{} > orders journal.done", step("long_step")),
        format!(
            "{reserve} > inventory outbox start > inventory StartWorkflow:Reservation > inventory RunWorkflow:Reservation"
        ),
        format!("{charge} > payments payment.insert"),
        format!("{payment} > payments simulator charge"),
        format!("{payment} > payments charge.completed"),
        format!("{create} > orders order APPROVED"),
        format!("{create} > orders order DELIVERED"),
        format!("{create} > orders POST order.delivered"),
    ] {
        assert!(paths.contains(&expected), "no {expected} in {paths:#?}");
    }

    let named = |name: &str| spans.iter().find(|span| span.name == name).unwrap();
    let method = "oms.orders.v1.OrderService/CreateOrder";
    let created = spans.iter().find(|span| span.service == "orders" && span.name == method).unwrap();
    for attribute in ["order.id", "workflow.id"] {
        assert_eq!(created.attributes[attribute], order.as_str());
    }
    assert_eq!(
        (&created.attributes["rpc.method"], &created.attributes["span.kind"]),
        (&"CreateOrder".into(), &"server".into())
    );
    let started = |span: &&Span| span.service == "orders" && span.name == "outbox start";
    assert_eq!(spans.iter().find(started).unwrap().attributes["workflow.id"], order.as_str());
    assert_eq!(named("look.look").attributes["db.system.name"], "postgresql");
    assert_eq!(named("POST order.delivered").attributes["http.response.status_code"], 200);
    assert_eq!(named("simulator charge").attributes["payment.outcome"], "done");
    assert_eq!(told.json()["data"]["order_id"], order.as_str());
    let handed_on = format!("00-{SHOP}-{}-01", named("POST order.delivered").id);
    assert_eq!(told.header("traceparent"), Some(handed_on.as_str()));
    // Nothing tells who bought, or how they paid.
    for span in &spans {
        let personal = |value: &&Value| ["CUST123", "tok_visa"].iter().any(|secret| value.to_string().contains(secret));
        assert_eq!(span.attributes.values().find(personal), None, "{}", span.name);
    }

    // The decision is a trace of its own; each refers to the other, and it ends where the workflow is woken.
    let decision = jaeger.trace(MANAGER, |spans| spans.iter().any(|span| span.name == "HandleSignal:wake")).await;
    let approve = "oms.orders.v1.OrderService/ApproveOrder";
    let answered = decision.iter().find(|span| span.service == "orders" && span.name == approve).unwrap();
    assert_eq!(answered.links, [SHOP]);
    assert_eq!(answered.attributes["order.id"], order.as_str());
    assert_eq!(named("order APPROVED").links, [MANAGER]);
    assert!(decision.iter().all(|span| path(&decision, span).starts_with("gateway POST /orders/{order_id}/approve")));
}

/// Its workflow has run, in a process that sends its spans in the order in which they end.
fn is_validated(spans: &[Span]) -> bool {
    spans.iter().any(|span| span.name == "write.validated")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trace_begins_with_a_request_or_not_at_all() {
    let jaeger = jaeger().await;
    let system = Processes::start(&jaeger.settings()).await;
    system.buy(system.request("/orders")).await;
    system.buy(traced(system.request("/orders"), SHOP)).await;
    jaeger.trace(SHOP, is_validated).await;
    let begun = jaeger.traces_of("orders").await;
    assert!(begun.values().any(|spans| spans.iter().any(|span| span.name == "POST /orders" && span.parent.is_none())));
    for span in begun.values().flatten().filter(|span| span.parent.is_none()) {
        assert_eq!(span.attributes["span.kind"], "server", "{span:?} begins a trace");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_lot_only_what_the_caller_records_is_recorded() {
    let jaeger = jaeger().await;
    let none = [("OMS_TRACES__SAMPLE_RATIO", "0".to_owned())];
    let system = Processes::start(&[jaeger.settings().as_slice(), &none].concat()).await;
    system.buy(system.request("/orders")).await;
    system.buy(traced(system.request("/orders"), SHOP)).await;
    jaeger.trace(SHOP, is_validated).await;
    for service in ["gateway", "orders", "inventory"] {
        let recorded = jaeger.traces_of(service).await;
        assert!(recorded.keys().all(|trace| trace == SHOP), "{service} recorded {recorded:#?}");
    }
}
