//! The whole system where everybody is asked who they are.

mod customers;
mod local;
mod methods;
mod rest;

use crate::whole::System;
use access::{Auth, Mode};
use contracts::Method;
use http::uri::PathAndQuery;
use reqwest::RequestBuilder;
use serde_json::Value;
use stack::Issuer;
use stack::issuer::{AUDIENCE, Claims, ISSUER, Signing, jwks_of};
use std::path::PathBuf;
use std::time::Duration;
use testkit::Site;
use tonic::transport::Channel;
use tonic::{Request, Status};
use tonic_prost::ProstCodec;
use tonic_types::StatusExt as _;

const HOUR: Duration = Duration::from_secs(3_600);
/// By how much the services let clocks differ.
const LEEWAY: u64 = 30;

/// The system, and the issuer of its tokens.
pub(crate) struct Guarded {
    pub(crate) system: System,
    issuer: Issuer,
    folder: PathBuf,
}

impl Guarded {
    pub(crate) async fn start() -> Self {
        let issuer = Issuer::generate(Signing::Es256).unwrap();
        let folder = std::env::temp_dir().join(format!("oms-issuer-{}", uuid::Uuid::now_v7().simple()));
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("jwks.json"), jwks_of(&[&issuer])).unwrap();
        let auth = |service: &str| {
            let token = issuer.token(service, &["service"], HOUR).unwrap();
            let file = folder.join(format!("{service}.token"));
            std::fs::write(&file, token).unwrap();
            Some(Auth {
                mode: Mode::Token,
                issuer: ISSUER.to_owned(),
                audience: AUDIENCE.to_owned(),
                jwks: folder.join("jwks.json").display().to_string(),
                roles_claim: "roles".to_owned(),
                leeway_s: LEEWAY,
                refresh_s: 60,
                stale_s: 3_600,
                token_file: file.display().to_string(),
            })
        };
        let system = System::start_as(Site::new().await, auth).await;
        Self { system, issuer, folder }
    }

    /// A good token.
    pub(crate) fn token(&self, subject: &str, roles: &[&str]) -> String {
        self.issuer.token(subject, roles, HOUR).unwrap()
    }

    /// A token that says something else than it should.
    fn odd_token(&self, change: impl FnOnce(&mut Claims)) -> String {
        let mut claims = Claims::new("alice", &["manager"], HOUR);
        change(&mut claims);
        self.issuer.sign(&claims).unwrap()
    }

    /// Tokens of which each has something wrong, with what is wrong.
    fn bad_tokens(&self) -> Vec<(&'static str, String, &'static str)> {
        let other = Issuer::generate(Signing::Es256).unwrap();
        let good = self.token("alice", &["manager"]);
        let (rest, _) = good.rsplit_once('.').unwrap();
        let (head, _) = rest.split_once('.').unwrap();
        let longer = self.token("alice", &["manager", "auditor"]);
        let claims = longer.split('.').nth(1).unwrap();
        let signature = good.rsplit('.').next().unwrap();
        vec![
            ("expired", self.odd_token(|claims| claims.exp = claims.nbf - LEEWAY - 5), "TOKEN_EXPIRED"),
            ("not yet valid", self.odd_token(|claims| claims.nbf += 2 * LEEWAY), "TOKEN_INVALID"),
            ("for somebody else", self.odd_token(|claims| claims.aud = "shop".to_owned()), "TOKEN_INVALID"),
            (
                "of another issuer",
                self.odd_token(|claims| claims.iss = "https://elsewhere".to_owned()),
                "TOKEN_INVALID",
            ),
            ("without a subject", self.odd_token(|claims| claims.sub.clear()), "TOKEN_INVALID"),
            ("with a subject of two lines", self.odd_token(|claims| claims.sub = "a\nb".to_owned()), "TOKEN_INVALID"),
            ("of another key", other.token("alice", &["manager"], HOUR).unwrap(), "TOKEN_INVALID"),
            ("with another's claims", format!("{head}.{claims}.{signature}"), "TOKEN_INVALID"),
            ("without a signature", format!("{rest}."), "TOKEN_INVALID"),
            ("without an algorithm", format!("eyJhbGciOiJub25lIn0.{claims}."), "TOKEN_INVALID"),
            ("no token", "abc".to_owned(), "TOKEN_INVALID"),
            ("far too long", "a".repeat(20_000), "TOKEN_INVALID"),
        ]
    }

    pub(crate) fn request(&self, method: &reqwest::Method, path: &str, token: &str) -> RequestBuilder {
        let url = format!("{}{path}", self.system.gateway.url());
        let request = self.system.http.request(method.clone(), url);
        if token.is_empty() { request } else { request.bearer_auth(token) }
    }

    pub(crate) async fn get(&self, path: &str, token: &str) -> (u16, Value) {
        answered(self.request(&reqwest::Method::GET, path, token)).await
    }

    pub(crate) async fn post(&self, path: &str, token: &str, body: Value) -> (u16, Value) {
        let request = self.request(&reqwest::Method::POST, path, token);
        answered(if body.is_null() { request } else { request.json(&body) }).await
    }

    pub(crate) async fn audit(&self) {
        self.system.audit_as(&self.token("carol", &["auditor", "manager"])).await;
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        // What is left is in the temporary folder.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

async fn answered(request: RequestBuilder) -> (u16, Value) {
    let reply = request.send().await.unwrap();
    (reply.status().as_u16(), reply.json().await.unwrap())
}

/// Calls a method with an empty message, and reads what comes first.
async fn call(channel: &Channel, method: Method, token: &str) -> Result<(), Status> {
    let mut client = tonic::client::Grpc::new(channel.clone());
    client.ready().await.unwrap();
    let mut request = Request::new(());
    if !token.is_empty() {
        request.metadata_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
    }
    let path = PathAndQuery::from_static(method.path());
    let codec = ProstCodec::<(), ()>::default();
    if method.streams() {
        client.server_streaming(request, path, codec).await?.into_inner().message().await?;
        return Ok(());
    }
    client.unary(request, path, codec).await.map(|_| ())
}

fn reason(status: &Status) -> String {
    status.get_error_details().error_info().map(|info| info.reason.clone()).unwrap_or_default()
}
