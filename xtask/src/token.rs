use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use access::Role;
use access::outbound::OwnToken;
use anyhow::bail;
use stack::system::System;
use stack::{Issuer, Layout};
use strum::IntoEnumIterator as _;

/// Print a token for the system that `up --auth` started
///
/// As in `curl -H "Authorization: Bearer $(cargo xtask token --role manager)" localhost:8000/orders`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// What its bearer is: customer, manager, warehouse, finance, auditor or service. Can be repeated
    #[arg(long = "role", required = true)]
    roles: Vec<Role>,
    /// Who its bearer is; a customer's id for a customer
    #[arg(long, default_value = "CUST123")]
    subject: String,
    /// For how long it is valid
    #[arg(long, default_value_t = 60)]
    minutes: u64,
}

pub(crate) fn run(layout: &Layout, arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let system = System::load(layout)?;
    if !system.auth {
        bail!("this system asks nobody who they are; `cargo xtask up --auth` starts one that does");
    }
    println!("{}", mint(layout, &system, &arguments.subject, &arguments.roles, arguments.minutes)?);
    Ok(ExitCode::SUCCESS)
}

fn mint(layout: &Layout, system: &System, subject: &str, roles: &[Role], minutes: u64) -> anyhow::Result<String> {
    let names: Vec<String> = roles.iter().map(ToString::to_string).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let issuer = Issuer::of_folder(&layout.issuer(), &system.issuer())?;
    Ok(issuer.token(subject, &names, Duration::from_secs(60 * minutes))?)
}

/// A token of somebody who may do everything, for the commands here; `None` where nobody is asked.
pub(crate) fn for_everything(layout: &Layout, system: &System) -> anyhow::Result<Option<String>> {
    if !system.auth {
        return Ok(None);
    }
    if let Ok(token) = std::fs::read_to_string(kept(layout)) {
        return Ok(Some(token));
    }
    let staff: Vec<Role> = Role::iter().filter(|role| *role != Role::Customer).collect();
    mint(layout, system, "xtask", &staff, 60).map(Some)
}

/// A token of a system whose issuer is another.
pub(crate) fn kept(layout: &Layout) -> PathBuf {
    layout.issuer().join("token")
}

/// The same for calls.
pub(crate) fn own(layout: &Layout, system: &System) -> anyhow::Result<OwnToken> {
    Ok(for_everything(layout, system)?.map_or_else(OwnToken::none, |token| OwnToken::fixed(&token)))
}
