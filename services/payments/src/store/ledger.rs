//! The books of a payment.

use super::row::{money, read};
use crate::domain::LedgerEntry;
use contracts::ids::{PaymentId, RefundId};
use service::Error;
use sqlx::{FromRow, PgPool};
use time::OffsetDateTime;
use uuid::Uuid;

#[derive(FromRow)]
struct StoredEntry {
    refund_id: Option<Uuid>,
    account: String,
    currency: String,
    amount_minor: i64,
    created_at: OffsetDateTime,
}

/// All entries of a payment and its refunds, oldest first.
///
/// # Errors
/// The database's.
pub async fn ledger(pool: &PgPool, id: PaymentId) -> Result<Vec<LedgerEntry>, Error> {
    let rows: Vec<StoredEntry> = sqlx::query_as(
        "-- ledger.ledger\nSELECT refund_id, account, currency, amount_minor, created_at FROM ledger_entries
         WHERE payment_id = $1 ORDER BY id",
    )
    .bind(id.uuid())
    .fetch_all(pool)
    .await?;
    rows.into_iter().map(TryInto::try_into).collect()
}

impl TryFrom<StoredEntry> for LedgerEntry {
    type Error = Error;

    fn try_from(row: StoredEntry) -> Result<Self, Error> {
        Ok(Self {
            account: read("account", &row.account)?,
            amount: money(&row.currency, row.amount_minor)?,
            refund: row.refund_id.map(RefundId::from),
            at: row.created_at,
        })
    }
}
