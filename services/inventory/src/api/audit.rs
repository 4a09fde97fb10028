//! The audit of this service's books.

use crate::store::audit::{EXPECTED_DRIVERS, RULES};
use contracts::common::{ExpectedDriver, Finding, RuleSummary};
use contracts::inventory::audit_service_server::AuditService;
use contracts::inventory::run_audit_response::Kind;
use contracts::inventory::{RunAuditRequest, RunAuditResponse};
use service::Error;
use service::db;
use service::watch::EventStream;
use sqlx::PgPool;
use tonic::{Request, Response, Status};

/// Runs the audit queries.
pub struct Audit {
    /// The service's own database.
    pub pool: PgPool,
}

#[tonic::async_trait]
impl AuditService for Audit {
    type RunAuditStream = EventStream<RunAuditResponse>;

    async fn run_audit(&self, request: Request<RunAuditRequest>) -> Result<Response<Self::RunAuditStream>, Status> {
        let found = run(&self.pool, request.into_inner().include_expected_drivers).await?;
        let messages = found.into_iter().map(|kind| Ok(RunAuditResponse { kind: Some(kind) }));
        Ok(Response::new(Box::pin(futures::stream::iter(messages))))
    }
}

async fn run(pool: &PgPool, drivers: bool) -> Result<Vec<Kind>, Error> {
    let mut tx = db::snapshot(pool).await?;
    let (mut found, mut summaries) = (Vec::new(), Vec::new());
    for rule in RULES {
        let rows: Vec<(String, String)> = sqlx::query_as(rule.query).fetch_all(&mut *tx).await?;
        let findings = i64::try_from(rows.len()).unwrap_or(i64::MAX);
        summaries.push(Kind::Summary(RuleSummary { rule: rule.name.to_owned(), findings }));
        let finding =
            |(entity, detail): (String, String)| Kind::Finding(Finding { rule: rule.name.to_owned(), entity, detail });
        found.extend(rows.into_iter().map(finding));
    }
    if drivers {
        let rows: Vec<String> = sqlx::query_scalar(EXPECTED_DRIVERS).fetch_all(&mut *tx).await?;
        let expected = |workflow_id| Kind::ExpectedDriver(ExpectedDriver { workflow_id });
        found.extend(rows.into_iter().map(expected));
    }
    tx.rollback().await?;
    found.extend(summaries);
    Ok(found)
}
