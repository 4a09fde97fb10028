use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};
use stack::layout::repository;
use tokio::process::Command;

use crate::build;

/// The variable that says which target the fuzzer is to run.
const TARGET: &str = "OMS_FUZZ_TARGET";
/// An input that takes longer, in seconds, is a finding.
const SLOW: &str = "-timeout=20";
/// Parsers that are offered a few KiB find most of what there is, and are faster.
const LONGEST: &str = "-max_len=8192";

/// Feed the parsers with what libFuzzer makes up, from the kept corpus on; fails on a finding
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// One of the folders of fuzz/corpus; all of them, one after the other, if none is named
    target: Option<String>,
    /// How long each is run
    #[arg(long, default_value_t = 60)]
    seconds: u32,
    /// Add to fuzz/corpus the inputs that reach code which the others don't
    #[arg(long)]
    keep: bool,
}

pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let fuzz = repository().join("fuzz");
    let targets = match arguments.target {
        Some(target) => vec![target],
        None => targets(&fuzz)?,
    };
    let program = program(&fuzz).await?;
    let mut failed = Vec::new();
    for target in targets {
        let kept = fuzz.join("corpus").join(&target);
        let artifacts = fuzz.join("artifacts").join(&target);
        let found = build::target_folder().join("fuzz").join(&target);
        for folder in [&artifacts, &found] {
            std::fs::create_dir_all(folder)?;
        }
        let time = format!("-max_total_time={}", arguments.seconds);
        let prefix = format!("-artifact_prefix={}/", artifacts.display());
        let flags = [time.as_str(), &prefix, SLOW, LONGEST, "-print_final_stats=1", "-verbosity=0"];
        println!("{target}: {} s", arguments.seconds);
        if !libfuzzer(&program, &target, &flags, [&found, &kept]).await? {
            failed.push(target);
        } else if arguments.keep && !libfuzzer(&program, &target, &["-merge=1"], [&kept, &found]).await? {
            bail!("the corpus of {target} could not be added to");
        }
    }
    if failed.is_empty() {
        println!("no findings");
        return Ok(ExitCode::SUCCESS);
    }
    bail!("findings, in fuzz/artifacts: {}; docs/HOSTILE-INPUT.md says what to do with them", failed.join(", "))
}

/// The program with all targets, our own part of it instrumented. A stable compiler will do: there is no unsafe code of ours for
/// a sanitizer to watch.
async fn program(fuzz: &Path) -> anyhow::Result<PathBuf> {
    let mut cargo = build::cargo();
    cargo.args(["build", "--package", "hostile", "--features", "libfuzzer", "--bin", "fuzz"]);
    cargo.env("RUSTC_WORKSPACE_WRAPPER", fuzz.join("instrument.sh"));
    if !cargo.status().await?.success() {
        bail!("the fuzzer could not be built");
    }
    Ok(build::target_folder().join("debug/fuzz"))
}

/// Runs a target. It writes into the first folder and reads both.
async fn libfuzzer(program: &Path, target: &str, flags: &[&str], folders: [&PathBuf; 2]) -> anyhow::Result<bool> {
    let mut command = Command::new(program);
    command.env(TARGET, target).args(flags).args(folders);
    // What the parsers say is not wanted a thousand times a second.
    Ok(command.current_dir(repository()).kill_on_drop(true).status().await?.success())
}

fn targets(fuzz: &Path) -> anyhow::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(fuzz.join("corpus"))? {
        names.push(entry?.file_name().into_string().ok().context("a target with an odd name")?);
    }
    names.sort();
    Ok(names)
}
