//! The whole system as processes, under attack. Whatever is sent: an answer in time, none of them a mistake of ours, no
//! word of our insides, no panic and no error in any log; afterwards it serves, and the books are right.

mod frames;
mod grpc;
mod http1;
mod http2;
mod origins;
mod rest;
mod schemathesis;
mod texts;

use crate::processes::Processes;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::time::Duration;
use testkit::Spawned;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// Longer than anything here may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long a body may take; half of what is sent here never ends.
const BODY: &str = "1000";
/// Words of a log that tell of a mistake of ours.
const MISTAKES: [&str; 4] = ["\"level\":\"ERROR\"", "panicked", "internal error", "stack backtrace"];

/// The system.
struct Besieged {
    system: Processes,
}

impl Besieged {
    async fn start() -> Self {
        Self { system: Processes::start_with(&[], &[("OMS_LIMITS__BODY_MS", BODY.to_owned())]).await }
    }

    fn gateway(&self) -> SocketAddr {
        self.system.gateway.address
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.system.gateway.url())
    }

    fn processes(&self) -> [(&'static str, &Spawned); 4] {
        let Processes { orders, payments, inventory, gateway, .. } = &self.system;
        [("orders", orders), ("payments", payments), ("inventory", inventory), ("gateway", gateway)]
    }

    /// Still serves an order, has no mistake in a log, and its books are right.
    async fn end(self) {
        let line = json!({"product_id": "PROD-002", "quantity": 1, "price": 0.05});
        let order = json!({"customer_id": "AFTERWARDS", "items": [line], "total_amount": 0.05});
        let order = self.system.post("/orders", order).await;
        let path = format!("/orders/{}/status", order["order_id"].as_str().unwrap());
        self.system.until(&path, |reply| reply["status"] == "PENDING_APPROVAL").await;
        self.system.audit().await;
        for (name, process) in self.processes() {
            let mistakes = process.said().into_iter().filter(|line| MISTAKES.iter().any(|word| line.contains(word)));
            let mistakes: Vec<String> = mistakes.collect();
            assert!(mistakes.is_empty(), "{name} said: {mistakes:#?}");
        }
    }
}

/// All that comes back of bytes that end with a request after which the connection ends.
async fn raw(address: SocketAddr, bytes: &[u8]) -> Vec<u8> {
    let exchange = async {
        let stream = TcpStream::connect(address).await.unwrap();
        let (mut read, mut write) = stream.into_split();
        let bytes = bytes.to_vec();
        // A connection that was closed takes no more.
        let writing = tokio::spawn(async move {
            let _ = write.write_all(&bytes).await;
            write
        });
        let mut answer = Vec::new();
        // It may end with a reset, when not all was read.
        let _ = read.read_to_end(&mut answer).await;
        drop(writing.await);
        answer
    };
    let answer = tokio::time::timeout(PATIENCE, exchange).await;
    answer.unwrap_or_else(|_| panic!("it hangs: {}", String::from_utf8_lossy(&bytes[..bytes.len().min(500)])))
}

/// The form that every error of REST has, and nothing of our insides.
fn judge(status: u16, body: &str, request: &str) {
    assert!(![500, 501, 502].contains(&status), "{status} {body} to {request}");
    assert!(status != 0 && status < 600, "{status} to {request}");
    if status >= 400 && !body.is_empty() {
        let error: Value = serde_json::from_str(body).unwrap_or_else(|e| panic!("{e}: {body} to {request}"));
        assert!(error["error"]["code"].is_string() && error["error"]["details"].is_array(), "{body} to {request}");
        assert_eq!(hostile::leak(body, request), None, "{body} to {request}");
    }
}
