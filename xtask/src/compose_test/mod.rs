//! The compose file, run for real under podman: built, up, healthy, the demonstrations, a killed container, the audit, down.

mod podman;
mod stand_ins;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use stack::layout::repository;
use stack::ports::{Ports, ensure_free};
use stack::system::{BINARIES, System};
use stack::tools::Tool;
use stack::{Layout, Progress};
use tokio::process::Command;

use crate::{audit, demo, deployment, terminal, token};
use podman::Podman;

/// The name of the compose project: its containers, network and volumes are called after it.
const PROJECT: &str = "oms-test";
/// Whom Debian trusts.
const CERTIFICATES: &str = "/etc/ssl/certs/ca-certificates.crt";
/// From `up` until everything is healthy.
const PATIENCE: Duration = Duration::from_secs(300);

/// Build the images, run `docker-compose.yml` under podman, and show that it works; as root
///
/// Images of others that are not on this machine are stood in for by local ones, made from the pinned tools. Everything is
/// removed at the end but the caches of the build.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The cargo profile of the images: `dev` compiles faster
    #[arg(long, default_value = "release")]
    profile: String,
    /// Keep the images for the next run
    #[arg(long)]
    keep_images: bool,
}

pub(crate) async fn run(offset: u16, arguments: Arguments) -> anyhow::Result<ExitCode> {
    let progress = terminal::progress();
    podman::ensure_usable()?;
    let ports = Ports::with_offset(offset)?;
    for (_, _, port) in published(ports) {
        ensure_free(port, "compose-test")?;
    }
    let layout = Layout::at(repository().join(".oms/compose"));
    layout.create()?;
    let podman = Podman::start(layout.root()).await?;
    let built = stand_ins::build(&podman, &layout, &progress).await?;
    let own = own_images(&podman, &arguments.profile, &progress).await?;
    let (compose, is_release) = (Tool::Compose.path(&progress).await?, arguments.profile == "release");
    let stage = Stage { podman, is_release, ports, layout, compose };
    let outcome = tokio::select! {
        outcome = stage.play(&progress) => outcome,
        asked = terminal::stop_asked() => asked.and_then(|()| bail!("interrupted")),
    };
    if outcome.is_err() {
        stage.tell().await?;
    }
    progress.say("down");
    stage.compose(&["down", "--volumes", "--timeout", "40"]).await?;
    if !arguments.keep_images {
        stage.podman.remove_images(built.iter().chain(&own)).await?;
    }
    stage.layout.remove()?;
    outcome?;
    progress.say(format!("the compose file works; stand-ins: {}", built.join(", ")));
    Ok(ExitCode::SUCCESS)
}

/// Our four images, by deploy/Dockerfile.
async fn own_images(podman: &Podman, profile: &str, progress: &Progress) -> anyhow::Result<Vec<String>> {
    let toolchains = stand_ins::toolchains().await?;
    let mut images = Vec::new();
    for service in BINARIES {
        let image = format!("oms/{}:0.1.0", service.name());
        let mut build = podman.build(&repository().join("deploy/Dockerfile"), service.name(), &image);
        build.args(["--build-arg", &format!("PROFILE={profile}")]);
        build.args(toolchains.iter().flat_map(|volume| ["--volume", volume]));
        // A network that looks into TLS has a certificate of its own, which this machine knows.
        if Path::new(CERTIFICATES).exists() {
            build.args(["--volume", &format!("{CERTIFICATES}:{CERTIFICATES}:ro")]);
        }
        build.arg(repository());
        progress.during(&format!("building {image} ({profile})"), podman::succeed(&mut build)).await?;
        images.push(image);
    }
    Ok(images)
}

/// Every port that is published: the service, its port inside, and the one outside.
fn published(ports: Ports) -> [(&'static str, u16, u16); 9] {
    let offset = ports.gateway - 8000;
    [
        ("gateway", 8000, ports.gateway),
        ("orders", 50051, ports.orders),
        ("payments", 50052, ports.payments),
        ("inventory", 50053, ports.inventory),
        ("temporal", 7233, ports.temporal),
        ("temporal-ui", 8080, ports.temporal_ui),
        ("jaeger", 16686, ports.jaeger),
        ("prometheus", 9090, ports.prometheus),
        ("grafana", 3000, 3000 + offset),
    ]
}

struct Stage {
    podman: Podman,
    is_release: bool,
    ports: Ports,
    layout: Layout,
    compose: PathBuf,
}

impl Stage {
    async fn play(&self, progress: &Progress) -> anyhow::Result<()> {
        deployment::make_secrets(&self.secrets()).await?;
        std::fs::write(token::kept(&self.layout), deployment::token(&self.secrets()).await?)?;
        let moved: String = published(self.ports)
            .iter()
            .map(|(service, inside, outside)| {
                format!("  {service}: {{ ports: !override [\"127.0.0.1:{outside}:{inside}\"] }}\n")
            })
            .collect();
        std::fs::write(self.moved(), format!("services:\n{moved}"))?;
        let up = async {
            self.compose(&["up", "--detach", "--no-build", "--pull", "never"]).await?;
            self.healthy().await
        };
        let timed = tokio::time::timeout(PATIENCE, self.podman.beating(PROJECT, up));
        progress.during("up", timed).await.context("not everything became healthy")??;
        progress.say("all containers are healthy");
        self.podman.beating(PROJECT, self.show(progress)).await
    }

    async fn show(&self, progress: &Progress) -> anyhow::Result<()> {
        // The demonstrations and the audit find the system by it.
        self.system().save(&self.layout)?;
        demo::without_processes(&self.layout).await?;
        self.observed(progress).await?;
        // With the profile `dev` it is read from where it was compiled, which is not there.
        if self.is_release {
            let page = ask(&format!("http://127.0.0.1:{}/console/", self.ports.gateway)).await?;
            ensure!(page.contains("/console/assets/"), "the image of the gateway has no console: {page}");
        }
        self.killed(progress).await?;
        let audit = audit::run(&self.layout).await?;
        ensure!(audit == ExitCode::SUCCESS, "the audit has findings");
        Ok(())
    }

    /// The spans of all four came through the collector to Jaeger, and Prometheus reaches each process.
    async fn observed(&self, progress: &Progress) -> anyhow::Result<()> {
        let jaeger = format!("http://127.0.0.1:{}/api/services", self.ports.jaeger);
        let up = format!("http://127.0.0.1:{}/api/v1/query?query=up==1", self.ports.prometheus);
        let began = Instant::now();
        loop {
            let (traced, scraped) = (ask(&jaeger).await?, ask(&up).await?);
            let missing = |said: &str| {
                ["gateway", "orders", "payments", "inventory"].into_iter().find(|name| !said.contains(name))
            };
            match missing(&traced).or(missing(&scraped)) {
                None => break,
                Some(name) => ensure!(began.elapsed() < PATIENCE, "{name} is not in {traced} or not in {scraped}"),
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        progress.say("Jaeger has spans of all four services, and Prometheus their metrics");
        Ok(())
    }

    /// One container dies while an order waits for its decision; it comes back, and carries the order on.
    async fn killed(&self, progress: &Progress) -> anyhow::Result<()> {
        let order = demo::waiting_order(&self.layout).await?;
        let container = format!("{PROJECT}-orders-1");
        let pid = self.podman.pid(&container).await?;
        // Not by podman, which would take it for a wish and not start it again.
        nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), nix::sys::signal::Signal::SIGKILL)?;
        progress.say(format!("{container} is killed (SIGKILL, pid {pid})"));
        let began = Instant::now();
        while !matches!(self.podman.pid(&container).await, Ok(now) if now != pid && now > 0) {
            ensure!(began.elapsed() < PATIENCE, "{container} was not started again");
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        self.healthy().await?;
        progress.say(format!("{container} is back and healthy after {:.1} s", began.elapsed().as_secs_f32()));
        demo::approve(&self.layout, &order).await
    }

    /// Waits until every container that can be asked for its health is well, and the others run.
    async fn healthy(&self) -> anyhow::Result<()> {
        let began = Instant::now();
        loop {
            let unwell = self.podman.unwell(PROJECT).await?;
            if unwell.is_empty() {
                return Ok(());
            }
            ensure!(began.elapsed() < PATIENCE, "{}", unwell.join(", "));
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    }

    async fn compose(&self, arguments: &[&str]) -> anyhow::Result<()> {
        let mut command = Command::new(&self.compose);
        command.args(["--project-name", PROJECT, "--env-file"]).arg(self.secrets());
        command.args(["--file", "docker-compose.yml", "--file"]).arg(self.moved()).args(arguments);
        command.current_dir(repository()).env("DOCKER_HOST", self.podman.host());
        command.env("ISSUER_DIR", deployment::issuer(&self.secrets()));
        podman::succeed(&mut command).await
    }

    /// The last lines of each container, of which one has failed.
    async fn tell(&self) -> anyhow::Result<()> {
        let mut logs = Command::new(&self.compose);
        logs.args(["--project-name", PROJECT, "logs", "--tail", "20"]).env("DOCKER_HOST", self.podman.host());
        logs.current_dir(repository()).status().await?;
        Ok(())
    }

    fn secrets(&self) -> PathBuf {
        self.layout.root().join("env")
    }

    fn moved(&self) -> PathBuf {
        self.layout.root().join("ports.yml")
    }

    fn system(&self) -> System {
        System {
            offset: 0,
            ports: self.ports,
            release: false,
            temporal_address: format!("127.0.0.1:{}", self.ports.temporal),
            admin_url: String::new(),
            database_urls: Default::default(),
            migration_urls: Default::default(),
            certificates: None,
            own_temporal: true,
            own_postgres: true,
            jaeger: true,
            prometheus: true,
            auth: true,
            openid: false,
            encryption: None,
        }
    }
}

async fn ask(url: &str) -> anyhow::Result<String> {
    Ok(reqwest::get(url).await?.error_for_status()?.text().await?)
}

/// Copies a file or a folder, following no link.
pub(super) fn copy(from: &Path, to: &Path) -> anyhow::Result<()> {
    let status = std::process::Command::new("cp").arg("--archive").arg(from).arg(to).status()?;
    ensure!(status.success(), "copying {} failed", from.display());
    Ok(())
}
