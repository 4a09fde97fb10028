//! The console as people use it: in a real browser, before the whole system. What they do is in `console/e2e`.

mod script;
mod stage;

use super::provider::{LONG_S, Login, key};
use crate::whole::System;
use script::Script;
use stack::Issuer;
use stage::Stage;
use std::time::Duration;
use testkit::Site;

const HOUR: Duration = Duration::from_secs(3_600);

#[tokio::test(flavor = "multi_thread")]
async fn every_role_does_its_work() {
    let Some(script) = Script::found().await else { return };
    let stage = Stage::start().await;
    script.run(&["roles"], &stage.settings().await).await;
    stage.audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn all_views_hold() {
    let Some(script) = Script::found().await else { return };
    let stage = Stage::start().await;
    script.run(&["together", "outage", "views"], &stage.settings().await).await;
    stage.audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn people_sign_in() {
    let Some(script) = Script::found().await else { return };
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
    let system = System::start_with(Site::new().await, auth, |config, url| login.adopt(config, url, &[&keys])).await;
    let url = system.gateway.url();
    login.start(&[&url]).await;
    let token = issuer.token("carol", &["manager"], HOUR).unwrap();
    script.run(&["sign-in"], &[("OMS_CONSOLE", url.clone()), ("OMS_SIDE_DOOR", url), ("OMS_TOKEN", token)]).await;
    system.audit_as(&issuer.token("carol", &["auditor", "manager"], HOUR).unwrap()).await;
}
