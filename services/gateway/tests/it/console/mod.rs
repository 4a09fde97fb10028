//! The console's addresses at a running gateway.

mod browser;
mod chromium;
mod provider;
mod renewal;
mod secured;
mod sign_in;
mod whole;

use crate::harness::{Gateway, read};
use reqwest::Method;
use serde_json::json;

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; manifest-src 'self'";

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_is_protected_and_for_its_own_page_only() {
    let gateway = Gateway::start().await;
    for (method, path) in [
        (Method::GET, "/console/"),
        (Method::GET, "/console/orders/ord_1"),
        (Method::GET, "/console/assets/none.js"),
        (Method::GET, "/console/session"),
        (Method::POST, "/console/"),
    ] {
        let request = gateway.http.request(method.clone(), gateway.url(path)).header("origin", "http://elsewhere");
        let reply = read(request).await;
        for (name, value) in [
            ("content-security-policy", POLICY),
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "same-origin"),
            ("cross-origin-opener-policy", "same-origin"),
        ] {
            assert_eq!(reply.headers[name], value, "{method} {path}");
        }
        assert!(!reply.headers.contains_key("access-control-allow-origin"), "{method} {path}");
        if reply.status >= 400 {
            reply.error();
        }
        if method == Method::POST {
            assert_eq!((reply.status, reply.error()), (405, "METHOD_NOT_ALLOWED".to_owned()));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_front_door_leads_to_what_is_there() {
    let gateway = Gateway::start().await;
    let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let has_console = http.get(gateway.url("/console/")).send().await.unwrap().status() == 200;
    let reply = http.get(gateway.url("/")).send().await.unwrap();
    assert_eq!(reply.status(), 307);
    assert_eq!(reply.headers()["location"], if has_console { "/console/" } else { "/docs" });
}

#[tokio::test(flavor = "multi_thread")]
async fn on_this_machine_everybody_is_signed_in() {
    let gateway = Gateway::with(|config| {
        config.console.workflow_link = "http://localhost:8088/{workflow_id}".to_owned();
    })
    .await;
    let reply = gateway.get("/console/session").await;
    assert_eq!(reply.headers["cache-control"], "no-store");
    let expected = json!({"mode": "local", "signed_in": true, "name": "local", "subject": "local", "roles": [],
        "expires_at": null, "links": {"workflow": "http://localhost:8088/{workflow_id}", "trace": ""}});
    assert_eq!(reply.json(), expected);
}
