use std::str::FromStr as _;
use std::time::Duration;

use anyhow::{Context, ensure};
use serde_json::Value;
use stack::Layout;
use stack::supervisor::Control;
use stack::system::{Role, Service};
use temporalio_client::{Client, ClientOptions, Connection, ConnectionOptions, UntypedWorkflow, Url};
use temporalio_common::protos::temporal::api::enums::v1::EventType;

use super::stage::Stage;
use crate::temporal;

/// The orders service is killed while an order waits. An API without a worker takes
/// the decision; a worker that comes later carries it out, exactly once.
pub(super) async fn play(stage: &mut Stage, layout: &Layout) -> anyhow::Result<()> {
    let control = Control::expect(layout)?;
    let program = control.process("orders").await?.spec.program;
    let spec = |role| Service::Orders.spec(&stage.system, layout, program.clone(), role);

    let order = stage.order().await?;
    stage.until(&format!("/orders/{order}/status"), "PENDING_APPROVAL").await?;
    let before = tasks(stage, &order).await?;
    control.kill("orders").await?;
    stage.say("the orders service is killed (SIGKILL)");
    let outcome = played_without_worker(stage, &control, spec(Role::Api), &order, before).await;
    let carried_on = match outcome {
        Ok(()) => played_with_worker(stage, layout, &control, &program, &order).await,
        Err(error) => Err(error),
    };
    // Whatever happened, the system is left as it was found.
    control.stop("orders").await?;
    control.start_ready(spec(Role::All)).await?;
    stage.say("the orders service runs as before");
    carried_on
}

async fn played_without_worker(
    stage: &Stage,
    control: &Control,
    api: stack::Spec,
    order: &str,
    before: usize,
) -> anyhow::Result<()> {
    control.start_ready(api).await?;
    stage.say("`orders --role api` is started on the same port");
    stage.post_for(202, &format!("/orders/{order}/approve"), Value::Null).await?;
    // Long enough for the wake-up to reach Temporal; nobody is there to act on it.
    tokio::time::sleep(Duration::from_secs(2)).await;
    let after = tasks(stage, order).await?;
    stage.say(format!("the workflow has completed {after} tasks, as before: it has not moved"));
    ensure!(after == before && before > 0, "without a worker the workflow should stand still");
    ensure!(settled(stage, order).await? == 0, "without a worker nothing should be carried out");
    Ok(())
}

async fn played_with_worker(
    stage: &Stage,
    layout: &Layout,
    control: &Control,
    program: &std::path::Path,
    order: &str,
) -> anyhow::Result<()> {
    let worker = Service::Orders.spec_beside(&stage.system, layout, program.to_path_buf(), Role::Worker);
    let name = worker.name.clone();
    control.start_ready(worker).await?;
    stage.say("a worker is started");
    let mut left = 600;
    while settled(stage, order).await? == 0 && left > 0 {
        tokio::time::sleep(Duration::from_millis(100)).await;
        left -= 1;
    }
    let times = settled(stage, order).await?;
    let status = stage.get(&format!("/orders/{order}/status")).await?.text("status")?;
    stage.say(format!("the order is {status}, carried out {times} time(s)"));
    control.forget(&name).await?;
    ensure!(status == "APPROVED" && times == 1, "it should be APPROVED, carried out exactly once");
    Ok(())
}

/// How often the order's workflow has recorded that it carried the decision out.
async fn settled(stage: &Stage, order: &str) -> anyhow::Result<usize> {
    let order = stage.get(&format!("/orders/{order}")).await?.body;
    let timeline = order.get("timeline").and_then(Value::as_array).context("no timeline")?;
    Ok(timeline.iter().filter(|event| event.get("kind").and_then(Value::as_str) == Some("SETTLED")).count())
}

/// Workflow tasks that a worker has completed for the order.
async fn tasks(stage: &Stage, order: &str) -> anyhow::Result<usize> {
    let url = Url::from_str(&stage.system.temporal_url())?;
    let connection =
        Connection::connect(ConnectionOptions::new(url).maybe_tls_options(temporal::tls(&stage.system)?).build())
            .await?;
    let client = Client::new(connection, ClientOptions::new("default").build())?;
    let history = client.get_workflow_handle::<UntypedWorkflow>(order).fetch_history(Default::default());
    let events = history.into_events().await?;
    Ok(events.iter().filter(|event| event.event_type() == EventType::WorkflowTaskCompleted).count())
}
