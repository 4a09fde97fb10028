//! The codec endpoint, as Temporal's web page uses it.

use crate::harness::{Gateway, Reply, read};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::Method;
use serde_json::{Value, json};
use testkit::leaks::encryption;

const PAGE: &str = "http://127.0.0.1:8088";

async fn with_keys() -> Gateway {
    Gateway::with(|config| config.encryption = encryption(&[("k1", 1)])).await
}

fn payloads() -> Value {
    json!({"payloads": [{"metadata": {"encoding": STANDARD.encode("json/plain")}, "data": STANDARD.encode("\"ord_1\"")}]})
}

async fn post(gateway: &Gateway, path: &str, namespace: &str, body: &Value) -> Reply {
    let request = gateway.http.post(gateway.url(path)).header("x-namespace", namespace).header("origin", PAGE);
    read(request.header("content-type", "application/json").body(body.to_string())).await
}

#[tokio::test(flavor = "multi_thread")]
async fn payloads_are_encrypted_and_decrypted() {
    let gateway = with_keys().await;
    let encrypted = post(&gateway, "/codec/encode", "default", &payloads()).await;
    assert_eq!(encrypted.status, 200, "{}", encrypted.text);
    let encrypted = encrypted.json();
    let metadata = &encrypted["payloads"][0]["metadata"];
    assert_eq!(metadata["encoding"], STANDARD.encode("binary/encrypted"));
    assert_eq!(metadata["encryption-key-id"], STANDARD.encode("k1"));
    let reply = post(&gateway, "/codec/decode", "default", &encrypted).await;
    assert_eq!((reply.status, reply.json()), (200, payloads()));
    assert_eq!(reply.headers["access-control-allow-origin"], PAGE);
    assert_eq!(reply.headers["access-control-allow-credentials"], "true");
    // What was written before there were keys.
    assert_eq!(post(&gateway, "/codec/decode", "default", &payloads()).await.json(), payloads());

    assert_eq!(post(&gateway, "/codec/decode", "other", &encrypted).await.status, 400);
    let other = Gateway::with(|config| config.encryption = encryption(&[("k2", 2)])).await;
    let unknown = post(&other, "/codec/decode", "default", &encrypted).await;
    assert_eq!(unknown.status, 400);
    assert!(unknown.json()["error"]["message"].as_str().unwrap().contains("not configured"));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_temporals_page_may_ask_from_a_browser() {
    let gateway = with_keys().await;
    let preflight = async |path: &str, origin: &str| {
        let request = gateway.http.request(Method::OPTIONS, gateway.url(path)).header("origin", origin);
        let wanted = "content-type,x-namespace,authorization";
        let request = request.header("access-control-request-headers", wanted);
        read(request.header("access-control-request-method", "POST")).await
    };
    let reply = preflight("/codec/decode", PAGE).await;
    assert_eq!(reply.headers["access-control-allow-origin"], PAGE);
    assert_eq!(reply.headers["access-control-allow-credentials"], "true");
    let headers = reply.headers["access-control-allow-headers"].to_str().unwrap();
    assert!(headers.contains("x-namespace") && headers.contains("authorization"), "{headers}");
    let stranger = preflight("/codec/decode", "http://elsewhere").await;
    assert!(!stranger.headers.contains_key("access-control-allow-origin"), "{:?}", stranger.headers);
    // The rest is as it was.
    assert_eq!(preflight("/orders", "http://elsewhere").await.headers["access-control-allow-origin"], "*");
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_requests_are_refused_in_the_form_of_all_errors() {
    let gateway = with_keys().await;
    let no_base64 = json!({"payloads": [{"metadata": {}, "data": "é"}]});
    let broken = json!({"payloads": [{"data": "", "metadata": {"encoding": STANDARD.encode("binary/encrypted")}}]});
    for body in [Value::Null, json!([]), json!({"payloads": 1}), no_base64, broken] {
        let reply = post(&gateway, "/codec/decode", "default", &body).await;
        assert_eq!(reply.status, 400, "{body}");
        reply.error();
    }
    let nameless = gateway.post("/codec/decode", &payloads().to_string()).await;
    assert_eq!(nameless.status, 400);
    assert!(nameless.text.contains("X-Namespace"), "{}", nameless.text);
    assert_eq!(gateway.get("/codec/decode").await.status, 405);
    let small = Gateway::with(|config| {
        config.encryption = encryption(&[("k1", 1)]);
        config.limits.body_bytes = 100;
    })
    .await;
    assert_eq!(
        post(&small, "/codec/decode", "default", &json!({"payloads": [], "more": "x".repeat(100)})).await.status,
        413
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn without_keys_there_is_no_endpoint() {
    let gateway = Gateway::start().await;
    assert_eq!(post(&gateway, "/codec/decode", "default", &payloads()).await.status, 404);
}
