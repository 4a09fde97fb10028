//! Signing in and out by a real OpenID provider.

use super::browser::Browser;
use super::provider::{LONG_S, Site, gateway, key};
use crate::clients::has_node;
use crate::stand_in::ORDER;
use reqwest::Method;
use serde_json::json;
use stack::Issuer;
use std::time::Duration;

#[tokio::test(flavor = "multi_thread")]
async fn somebody_signs_in_works_and_signs_out() {
    if !has_node("signing in") {
        return;
    }
    let site = Site::start(LONG_S).await;
    let browser = Browser::new();
    assert_eq!(site.session(&browser).await["signed_in"], json!(false));
    let order = site.url(&format!("/orders/{ORDER}"));
    assert_eq!(browser.ask(Method::GET, &order).await.status, 401);

    let back = site.sign_in(&browser, "alice").await;
    assert_eq!(back.status, 303, "{}", back.text);
    assert_eq!(back.leads_to().unwrap().as_str(), site.url("/console/orders?status=NEW"));
    let sets = back.sets();
    let set = sets.iter().find(|set| set.starts_with("oms-console=")).unwrap();
    assert!(set.contains("; HttpOnly; SameSite=Strict") && set.contains("; Path=/"), "{set}");
    assert!(!set.contains("Max-Age") && !set.contains("eyJ"), "{set}");
    let over = sets.iter().find(|set| set.starts_with("oms-console-sign-in-")).unwrap();
    assert!(over.contains("Max-Age=0"), "{over}");

    let session = site.session(&browser).await;
    assert_eq!(session["mode"], "oidc");
    assert_eq!((&session["name"], &session["subject"]), (&json!("Alice"), &json!("alice")));
    assert_eq!((&session["signed_in"], &session["roles"]), (&json!(true), &json!(["manager"])));
    assert!(session["expires_at"].as_str().unwrap().ends_with('Z'), "{session}");

    assert_eq!(browser.ask(Method::GET, &order).await.status, 200);
    let told = site.gateway.orders.metadata.lock().unwrap().clone();
    assert!(told.get("authorization").unwrap().to_str().unwrap().starts_with("Bearer eyJ"));
    assert!(told.get("cookie").is_none());
    // A token of one's own comes first, also one that is no good.
    let own = |token: String| browser.request(&order, move |r| r.header("x-oms-console", "1").bearer_auth(token));
    let refused = own("abc".to_owned()).await;
    assert_eq!((refused.status, &refused.json()["error"]["code"]), (401, &json!("TOKEN_INVALID")));
    // And those of `cargo xtask token` are of the same issuer.
    let issuer = Issuer::of_folder(&site.login.folder, &site.login.issuer).unwrap();
    assert_eq!(own(issuer.token("bob", &["auditor"], Duration::from_secs(60)).unwrap()).await.status, 200);

    assert_eq!(browser.get(&site.url("/console/sign-out")).await.status, 405);
    let out = browser.ask(Method::POST, &site.url("/console/sign-out")).await;
    assert_eq!(out.status, 200);
    let end = out.json()["end_session_url"].as_str().unwrap().to_owned();
    assert!(end.starts_with(&format!("{}/session/end?client_id=oms-console&", site.login.issuer)), "{end}");
    assert!(browser.cookies("oms-console").is_empty());
    assert_eq!(site.session(&browser).await["signed_in"], json!(false));
    let asked = browser.follow(&end).await;
    assert!(asked.text.contains("Sign out here too?"), "{}", asked.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_page_itself_uses_the_cookie() {
    if !has_node("signing in") {
        return;
    }
    let site = Site::start(LONG_S).await;
    let browser = Browser::new();
    site.sign_in(&browser, "alice").await;
    let order = site.url(&format!("/orders/{ORDER}"));
    for (status, headers) in [
        (200, &[("x-oms-console", "1")][..]),
        (200, &[("x-oms-console", "1"), ("sec-fetch-site", "same-origin")]),
        (401, &[]),
        (401, &[("sec-fetch-site", "same-origin")]),
        (401, &[("x-oms-console", "1"), ("sec-fetch-site", "cross-site")]),
        (401, &[("x-oms-console", "1"), ("sec-fetch-site", "same-site")]),
        (401, &[("x-oms-console", "1"), ("sec-fetch-site", "none")]),
    ] {
        let shaped = browser.request(&order, |request| headers.iter().fold(request, |r, (n, v)| r.header(*n, *v)));
        assert_eq!(shaped.await.status, status, "{headers:?}");
    }
    // Nor does another page sign anybody out, or ask first whether it may.
    let http = reqwest::Client::new();
    assert_eq!(http.post(site.url("/console/sign-out")).send().await.unwrap().status(), 403);
    let asks = http
        .request(Method::OPTIONS, site.url("/console/sign-out"))
        .header("origin", "http://localhost:1")
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "x-oms-console");
    let told = asks.send().await.unwrap();
    assert!(!told.headers().contains_key("access-control-allow-origin"), "{told:?}");

    let [(name, value)] = &browser.cookies("oms-console")[..] else { panic!("one cookie") };
    let mut forged = value.clone().into_bytes();
    forged[60] = if forged[60] == b'A' { b'B' } else { b'A' };
    for forged in [String::from_utf8(forged).unwrap(), "x".to_owned(), value[..100].to_owned()] {
        browser.set_cookie(&order, name, &forged);
        assert_eq!(browser.ask(Method::GET, &order).await.status, 401, "{forged}");
        assert_eq!(site.session(&browser).await["signed_in"], json!(false));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_is_finished_once_where_it_was_begun() {
    if !has_node("signing in") {
        return;
    }
    let site = Site::start(LONG_S).await;
    let browser = Browser::new();
    let page = browser.follow(&site.url("/console/sign-in?to=https://evil.example/")).await;
    let back = browser.choose(&page, "alice").await.leads_to().unwrap();
    // Somebody else's browser that is sent there, or an address that somebody made up.
    let other = Browser::new();
    let forged = |name: &str, value: &str| {
        let mut url = back.clone();
        let pairs: Vec<(String, String)> = back.query_pairs().into_owned().collect();
        let changed = pairs.into_iter().map(|(n, v)| if n == name { (n, value.to_owned()) } else { (n, v) });
        url.query_pairs_mut().clear().extend_pairs(changed.collect::<Vec<_>>());
        url
    };
    let script = "<script>alert(1)</script>";
    for (who, url) in [(&other, back.clone()), (&browser, forged("state", script)), (&browser, forged("state", ""))] {
        let page = who.get(url.as_str()).await;
        assert_eq!(page.status, 400, "{url}");
        assert!(page.text.contains("not begun in this browser") && !page.text.contains("alert"), "{}", page.text);
        assert!(page.text.contains(&format!("<a href=\"{}\">Try again</a>", site.url("/console/sign-in"))));
        assert!(page.sets().is_empty() && page.headers["content-security-policy"].to_str().unwrap().contains("'none'"));
    }
    let page = browser.get(forged("iss", "https://other.example").as_str()).await;
    assert_eq!(page.status, 502, "{}", page.text);
    // That was the end of this one.
    assert_eq!(browser.get(back.as_str()).await.status, 400);

    // Where to go is forgotten if it is elsewhere.
    let browser = Browser::new();
    let page = browser.follow(&site.url("/console/sign-in?to=https://evil.example/")).await;
    let window = browser.copy();
    let back = browser.choose(&page, "alice").await.leads_to().unwrap();
    let begun = browser.cookies("oms-console-sign-in-");
    let done = browser.get(back.as_str()).await;
    assert_eq!((done.status, done.leads_to().unwrap().as_str()), (303, &*site.url("/console/")));
    let page = browser.get(back.as_str()).await;
    assert_eq!(page.status, 400, "its cookie is gone");
    // Whoever has kept the cookie finds that the provider does not take the code again.
    for (name, value) in begun {
        window.set_cookie(back.as_str(), &name, &value);
    }
    let page = window.get(back.as_str()).await;
    assert_eq!(page.status, 400);
    assert!(page.text.contains("used before") && window.cookies("oms-console=").is_empty(), "{}", page.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_windows_sign_in_side_by_side() {
    if !has_node("signing in") {
        return;
    }
    let site = Site::start(LONG_S).await;
    let browser = Browser::new();
    let first = browser.get(&site.url("/console/sign-in?to=/console/payments")).await;
    let second = site.sign_in(&browser, "fiona").await;
    assert_eq!(second.status, 303);
    // By now the provider knows who it is, and asks nothing.
    let mut page = first;
    while !page.url.as_str().starts_with(&site.url("/console/callback")) {
        page = browser.get(page.leads_to().unwrap().as_str()).await;
    }
    assert_eq!(page.leads_to().unwrap().as_str(), site.url("/console/payments"));
    assert_eq!(site.session(&browser).await["roles"], json!(["finance"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_refused_or_finds_nobody_is_told_so() {
    if !has_node("signing in") {
        return;
    }
    let mut site = Site::start(LONG_S).await;
    let browser = Browser::new();
    let denied = site.sign_in(&browser, "").await;
    assert_eq!(denied.status, 403);
    assert!(
        denied.text.contains("refused at the sign-in page") && denied.text.contains("Try again"),
        "{}",
        denied.text
    );
    assert!(browser.cookies("oms-console").is_empty());

    let page = browser.follow(&site.url("/console/sign-in")).await;
    let back = browser.choose(&page, "alice").await.leads_to().unwrap();
    site.login.stop().await;
    let page = browser.get(back.as_str()).await;
    assert_eq!(page.status, 503);
    assert!(page.text.contains("can't be reached"), "{}", page.text);
    // A gateway that has never found it says so too, in the form of all errors to what is no browser.
    let new = gateway(&site.login, &[&key("a", 1)]).await;
    let reply = new.get("/console/sign-in").await;
    assert_eq!((reply.status, reply.error()), (503, "SERVICE_UNAVAILABLE".to_owned()));
    site.login.start(&[&new.url("")]).await;
    let page = Browser::new().follow(&new.url("/console/sign-in")).await;
    assert!(page.text.contains("Who are you?"), "{} {}", page.status, page.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_provider_nobody_signs_in() {
    let login = super::provider::Login::new(LONG_S);
    let gateway = crate::harness::Gateway::with(|config| login.trust(&mut config.auth)).await;
    let reply = gateway.get("/console/session").await.json();
    assert_eq!((&reply["mode"], &reply["signed_in"], &reply["subject"]), (&json!("oidc"), &json!(false), &json!(null)));
    assert_eq!(gateway.get("/console/sign-in").await.error(), "NOT_FOUND");
}
