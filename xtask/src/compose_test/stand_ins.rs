//! Images of others that can't be pulled, made from the pinned tools by `deploy/stand-ins/Dockerfile`. What each is and is
//! not is written there.

use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use stack::layout::repository;
use stack::{Layout, Progress, postgres};
use tokio::process::Command;

use super::copy;
use super::podman::{Podman, succeed};

/// Of which all stand-ins are made.
const BASE: &str = "localhost/oms-base";
/// The targets, and how the image begins that each stands in for.
const TARGETS: [(&str, &str); 10] = [
    ("node", "node:"),
    ("rust", "rust:"),
    ("distroless", "gcr.io/distroless/cc-debian12:"),
    ("postgres", "postgres:"),
    ("temporal", "temporalio/auto-setup:"),
    ("temporal-ui", "temporalio/ui:"),
    ("collector", "otel/opentelemetry-collector:"),
    ("jaeger", "jaegertracing/jaeger:"),
    ("prometheus", "prom/prometheus:"),
    ("grafana", "grafana/grafana:"),
];

/// Tells them from the real ones.
const LABEL: &str = "oms.stand-in";

/// Builds those that are not on this machine, and returns the names of all that stand in.
pub(super) async fn build(podman: &Podman, layout: &Layout, progress: &Progress) -> anyhow::Result<Vec<String>> {
    let (mut all, mut wanted) = (Vec::new(), Vec::new());
    for (target, prefix) in TARGETS {
        let image = named(prefix)?;
        if !podman.has_image(&image).await? {
            wanted.push((target, image.clone()));
        }
        all.push(image);
    }
    if !wanted.is_empty() {
        let context = layout.root().join("context");
        fill(&context, progress).await?;
        base(podman, layout, progress).await?;
        for (target, image) in &wanted {
            let mut build = podman.build(&context.join("stand-ins/Dockerfile"), target, image);
            build.args(["--label", LABEL]).arg(&context);
            progress.during(&format!("a stand-in for {image}"), succeed(&mut build)).await?;
        }
        std::fs::remove_dir_all(&context)?;
    }
    let filter = format!("label={LABEL}");
    let mut labelled = podman.words(&["images", "--filter", &filter, "--format", "{{.Repository}}:{{.Tag}}"]).await?;
    // What is built on one has its label too.
    labelled.retain(|name| all.iter().any(|image| name.ends_with(image.as_str())));
    Ok(labelled)
}

/// The volumes that bring this machine's Rust and Node to where the stand-ins of their images look for them.
pub(super) async fn toolchains() -> anyhow::Result<[String; 3]> {
    let node = told_path("node", &["--print", "process.execPath"]).await?;
    let modules = told_path("npm", &["root", "--global"]).await?;
    Ok([
        format!("{}:/opt/rust:ro", told_path("rustc", &["--print", "sysroot"]).await?.display()),
        format!("{}:/usr/local/bin/node:ro", node.display()),
        format!("{}:/usr/local/lib/node_modules/npm:ro", modules.join("npm").display()),
    ])
}

/// The path that a program answers with.
async fn told_path(program: &str, arguments: &[&str]) -> anyhow::Result<PathBuf> {
    let output = Command::new(program).args(arguments).current_dir(repository()).output().await;
    let output = output.with_context(|| format!("{program} can't be run"))?;
    ensure!(output.status.success(), "{program} {} ended with {}", arguments.join(" "), output.status);
    Ok(PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()).canonicalize()?)
}

/// The image that begins so in the compose file or our Dockerfile, so that versions are written down once.
fn named(prefix: &str) -> anyhow::Result<String> {
    for (file, keyword) in [("docker-compose.yml", "image: "), ("deploy/Dockerfile", "FROM ")] {
        let text = std::fs::read_to_string(repository().join(file))?;
        let image = text.lines().find_map(|line| {
            let image = line.trim().strip_prefix(keyword)?.split_whitespace().next()?;
            image.starts_with(prefix).then(|| image.to_owned())
        });
        if let Some(image) = image {
            return Ok(image);
        }
    }
    anyhow::bail!("neither docker-compose.yml nor deploy/Dockerfile uses {prefix}…")
}

async fn fill(context: &Path, progress: &Progress) -> anyhow::Result<()> {
    if context.exists() {
        std::fs::remove_dir_all(context)?;
    }
    std::fs::create_dir_all(context)?;
    for name in ["temporal", "temporal-server", "temporal-sql-tool", "temporal-ui", "jaeger", "otelcol", "prometheus"] {
        let tool = crate::tool::named(name)?;
        copy(&tool.path(progress).await?, &context.join(name))?;
    }
    copy(&postgres::binaries(progress).await?, &context.join("postgres"))?;
    copy(&repository().join("deploy/stand-ins"), &context.join("stand-ins"))?;
    // The templates of their configuration are part of the servers' sources.
    for (module, name) in [("go.temporal.io/server", "server.yaml"), ("github.com/temporalio/ui-server/v2", "ui.yaml")]
    {
        copy(&source(module).await?.join("config/docker.yaml"), &context.join(name))?;
    }
    Ok(())
}

/// Where Go keeps the source of a module that Temporal is built from.
async fn source(module: &str) -> anyhow::Result<PathBuf> {
    let mut go = Command::new("go");
    go.args(["mod", "download", "-json", module]).current_dir(repository().join("tools/temporal"));
    let output = go.output().await.context("go")?;
    ensure!(output.status.success(), "go mod download {module}: {}", String::from_utf8_lossy(&output.stderr));
    let told: serde_json::Value = serde_json::from_slice(&output.stdout)?;
    let folder = told.get("Dir").and_then(serde_json::Value::as_str);
    Ok(folder.with_context(|| format!("go does not say where {module} is"))?.into())
}

/// A Debian of which the stand-ins are made.
async fn base(podman: &Podman, layout: &Layout, progress: &Progress) -> anyhow::Result<()> {
    if podman.has_image(BASE).await? {
        return Ok(());
    }
    let root = layout.root().join("bookworm");
    let mut debootstrap = Command::new("debootstrap");
    debootstrap.args(["--variant=minbase", "bookworm"]).arg(&root).arg("http://deb.debian.org/debian");
    progress.during("debootstrap", succeed(&mut debootstrap)).await?;
    let archive = layout.root().join("bookworm.tar");
    let mut tar = Command::new("tar");
    tar.args(["--exclude=./var/cache/apt/archives/*", "--exclude=./var/lib/apt/lists/*", "--create", "--file"]);
    succeed(tar.arg(&archive).arg("--directory").arg(&root).arg(".")).await?;
    succeed(podman.command().arg("import").arg(&archive).arg(BASE)).await?;
    std::fs::remove_dir_all(&root)?;
    std::fs::remove_file(&archive)?;
    Ok(())
}
