//! Each service's own rules.

use crate::{Error, Look, Targets};
use tonic::Request;

/// Adds what the services find and returns the workflows that should be alive.
pub(crate) async fn look(targets: &Targets, look: &mut Look) -> Result<Vec<String>, Error> {
    let mut expected = Vec::new();
    // The three audits have the same messages in three packages.
    macro_rules! service {
        ($package:ident) => {
            if let Some(channel) = &targets.$package {
                use contracts::$package::{
                    RunAuditRequest, audit_service_client::AuditServiceClient, run_audit_response::Kind,
                };
                let named = |rule: &str| format!("{} {rule}", stringify!($package));
                let fault = |status| Error::Service { service: stringify!($package), status: Box::new(status) };
                let request = Request::new(RunAuditRequest { include_expected_drivers: true });
                let mut stream = AuditServiceClient::new(targets.with_token(channel))
                    .run_audit(request)
                    .await
                    .map_err(fault)?
                    .into_inner();
                while let Some(message) = stream.message().await.map_err(fault)? {
                    match message.kind {
                        Some(Kind::Finding(f)) => look.add(&named(&f.rule), f.entity, f.detail),
                        Some(Kind::ExpectedDriver(driver)) => expected.push(driver.workflow_id),
                        Some(Kind::Summary(summary)) => look.rules.push(named(&summary.rule)),
                        None => {}
                    }
                }
            }
        };
    }
    service!(orders);
    service!(payments);
    service!(inventory);
    Ok(expected)
}
