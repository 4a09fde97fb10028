use anyhow::{Context, ensure};
use serde_json::{Value, json};

use super::stage::{Reply, Stage};

/// A reservation whose second line can't be had leaves nothing held: at one location
/// nothing ever is, over two locations the saga undoes what it held.
pub(super) async fn play(stage: &mut Stage) -> anyhow::Result<()> {
    let laptops = stage.available("PROD-001").await?;
    let mice = stage.available("PROD-005").await?;

    stage.say(format!("one location: {} mice are wanted, {mice} are there", mice + 1));
    let items = json!({"order_id": "ORDER123", "items": [
        {"product_id": "PROD-001", "quantity": 2}, {"product_id": "PROD-005", "quantity": mice + 1}]});
    let refused = stage.post_for(409, "/inventory/reserve", items).await?;
    ensure!(refused.body.to_string().contains("PROD-005"), "the shortage should be named");
    unchanged(stage, laptops).await?;

    let place = format!("DEMO-{}", &uuid::Uuid::new_v4().simple().to_string()[..6]);
    stage.say(format!("two locations: the mice are to come from {place}, which has 1"));
    let receipt = json!({"location": place, "quantity": 1, "type": "RECEIPT", "reason": "demonstration"});
    stage.post_for(200, "/inventory/PROD-005/adjust", receipt).await?;
    let items = json!({"order_id": "ORDER123", "items": [
        {"product_id": "PROD-001", "quantity": 2, "location": "MAIN"},
        {"product_id": "PROD-005", "quantity": 6, "location": place}]});
    let outcome = stage.post("/inventory/reserve", items).await?;
    let id = reservation_id(&outcome).with_context(|| format!("no reservation in {}", outcome.body))?;
    stage.link(&id);
    let reservation = stage.until(&format!("/inventory/reservations/{id}"), "REJECTED").await?;
    let timeline = reservation.get("timeline").and_then(Value::as_array).context("no timeline")?;
    let step = |kind: &str, place: &str| {
        timeline.iter().any(|e| {
            e.get("kind").and_then(Value::as_str) == Some(kind)
                && e.get("location").and_then(Value::as_str) == Some(place)
        })
    };
    stage.timeline(&reservation);
    ensure!(step("LOCATION_HELD", "MAIN"), "the saga should have held the laptops at MAIN first");
    ensure!(step("LOCATION_SHORT", &place), "the saga should have found {place} short");
    ensure!(step("LOCATION_RELEASED", "MAIN"), "the saga should have given the laptops back");
    unchanged(stage, laptops).await?;

    let removal = json!({"location": place, "quantity": -1, "type": "CORRECTION", "reason": "demonstration over"});
    stage.post_for(200, "/inventory/PROD-005/adjust", removal).await?;
    let left = stage.available("PROD-005").await?;
    ensure!(left == mice, "PROD-005 should have {mice} available again, and has {left}");
    Ok(())
}

async fn unchanged(stage: &Stage, laptops: i64) -> anyhow::Result<()> {
    let now = stage.available("PROD-001").await?;
    ensure!(now == laptops, "PROD-001 should have {laptops} available as before, and has {now}");
    stage.say(format!("PROD-001 has {now} available, as before: nothing is held"));
    Ok(())
}

/// In a reservation, or in the details of a refusal.
fn reservation_id(reply: &Reply) -> Option<String> {
    let direct = reply.body.get("reservation_id");
    let details = reply.body.pointer("/error/details").and_then(Value::as_array);
    let found = direct.or_else(|| details?.iter().find_map(|detail| detail.get("reservation_id")));
    found.and_then(Value::as_str).map(str::to_owned)
}
