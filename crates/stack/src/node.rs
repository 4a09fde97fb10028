//! Node.js programs: our own under `tools/`, each with its packages in the per-user cache, and whatever npm runs.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

use sha2::{Digest as _, Sha256};
use tokio::process::Command;

use crate::cache::{self, Lock};
use crate::error::{Doing, Error, Result};
use crate::layout;
use crate::progress::Progress;

/// Older ones lack what the programs need.
const MAJOR: u32 = 20;
/// What to do about a missing one.
pub const WANTED: &str = "Node.js 20 or later with npm (https://nodejs.org)";

/// Whether there is a Node that is recent enough, and npm.
#[must_use]
pub fn is_here() -> bool {
    let said = |program: &str| {
        let output = std::process::Command::new(program).arg("--version").stdin(Stdio::null()).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let major = |version: &str| version.trim().trim_start_matches('v').split('.').next()?.parse().ok();
    said("node").as_deref().and_then(major).is_some_and(|major: u32| major >= MAJOR) && said("npm").is_some()
}

/// The folder of a program of `tools/` with its packages. It is made once for each version of both.
pub async fn program(name: &str, progress: &Progress) -> Result<PathBuf> {
    let source = layout::repository().join("tools").join(name);
    let files = files(&source, &["node_modules"])?;
    let folder = cache::directory()?.join(format!("{name}-{}", digest(&files)?));
    let whole = folder.join("whole");
    let _lock = Lock::acquire(&folder, progress).await?;
    if !whole.exists() {
        std::fs::create_dir_all(&folder).at("creating", &folder)?;
        for (file, path) in &files {
            std::fs::copy(path, folder.join(file)).at("copying", path)?;
        }
        let install = npm(&folder, &["ci", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund"]);
        progress.during(&format!("installing the packages of {name} with npm (once)"), install).await?;
        std::fs::write(&whole, "").at("writing", &whole)?;
    }
    Ok(folder)
}

/// Runs npm in a folder; it must succeed.
pub async fn npm(folder: &Path, arguments: &[&str]) -> Result<Output> {
    let mut command = Command::new("npm");
    command.args(arguments).current_dir(folder).stdin(Stdio::null()).kill_on_drop(true);
    let what = || format!("npm {}", arguments.join(" "));
    let output = command.output().await.map_err(|source| Error::Io { action: what(), source })?;
    if output.status.success() {
        return Ok(output);
    }
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    let lines: Vec<&str> = said.lines().collect();
    Err(Error::Failed { what: what(), detail: lines[lines.len().saturating_sub(30)..].join("\n") })
}

/// The files in a folder by their names there, in order, without what is in folders of these names.
pub(crate) fn files(folder: &Path, without: &[&str]) -> Result<Vec<(String, PathBuf)>> {
    let mut found = Vec::new();
    let mut left = vec![folder.to_path_buf()];
    while let Some(next) = left.pop() {
        for entry in std::fs::read_dir(&next).at("reading", &next)? {
            let path = entry.at("reading", &next)?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if !path.is_dir() {
                let inside = path.strip_prefix(folder).unwrap_or(&path).to_string_lossy().into_owned();
                found.push((inside, path));
            } else if !without.contains(&&*name) {
                left.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

/// What tells these files from others, and from the same with another content.
pub(crate) fn digest(files: &[(String, PathBuf)]) -> Result<String> {
    let mut hash = Sha256::new();
    for (name, path) in files {
        let content = std::fs::read(path).at("reading", path)?;
        hash.update(format!("{name}\n{}\n", content.len()));
        hash.update(content);
    }
    let mut text = String::new();
    for byte in &hash.finalize()[..8] {
        // A string takes any text.
        let _ = write!(text, "{byte:02x}");
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_told_apart_by_name_and_content() {
        let folder = std::env::temp_dir().join(format!("oms-files-{}", std::process::id()));
        std::fs::create_dir_all(folder.join("src")).unwrap();
        std::fs::create_dir_all(folder.join("node_modules/x")).unwrap();
        std::fs::write(folder.join("src/a"), "1").unwrap();
        std::fs::write(folder.join("b"), "2").unwrap();
        std::fs::write(folder.join("node_modules/x/c"), "3").unwrap();
        let told = || {
            let files = files(&folder, &["node_modules"]).unwrap();
            let names: Vec<String> = files.iter().map(|(name, _)| name.clone()).collect();
            (names, digest(&files).unwrap())
        };
        let (names, first) = told();
        assert_eq!(names, ["b", "src/a"]);
        std::fs::write(folder.join("node_modules/x/c"), "4").unwrap();
        assert_eq!(told().1, first);
        std::fs::write(folder.join("src/a"), "2").unwrap();
        let (_, second) = told();
        assert_ne!(second, first);
        std::fs::rename(folder.join("src/a"), folder.join("src/d")).unwrap();
        assert_ne!(told().1, second);
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
