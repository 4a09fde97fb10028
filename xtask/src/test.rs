use std::process::ExitCode;

use stack::process::StopSignal;
use stack::{Layout, Postgres, Progress, Server, Temporal, postgres, temporal, testing};
use tokio::signal::unix::{SignalKind, signal};

use crate::{build, terminal};

/// Run all tests against one Postgres and one Temporal, started for the run on free ports
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Given to `cargo test`, as in `cargo xtask test -- -p orders outbox`
    #[arg(last = true)]
    arguments: Vec<String>,
}

pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let progress = terminal::progress();
    let folder = nix::unistd::mkdtemp(&std::env::temp_dir().join("oms-test-XXXXXX"))?;
    let layout = Layout::at(folder);
    layout.create()?;
    let outcome = with_servers(&layout, &arguments.arguments, &progress).await;
    if matches!(outcome, Ok(0)) {
        layout.remove()?;
    } else {
        progress.say(format!("the servers' logs and data stay in {}", layout.root().display()));
    }
    Ok(ExitCode::from(u8::try_from(outcome?).unwrap_or(1)))
}

async fn with_servers(layout: &Layout, arguments: &[String], progress: &Progress) -> anyhow::Result<i32> {
    let mut servers = tokio::select! {
        servers = Servers::start(layout, progress) => servers?,
        asked = terminal::stop_asked() => return asked.map(|()| 130),
    };
    let code = cargo_test(&servers, arguments).await;
    servers.temporal_server.stop().await;
    servers.postgres_server.stop().await;
    code
}

struct Servers {
    postgres: Postgres,
    postgres_server: Server,
    temporal: Temporal,
    temporal_server: Server,
}

impl Servers {
    async fn start(layout: &Layout, progress: &Progress) -> anyhow::Result<Self> {
        let postgres = postgres::Options {
            name: "postgres".to_owned(),
            directory: layout.postgres(),
            log: layout.log("postgres"),
            port: 0,
            durable: false,
        };
        let temporal = temporal::Options {
            name: "temporal".to_owned(),
            directory: layout.temporal(),
            log: layout.log("temporal"),
            port: 0,
            ui_port: None,
            http_port: 0,
            metrics_port: 0,
            from_path: false,
        };
        let (postgres, temporal) =
            tokio::try_join!(Postgres::start(&postgres, progress), Temporal::start(&temporal, progress))?;
        progress.say(format!("Postgres on port {}, Temporal on {}", postgres.0.port(), temporal.0.address()));
        Ok(Self {
            postgres: postgres.0,
            postgres_server: postgres.1,
            temporal: temporal.0,
            temporal_server: temporal.1,
        })
    }
}

async fn cargo_test(servers: &Servers, arguments: &[String]) -> anyhow::Result<i32> {
    let mut command = build::cargo();
    command.arg("test");
    let chosen = arguments.iter().any(|argument| argument.starts_with("-p") || argument.starts_with("--package"));
    if !chosen {
        command.arg("--workspace");
    }
    let mut child = command
        .args(arguments)
        .env(testing::DATABASE_URL, servers.postgres.url("postgres"))
        .env(testing::TEMPORAL_ADDRESS, servers.temporal.address())
        .spawn()?;
    let leash = servers.postgres_server.leash();
    if let Some(pid) = child.id() {
        leash.hold(pid, StopSignal::Terminate);
    }
    // Ctrl-C reaches cargo and the tests by itself; we only have to stay until they are done.
    let _interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let status = tokio::select! {
        status = child.wait() => status?,
        _ = terminate.recv() => {
            child.kill().await?;
            child.wait().await?
        }
    };
    Ok(status.code().unwrap_or(1))
}
