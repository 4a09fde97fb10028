//! Every RPC with every kind of caller, at the services' own ports, through the gateway, and as gRPC-Web.

use super::{Guarded, call, reason};
use access::{Role, rules};
use contracts::Method;
use strum::IntoEnumIterator as _;
use tonic::Code;
use tonic::transport::Channel;

/// A ready-made gRPC-Web request: one empty message.
const EMPTY: [u8; 5] = [0; 5];

/// Whether a caller with this role only may call the method.
fn may(role: Role, method: Method) -> bool {
    let rule = rules::rule(method);
    rule.whole.has(role) || (role == Role::Customer && rule.own)
}

async fn check(guarded: &Guarded, at: &str, channel: &Channel, methods: &[Method]) {
    let bad = guarded.bad_tokens();
    for method in methods {
        let refused = call(channel, *method, "").await.unwrap_err();
        assert_eq!(
            (refused.code(), reason(&refused)),
            (Code::Unauthenticated, "TOKEN_MISSING".to_owned()),
            "{at} {method:?}"
        );
        for (what, token, why) in &bad {
            let refused = call(channel, *method, token).await.unwrap_err();
            let found = (refused.code(), reason(&refused));
            assert_eq!(found, (Code::Unauthenticated, (*why).to_owned()), "{at} {method:?}, a token {what}");
        }
        for role in Role::iter() {
            let token = guarded.token("somebody", &[&role.to_string()]);
            let answer = call(channel, *method, &token).await;
            let code = answer.as_ref().err().map_or(Code::Ok, tonic::Status::code);
            if may(role, *method) {
                let let_in =
                    ![Code::Unauthenticated, Code::PermissionDenied, Code::Internal, Code::Unavailable].contains(&code);
                assert!(let_in, "{at} {method:?} as {role}: {answer:?}");
            } else {
                let refused = answer.unwrap_err();
                assert_eq!(
                    (code, reason(&refused)),
                    (Code::PermissionDenied, "ROLE_MISSING".to_owned()),
                    "{at} {method:?} as {role}"
                );
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_method_knows_its_callers() {
    let guarded = Guarded::start().await;
    check(&guarded, "gateway", &guarded.system.gateway.channel(), Method::ALL).await;
    for (package, service) in guarded.system.services() {
        let own: Vec<Method> = Method::ALL.iter().copied().filter(|m| m.path().starts_with(package)).collect();
        assert!(own.len() > 10, "{package}");
        check(&guarded, package, &service.channel(), &own).await;
    }
    guarded.audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn as_grpc_web_too() {
    let guarded = Guarded::start().await;
    let expired = guarded.odd_token(|claims| claims.exp = claims.nbf - 60);
    let elsewhere = guarded.odd_token(|claims| claims.aud = "shop".to_owned());
    for method in Method::ALL {
        for token in ["", &expired, &elsewhere] {
            assert_eq!(web(&guarded, *method, token).await, Code::Unauthenticated, "{method:?}");
        }
        for role in Role::iter() {
            let code = web(&guarded, *method, &guarded.token("somebody", &[&role.to_string()])).await;
            let refused = [Code::Unauthenticated, Code::PermissionDenied].contains(&code);
            assert_eq!(!refused, may(role, *method), "{method:?} as {role}: {code:?}");
        }
    }
}

/// How a gRPC-Web call ended: said in the headers, or at the end of the body. A stream that begins has not been refused.
async fn web(guarded: &Guarded, method: Method, token: &str) -> Code {
    let request = guarded.request(&reqwest::Method::POST, method.path(), token);
    let request = request.header("content-type", "application/grpc-web+proto").body(EMPTY.to_vec());
    let mut reply = request.send().await.unwrap();
    assert_eq!(reply.status(), 200, "{method:?}");
    let header = reply.headers().get("grpc-status").and_then(|value| value.to_str().ok()?.parse::<i32>().ok());
    let mut body = Vec::new();
    while let Some(chunk) = reply.chunk().await.unwrap() {
        body.extend_from_slice(&chunk);
        // The first byte of what is not yet the end.
        if method.streams() && body.first() == Some(&0) {
            return Code::Ok;
        }
    }
    let trailer = || {
        String::from_utf8_lossy(&body).lines().find_map(|line| line.split_once("grpc-status:")?.1.trim().parse().ok())
    };
    Code::from(header.or_else(trailer).unwrap_or_else(|| panic!("{method:?} did not say how it ended")))
}

#[tokio::test(flavor = "multi_thread")]
async fn health_and_reflection_are_anybodys() {
    use tonic_health::pb::HealthCheckRequest;
    use tonic_health::pb::health_client::HealthClient;
    let guarded = Guarded::start().await;
    for channel in [guarded.system.gateway.channel(), guarded.system.services()[0].1.channel()] {
        HealthClient::new(channel).check(HealthCheckRequest::default()).await.unwrap();
    }
    for path in ["/healthz", "/readyz", "/openapi.json"] {
        assert_eq!(guarded.get(path, "").await.0, 200, "{path}");
    }
}
