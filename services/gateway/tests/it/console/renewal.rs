//! Sessions that go on: with new tokens, over restarts, and with other keys.

use super::browser::Browser;
use super::provider::{LONG_S, Site, gateway, key};
use crate::clients::has_node;
use crate::harness::Gateway;
use crate::stand_in::ORDER;
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;
use testkit::PATIENCE;

/// Renewed when a third of it is left.
const SHORT_S: u32 = 6;

/// Asks for the session until it is as it should be.
async fn until(site: &Site, browser: &Browser, right: impl Fn(&Value) -> bool) -> Value {
    let look = async {
        loop {
            let session = site.session(browser).await;
            if right(&session) {
                return session;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    tokio::time::timeout(PATIENCE, look).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_is_renewed_and_outlives_the_provider_until_its_token_ends() {
    if !has_node("signing in") {
        return;
    }
    let mut site = Site::start(SHORT_S).await;
    let browser = Browser::new();
    site.sign_in(&browser, "walter").await;
    let first = site.session(&browser).await;
    let kept = browser.cookies("oms-console");
    // Two windows, which both see that the time has come.
    let window = browser.copy();
    let renewed = until(&site, &browser, |session| session["expires_at"] != first["expires_at"]).await;
    assert_eq!((&renewed["roles"], &renewed["name"]), (&json!(["warehouse"]), &json!("Walter")));
    assert_ne!(browser.cookies("oms-console"), kept);
    let same = site.session(&window).await;
    assert_eq!(same["expires_at"], renewed["expires_at"], "the other window gets the same, and does not spoil it");
    until(&site, &browser, |session| session["expires_at"] != renewed["expires_at"]).await;

    site.login.stop().await;
    let last = site.session(&browser).await;
    assert_eq!(last["signed_in"], json!(true));
    let order = site.url(&format!("/orders/{ORDER}"));
    assert_eq!(browser.ask(Method::GET, &order).await.status, 200);
    until(&site, &browser, |session| session["signed_in"] == json!(false)).await;
    let refused = browser.ask(Method::GET, &order).await;
    assert_eq!((refused.status, &refused.json()["error"]["code"]), (401, &json!("TOKEN_EXPIRED")));
    assert!(!browser.cookies("oms-console").is_empty(), "perhaps it can be renewed later");
    // It comes back and knows nothing: the browser forgets it as well.
    site.login.start(&[&site.gateway.url("")]).await;
    let forgotten = async {
        while !browser.cookies("oms-console").is_empty() {
            assert_eq!(site.session(&browser).await["signed_in"], json!(false));
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    };
    tokio::time::timeout(2 * PATIENCE, forgotten).await.unwrap();
}

/// Whether a gateway knows who has these cookies.
async fn knows(gateway: &Gateway, browser: &Browser) -> bool {
    let session = browser.ask(Method::GET, &gateway.url("/console/session")).await.json();
    session["signed_in"] == json!(true)
}

#[tokio::test(flavor = "multi_thread")]
async fn all_gateways_know_them_and_keys_are_replaced_under_them() {
    if !has_node("signing in") {
        return;
    }
    let site = Site::start(LONG_S).await;
    let browser = Browser::new();
    site.sign_in(&browser, "alice").await;
    let (old, new) = (key("a", 1), key("b", 2));
    let login = &site.login;
    assert!(knows(&gateway(login, &[&old]).await, &browser).await, "one beside it, or the same after a restart");
    assert!(knows(&gateway(login, &[&new, &old]).await, &browser).await);
    let without = gateway(login, &[&new]).await;
    assert!(!knows(&without, &browser).await);
    assert!(!knows(&gateway(login, &[&key("a", 3)]).await, &browser).await, "of the same name, but another");
    let order = without.url(&format!("/orders/{ORDER}"));
    assert_eq!(browser.ask(Method::GET, &order).await.status, 401);
}
