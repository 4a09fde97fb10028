//! The driver of `cargo xtask load`: scenarios of whole flows, with the customers' own record of what they were told.

mod books;
mod compare;
mod flow;
mod ghz;
mod memory;
mod overload;
mod pace;
mod report;
mod run;
mod scenario;
mod scrape;
mod settings;
mod side;
mod stage;
mod stored;
#[cfg(test)]
mod tests;

pub(crate) use pace::times;
pub(crate) use settings::Settings;

use anyhow::Context as _;
use report::{Audit, Report};
use run::Run;
use settings::Scenario;
use stage::Stage;
use std::process::ExitCode;
use tonic::transport::Endpoint;

/// Runs the scenarios and the audit, and writes the results, also of a run that has failed.
pub(crate) async fn main(settings: &Settings) -> anyhow::Result<ExitCode> {
    let stage = Stage::open(settings).await?;
    let machine = crate::machine::machine()?;
    let mut runs = Vec::new();
    let mut broken = None;
    for &scenario in &settings.amounts.scenarios {
        if let Err(error) = play(scenario, &stage, settings, &mut runs).await {
            broken = Some(error.context(format!("the scenario {scenario}")));
            break;
        }
    }
    side::say("auditing");
    let audit = audit(&stage).await;
    let audit = match (audit, broken) {
        (_, Some(error)) => Audit { broken: Some(format!("{error:#}")), ..Audit::default() },
        (Ok(audit), None) => audit,
        (Err(error), None) => Audit { broken: Some(format!("{error:#}")), ..Audit::default() },
    };
    let report = Report::new(settings, machine, runs, audit);
    report.write(&settings.out)?;
    Ok(if report.is_right() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn play(scenario: Scenario, stage: &Stage, settings: &Settings, runs: &mut Vec<Run>) -> anyhow::Result<()> {
    let amounts = &settings.amounts;
    match scenario {
        Scenario::Flows => scenario::flows(stage, amounts, runs).await,
        Scenario::Closed => scenario::closed(stage, amounts, runs).await,
        Scenario::Open => scenario::open(stage, amounts, runs).await,
        Scenario::Stock => scenario::stock(stage, amounts, runs).await,
        Scenario::Compare => compare::run(stage, amounts, runs).await,
        Scenario::Lines => scenario::lines(stage, amounts, runs).await,
        Scenario::Instances => scenario::instances(stage, amounts, runs).await,
        Scenario::Stored => stored::run(stage, amounts, runs).await,
        Scenario::Memory => memory::run(stage, amounts, runs).await,
        Scenario::Overload => overload::run(stage, amounts, runs).await,
        Scenario::Ghz => ghz::run(stage, settings, runs).await,
    }
}

/// All rules, across services, and against Temporal.
async fn audit(stage: &Stage) -> anyhow::Result<Audit> {
    let (endpoints, temporal) = stage.audited();
    let channel = |address: &str| anyhow::Ok(Some(Endpoint::from_shared(address.to_owned())?.connect_lazy()));
    let targets = audit::Targets {
        orders: channel(&endpoints.orders)?,
        payments: channel(&endpoints.payments)?,
        inventory: channel(&endpoints.inventory)?,
        temporal: temporal.map(|address| (address, "default".to_owned())),
        ..Default::default()
    };
    let audited = audit::run(&targets).await.context("the audit")?;
    Ok(Audit {
        rules: audited.rules.len(),
        findings: audited.findings.iter().map(ToString::to_string).collect(),
        broken: None,
    })
}
