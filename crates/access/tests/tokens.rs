//! Tokens of every algorithm, and keys that change, go and come.

#![expect(clippy::unwrap_used, reason = "a test that can't go on has failed")]

use access::{Auth, Guard, Mode, Refused};
use contracts::Method;
use http::HeaderMap;
use jsonwebtoken::jwk::{Jwk, JwkSet};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use stack::Issuer;
use stack::issuer::{AUDIENCE, Claims, ISSUER, Signing, jwks_of};
use std::path::PathBuf;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};

const HOUR: Duration = Duration::from_secs(3_600);
const PATIENCE: Duration = Duration::from_secs(30);
/// Of a key made for this test, which opens nothing.
const RSA: &[u8] = include_bytes!("rsa-2048.der");

struct Door {
    guard: Guard,
    jwks: PathBuf,
    _stop: DropGuard,
}

impl Door {
    fn at(jwks: &str, stale_s: u64) -> (Guard, DropGuard) {
        let auth = Auth {
            mode: Mode::Token,
            issuer: ISSUER.to_owned(),
            audience: AUDIENCE.to_owned(),
            jwks: jwks.to_owned(),
            roles_claim: "roles".to_owned(),
            leeway_s: 5,
            refresh_s: 1,
            stale_s,
            token_file: String::new(),
        };
        let stop = CancellationToken::new();
        (Guard::new(&auth, stop.clone()).unwrap(), stop.drop_guard())
    }

    /// With the keys of a file that has this text.
    fn with(text: &str, stale_s: u64) -> Self {
        let jwks = std::env::temp_dir().join(format!("oms-jwks-{}.json", uuid::Uuid::now_v7().simple()));
        std::fs::write(&jwks, text).unwrap();
        let (guard, stop) = Self::at(&jwks.display().to_string(), stale_s);
        Self { guard, jwks, _stop: stop }
    }

    async fn ask(&self, token: &str) -> Result<String, Refused> {
        ask(&self.guard, token).await
    }

    async fn until(&self, token: &str, right: impl Fn(&Result<String, Refused>) -> bool) {
        let look = async {
            while !right(&self.ask(token).await) {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        tokio::time::timeout(PATIENCE, look).await.unwrap();
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.jwks);
    }
}

async fn ask(guard: &Guard, token: &str) -> Result<String, Refused> {
    let headers = HeaderMap::from_iter([(http::header::AUTHORIZATION, format!("Bearer {token}").parse().unwrap())]);
    guard.admit(&headers, Method::OrdersApproveOrder).await.map(|caller| caller.actor().to_owned())
}

fn token(issuer: &Issuer) -> String {
    issuer.token("alice", &["manager"], HOUR).unwrap()
}

#[tokio::test]
async fn each_algorithm_is_taken_from_a_key_that_is_for_it() {
    let (elliptic, edwards) = (Issuer::generate(Signing::Es256).unwrap(), Issuer::generate(Signing::EdDsa).unwrap());
    let rsa = EncodingKey::from_rsa_der(RSA);
    let mut set: JwkSet = serde_json::from_str(&jwks_of(&[&elliptic, &edwards])).unwrap();
    let mut public = Jwk::from_encoding_key(&rsa, Algorithm::RS256).unwrap();
    public.common.key_id = Some("rsa".to_owned());
    set.keys.push(public);
    let door = Door::with(&serde_json::to_string(&set).unwrap(), 60);

    let by_rsa = |algorithm, id: Option<&str>| {
        let mut header = Header::new(algorithm);
        header.kid = id.map(ToOwned::to_owned);
        encode(&header, &Claims::new("alice", &["manager"], HOUR), &rsa).unwrap()
    };
    for token in [token(&elliptic), token(&edwards), by_rsa(Algorithm::RS256, Some("rsa"))] {
        assert_eq!(door.ask(&token).await, Ok("manager:alice".to_owned()));
        // Once more, from memory.
        assert_eq!(door.ask(&token).await, Ok("manager:alice".to_owned()));
    }
    // The key is for RS256, whatever a token says; of three keys one must be named.
    for token in
        [by_rsa(Algorithm::PS256, Some("rsa")), by_rsa(Algorithm::RS512, Some("rsa")), by_rsa(Algorithm::RS256, None)]
    {
        assert!(matches!(door.ask(&token).await, Err(Refused::Invalid(_))));
    }
}

/// The oldest trick: the public key as the secret of a symmetric algorithm.
#[tokio::test]
async fn the_public_key_is_no_secret() {
    let issuer = Issuer::generate(Signing::EdDsa).unwrap();
    let jwks = jwks_of(&[&issuer]);
    let door = Door::with(&jwks, 60);
    let set: JwkSet = serde_json::from_str(&jwks).unwrap();
    let mut header = Header::new(Algorithm::HS256);
    header.kid.clone_from(&set.keys[0].common.key_id);
    for secret in [jwks.as_bytes(), serde_json::to_string(&set.keys[0]).unwrap().as_bytes()] {
        let key = EncodingKey::from_secret(secret).unwrap();
        let forged = encode(&header, &Claims::new("alice", &["manager"], HOUR), &key).unwrap();
        assert!(matches!(door.ask(&forged).await, Err(Refused::Invalid(_))));
    }
}

#[tokio::test]
async fn keys_change_without_a_restart() {
    let (old, new) = (Issuer::generate(Signing::EdDsa).unwrap(), Issuer::generate(Signing::Es256).unwrap());
    let door = Door::with(&jwks_of(&[&old]), 60);
    assert!(door.ask(&token(&old)).await.is_ok());
    assert!(matches!(door.ask(&token(&new)).await, Err(Refused::Invalid(_))));
    std::fs::write(&door.jwks, jwks_of(&[&new, &old])).unwrap();
    door.until(&token(&new), Result::is_ok).await;
    assert!(door.ask(&token(&old)).await.is_ok());
    // What was found valid is forgotten with the key.
    std::fs::write(&door.jwks, jwks_of(&[&new])).unwrap();
    door.until(&token(&old), Result::is_err).await;
    assert!(door.ask(&token(&new)).await.is_ok());
}

#[tokio::test]
async fn an_issuer_that_is_away_is_missed_late() {
    let issuer = Issuer::generate(Signing::EdDsa).unwrap();
    let door = Door::with("", 4);
    // There were no keys yet: nobody can say who that is.
    assert_eq!(door.ask(&token(&issuer)).await, Err(Refused::NoKeys));
    std::fs::write(&door.jwks, jwks_of(&[&issuer])).unwrap();
    door.until(&token(&issuer), Result::is_ok).await;
    // The keys before stay in use, for a while.
    std::fs::remove_file(&door.jwks).unwrap();
    assert!(door.ask(&token(&issuer)).await.is_ok());
    door.until(&token(&issuer), |answer| *answer == Err(Refused::NoKeys)).await;
    std::fs::write(&door.jwks, jwks_of(&[&issuer])).unwrap();
    door.until(&token(&issuer), Result::is_ok).await;
}

#[tokio::test]
async fn a_token_ends_while_it_is_remembered() {
    let issuer = Issuer::generate(Signing::EdDsa).unwrap();
    let door = Door::with(&jwks_of(&[&issuer]), 60);
    let mut claims = Claims::new("alice", &["manager"], Duration::ZERO);
    claims.exp = claims.nbf - 3;
    let short = issuer.sign(&claims).unwrap();
    assert!(door.ask(&short).await.is_ok());
    door.until(&short, |answer| *answer == Err(Refused::Expired)).await;
}

/// Answers every request with this JWKS.
async fn serve(jwks: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = stream.read(&mut [0; 4096]).await;
            let reply = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{jwks}", jwks.len());
            let _ = stream.write_all(reply.as_bytes()).await;
        }
    });
    format!("http://{address}/jwks.json")
}

#[tokio::test]
async fn keys_come_from_an_issuer_too() {
    let issuer = Issuer::generate(Signing::Es256).unwrap();
    let (guard, _stop) = Door::at(&serve(jwks_of(&[&issuer])).await, 60);
    assert_eq!(ask(&guard, &token(&issuer)).await, Ok("manager:alice".to_owned()));
}
