//! The whole system with people who sign in.

use super::provider::{LONG_S, Login, key};
use crate::whole::System;
use stack::Issuer;
use std::time::Duration;
use testkit::Site;

const HOUR: Duration = Duration::from_secs(3_600);

/// A system that asks everybody for a token, and the provider where people get theirs.
pub(super) struct Secured {
    pub(super) system: System,
    issuer: Issuer,
    /// It runs as long as this lives.
    _login: Login,
}

impl Secured {
    pub(super) async fn start() -> Self {
        let mut login = Login::new(LONG_S);
        let issuer = Issuer::of_folder(&login.folder, &login.issuer).unwrap();
        let auth = |service: &str| {
            let mut auth = service::config::load::<gateway::Config>(gateway::config::DEFAULTS, None).unwrap().auth;
            login.trust(&mut auth);
            let file = login.folder.join(format!("{service}.token"));
            std::fs::write(&file, issuer.token(service, &["service"], HOUR).unwrap()).unwrap();
            auth.token_file = file.display().to_string();
            Some(auth)
        };
        let keys = key("a", 1);
        let adopt = |config: &mut gateway::Config, url: &str| login.adopt(config, url, &[&keys]);
        let system = System::start_with(Site::new().await, auth, adopt).await;
        login.start(&[&system.gateway.url()]).await;
        Self { system, issuer, _login: login }
    }

    /// For who comes without a browser.
    pub(super) fn token(&self, subject: &str, role: &str) -> String {
        self.issuer.token(subject, &[role], HOUR).unwrap()
    }

    pub(super) async fn audit(&self) {
        let token = self.issuer.token("carol", &["auditor", "manager"], HOUR).unwrap();
        self.system.audit_as(&token).await;
    }
}
