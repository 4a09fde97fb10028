//! The state folder of one system: `.oms`, or `.oms/offset-N` with a port offset.

use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::account;
use crate::error::{Doing, Result};

/// The root of this repository.
pub fn repository() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_path_buf()
}

/// The paths inside a state folder.
#[derive(Clone, Debug)]
pub struct Layout {
    root: PathBuf,
}

impl Layout {
    /// The state folder of the system at this port offset.
    pub fn for_offset(offset: u16) -> Self {
        let base = repository().join(".oms");
        Self { root: if offset == 0 { base } else { base.join(format!("offset-{offset}")) } }
    }

    /// A state folder anywhere.
    pub fn at(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// Makes the folder. It may be passed through by all, for Postgres's account; secrets in it are closed one by one.
    pub fn create(&self) -> Result<()> {
        for folder in [self.root.clone(), self.logs(), self.processes()] {
            std::fs::create_dir_all(&folder).at("creating", &folder)?;
        }
        account::set_mode(&self.root, 0o755)
    }

    /// The folder itself.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// One log per process.
    pub fn logs(&self) -> PathBuf {
        self.root.join("logs")
    }

    /// The log of one process.
    pub fn log(&self, process: &str) -> PathBuf {
        self.logs().join(format!("{process}.log"))
    }

    /// One record per running process, from which leftovers are found.
    pub fn processes(&self) -> PathBuf {
        self.root.join("processes")
    }

    /// The record of one process.
    pub fn process(&self, name: &str) -> PathBuf {
        self.processes().join(format!("{name}.json"))
    }

    /// Who supervises, and where to reach it.
    pub fn supervisor(&self) -> PathBuf {
        self.root.join("supervisor.json")
    }

    /// What was started: ports, addresses.
    pub fn system(&self) -> PathBuf {
        self.root.join("system.json")
    }

    /// The configuration with the keys of the system. Made once, and kept as long as what they encrypted.
    pub fn encryption(&self) -> PathBuf {
        self.root.join("encryption.toml")
    }

    /// Held by whoever is starting or running the system.
    pub fn lock(&self) -> PathBuf {
        self.root.join("lock")
    }

    /// The certificates of a system with TLS.
    pub fn certificates(&self) -> PathBuf {
        self.root.join("certs")
    }

    /// The database of Temporal's dev server.
    pub fn temporal(&self) -> PathBuf {
        self.root.join("temporal")
    }

    /// The configuration of a Temporal on Postgres.
    pub fn temporal_configuration(&self) -> PathBuf {
        self.root.join("temporal-server")
    }

    /// The issuer's key, its public half, and the services' own tokens.
    pub fn issuer(&self) -> PathBuf {
        self.root.join("issuer")
    }

    /// Prometheus' configuration and data.
    pub fn prometheus(&self) -> PathBuf {
        self.root.join("prometheus")
    }

    /// Postgres's files: here, or where its account can reach them when we are root and this folder is closed to it.
    pub fn postgres(&self) -> PathBuf {
        let here = self.root.join("postgres");
        if account::Account::for_postgres().is_none() || account::open_to_all(&self.root) {
            return here;
        }
        let name: String =
            self.root.to_string_lossy().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
        Path::new("/var/lib/oms").join(name.trim_matches('-')).join("postgres")
    }

    /// Removes everything. The folders of systems with a port offset, which lie inside, stay.
    pub fn remove(&self) -> Result<()> {
        let mut targets = vec![self.postgres()];
        for entry in std::fs::read_dir(&self.root).into_iter().flatten().flatten() {
            let other_system = entry.file_name().to_string_lossy().starts_with("offset-");
            if !other_system {
                targets.push(entry.path());
            }
        }
        for target in targets.into_iter().filter(|target| target.exists()) {
            let removed =
                if target.is_dir() { std::fs::remove_dir_all(&target) } else { std::fs::remove_file(&target) };
            removed.at("removing", &target)?;
        }
        // These stay where something else is inside.
        for folder in [Some(self.root.as_path()), self.postgres().parent()].into_iter().flatten() {
            let _ = std::fs::remove_dir(folder);
        }
        Ok(())
    }
}

/// Writes `value` as JSON that only its owner can read, whole or not at all.
pub(crate) fn write_private(path: &Path, value: &impl Serialize) -> Result<()> {
    let text = serde_json::to_vec_pretty(value).map_err(std::io::Error::from).at("writing", path)?;
    write_closed(path, &text, 0o600)
}

/// Writes a file with these permissions from the start, whole or not at all.
pub(crate) fn write_closed(path: &Path, content: &[u8], mode: u32) -> Result<()> {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;
    let partial = path.with_extension("partial");
    // One that an interrupted run left has the permissions of then.
    let _ = std::fs::remove_file(&partial);
    let mut options = std::fs::OpenOptions::new();
    options.create_new(true).write(true).mode(mode);
    let mut file = options.open(&partial).at("creating", &partial)?;
    file.write_all(content).at("writing", &partial)?;
    std::fs::rename(&partial, path).at("renaming", &partial)
}

/// Reads what [`write_private`] wrote; `None` when it is not there, or from another version of this program.
pub(crate) fn read<T: DeserializeOwned>(path: &Path) -> Option<T> {
    serde_json::from_slice(&std::fs::read(path).ok()?).ok()
}
