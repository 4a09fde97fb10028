//! The command line of a service.

use clap::{Parser, ValueEnum};
use std::path::PathBuf;

/// Which part of a service a process runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Role {
    /// API and worker in one process; workflows then start eagerly.
    #[default]
    All,
    /// The gRPC interface.
    Api,
    /// The Temporal worker and the relay.
    Worker,
    /// Brings the schema up to date, and ends.
    Migrate,
}

impl Role {
    /// Whether the process answers requests.
    #[must_use]
    pub const fn serves_api(self) -> bool {
        matches!(self, Self::All | Self::Api)
    }

    /// Whether the process runs workflows.
    #[must_use]
    pub const fn runs_worker(self) -> bool {
        matches!(self, Self::All | Self::Worker)
    }
}

/// Arguments of a service.
#[derive(Clone, Debug, Parser)]
#[command(version)]
pub struct Args {
    /// Which part to run.
    #[arg(long, value_enum, default_value_t)]
    pub role: Role,
    /// A TOML file over the compiled-in defaults; environment variables `OMS_SECTION__KEY` go over both.
    #[arg(long)]
    pub config: Option<PathBuf>,
    /// Ask the process that runs here with the same configuration whether it serves, and end: 0 if it does.
    #[arg(long, conflicts_with = "role")]
    pub health: bool,
}
