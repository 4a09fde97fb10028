use anyhow::{Context, ensure};
use serde_json::{Value, json};

use super::stage::Stage;

/// Approved, an order with a payment method needs nobody until it is shipped. Then the piece is put back.
pub(super) async fn play(stage: &mut Stage) -> anyhow::Result<()> {
    let before = stage.available("PROD-001").await?;
    let id = stage.paid_order("tok_visa").await?;
    stage.until(&format!("/orders/{id}/status"), "PROCESSING").await?;
    let order = stage.get(&format!("/orders/{id}")).await?.body;
    let named = |field: &str| {
        order.get(field).and_then(Value::as_str).map(str::to_owned).with_context(|| format!("no {field} in {order}"))
    };
    let (payment, reservation) = (named("payment_id")?, named("reservation_id")?);
    stage.link(&payment);
    stage.link(&reservation);
    stage.until(&format!("/payments/{payment}/status"), "COMPLETED").await?;
    stage.until(&format!("/inventory/reservations/{reservation}"), "COMMITTED").await?;
    let after = stage.available("PROD-001").await?;
    ensure!(after == before - 1, "PROD-001 should have {} available, and has {after}", before - 1);

    let early = stage.post(&format!("/orders/{id}/deliver"), Value::Null).await?;
    ensure!(early.status == 409, "an order that is not shipped can't be delivered");
    let parcel = json!({"carrier": "DHL", "tracking_number": "JD0123456789"});
    stage.post_for(202, &format!("/orders/{id}/ship"), parcel).await?;
    stage.post_for(202, &format!("/orders/{id}/deliver"), Value::Null).await?;
    stage.timeline(&stage.until(&format!("/orders/{id}"), "DELIVERED").await?);

    let back = json!({"location": "MAIN", "quantity": 1, "type": "RESTOCK", "reservation_id": reservation});
    stage.post_for(200, "/inventory/PROD-001/adjust", back).await?;
    let restocked = stage.available("PROD-001").await?;
    ensure!(restocked == before, "PROD-001 should have {before} available again, and has {restocked}");
    Ok(())
}
