//! The audit finds what it is there for.

use crate::support::Stage;
use sqlx::AssertSqlSafe;

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_of_damage_is_found() {
    let stage = Stage::new().await;
    let payment = stage.charged("").await;
    let refund = stage.refund(&payment.payment_id, Some(250)).await.unwrap();
    stage.until_refund(&refund, "completed").await;
    assert!(stage.findings().await.is_empty());
    let damages = [
        (
            "UPDATE ledger_entries SET amount_minor = amount_minor + 1 WHERE account = 'SALES' AND refund_id IS NOT NULL",
            "LEDGER_UNBALANCED",
        ),
        ("DELETE FROM ledger_entries WHERE refund_id IS NULL", "LEDGER_MISMATCH"),
        ("UPDATE refunds SET amount_minor = 2000", "REFUNDS_EXCEED_CAPTURE"),
        ("UPDATE payments SET refunded_minor = 0", "REFUNDED_AMOUNT_MISMATCH"),
        ("UPDATE payments SET status = 'REFUNDED'", "REFUND_STATUS_MISMATCH"),
        (
            "INSERT INTO simulator_effects SELECT subject || '/2', kind, subject, currency, amount_minor, outcome
            FROM simulator_effects WHERE kind = 'CHARGE'",
            "DOUBLE_CHARGE",
        ),
        (
            "INSERT INTO simulator_effects VALUES ('pay_0/1', 'CHARGE', 'pay_0', 'USD', 1, 'SUCCEEDED')",
            "CHARGE_NOT_BOOKED",
        ),
        ("DELETE FROM simulator_effects WHERE kind = 'REFUND'", "BOOKED_NOT_CHARGED"),
        ("DELETE FROM payment_events WHERE seq = 2", "EVENT_SEQUENCE_GAP"),
        ("UPDATE payment_events SET status = 'PENDING'", "STATUS_IS_LAST_EVENT"),
        ("UPDATE payments SET settled_at = NULL", "SETTLED_MISMATCH"),
        ("INSERT INTO outbox (entity_id, start, parked_at) VALUES ('pay_0', true, now())", "OUTBOX_PARKED"),
        (
            "INSERT INTO webhook_endpoints (id, url, kinds, description, secret, state_at)
            VALUES (gen_random_uuid(), 'https://example.com', '{}', '', '', now() - interval '1 hour')",
            "WEBHOOK_DELIVERY_MISSING",
        ),
    ];
    let rules: Vec<_> = payments::store::audit::RULES.iter().map(|rule| rule.name).collect();
    assert_eq!(damages.map(|(_, rule)| rule).as_slice(), rules, "each rule has its damage");
    for (damage, rule) in damages {
        let mut tx = stage.db.begin().await.unwrap();
        sqlx::raw_sql(AssertSqlSafe(damage)).execute(&mut *tx).await.unwrap();
        let query = payments::store::audit::RULES.iter().find(|r| r.name == rule).unwrap().query;
        let found: Vec<(String, String)> = sqlx::query_as(query).fetch_all(&mut *tx).await.unwrap();
        assert!(!found.is_empty(), "{rule}");
        tx.rollback().await.unwrap();
    }
    stage.audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_database_itself_refuses_the_worst() {
    let stage = Stage::new().await;
    stage.charged("").await;
    let refused = [
        ("UPDATE payments SET refunded_minor = amount_minor + 1", "payments_refunded"),
        ("UPDATE payments SET refunded_minor = -1", "payments_refunded"),
        ("UPDATE payments SET token = 'tok'", "payments_token_gone"),
        ("UPDATE payments SET status = 'PENDING', completed_at = NULL", "payments_not_settled"),
        (
            "INSERT INTO ledger_entries (payment_id, account, currency, amount_minor)
            SELECT payment_id, account, currency, amount_minor FROM ledger_entries",
            "ledger_one_capture",
        ),
        ("UPDATE ledger_entries SET amount_minor = -amount_minor", "ledger_direction"),
    ];
    for (sql, constraint) in refused {
        let error = sqlx::raw_sql(AssertSqlSafe(sql)).execute(&stage.db).await.unwrap_err();
        assert_eq!(service::db::constraint(&error), Some(constraint), "{sql}: {error}");
    }
    stage.audit().await;
}
