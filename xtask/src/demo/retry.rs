use anyhow::{Context, ensure};
use serde_json::{Value, json};

use super::stage::Stage;

/// The simulated provider fails transiently on the first two attempts.
pub(super) async fn play(stage: &mut Stage) -> anyhow::Result<()> {
    let payment =
        json!({"order_id": "ORDER123", "amount": 49.90, "method": "E_WALLET", "payment_token": "sim_transient_2"});
    let id = stage.post_for(202, "/payments", payment).await?.text("payment_id")?;
    stage.link(&id);
    stage.until(&format!("/payments/{id}/status"), "COMPLETED").await?;
    let payment = stage.get(&format!("/payments/{id}")).await?.body;
    let timeline = payment.get("timeline").and_then(Value::as_array).context("no timeline")?;
    for event in timeline {
        let field = |name: &str| event.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let attempt = event.get("attempt").and_then(Value::as_i64).map(|n| format!(" attempt {n}")).unwrap_or_default();
        stage.say(format!("  {} {}{attempt} {} {}", field("time"), field("kind"), field("status"), field("reason")));
    }
    let attempts = payment.get("attempts").and_then(Value::as_i64);
    ensure!(attempts == Some(3), "the third attempt should have charged, and {attempts:?} were made");
    Ok(())
}
