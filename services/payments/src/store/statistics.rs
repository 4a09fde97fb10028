//! How many payments stand where, and what was booked in a window of time.

use super::row::read;
use crate::domain::{PaymentStatus, Turnover};
use contracts::Currency;
use contracts::common::Backlog;
use contracts::money::Total;
use service::Error;
use service::outbox::backlog;
use service::statistics::{Steps, Window};
use sqlx::{FromRow, PgPool};
use strum::VariantArray as _;
use time::OffsetDateTime;

/// The figures of a window.
#[derive(Clone, Debug)]
pub struct Figures {
    /// When they were taken.
    pub at: OffsetDateTime,
    /// Payments by status, in the order of the statuses; those without any are left out.
    pub counts: Vec<(PaymentStatus, i64)>,
    /// The oldest first.
    pub steps: Vec<Step>,
    /// In the whole window, by currency.
    pub turnovers: Vec<Turnover>,
    /// What waits for Temporal.
    pub backlog: Backlog,
}

/// What was booked in a step.
#[derive(Clone, Debug)]
pub struct Step {
    /// Its beginning.
    pub start: OffsetDateTime,
    /// By currency; those without any are left out.
    pub turnovers: Vec<Turnover>,
}

/// Takes the figures of a window that ends now.
///
/// # Errors
/// The database's.
pub async fn statistics(pool: &PgPool, window: Window) -> Result<Figures, Error> {
    let at = OffsetDateTime::now_utc();
    let steps = window.steps(at);
    let booked = booked(pool, steps).await?;
    let of = |start| booked.iter().filter(|(step, _)| *step == start).map(|(_, turnover)| *turnover).collect();
    Ok(Figures {
        at,
        counts: counts(pool).await?,
        steps: steps.starts().map(|start| Step { start, turnovers: of(Some(start)) }).collect(),
        turnovers: of(None),
        backlog: backlog(pool).await?,
    })
}

async fn counts(pool: &PgPool) -> Result<Vec<(PaymentStatus, i64)>, Error> {
    let rows: Vec<(String, i64)> = sqlx::query_as(
        "-- statistics.counts\nSELECT s.status, n.payments FROM unnest($1::text[]) WITH ORDINALITY AS s (status, place),
            LATERAL (SELECT count(*) AS payments FROM payments p WHERE p.status = s.status) n
         WHERE n.payments > 0 ORDER BY s.place",
    )
    .bind(PaymentStatus::VARIANTS.iter().map(<&str>::from).collect::<Vec<_>>())
    .fetch_all(pool)
    .await?;
    rows.iter().map(|(status, payments)| Ok((read("status", status)?, *payments))).collect()
}

/// Sums as text: Postgres has no end where 64 bits have one.
#[derive(FromRow)]
struct Booked {
    step: Option<OffsetDateTime>,
    currency: String,
    captured: String,
    refunded: String,
}

/// By step and currency, and by currency alone, each in the order of the currencies.
async fn booked(pool: &PgPool, steps: Steps) -> Result<Vec<(Option<OffsetDateTime>, Turnover)>, Error> {
    // What is booked while this runs may be later than the last step.
    let rows: Vec<Booked> = sqlx::query_as(
        "-- statistics.booked\nSELECT step, currency,
            coalesce(sum(amount_minor) FILTER (WHERE NOT refund), 0)::text AS captured,
            coalesce(-sum(amount_minor) FILTER (WHERE refund), 0)::text AS refunded
         FROM (SELECT least(date_bin($2, created_at, $1), $3) AS step, currency, amount_minor, refund_id IS NOT NULL AS refund
            FROM ledger_entries WHERE created_at >= $1 AND account = 'PROVIDER_CLEARING') booked
         GROUP BY GROUPING SETS ((step, currency), (currency)) ORDER BY currency",
    )
    .bind(steps.begin)
    .bind(steps.length)
    .bind(steps.begin + steps.length * (steps.count - 1))
    .fetch_all(pool)
    .await?;
    rows.into_iter().map(|row| Ok((row.step, row.turnover()?))).collect()
}

impl Booked {
    fn turnover(&self) -> Result<Turnover, Error> {
        let currency: Currency = read("currency", &self.currency)?;
        Ok(Turnover {
            captured: Total::new(currency, read("captured", &self.captured)?),
            refunded: Total::new(currency, read("refunded", &self.refunded)?),
        })
    }
}
