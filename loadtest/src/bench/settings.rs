//! What is measured, where, and how much of it.

use clap::Parser;
use serde::Serialize;
use std::path::PathBuf;

/// The command line of the driver. `cargo xtask bench` fills in where the system is and hands the rest on.
#[derive(Clone, Debug, Parser, Serialize)]
pub(crate) struct Settings {
    /// The gateway, `http://host:port`
    #[arg(long)]
    pub(crate) gateway: String,
    /// The orders service
    #[arg(long)]
    pub(crate) orders: String,
    /// Temporal
    #[arg(long)]
    pub(crate) temporal: String,
    /// A process of the system, to be charged for its processor time with all its children
    #[arg(long = "process", value_name = "NAME=PID", value_parser = pair)]
    #[serde(skip)]
    pub(crate) processes: Vec<(String, String)>,
    /// Something to be written into the report, such as a version
    #[arg(long = "note", value_name = "NAME=TEXT", value_parser = pair)]
    #[serde(skip)]
    pub(crate) notes: Vec<(String, String)>,
    /// Also write the report as JSON
    #[arg(long)]
    #[serde(skip)]
    pub(crate) json: Option<PathBuf>,
    #[command(flatten)]
    #[serde(flatten)]
    pub(crate) amounts: Amounts,
}

/// How much is done.
#[derive(Clone, Debug, clap::Args, Serialize)]
pub(crate) struct Amounts {
    /// Clients of the closed loops
    #[arg(long, default_value_t = 50)]
    pub(crate) clients: usize,
    /// Connections to the gateway that the clients share
    #[arg(long, default_value_t = 8)]
    pub(crate) connections: usize,
    /// Rounds of approved orders, each followed by one of delivered orders and one of bare workflows
    #[arg(long, default_value_t = 3)]
    pub(crate) rounds: usize,
    /// Approved orders of a round
    #[arg(long = "count", default_value_t = 700)]
    pub(crate) approved_per_round: usize,
    /// Delivered orders of a round
    #[arg(long = "delivered-count", default_value_t = 300)]
    pub(crate) delivered_per_round: usize,
    /// Bare workflows of a round
    #[arg(long = "bare-count", default_value_t = 400)]
    pub(crate) bare_per_round: usize,
    /// Orders of each kind and bare workflows before anything is measured
    #[arg(long, default_value_t = 200)]
    pub(crate) warm_up: usize,
    /// Seconds of idleness before and after, to know what the system burns without work
    #[arg(long, default_value_t = 6.0)]
    pub(crate) idle_s: f64,
    /// Seconds before each idleness: Temporal's time-outs for workflow tasks, ten seconds, fire whether the task is done or not
    #[arg(long, default_value_t = 12.0)]
    pub(crate) settle_s: f64,
    /// Seconds of the open loop
    #[arg(long, default_value_t = 20.0)]
    pub(crate) open_s: f64,
    /// Its rate, as a part of the measured maximum
    #[arg(long, default_value_t = 0.5)]
    pub(crate) open_load: f64,
    /// Seconds of overload
    #[arg(long, default_value_t = 10.0)]
    pub(crate) overload_s: f64,
    /// Creates during the overload, as a multiple of the measured maximum
    #[arg(long, default_value_t = 2.0)]
    pub(crate) overload: f64,
    /// Decisions a second during the overload
    #[arg(long, default_value_t = 20.0)]
    pub(crate) decisions_per_s: f64,
    /// Seconds of status reads, for each of the two ways
    #[arg(long, default_value_t = 5.0)]
    pub(crate) reads_s: f64,
    /// Connections (REST) or streams of one connection (gRPC) that read
    #[arg(long, default_value_t = 32)]
    pub(crate) readers: usize,
}

fn pair(text: &str) -> Result<(String, String), String> {
    text.split_once('=')
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .ok_or_else(|| "must be of the form NAME=VALUE".to_owned())
}
