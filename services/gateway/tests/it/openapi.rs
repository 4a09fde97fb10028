//! The document and the page that shows it.

use crate::harness::Gateway;
use serde_json::Value;

#[tokio::test(flavor = "multi_thread")]
async fn the_document_and_the_page_are_served() {
    let gateway = Gateway::start().await;
    let reply = gateway.get("/openapi.json").await;
    assert_eq!(reply.json()["openapi"], "3.1.0");
    let page = gateway.get("/docs").await;
    assert_eq!(page.status, 200);
    for part in page.text.split('"').filter(|p| p.starts_with("/docs/")) {
        assert_eq!(gateway.get(part).await.status, 200, "{part}");
    }
    assert!(page.text.contains("/docs/swagger-initializer.js"), "{}", page.text);
    assert!(gateway.get("/docs/swagger-initializer.js").await.text.contains("/openapi.json"));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_operation_has_its_route() {
    let gateway = Gateway::start().await;
    let document = serde_json::to_value(gateway::openapi::document()).unwrap();
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in item.as_object().unwrap().keys() {
            let path = path.replace(['{', '}'], "");
            let reply = if method == "post" { gateway.post(&path, "").await } else { gateway.get(&path).await };
            assert_ne!(reply.status, 405, "{method} {path}");
            assert!(!reply.text.contains("nothing at this path"), "{method} {path}");
        }
    }
}

#[test]
fn the_document_is_complete() {
    let document = serde_json::to_value(gateway::openapi::document()).unwrap();
    let paths = document["paths"].as_object().unwrap();
    for (path, item) in paths {
        for (method, operation) in item.as_object().unwrap() {
            assert!(operation["summary"].is_string(), "{method} {path}");
            for (status, response) in operation["responses"].as_object().unwrap() {
                let schema = &response["content"]["application/json"]["schema"];
                assert!(schema.is_object(), "{method} {path} {status}");
                assert!(response["description"].is_string(), "{method} {path} {status}");
            }
        }
    }
    references(&document, &document);
    insta::assert_json_snapshot!(document);
}

/// Every reference must lead somewhere.
fn references(value: &Value, document: &Value) {
    match value {
        Value::Object(map) => {
            if let Some(Value::String(target)) = map.get("$ref") {
                let pointer = target.strip_prefix('#').unwrap();
                assert!(document.pointer(pointer).is_some(), "{target}");
            }
            map.values().for_each(|v| references(v, document));
        }
        Value::Array(list) => list.iter().for_each(|v| references(v, document)),
        _ => {}
    }
}
