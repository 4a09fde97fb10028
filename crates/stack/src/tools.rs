//! The pinned Go tools of `tools/`, built the first time they are needed and kept in the per-user [`cache`](crate::cache).

use std::path::{Path, PathBuf};
use std::process::Stdio;

use sha2::{Digest, Sha256};
use strum::VariantArray as _;
use tokio::process::Command;

use crate::cache::{self, Lock};
use crate::error::{Doing, Error, Result};
use crate::layout;
use crate::progress::Progress;

/// A tool of a folder under `tools/`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::IntoStaticStr, strum::VariantArray)]
#[strum(serialize_all = "kebab-case")]
pub enum Tool {
    /// The Temporal dev server and command line.
    Temporal,
    /// Calls gRPC services by hand.
    Grpcurl,
    /// Loads gRPC services.
    Ghz,
    /// Lints `proto/`.
    Buf,
    /// Answers like Stripe's API, from its own description of it.
    StripeMock,
    /// Stands between two processes and spoils their connections.
    Toxiproxy,
    /// Keeps traces, and answers questions about them.
    Jaeger,
    /// The Temporal server of a production deployment.
    TemporalServer,
    /// Makes and updates the tables of [`TemporalServer`](Self::TemporalServer); it holds their definitions.
    TemporalSqlTool,
    /// Temporal's web page.
    TemporalUi,
    /// Collects metrics, evaluates rules, and answers questions about both.
    Prometheus,
    /// Checks and tests Prometheus' configuration and rules.
    Promtool,
    /// Reads `docker-compose.yml`.
    Compose,
    /// Renders the chart.
    Helm,
    /// Ours: reads Kubernetes manifests as strictly as a cluster.
    Manifests,
    /// Ours: the OpenTelemetry collector, with the parts that the compose file uses.
    Otelcol,
}

/// Where a tool comes from: its `tool` line in a `go.mod`, and the version required there. One of ours has none.
#[derive(Debug, PartialEq, Eq)]
struct Pin {
    package: String,
    version: Option<String>,
}

impl Tool {
    /// All of them.
    pub fn all() -> impl Iterator<Item = Self> {
        Self::VARIANTS.iter().copied()
    }

    /// The name of its binary, and of its folder unless it shares one.
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// The folder it shares with others, and its package there. What is in one folder is of one build, and fits together.
    fn shared(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Temporal => Some(("temporal", "github.com/temporalio/cli/cmd/temporal")),
            Self::TemporalServer => Some(("temporal", "go.temporal.io/server/cmd/server")),
            Self::TemporalSqlTool => Some(("temporal", "go.temporal.io/server/cmd/tools/sql")),
            Self::TemporalUi => Some(("temporal", "github.com/temporalio/ui-server/v2/cmd/server")),
            _ => None,
        }
    }

    /// What is left out of the build.
    fn tags(self) -> &'static str {
        match self {
            // The clients of twenty clouds: half of the time that the build takes.
            Self::Prometheus | Self::Promtool => "remove_all_sd",
            _ => "",
        }
    }

    /// The path of the binary, built if it is not there yet.
    pub async fn path(self, progress: &Progress) -> Result<PathBuf> {
        let go_mod = self.read("go.mod")?;
        let pin = self.pin(&go_mod)?;
        let folder = cache::directory()?.join(self.edition(&pin, &go_mod)?);
        let binary = folder.join(self.name());
        if binary.exists() {
            return Ok(binary);
        }
        std::fs::create_dir_all(&folder).at("creating", &folder)?;
        let _lock = Lock::acquire(&binary, progress).await?;
        if !binary.exists() {
            let version = pin.version.as_deref().unwrap_or("of tools/");
            let line = format!("building {} {version} with go (once; takes minutes)", self.name());
            progress.during(&line, self.build(&pin, &binary)).await?;
        }
        Ok(binary)
    }

    async fn build(self, pin: &Pin, binary: &Path) -> Result<()> {
        // Under another name until it is whole, so that an interrupted build is not taken for the tool.
        let partial = binary.with_extension("partial");
        let output = go(self.folder())?
            .args(["build", "-mod=readonly", "-trimpath", "-tags", self.tags(), "-o"])
            .arg(&partial)
            .arg(&pin.package)
            .output()
            .await
            .map_err(|error| missing_go(self, &error))?;
        if !output.status.success() {
            let text = String::from_utf8_lossy(&output.stderr);
            let detail =
                text.lines().rev().take(20).collect::<Vec<_>>().into_iter().rev().collect::<Vec<_>>().join("\n");
            return Err(Error::Failed { what: format!("go build of {}", self.name()), detail });
        }
        std::fs::rename(&partial, binary).at("renaming", &partial)
    }

    /// The name of a build: another version of a dependency, or of a source that is here, makes another binary.
    fn edition(self, pin: &Pin, go_mod: &str) -> Result<String> {
        let source = if self.is_ours() { self.read("main.go")? } else { String::new() };
        let digest = Sha256::digest(format!("{go_mod}{source}"));
        let digest: String = digest.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
        let parts = [Some(self.name()), pin.version.as_deref(), Some(&digest)];
        Ok(parts.into_iter().flatten().collect::<Vec<_>>().join("-"))
    }

    /// Whether its source is under `tools/`.
    const fn is_ours(self) -> bool {
        matches!(self, Self::Manifests | Self::Otelcol)
    }

    fn folder(self) -> PathBuf {
        layout::repository().join("tools").join(self.shared().map_or(self.name(), |(folder, _)| folder))
    }

    fn read(self, file: &str) -> Result<String> {
        let path = self.folder().join(file);
        std::fs::read_to_string(&path).at("reading", &path)
    }

    fn pin(self, go_mod: &str) -> Result<Pin> {
        if self.is_ours() {
            return Ok(Pin { package: format!("tools/{}", self.name()), version: None });
        }
        parse_pin(go_mod, self.shared().map(|(_, package)| package)).ok_or_else(|| {
            let path = self.folder().join("go.mod");
            Error::Refused(format!("{} has no tool line, or not its version", path.display()))
        })
    }
}

fn go(folder: PathBuf) -> Result<Command> {
    let mut command = Command::new("go");
    command.current_dir(folder).stdin(Stdio::null()).kill_on_drop(true);
    // Services and cron jobs run as root often have no HOME, and go refuses to work without one.
    if std::env::var_os("HOME").is_none() {
        command.env("HOME", cache::home()?);
    }
    Ok(command)
}

fn missing_go(tool: Tool, error: &std::io::Error) -> Error {
    let way_out = match tool {
        Tool::Temporal => " (or have a `temporal` on PATH and say `--use temporal-cli`)",
        _ => "",
    };
    Error::Missing(format!(
        "Go is needed to build {}: {error}; install it from https://go.dev/dl{way_out}",
        tool.name()
    ))
}

/// The pin of `package`, or of the only tool.
fn parse_pin(go_mod: &str, package: Option<&str>) -> Option<Pin> {
    let package = tools(go_mod).find(|tool| package.is_none_or(|package| package == *tool))?;
    let required = go_mod.lines().filter_map(|line| {
        let mut words = line.trim().trim_start_matches("require ").split_whitespace();
        let (module, version) = (words.next()?, words.next()?);
        let inside = package.strip_prefix(module)?;
        (inside.is_empty() || inside.starts_with('/')).then_some((module, version))
    });
    let (_, version) = required.max_by_key(|(module, _)| module.len())?;
    Some(Pin { package: package.to_owned(), version: Some(version.trim_start_matches('v').to_owned()) })
}

/// The packages of the `tool` lines, each of its own or in a `tool (…)` block.
fn tools(go_mod: &str) -> impl Iterator<Item = &str> {
    let mut block = false;
    go_mod.lines().filter_map(move |line| match line.trim() {
        "tool (" => {
            block = true;
            None
        }
        ")" => {
            block = false;
            None
        }
        inside if block => Some(inside),
        line => line.strip_prefix("tool ").map(str::trim),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_that_of_the_module_the_package_is_in() {
        let text = "module tools/x\n\ntool example.com/a/b/cmd/b\n\nrequire (\n\texample.com/a v1.0.0 // indirect\n\texample.com/a/bc v3.0.0\n)\n";
        let pin = Some(Pin { package: "example.com/a/b/cmd/b".into(), version: Some("1.0.0".into()) });
        assert_eq!(parse_pin(text, None), pin);
    }

    #[test]
    fn a_module_can_have_several_tools() {
        let text = "module tools/x\n\ntool (\n\ta.com/x/cmd/x\n\tb.com/y\n)\n\nrequire (\n\ta.com/x v1.0.0\n\tb.com/y v2.0.0 // indirect\n)\n";
        let pin = |package: &str, version: &str| Some(Pin { package: package.into(), version: Some(version.into()) });
        assert_eq!(parse_pin(text, Some("a.com/x/cmd/x")), pin("a.com/x/cmd/x", "1.0.0"));
        assert_eq!(parse_pin(text, Some("b.com/y")), pin("b.com/y", "2.0.0"));
        assert_eq!(parse_pin(text, Some("a.com/x")), None);
    }

    #[test]
    fn every_tool_is_pinned() {
        for tool in Tool::all() {
            let version = tool.pin(&tool.read("go.mod").unwrap()).unwrap().version;
            assert_eq!(version.is_none(), tool.is_ours(), "{} {version:?}", tool.name());
        }
    }

    #[test]
    fn another_dependency_is_another_build() {
        let pin = Pin { package: "a.com/x".into(), version: Some("1.0.0".into()) };
        let names = ["b.com/y v1", "b.com/y v2"].map(|go_mod| Tool::Helm.edition(&pin, go_mod).unwrap());
        assert_ne!(names[0], names[1]);
        assert!(names.iter().all(|name| name.starts_with("helm-1.0.0-")), "{names:?}");
    }
}
