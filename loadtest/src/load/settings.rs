//! What is put under load, how, and for how long.

use clap::{Parser, ValueEnum};
use serde::Serialize;
use std::path::PathBuf;

/// The command line of the driver. `cargo xtask load` fills in where the system is and hands the rest on.
#[derive(Clone, Debug, Parser, Serialize)]
pub(crate) struct Settings {
    /// The state folder of the system, which has to be up
    #[arg(long)]
    pub(crate) state: PathBuf,
    /// Where the results go
    #[arg(long)]
    pub(crate) out: PathBuf,
    /// Something to be written into the report, such as a version
    #[arg(long = "note", value_name = "NAME=TEXT")]
    pub(crate) notes: Vec<String>,
    /// The tool for the scenario `ghz`
    #[arg(long)]
    pub(crate) ghz: Option<PathBuf>,
    #[command(flatten)]
    #[serde(flatten)]
    pub(crate) amounts: Amounts,
}

/// How much is done.
#[derive(Clone, Debug, clap::Args, Serialize)]
pub(crate) struct Amounts {
    /// What to run; several with commas
    #[arg(long = "scenario", value_enum, value_delimiter = ',', default_value = "flows,closed,open,stock")]
    pub(crate) scenarios: Vec<Scenario>,
    /// Seconds of each measurement
    #[arg(long = "duration", value_name = "SECONDS", default_value_t = 8.0)]
    pub(crate) seconds: f64,
    /// End each measurement of a closed loop after so many, instead of after a time
    #[arg(long)]
    pub(crate) orders: Option<usize>,
    /// Clients of the closed loops; each scenario has its own defaults
    #[arg(long, value_delimiter = ',')]
    pub(crate) clients: Vec<usize>,
    /// Arrivals a second of the open loops; half of what a closed loop reaches if not given
    #[arg(long, value_name = "PER_SECOND")]
    pub(crate) rate: Option<f64>,
    /// Lines of the large orders; each scenario has its own defaults
    #[arg(long, value_delimiter = ',')]
    pub(crate) lines: Vec<usize>,
    /// Stored orders, for the scenario `stored`
    #[arg(long, value_delimiter = ',', default_value = "10000,100000,1000000")]
    pub(crate) stored: Vec<u32>,
    /// Instances of the orders service, for the scenario `instances`
    #[arg(long, value_delimiter = ',', default_value = "1,2,4")]
    pub(crate) instances: Vec<usize>,
    /// Length of the scenario `memory`
    #[arg(long, default_value_t = 10.0)]
    pub(crate) minutes: f64,
    /// Length of the scenario `overload`, and of what is normal before
    #[arg(long = "overload-for", value_name = "SECONDS", default_value_t = 20.0)]
    pub(crate) overload_s: f64,
    /// Its arrivals, as a multiple of what can be carried out
    #[arg(long, default_value_t = 10.0)]
    pub(crate) overload: f64,
    /// Connections that the clients share
    #[arg(long, default_value_t = 8)]
    pub(crate) connections: usize,
}

/// Something to be run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize, strum::Display)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub(crate) enum Scenario {
    /// Each flow with 50 clients
    Flows,
    /// Approved and delivered orders with 10, 50, 100 and 500 clients
    Closed,
    /// Approved and delivered orders that arrive at a rate
    Open,
    /// All buy one product, beside each another
    Stock,
    /// With Temporal and without: 10, 50 and 100 at once, 10 to 10,000 lines, failures of the provider, SIGKILL
    Compare,
    /// Orders of 1 to 10,000 lines
    Lines,
    /// Lists and reads beside 10⁴ to 10⁶ stored orders
    Stored,
    /// 1, 2 and 4 instances of the orders service
    Instances,
    /// Memory at 100 clients for ten minutes
    Memory,
    /// Ten times as many orders as can be carried out
    Overload,
    /// Single calls, by ghz
    Ghz,
}
