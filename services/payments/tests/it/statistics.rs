//! The figures over all payments, against what is known to have been booked.

use crate::support::{Stage, fields, payment};
use contracts::common::StatisticsWindow;
use contracts::google_type::Money;
use contracts::payments::{
    CreatePaymentRequest, GetPaymentStatisticsRequest, GetPaymentStatisticsResponse, PaymentStatus, Turnover,
};
use contracts::timestamps::from_wire;
use service::Role;
use testkit::PATIENCE;
use time::{Duration, OffsetDateTime};
use tonic::Code;

async fn statistics(stage: &Stage, window: StatisticsWindow) -> GetPaymentStatisticsResponse {
    let request = GetPaymentStatisticsRequest { window: window.into() };
    stage.client.clone().get_payment_statistics(request).await.unwrap().into_inner()
}

fn money(currency: &str, units: i64, nanos: i32) -> Option<Money> {
    Some(Money { currency_code: currency.to_owned(), units, nanos })
}

fn turnover(currency: &str, captured: (i64, i32), refunded: (i64, i32)) -> Turnover {
    Turnover { captured: money(currency, captured.0, captured.1), refunded: money(currency, refunded.0, refunded.1) }
}

/// Books a capture, and what of it was given back, at this time.
async fn book(stage: &Stage, at: OffsetDateTime, currency: &str, captured: i64, refunded: i64) {
    sqlx::query(
        "WITH p AS (
            INSERT INTO payments (id, order_id, currency, amount_minor, method, status, seq, settled_at, completed_at, refunded_minor)
            VALUES (gen_random_uuid(), 'O', $2, $3, 'CASH', CASE WHEN $4 = 0 THEN 'COMPLETED' ELSE 'PARTIALLY_REFUNDED' END,
                1, now(), now(), $4) RETURNING id),
         r AS (
            INSERT INTO refunds (id, payment_id, currency, amount_minor, status, settled_at, completed_at)
            SELECT gen_random_uuid(), id, $2, $4, 'COMPLETED', now(), now() FROM p WHERE $4 > 0 RETURNING id, payment_id)
         INSERT INTO ledger_entries (payment_id, refund_id, account, currency, amount_minor, created_at)
         SELECT id, NULL::uuid, account, $2, $3 * sign, $1
            FROM p, (VALUES ('PROVIDER_CLEARING', 1), ('SALES', -1)) AS side (account, sign)
         UNION ALL SELECT payment_id, id, account, $2, -$4 * sign, $1
            FROM r, (VALUES ('PROVIDER_CLEARING', 1), ('SALES', -1)) AS side (account, sign)",
    )
    .bind(at)
    .bind(currency)
    .bind(captured)
    .bind(refunded)
    .execute(&stage.db)
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_booked_is_summed_by_currency_and_step() {
    use StatisticsWindow as W;
    let stage = Stage::with(Role::Api, |_| {}).await;
    let begun = OffsetDateTime::now_utc();
    for (ago, currency, captured, refunded) in [
        (Duration::DAY * 2, "USD", 5_000, 0),
        (Duration::HOUR * 5, "USD", 100_000, 1),
        (Duration::HOUR * 5, "EUR", 7, 0),
        (Duration::MINUTE * 10, "USD", 1_250, 250),
        (Duration::MINUTE * 10, "USD", 1, 0),
        (Duration::MINUTE * 10, "JPY", 300, 299),
        (Duration::ZERO, "JPY", 40, 0),
        // The database's clock is ahead.
        (-Duration::HOUR, "EUR", 2, 0),
    ] {
        book(&stage, begun - ago, currency, captured, refunded).await;
    }
    let hour = statistics(&stage, W::Hour).await;
    let (euros, yen) = (turnover("EUR", (0, 20_000_000), (0, 0)), turnover("JPY", (340, 0), (299, 0)));
    let dollars = turnover("USD", (12, 510_000_000), (2, 500_000_000));
    assert_eq!(hour.turnovers, [euros, yen, dollars.clone()]);
    let starts: Vec<i64> = hour.steps.iter().map(|step| step.start_time.unwrap().seconds).collect();
    assert_eq!((starts.len(), starts[0] % 60), (60, 0));
    assert!(starts.windows(2).all(|two| two[1] - two[0] == 60));
    let at = hour.at.unwrap().seconds;
    assert!((0..60).contains(&(at - starts[59])), "the last one is not over");
    let booked: Vec<_> = hour.steps.iter().enumerate().filter(|(_, step)| !step.turnovers.is_empty()).collect();
    // Another minute may have begun meanwhile.
    let places: Vec<_> = booked.iter().map(|(place, _)| *place).collect();
    assert!(places == [49, 59] || places == [48, 58, 59], "{booked:?}");
    assert_eq!(booked[0].1.turnovers, [turnover("JPY", (300, 0), (299, 0)), dollars]);

    let day = statistics(&stage, W::Day).await;
    assert_eq!(
        day.turnovers,
        [
            turnover("EUR", (0, 90_000_000), (0, 0)),
            turnover("JPY", (340, 0), (299, 0)),
            turnover("USD", (1_012, 510_000_000), (2, 510_000_000)),
        ]
    );
    let starts: Vec<i64> = day.steps.iter().map(|step| step.start_time.unwrap().seconds).collect();
    assert_eq!((starts.len(), starts[0] % 3_600), (24, 0));
    assert!(starts.windows(2).all(|two| two[1] - two[0] == 3_600));
    // The rows were made for this test: the rest of the books does not fit them.
    stage.service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn more_than_one_amount_can_be_is_still_exact() {
    let stage = Stage::with(Role::Api, |_| {}).await;
    for _ in 0..2 {
        let now = OffsetDateTime::now_utc();
        book(&stage, now, "USD", i64::MAX, i64::MAX).await;
        book(&stage, now, "JPY", i64::MAX, 0).await;
    }
    let figures = statistics(&stage, StatisticsWindow::Unspecified).await;
    let twice = (184_467_440_737_095_516, 140_000_000);
    // Yen have no decimals: the wire ends there.
    assert_eq!(figures.turnovers, [turnover("JPY", (i64::MAX, 0), (0, 0)), turnover("USD", twice, twice)]);
    stage.service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn payments_are_counted_by_status() {
    use PaymentStatus as S;
    let stage = Stage::new().await;
    assert!(statistics(&stage, StatisticsWindow::Day).await.counts.is_empty());
    let dollars = [stage.charged("").await, stage.charged("").await];
    let yen = CreatePaymentRequest { amount: money("JPY", 900, 0), ..payment("") };
    let yen = stage.try_create(yen).await.unwrap();
    stage.until(&yen.payment_id, S::Completed).await;
    let failed = stage.create("sim_decline").await;
    stage.until(&failed.payment_id, S::Failed).await;
    for (payment, minor) in [(&dollars[0], Some(1)), (&dollars[1], None)] {
        let refund = stage.refund(&payment.payment_id, minor).await.unwrap();
        stage.until_refund(&refund, "completed").await;
    }
    // The hour was not asked for before: nothing is remembered.
    let figures = statistics(&stage, StatisticsWindow::Hour).await;
    let counts: Vec<_> = figures.counts.iter().map(|count| (count.status(), count.payments)).collect();
    assert_eq!(counts, [(S::Completed, 1), (S::Failed, 1), (S::PartiallyRefunded, 1), (S::Refunded, 1)]);
    let expected = [turnover("JPY", (900, 0), (0, 0)), turnover("USD", (25, 0), (12, 510_000_000))];
    assert_eq!(figures.turnovers, expected);
    let steps = figures.steps.iter().flat_map(|step| &step.turnovers);
    assert!(steps.clone().all(|turnover| turnover.captured.as_ref().unwrap().units <= 900) && steps.count() >= 2);
    stage.audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn figures_are_remembered_for_a_moment() {
    let stage = Stage::new().await;
    let first = statistics(&stage, StatisticsWindow::Hour).await;
    stage.charged("").await;
    let newer = async {
        loop {
            let figures = statistics(&stage, StatisticsWindow::Hour).await;
            if figures.at != first.at {
                return figures;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    };
    let second = tokio::time::timeout(PATIENCE, newer).await.unwrap();
    let at = |figures: &GetPaymentStatisticsResponse| from_wire(&figures.at.unwrap()).unwrap();
    assert!(at(&second) - at(&first) >= Duration::seconds(2), "{:?} and {:?}", first.at, second.at);
    assert_eq!(second.turnovers, [turnover("USD", (12, 500_000_000), (0, 0))]);
    assert_eq!(second.backlog.unwrap().parked, 0);
    stage.audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_window_is_refused() {
    let stage = Stage::new().await;
    let refused =
        stage.client.clone().get_payment_statistics(GetPaymentStatisticsRequest { window: 9 }).await.unwrap_err();
    assert_eq!((refused.code(), fields(&refused)), (Code::InvalidArgument, vec!["window".to_owned()]));
    stage.audit().await;
}
