//! What pages of other origins are told.

use crate::harness::Gateway;
use reqwest::Method;
use reqwest::header::HeaderMap;

const SHOP: &str = "https://shop.example";
/// Those that look like the shop, or like nobody.
const OTHERS: [&str; 10] = [
    "null",
    "https://shop.example.evil.example",
    "https://evil.example/https://shop.example",
    "http://shop.example",
    "https://shop.example:8443",
    "https://SHOP.example.",
    "https://xshop.example",
    "https://shop.example, https://evil.example",
    "https://shop.example@evil.example",
    "file://",
];

async fn told(gateway: &Gateway, origin: &str, preflight: bool) -> HeaderMap {
    let method = if preflight { Method::OPTIONS } else { Method::GET };
    let request = gateway.http.request(method, gateway.url("/orders")).header("origin", origin);
    let request = if preflight {
        let request = request.header("access-control-request-method", "POST");
        request.header("access-control-request-private-network", "true")
    } else {
        request.header("cookie", "session=1")
    };
    request.send().await.unwrap().headers().clone()
}

/// Never with what a browser keeps for the user, and never into the network the browser is in.
fn harmless(headers: &HeaderMap, origin: &str) {
    for header in ["access-control-allow-credentials", "access-control-allow-private-network", "set-cookie"] {
        assert!(!headers.contains_key(header), "{header} to {origin}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn anybody_means_nobody_in_particular() {
    let gateway = Gateway::start().await;
    for origin in OTHERS.into_iter().chain([SHOP]) {
        for preflight in [true, false] {
            let headers = told(&gateway, origin, preflight).await;
            harmless(&headers, origin);
            assert_eq!(headers["access-control-allow-origin"], "*", "{origin}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_very_origin_is_allowed() {
    let gateway = Gateway::with(|config| config.cors.origins = vec![SHOP.into()]).await;
    for preflight in [true, false] {
        for origin in OTHERS {
            let headers = told(&gateway, origin, preflight).await;
            harmless(&headers, origin);
            assert!(!headers.contains_key("access-control-allow-origin"), "{origin}");
        }
        let headers = told(&gateway, SHOP, preflight).await;
        harmless(&headers, SHOP);
        assert_eq!(headers["access-control-allow-origin"], SHOP);
        // Or a cache would tell one origin what is meant for another.
        assert!(headers["vary"].to_str().unwrap().contains("origin"), "{headers:?}");
    }
}
