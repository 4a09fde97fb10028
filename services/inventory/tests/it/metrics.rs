//! What the process says of itself.

use crate::harness::*;
use sqlx::PgPool;
use testkit::{Site, Spawned};

#[tokio::test(flavor = "multi_thread")]
async fn reservations_are_counted_by_what_became_of_them() {
    let site = Site::new().await;
    let service = Spawned::start(env!("CARGO_BIN_EXE_inventory"), &site.settings("inventory")).await;
    let mut client = Client::new(service.channel());
    let [first, second, third] = [1, 2, 1].map(|pieces| [("PROD-005", pieces, "MAIN")]);
    let committed = reserve(&mut client, &first).await.unwrap();
    commit(&mut client, &committed.reservation_id).await.unwrap();
    let cancelled = reserve(&mut client, &second).await.unwrap();
    cancel(&mut client, &cancelled.reservation_id).await.unwrap();
    reserve(&mut client, &[("PROD-005", 1_000, "MAIN")]).await.unwrap_err();
    let overdue = reserve(&mut client, &third).await.unwrap();
    // As if its timer had not fired, until somebody wakes it.
    let pool = PgPool::connect(&site.database_url("inventory")).await.unwrap();
    sqlx::query("UPDATE reservations SET expires_at = now() - interval '2 minutes' WHERE status = 'RESERVED'")
        .execute(&pool)
        .await
        .unwrap();
    sqlx::query("INSERT INTO outbox (entity_id, start) VALUES ($1, false)")
        .bind(&overdue.reservation_id)
        .execute(&pool)
        .await
        .unwrap();
    for (status, reservations) in
        [("RESERVED", 3.0), ("COMMITTED", 1.0), ("CANCELLED", 1.0), ("REJECTED", 1.0), ("EXPIRED", 1.0)]
    {
        let series = format!("oms_reservations_total{{status=\"{status}\"}}");
        service.until_metric(&series, reservations).await;
    }
    service.until_metric("oms_repairs_total{repair=\"hold_expired\"}", 1.0).await;
}
