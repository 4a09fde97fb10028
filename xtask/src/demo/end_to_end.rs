use anyhow::ensure;
use serde_json::{Value, json};

use super::stage::Stage;

/// Order → approve → pay → reserve → commit, then the piece is put back.
pub(super) async fn play(stage: &mut Stage) -> anyhow::Result<()> {
    let before = stage.available("PROD-001").await?;
    let order = stage.order().await?;
    stage.until(&format!("/orders/{order}/status"), "PENDING_APPROVAL").await?;
    stage.post_for(202, &format!("/orders/{order}/approve"), Value::Null).await?;
    stage.until(&format!("/orders/{order}/status"), "APPROVED").await?;

    let payment = json!({"order_id": order, "amount": 1299.99, "method": "CREDIT_CARD"});
    let payment = stage.post_for(202, "/payments", payment).await?.text("payment_id")?;
    stage.link(&payment);
    stage.until(&format!("/payments/{payment}/status"), "COMPLETED").await?;

    let items = json!({"order_id": order, "items": [{"product_id": "PROD-001", "quantity": 1}]});
    let reservation = stage.post_for(201, "/inventory/reserve", items).await?.text("reservation_id")?;
    stage.link(&reservation);
    stage.post_for(200, &format!("/inventory/commit/{reservation}"), Value::Null).await?;
    let after = stage.available("PROD-001").await?;
    ensure!(after == before - 1, "PROD-001 should have {} available, and has {after}", before - 1);

    let back = json!({"location": "MAIN", "quantity": 1, "type": "RESTOCK", "reservation_id": reservation});
    stage.post_for(200, "/inventory/PROD-001/adjust", back).await?;
    let restocked = stage.available("PROD-001").await?;
    ensure!(restocked == before, "PROD-001 should have {before} available again, and has {restocked}");
    Ok(())
}
