//! Podman without a systemd around it: a service for compose, and health checks by hand.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use tokio::process::{Child, Command};

/// crun fails on hybrid cgroups, the default number of files is more than a container may have, and there is no journal.
const CONFIGURATION: &str = "[engine]\nruntime = \"runc\"\ncgroup_manager = \"cgroupfs\"\nevents_logger = \"file\"\n\
     [containers]\ndefault_ulimits = [\"nofile=1024:1024\", \"nproc=4096:4096\"]\n";

/// Says what is missing before anything is begun.
pub(super) fn ensure_usable() -> anyhow::Result<()> {
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let there = |name: &str| std::env::split_paths(&folders).any(|folder| folder.join(name).is_file());
    let missing: Vec<&str> =
        ["podman", "runc", "iptables", "debootstrap"].into_iter().filter(|name| !there(name)).collect();
    if !nix::unistd::geteuid().is_root() {
        bail!("compose-test runs containers and has to be root");
    }
    if !missing.is_empty() {
        bail!(
            "compose-test needs {}: apt-get install podman runc netavark aardvark-dns iptables debootstrap",
            missing.join(", ")
        );
    }
    Ok(())
}

/// A podman service that ends with this process.
pub(super) struct Podman {
    configuration: PathBuf,
    socket: PathBuf,
    _service: Child,
}

impl Podman {
    pub(super) async fn start(folder: &Path) -> anyhow::Result<Self> {
        let configuration = folder.join("containers.conf");
        std::fs::write(&configuration, CONFIGURATION)?;
        let socket = folder.join("podman.sock");
        let mut service = Command::new("podman");
        service.args(["system", "service", "--time", "0"]).arg(format!("unix://{}", socket.display()));
        service.env("CONTAINERS_CONF", &configuration).stdin(Stdio::null()).kill_on_drop(true);
        let mut service = service.spawn().context("podman")?;
        while tokio::net::UnixStream::connect(&socket).await.is_err() {
            if let Some(status) = service.try_wait()? {
                bail!("the podman service ended with {status}");
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(Self { configuration, socket, _service: service })
    }

    /// `DOCKER_HOST`.
    pub(super) fn host(&self) -> String {
        format!("unix://{}", self.socket.display())
    }

    pub(super) fn command(&self) -> Command {
        let mut command = Command::new("podman");
        command.env("CONTAINERS_CONF", &self.configuration).stdin(Stdio::null()).kill_on_drop(true);
        command
    }

    /// A build that pulls nothing; the context is still to be named.
    pub(super) fn build(&self, file: &Path, target: &str, image: &str) -> Command {
        let mut command = self.command();
        command.args(["build", "--pull=never", "--isolation=chroot", "--target", target, "--tag", image, "--file"]);
        command.arg(file);
        command
    }

    pub(super) async fn has_image(&self, image: &str) -> anyhow::Result<bool> {
        Ok(self.command().args(["image", "exists", image]).status().await?.success())
    }

    pub(super) async fn remove_images(&self, images: impl Iterator<Item = &String>) -> anyhow::Result<()> {
        succeed(self.command().args(["image", "rm", "--force"]).args(images)).await?;
        // What is left of the stages.
        succeed(self.command().args(["image", "prune", "--force"])).await
    }

    /// The process of a container, as the machine knows it.
    pub(super) async fn pid(&self, container: &str) -> anyhow::Result<i32> {
        let shown = self.words(&["inspect", "--format", "{{.State.Pid}}", container]).await?;
        shown.first().and_then(|pid| pid.parse().ok()).with_context(|| format!("{container} has no process"))
    }

    /// The containers of a project that do not run, or are not healthy although they could be.
    pub(super) async fn unwell(&self, project: &str) -> anyhow::Result<Vec<String>> {
        let format = "{{.Names}}={{.Status}}";
        let filter = format!("label=com.docker.compose.project={project}");
        let output = self.command().args(["ps", "--all", "--filter", &filter, "--format", format]).output().await?;
        let text = String::from_utf8_lossy(&output.stdout);
        ensure!(output.status.success() && !text.trim().is_empty(), "no containers of {project}");
        let well = |line: &str| {
            let asked = line.contains('(');
            line.contains("=Up ") && (!asked || line.contains("(healthy)"))
        };
        Ok(text.lines().filter(|line| !well(line)).map(str::to_owned).collect())
    }

    /// Does `work` while the health of all containers is looked after, which a systemd would do.
    pub(super) async fn beating<T>(&self, project: &str, work: impl Future<Output = T>) -> T {
        let filter = format!("label=com.docker.compose.project={project}");
        let beat = async {
            loop {
                // A container that has just gone is asked the next time, if it is back.
                for id in self.words(&["ps", "--quiet", "--filter", &filter]).await.unwrap_or_default() {
                    let _ = self.command().args(["healthcheck", "run", &id]).output().await;
                }
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        };
        tokio::select! {
            done = work => done,
            never = beat => never,
        }
    }

    /// What podman answers, word by word.
    pub(super) async fn words(&self, arguments: &[&str]) -> anyhow::Result<Vec<String>> {
        let output = self.command().args(arguments).output().await?;
        ensure!(output.status.success(), "podman {}: {}", arguments.join(" "), String::from_utf8_lossy(&output.stderr));
        Ok(String::from_utf8_lossy(&output.stdout).split_whitespace().map(str::to_owned).collect())
    }
}

/// Runs to its end; what it said is shown if it fails.
pub(super) async fn succeed(command: &mut Command) -> anyhow::Result<()> {
    let output = command.output().await?;
    if !output.status.success() {
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        bail!("{:?} ended with {}:\n{out}{err}", command.as_std(), output.status);
    }
    Ok(())
}
