//! Tools of cargo's, each installed once into the per-user cache.

use std::path::PathBuf;

use anyhow::bail;
use stack::Progress;
use stack::cache::{self, Lock};

use crate::build;

/// A program and the version of it that is used.
pub(crate) struct CargoTool {
    name: &'static str,
    version: &'static str,
}

/// Looks at licences, sources and versions of dependencies.
pub(crate) const DENY: CargoTool = CargoTool { name: "cargo-deny", version: "0.20.2" };

impl CargoTool {
    /// Where it is, after it was built if need be. Without optimisation it takes half as long to build.
    pub(crate) async fn path(&self, progress: &Progress) -> anyhow::Result<PathBuf> {
        let Self { name, version } = self;
        let root = cache::directory()?.join(format!("{name}-{version}"));
        let binary = root.join("bin").join(name);
        if binary.exists() {
            return Ok(binary);
        }
        let _lock = Lock::acquire(&root, progress).await?;
        if !binary.exists() {
            let mut install = build::cargo();
            install.args(["install", "--quiet", "--debug", "--locked", name, "--version", version, "--root"]);
            // A target folder of its own: a shared one would be filled with its dependencies for good.
            let target = root.join("target");
            let status = install.arg(&root).arg("--target-dir").arg(&target).status();
            let line = format!("building {name} {version} (once; takes minutes)");
            if !progress.during(&line, status).await?.success() {
                bail!("{name} could not be installed");
            }
            std::fs::remove_dir_all(&target)?;
        }
        Ok(binary)
    }
}
