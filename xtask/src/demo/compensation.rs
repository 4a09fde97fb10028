use anyhow::ensure;
use serde_json::Value;

use super::stage::Stage;

/// The charge is declined for good: the stock is released, and the order says why.
pub(super) async fn play(stage: &mut Stage) -> anyhow::Result<()> {
    let before = stage.available("PROD-001").await?;
    let id = stage.paid_order("sim_decline").await?;
    let order = stage.unwound(&id).await?;
    let reason = order.get("reason").and_then(Value::as_str).unwrap_or_default();
    stage.say(format!("the order is CANCELLED: {reason}"));
    ensure!(reason.starts_with("PAYMENT_DECLINED"), "the reason should be the decline");
    let after = stage.available("PROD-001").await?;
    ensure!(after == before, "PROD-001 should have {before} available as before, and has {after}");
    stage.say(format!("PROD-001 has {after} available, as before: nothing is held"));
    Ok(())
}
