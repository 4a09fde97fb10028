use std::process::ExitCode;

use stack::Layout;
use stack::system::System;

use crate::temporal;

use crate::token;

/// Audit all services, across services, and against Temporal; fails on any finding
pub(crate) async fn run(layout: &Layout) -> anyhow::Result<ExitCode> {
    let system = System::load(layout)?;
    let targets = audit::Targets {
        orders: Some(system.channel(system.ports.orders)?),
        payments: Some(system.channel(system.ports.payments)?),
        inventory: Some(system.channel(system.ports.inventory)?),
        temporal: Some((system.temporal_url(), "default".to_owned())),
        token: token::own(layout, &system)?,
        temporal_tls: temporal::tls(&system)?,
    };
    let report = audit::run(&targets).await?;
    for (rule, findings) in &report.rules {
        println!("{:<36} {}", rule, if *findings == 0 { "ok".to_owned() } else { format!("{findings} findings") });
    }
    for finding in &report.findings {
        println!("{finding}");
    }
    println!("{} rules, {} findings, {} live workflows", report.rules.len(), report.findings.len(), report.driven);
    Ok(if report.findings.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
