use anyhow::ensure;
use serde_json::json;

use super::stage::Stage;

/// A negative total is accepted, recorded, and ends in `VALIDATION_FAILED`.
pub(super) async fn play(stage: &mut Stage) -> anyhow::Result<()> {
    let order = json!({"customer_id": "CUST123", "items": [{"product_id": "PROD-001", "quantity": 1, "price": 1299.99}],
        "total_amount": -5});
    let id = stage.post_for(202, "/orders", order).await?.text("order_id")?;
    stage.link(&id);
    // The status alone would be reached by a path with another reason too.
    let mut order = stage.get(&format!("/orders/{id}")).await?;
    while ["CREATED", "VALIDATION_PENDING"].contains(&order.text("status")?.as_str()) {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        order = stage.get(&format!("/orders/{id}")).await?;
    }
    let (status, reason) = (order.text("status")?, order.text("reason")?);
    stage.say(format!("GET /orders/{id} → {status}: {reason}"));
    ensure!(status == "VALIDATION_FAILED" && reason.contains("negative"), "it should be VALIDATION_FAILED");
    Ok(())
}
