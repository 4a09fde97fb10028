//! The keys of a system on a developer's machine: `encryption.toml` in its state folder.

use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;

use anyhow::Context as _;
use stack::Layout;

/// The configuration with the keys, if this system has some. They are made when it is first asked for them, and stay:
/// without them nothing can be read that they encrypted.
pub(crate) fn keys(layout: &Layout, wanted: bool) -> anyhow::Result<Option<PathBuf>> {
    let path = layout.encryption();
    if path.exists() {
        return Ok(Some(path));
    }
    if !wanted {
        return Ok(None);
    }
    let (key, index_key) = (privacy::generate_key()?, privacy::generate_key()?);
    let text = format!("[encryption]\nkeys = [\"local-1:{key}\"]\nindex_key = \"{index_key}\"\n");
    let file = std::fs::OpenOptions::new().create_new(true).write(true).mode(0o600).open(&path);
    file.and_then(|mut file| file.write_all(text.as_bytes())).with_context(|| format!("writing {}", path.display()))?;
    Ok(Some(path))
}
