//! Every REST route with every kind of caller.

use super::Guarded;
use reqwest::Method;
use serde_json::{Value, json};

/// Asked without a token: probes, and what the payment provider signs.
const OPEN: [&str; 3] = ["/healthz", "/readyz", "/webhooks/stripe"];

/// The documented routes, with an id in the place of each name.
fn routes() -> Vec<(Method, String)> {
    let document = serde_json::to_value(gateway::openapi::document()).unwrap();
    let mut routes = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        if OPEN.contains(&path.as_str()) {
            continue;
        }
        let id = format!("{:032}", 0);
        let path = path
            .replace("{order_id}", &format!("ord_{id}"))
            .replace("{payment_id}", &format!("pay_{id}"))
            .replace("{reservation_id}", &format!("res_{id}"))
            .replace("{product_id}", "PROD-001")
            .replace("{customer_id}", "CUST123");
        assert!(!path.contains('{'), "{path}");
        for method in [Method::GET, Method::POST] {
            if item.get(method.as_str().to_lowercase()).is_some() {
                routes.push((method, path.clone()));
            }
        }
    }
    routes
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_knows_its_callers() {
    let guarded = Guarded::start().await;
    let expired = guarded.odd_token(|claims| claims.exp = claims.nbf - 60);
    let elsewhere = guarded.odd_token(|claims| claims.aud = "shop".to_owned());
    let nobody = guarded.token("nobody", &["pilot"]);
    let staff = guarded.token("alice", &["manager", "warehouse", "finance", "auditor"]);
    let routes = routes();
    assert!(routes.len() > 20);
    for (method, path) in routes {
        let ask = async |token: &str| {
            let reply = guarded.request(&method, &path, token).send().await.unwrap();
            let challenge = reply.headers().contains_key("www-authenticate");
            let status = reply.status().as_u16();
            (status, challenge, reply.json::<Value>().await.unwrap()["error"]["code"].clone())
        };
        assert_eq!(ask("").await, (401, true, json!("TOKEN_MISSING")), "{method} {path}");
        assert_eq!(ask(&expired).await, (401, true, json!("TOKEN_EXPIRED")), "{method} {path}");
        assert_eq!(ask(&elsewhere).await, (401, true, json!("TOKEN_INVALID")), "{method} {path}");
        assert_eq!(ask(&nobody).await, (403, false, json!("ROLE_MISSING")), "{method} {path}");
        let (status, ..) = ask(&staff).await;
        assert!([200, 202, 400, 404, 409].contains(&status), "{method} {path}: {status}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_signature_of_the_provider_is_its_token() {
    let guarded = Guarded::start().await;
    let event = json!({"type": "payment_intent.succeeded"});
    // The gateway hands it on with its own token; payments then looks at the signature.
    let tell = async |token: &str| {
        let request = guarded.request(&reqwest::Method::POST, "/webhooks/stripe", token);
        super::answered(request.header("stripe-signature", "t=1,v1=00").json(&event)).await
    };
    let (status, reply) = tell("").await;
    assert_eq!((status, &reply["error"]["code"]), (409, &json!("PROVIDER_EVENTS_OFF")), "{reply}");
    // Nobody else can lend it another.
    let customer = guarded.token("CUST123", &["customer"]);
    let (status, reply) = tell(&customer).await;
    assert_eq!((status, &reply["error"]["code"]), (409, &json!("PROVIDER_EVENTS_OFF")), "{reply}");
}

/// What everybody may do on their own machine only a person may choose elsewhere.
#[tokio::test(flavor = "multi_thread")]
async fn without_tokens_a_process_listens_on_loopback_only() {
    for (name, value) in [("OMS_SERVER__LISTEN", "0.0.0.0:0"), ("OMS_METRICS__LISTEN", "[::]:0")] {
        let gateway = tokio::process::Command::new(env!("CARGO_BIN_EXE_gateway"))
            .env("OMS_SERVER__LISTEN", "127.0.0.1:0")
            .env("OMS_METRICS__LISTEN", "127.0.0.1:0")
            .env(name, value)
            .output();
        let ended = tokio::time::timeout(testkit::PATIENCE, gateway).await.unwrap().unwrap();
        let said = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert_eq!(ended.status.code(), Some(64), "{name}: {said}");
        assert!(said.contains("auth.mode") && said.contains("loopback"), "{said}");
    }
}
