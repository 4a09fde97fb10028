//! Checks of what is deployed: the compose file against the compose specification, the chart against its own schema and
//! the types of the Kubernetes API.

use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::Instant;

use anyhow::{Context, bail, ensure};
use stack::Progress;
use stack::layout::repository;
use stack::tools::Tool;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

/// The version of Kubernetes that the chart is rendered for. Helm built from source takes itself for an ancient one.
const KUBERNETES: &str = "1.34.0";

/// The compose file keeps to the specification, with generated secrets, and is refused without them.
pub(crate) async fn compose_file(progress: &Progress) -> anyhow::Result<String> {
    let compose = Tool::Compose.path(progress).await?;
    let began = Instant::now();
    let folder = nix::unistd::mkdtemp(&std::env::temp_dir().join("oms-compose-XXXXXX"))?;
    let secrets = folder.join("env");
    let outcome = async {
        make_secrets(&secrets).await?;
        config(&compose, &secrets).await?;
        ensure!(config(&compose, Path::new("/dev/null")).await.is_err(), "it should be refused without passwords");
        anyhow::Ok(())
    }
    .await;
    std::fs::remove_dir_all(&folder)?;
    outcome?;
    Ok(format!("{:.1} s", began.elapsed().as_secs_f32()))
}

/// Writes passwords and an issuer as a user does, all beside each other.
pub(crate) async fn make_secrets(path: &Path) -> anyhow::Result<()> {
    let mut command = Command::new("sh");
    command.arg(repository().join("deploy/make-env.sh")).arg(path).env("ISSUER_DIR", issuer(path));
    done("deploy/make-env.sh", &output(&mut command, &[]).await?)
}

/// Where [`make_secrets`] makes the issuer.
pub(crate) fn issuer(secrets: &Path) -> PathBuf {
    secrets.with_file_name("issuer")
}

/// A token for everything, as a user makes one.
pub(crate) async fn token(secrets: &Path) -> anyhow::Result<String> {
    let mut command = Command::new("sh");
    let script = repository().join("deploy/token.sh");
    command.arg(script).args(["manager warehouse finance auditor", "xtask"]).env("ISSUER_DIR", issuer(secrets));
    let made = output(&mut command, &[]).await?;
    done("deploy/token.sh", &made)?;
    Ok(String::from_utf8(made.stdout)?.trim().to_owned())
}

async fn config(compose: &Path, secrets: &Path) -> anyhow::Result<()> {
    let mut command = Command::new(compose);
    command.arg("--env-file").arg(secrets).args(["config", "--quiet"]).current_dir(repository());
    command.env("ISSUER_DIR", issuer(secrets));
    done("compose config", &output(&mut command, &[]).await?)
}

/// The chart: each accepted set of values is linted, rendered and decoded; each refused one is refused by the schema.
pub(crate) async fn chart(progress: &Progress) -> anyhow::Result<String> {
    let helm = Tool::Helm.path(progress).await?;
    let manifests = Tool::Manifests.path(progress).await?;
    let began = Instant::now();
    let (accepted, refused) = (sets("accepted")?, sets("refused")?);
    for values in &accepted {
        let about = || values.display().to_string();
        done("helm lint", &helm_with(&helm, "lint", values).await?).with_context(about)?;
        let rendered = helm_with(&helm, "template", values).await?;
        done("helm template", &rendered).with_context(about)?;
        let decoded = output(&mut Command::new(&manifests), &rendered.stdout).await?;
        done("decoding", &decoded).with_context(about)?;
    }
    for values in &refused {
        let outcome = helm_with(&helm, "template", values).await?;
        let reason = String::from_utf8_lossy(&outcome.stderr);
        // Refused for another reason, it would prove nothing.
        let by_schema = reason.contains("don't meet the specifications of the schema");
        ensure!(
            !outcome.status.success() && by_schema,
            "{} should be refused by the schema: {reason}",
            values.display()
        );
    }
    Ok(format!("{} sets of values, {} refused, {:.1} s", accepted.len(), refused.len(), began.elapsed().as_secs_f32()))
}

fn sets(kind: &str) -> anyhow::Result<Vec<PathBuf>> {
    let folder = repository().join("deploy/helm/checks").join(kind);
    let entries = std::fs::read_dir(&folder).with_context(|| folder.display().to_string())?;
    let mut sets = entries.map(|entry| Ok(entry?.path())).collect::<anyhow::Result<Vec<_>>>()?;
    ensure!(!sets.is_empty(), "{} is empty", folder.display());
    sets.sort();
    Ok(sets)
}

async fn helm_with(helm: &Path, verb: &str, values: &Path) -> anyhow::Result<Output> {
    let mut command = Command::new(helm);
    command.arg(verb).args(["--kube-version", KUBERNETES, "--values"]).arg(values);
    if verb == "lint" {
        command.args(["--strict", "--quiet"]);
    } else {
        command.arg("oms");
    }
    command.arg(repository().join("deploy/helm/oms"));
    output(&mut command, &[]).await
}

async fn output(command: &mut Command, input: &[u8]) -> anyhow::Result<Output> {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let mut child = command.spawn().with_context(|| format!("{:?}", command.as_std().get_program()))?;
    let stdin = child.stdin.take();
    let write = async {
        if let Some(mut stdin) = stdin {
            stdin.write_all(input).await?;
        }
        std::io::Result::Ok(())
    };
    let (output, written) = tokio::join!(child.wait_with_output(), write);
    let output = output?;
    // One that has failed may not have read everything; it says why itself.
    if output.status.success() {
        written?;
    }
    Ok(output)
}

fn done(what: &str, output: &Output) -> anyhow::Result<()> {
    if output.status.success() {
        return Ok(());
    }
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    bail!("{what}: {}{}", out, err.trim_end())
}
