//! The console as people use it: in a real browser, before the whole system. What they do is in `console/e2e`.

mod script;
mod stage;

use super::secured::Secured;
use script::Script;
use stage::Stage;

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
    let secured = Secured::start().await;
    let url = secured.system.gateway.url();
    let token = secured.token("carol", "manager");
    script.run(&["sign-in"], &[("OMS_CONSOLE", url.clone()), ("OMS_SIDE_DOOR", url), ("OMS_TOKEN", token)]).await;
    secured.audit().await;
}
