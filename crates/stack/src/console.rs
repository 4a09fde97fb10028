//! The operators' console, built by npm in `console/`, and kept in the per-user cache by what it is built of: a clone whose
//! sources somebody has built before needs no npm.

use std::path::{Path, PathBuf};

use crate::cache::{self, Lock};
use crate::error::{Doing, Result};
use crate::progress::Progress;
use crate::{layout, node};

/// What is made, and what it needs; nothing is built of it.
const MADE: [&str; 5] = ["node_modules", "dist", "coverage", "test-results", ".vite"];

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Built {
    /// It is in `console/dist`, of the sources that are there.
    Here,
    /// There is no Node to build it with.
    WithoutNode,
}

/// Sees to it that `console/dist` is of the sources that are there.
pub async fn build(progress: &Progress) -> Result<Built> {
    let sources = sources()?;
    let kept = cache::directory()?.join(format!("console-{}", node::digest(&sources)?));
    let dist = folder().join("dist");
    let _lock = Lock::acquire(&kept, progress).await?;
    if !kept.exists() {
        if !node::is_here() {
            return Ok(Built::WithoutNode);
        }
        install(progress).await?;
        progress.during("building the console with npm", node::npm(&folder(), &["run", "build"])).await?;
        // Under another name until it is whole.
        let partial = kept.with_extension("partial");
        replace(&partial, &dist)?;
        std::fs::rename(&partial, &kept).at("renaming", &partial)?;
        return Ok(Built::Here);
    }
    if !is_same(&kept, &dist)? {
        replace(&dist, &kept)?;
    }
    Ok(Built::Here)
}

/// Puts the packages of the lock file into `console/node_modules`, unless they are there.
pub async fn install(progress: &Progress) -> Result<()> {
    let folder = folder();
    let lock = folder.join("package-lock.json");
    let wanted = std::fs::read_to_string(&lock).at("reading", &lock)?;
    let installed = folder.join("node_modules/.oms-package-lock.json");
    if std::fs::read_to_string(&installed).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    let ci = node::npm(&folder, &["ci", "--no-audit", "--no-fund"]);
    progress.during("installing the console's packages with npm", ci).await?;
    std::fs::write(&installed, wanted).at("writing", &installed)
}

/// Whether there is one, of whatever sources.
#[must_use]
pub fn is_here() -> bool {
    folder().join("dist/index.html").exists()
}

/// Where its sources are.
#[must_use]
pub fn folder() -> PathBuf {
    layout::repository().join("console")
}

/// All that it may be built of: its own files, and the contracts.
fn sources() -> Result<Vec<(String, PathBuf)>> {
    let mut files = node::files(&folder(), &MADE)?;
    files.extend(node::files(&layout::repository().join("proto"), &[])?);
    Ok(files)
}

/// Makes `to` a copy of `from`.
fn replace(to: &Path, from: &Path) -> Result<()> {
    if to.exists() {
        std::fs::remove_dir_all(to).at("removing", to)?;
    }
    for (name, path) in node::files(from, &[])? {
        let copy = to.join(name);
        let parent = copy.parent().unwrap_or(to);
        std::fs::create_dir_all(parent).at("creating", parent)?;
        std::fs::copy(&path, &copy).at("copying", &path)?;
    }
    Ok(())
}

/// Whether both have the same files. Where nothing changes nothing is written, so that nothing is compiled again.
fn is_same(one: &Path, other: &Path) -> Result<bool> {
    Ok(other.exists() && node::digest(&node::files(one, &[])?)? == node::digest(&node::files(other, &[])?)?)
}
