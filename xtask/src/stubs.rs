//! The stubs that are committed, those of Go, against the contracts.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{bail, ensure};
use stack::Progress;
use stack::layout::repository;
use stack::tools::Tool;
use tokio::process::Command;

/// Makes them anew, elsewhere, and compares.
pub(crate) async fn check(progress: &Progress) -> anyhow::Result<String> {
    let began = Instant::now();
    let client = repository().join("clients/go");
    let fresh = nix::unistd::mkdtemp(&std::env::temp_dir().join("oms-stubs-XXXXXX"))?;
    let buf = Tool::Buf.path(progress).await?;
    let mut generate = Command::new(buf);
    generate.arg("generate").arg("-o").arg(&fresh).current_dir(&client);
    // As for the tools: Go refuses to work without one.
    if std::env::var_os("HOME").is_none() {
        generate.env("HOME", stack::cache::home()?);
    }
    let status = generate.status().await?;
    ensure!(status.success(), "the stubs of Go could not be made");
    let (made, kept) = (files(&fresh.join("gen"))?, files(&client.join("gen"))?);
    std::fs::remove_dir_all(&fresh)?;
    let differ = |path: &&PathBuf| made.get(*path) != kept.get(*path);
    let first = made.keys().chain(kept.keys()).find(differ);
    if let Some(path) = first {
        let path = path.display();
        bail!("clients/go/gen/{path} is not what proto/ says: `cargo xtask tool buf -- generate` in clients/go");
    }
    Ok(format!("{:.1} s", began.elapsed().as_secs_f32()))
}

/// The contents of all files below a folder, by their paths in it.
fn files(root: &Path) -> std::io::Result<BTreeMap<PathBuf, Vec<u8>>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if let Ok(name) = path.strip_prefix(root) {
                found.insert(name.to_owned(), std::fs::read(&path)?);
            }
        }
    }
    Ok(found)
}
