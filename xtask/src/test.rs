use std::process::ExitCode;

use stack::process::StopSignal;
use stack::temporal::on_postgres::{self, OnPostgres};
use stack::{Layout, Postgres, Progress, Server, Temporal, postgres, temporal, testing};
use tokio::signal::unix::{SignalKind, signal};

use crate::{build, console, terminal};

/// Run all tests against one Postgres and one Temporal, started for the run on free ports
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Which Temporal: the dev server, or the server of a production deployment with its state in Postgres
    #[arg(long, value_enum, default_value_t)]
    temporal: TemporalKind,
    /// Given to `cargo test`, as in `cargo xtask test -- -p orders outbox`
    #[arg(last = true)]
    arguments: Vec<String>,
}

/// What Temporal a system gets.
#[derive(Clone, Copy, Debug, Default, clap::ValueEnum)]
pub(crate) enum TemporalKind {
    #[default]
    Dev,
    Postgres,
}

pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let progress = terminal::progress();
    console::build(&progress).await?;
    let folder = nix::unistd::mkdtemp(&std::env::temp_dir().join("oms-test-XXXXXX"))?;
    let layout = Layout::at(folder);
    layout.create()?;
    let outcome = with_servers(&layout, &arguments, &progress).await;
    if matches!(outcome, Ok(0)) {
        layout.remove()?;
    } else {
        progress.say(format!("the servers' logs and data stay in {}", layout.root().display()));
    }
    Ok(ExitCode::from(u8::try_from(outcome?).unwrap_or(1)))
}

async fn with_servers(layout: &Layout, arguments: &Arguments, progress: &Progress) -> anyhow::Result<i32> {
    let mut servers = tokio::select! {
        servers = Servers::start(layout, arguments.temporal, progress) => servers?,
        asked = terminal::stop_asked() => return asked.map(|()| 130),
    };
    let code = cargo_test(&servers, &arguments.arguments).await;
    servers.temporal_server.stop().await;
    servers.postgres_server.stop().await;
    code
}

struct Servers {
    postgres: Postgres,
    postgres_server: Server,
    temporal_address: String,
    temporal_server: Server,
}

impl Servers {
    async fn start(layout: &Layout, temporal: TemporalKind, progress: &Progress) -> anyhow::Result<Self> {
        let postgres = postgres::Options {
            name: "postgres".to_owned(),
            directory: layout.postgres(),
            log: layout.log("postgres"),
            port: 0,
            durable: false,
            certificates: None,
        };
        let postgres = Postgres::start(&postgres, progress);
        let ((postgres, postgres_server), (temporal_address, temporal_server)) = match temporal {
            TemporalKind::Dev => tokio::try_join!(postgres, dev_server(layout, progress))?,
            TemporalKind::Postgres => {
                let (postgres, binaries) = tokio::try_join!(postgres, on_postgres::Binaries::build(progress))?;
                let temporal = on_postgres(layout, &binaries, &postgres.0).await?;
                (postgres, temporal)
            }
        };
        progress.say(format!("Postgres on port {}, Temporal on {temporal_address}", postgres.port()));
        Ok(Self { postgres, postgres_server, temporal_address, temporal_server })
    }
}

async fn dev_server(layout: &Layout, progress: &Progress) -> stack::Result<(String, Server)> {
    let options = temporal::Options {
        name: "temporal".to_owned(),
        directory: layout.temporal(),
        log: layout.log("temporal"),
        port: 0,
        ui_port: None,
        ui_codec: None,
        http_port: 0,
        metrics_port: 0,
        from_path: false,
    };
    let (temporal, server) = Temporal::start(&options, progress).await?;
    Ok((temporal.address(), server))
}

async fn on_postgres(
    layout: &Layout,
    binaries: &on_postgres::Binaries,
    postgres: &Postgres,
) -> stack::Result<(String, Server)> {
    let options = on_postgres::Options {
        directory: layout.temporal_configuration(),
        log: layout.log("temporal"),
        database: "temporal".to_owned(),
        ports: on_postgres::Ports::free()?,
        ui: None,
        certificates: None,
    };
    let (temporal, server) = OnPostgres::start(binaries, &options, &postgres.url("postgres")).await?;
    Ok((temporal.address(), server))
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
        .env(testing::TEMPORAL_ADDRESS, &servers.temporal_address)
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
