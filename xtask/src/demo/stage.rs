//! What every demonstration uses: requests to the gateway, printed as they go, and
//! waiting for an outcome.

use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use reqwest::Method;
use serde_json::{Value, json};
use stack::Layout;
use stack::certs::OPERATOR;
use stack::client::Http;
use stack::system::System;

use crate::token;

const PATIENCE: Duration = Duration::from_secs(60);
/// Longest wait for the answer to one request.
const ANSWER: Duration = Duration::from_secs(30);

pub(super) struct Stage {
    pub(super) system: System,
    http: Http,
    /// Where one is asked for.
    token: Option<String>,
    trace: String,
    title: String,
    began: Instant,
}

/// A reply: its status and body.
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) body: Value,
}

impl Reply {
    /// A text field of the body.
    pub(super) fn text(&self, field: &str) -> anyhow::Result<String> {
        let text = self.body.get(field).and_then(Value::as_str);
        Ok(text.with_context(|| format!("no `{field}` in {}", self.body))?.to_owned())
    }
}

impl Stage {
    pub(super) fn open(layout: &Layout, number: usize, title: &str) -> anyhow::Result<Self> {
        let system = System::load(layout).context("start the system with `cargo xtask up`")?;
        // All requests of a demonstration belong to one trace.
        let trace = uuid::Uuid::new_v4().simple().to_string();
        println!("── demonstration {number}: {title}");
        println!("   trace id {trace}");
        let http = Http::new(system.trust(OPERATOR).as_ref())?;
        let token = token::for_everything(layout, &system)?.map(|token| format!("Bearer {token}"));
        Ok(Self { system, http, token, trace, title: title.to_owned(), began: Instant::now() })
    }

    pub(super) fn close(self) {
        println!("   {} as it should, in {:.1} s\n", self.title, self.began.elapsed().as_secs_f64());
    }

    pub(super) fn say(&self, text: impl std::fmt::Display) {
        println!("   {text}");
    }

    /// Where Temporal shows the workflow of an entity.
    pub(super) fn link(&self, id: &str) {
        if let Some(ui) = self.system.temporal_ui_url() {
            self.say(format!("workflow {ui}/namespaces/default/workflows/{id}"));
        }
    }

    pub(super) async fn get(&self, path: &str) -> anyhow::Result<Reply> {
        self.send(Method::GET, path, None).await
    }

    /// Prints the request and its reply.
    pub(super) async fn post(&self, path: &str, body: Value) -> anyhow::Result<Reply> {
        let shown = if body.is_null() { String::new() } else { format!(" {body}") };
        let reply = self.send(Method::POST, path, Some(&body)).await?;
        self.say(format!("POST {path}{shown}"));
        let mut answer = reply.body.to_string();
        if answer.chars().count() > 200 {
            answer = answer.chars().take(200).collect::<String>() + " …";
        }
        self.say(format!("  → {} {answer}", reply.status));
        Ok(reply)
    }

    /// The same, and the reply must have this status.
    pub(super) async fn post_for(&self, status: u16, path: &str, body: Value) -> anyhow::Result<Reply> {
        let reply = self.post(path, body).await?;
        ensure!(reply.status == status, "POST {path} should answer {status}, and answered {}", reply.status);
        Ok(reply)
    }

    async fn send(&self, method: Method, path: &str, body: Option<&Value>) -> anyhow::Result<Reply> {
        let span = &uuid::Uuid::new_v4().simple().to_string()[..16];
        let (url, trace) = (format!("{}{path}", self.system.gateway_url()), format!("00-{}-{span}-01", self.trace));
        let body = body.filter(|body| !body.is_null()).map(Value::to_string);
        let mut headers = vec![("traceparent", trace.as_str())];
        headers.extend(body.as_ref().map(|_| ("content-type", "application/json")));
        headers.extend(self.token.as_ref().map(|token| ("authorization", token.as_str())));
        let asked = self.http.send(method, &url, &headers, body.unwrap_or_default());
        let answered = tokio::time::timeout(ANSWER, asked).await?;
        let (status, body) = answered.context("the gateway did not answer; is the system up?")?;
        Ok(Reply { status, body: serde_json::from_slice(&body)? })
    }

    /// Asks until the entity's status is as it should be; another final status fails.
    pub(super) async fn until(&self, path: &str, status: &str) -> anyhow::Result<Value> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let reply = self.get(path).await?;
            let found = reply.body.get("status").and_then(Value::as_str).unwrap_or("nothing").to_owned();
            if found == status {
                self.say(format!("GET {path} → {status}"));
                return Ok(reply.body);
            }
            let wrong_end = ["FAILED", "VALIDATION_FAILED", "AUTO_REJECTED", "CANCELLED"].contains(&found.as_str());
            if wrong_end || Instant::now() > deadline {
                bail!("GET {path} should become {status}, and is {found}: {}", reply.body);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Accepts an order of one laptop and returns its id.
    pub(super) async fn order(&self) -> anyhow::Result<String> {
        let order = json!({"customer_id": "CUST123", "items": [{"product_id": "PROD-001", "quantity": 1, "price": 1299.99}],
            "total_amount": 1299.99});
        let id = self.post_for(202, "/orders", order).await?.text("order_id")?;
        self.link(&id);
        Ok(id)
    }

    /// Accepts and approves an order of one laptop that is paid by card, with this token.
    pub(super) async fn paid_order(&self, token: &str) -> anyhow::Result<String> {
        let order = json!({"customer_id": "CUST123", "items": [{"product_id": "PROD-001", "quantity": 1, "price": 1299.99}],
            "total_amount": 1299.99, "payment_method": "CREDIT_CARD", "payment_token": token});
        let id = self.post_for(202, "/orders", order).await?.text("order_id")?;
        self.link(&id);
        self.until(&format!("/orders/{id}/status"), "PENDING_APPROVAL").await?;
        self.post_for(202, &format!("/orders/{id}/approve"), Value::Null).await?;
        Ok(id)
    }

    /// Asks until the fulfilment of a cancelled order is undone; prints its timeline.
    pub(super) async fn unwound(&self, id: &str) -> anyhow::Result<Value> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let order = self.get(&format!("/orders/{id}")).await?.body;
            let over = order.get("status").and_then(Value::as_str) == Some("CANCELLED")
                && order.get("unwinding").and_then(Value::as_bool) == Some(false);
            if over {
                self.timeline(&order);
                return Ok(order);
            }
            ensure!(Instant::now() < deadline, "order {id} should be cancelled and undone: {order}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Asks until the order's workflow has carried its decision out.
    pub(super) async fn settled(&self, id: &str) -> anyhow::Result<()> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let order = self.get(&format!("/orders/{id}")).await?.body;
            let events = order.get("timeline").and_then(Value::as_array).into_iter().flatten();
            let times = events.filter(|event| event.get("kind").and_then(Value::as_str) == Some("SETTLED")).count();
            if times > 0 {
                self.timeline(&order);
                ensure!(times == 1, "order {id} should be carried out exactly once");
                return Ok(());
            }
            ensure!(Instant::now() < deadline, "order {id} should be carried out: {order}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Prints what happened to an entity.
    pub(super) fn timeline(&self, entity: &Value) {
        for event in entity.get("timeline").and_then(Value::as_array).into_iter().flatten() {
            let field = |name: &str| event.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
            let place = format!("{} {}", field("kind"), field("location"));
            self.say(format!("  {} {} {}", place.trim_end(), field("status"), field("reason")).trim_end());
        }
    }

    /// Pieces of a product that can be reserved.
    pub(super) async fn available(&self, product: &str) -> anyhow::Result<i64> {
        let reply = self.get(&format!("/inventory/{product}")).await?;
        reply.body.get("available_quantity").and_then(Value::as_i64).with_context(|| format!("{}", reply.body))
    }
}
