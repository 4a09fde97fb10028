//! A gateway that asks for tokens, and a real OpenID provider by which people get them.

use super::browser::{Browser, Page};
use crate::harness::Gateway;
use access::Mode;
use gateway::Config;
use reqwest::Method;
use serde_json::Value;
use stack::openid::{CLIENT, Options, client_secret};
use stack::{Issuer, OpenId, Progress, Server, ports};
use std::path::PathBuf;

/// Long enough for a test that does not wait for its end.
pub(super) const LONG_S: u32 = 600;

/// The provider and what gateways have to know of it.
pub(crate) struct Login {
    pub(crate) folder: PathBuf,
    pub(crate) issuer: String,
    pub(crate) server: Option<Server>,
    port: u16,
    access_token_s: u32,
}

impl Login {
    /// One that does not run yet: it has to know the gateways first.
    pub(crate) fn new(access_token_s: u32) -> Self {
        let folder = std::env::temp_dir().join(format!("oms-openid-{}", uuid::Uuid::now_v7().simple()));
        let port = ports::free().unwrap();
        let issuer = OpenId::issuer(port);
        Issuer::of_folder(&folder, &issuer).unwrap();
        Self { folder, issuer, server: None, port, access_token_s }
    }

    /// Starts it, anew if it ran before: then it has forgotten everybody.
    pub(crate) async fn start(&mut self, public_urls: &[&str]) {
        let options = Options {
            log: self.folder.join("openid.log"),
            folder: self.folder.clone(),
            port: self.port,
            public_urls: public_urls.iter().map(ToString::to_string).collect(),
            access_token_s: self.access_token_s,
        };
        self.server = Some(OpenId::start(&options, &Progress::silent()).await.unwrap().1);
    }

    pub(crate) async fn stop(&mut self) {
        self.server.as_mut().unwrap().stop().await;
    }

    /// Has a process ask for its tokens.
    pub(crate) fn trust(&self, auth: &mut access::Auth) {
        auth.mode = Mode::Token;
        auth.issuer.clone_from(&self.issuer);
        auth.jwks = Issuer::jwks_file(&self.folder).display().to_string();
        auth.leeway_s = 0;
    }

    /// Has a gateway at this address sign people in, with these keys.
    pub(crate) fn adopt(&self, config: &mut Config, public_url: &str, keys: &[&str]) {
        self.trust(&mut config.auth);
        let console = &mut config.console;
        console.session_keys = keys.iter().map(|key| (*key).into()).collect();
        console.oidc.issuer.clone_from(&self.issuer);
        console.oidc.client_id = CLIENT.to_owned();
        console.oidc.client_secret = client_secret(&self.folder).unwrap().into();
        console.oidc.public_url = public_url.to_owned();
    }
}

impl Drop for Login {
    fn drop(&mut self) {
        // What is left is in the temporary folder.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// A key for cookies.
pub(super) fn key(id: &str, byte: u8) -> String {
    use base64::Engine as _;
    format!("{id}:{}", base64::engine::general_purpose::STANDARD.encode([byte; 32]))
}

/// A gateway in front of stand-ins, and a provider.
pub(super) struct Site {
    pub(super) login: Login,
    pub(super) gateway: Gateway,
}

impl Site {
    pub(super) async fn start(access_token_s: u32) -> Self {
        let mut login = Login::new(access_token_s);
        let gateway = gateway(&login, &[&key("a", 1)]).await;
        login.start(&[&gateway.url("")]).await;
        Self { login, gateway }
    }

    pub(super) fn url(&self, path: &str) -> String {
        self.gateway.url(path)
    }

    /// Signs somebody in, and returns what the gateway answered last.
    pub(super) async fn sign_in(&self, browser: &Browser, person: &str) -> Page {
        let page = browser.follow(&self.url("/console/sign-in?to=/console/orders?status=NEW")).await;
        let back = browser.choose(&page, person).await;
        browser.get(back.leads_to().unwrap().as_str()).await
    }

    pub(super) async fn session(&self, browser: &Browser) -> Value {
        let page = browser.ask(Method::GET, &self.url("/console/session")).await;
        assert_eq!((page.status, &page.headers["cache-control"]), (200, &"no-store".parse().unwrap()));
        assert!(!page.text.contains("eyJ"), "a token reached the page: {}", page.text);
        page.json()
    }
}

pub(super) async fn gateway(login: &Login, keys: &[&str]) -> Gateway {
    Gateway::with(|config| {
        let public_url = format!("http://{}", config.server.listen);
        login.adopt(config, &public_url, keys);
    })
    .await
}
