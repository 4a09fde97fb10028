//! The per-user cache: built tools and downloaded binaries, one folder per thing and version, shared by all checkouts.
//! Nothing in it is state; deleting it costs only time.

use std::fs::File;
use std::path::{Path, PathBuf};

use crate::account;
use crate::error::{Doing, Error, Result};
use crate::progress::Progress;

/// Where root keeps what an unprivileged account has to reach, when root's own cache is closed to it.
const SYSTEM_CACHE: &str = "/var/cache/oms-tools";

/// The user's home. As root there may be no `HOME`; the account database knows it then.
pub fn home() -> Result<PathBuf> {
    std::env::home_dir()
        .filter(|home| home.is_absolute())
        .ok_or_else(|| Error::Missing("no home directory: set HOME".to_owned()))
}

/// `$XDG_CACHE_HOME/oms-tools`, or `~/.cache/oms-tools`.
pub fn directory() -> Result<PathBuf> {
    let base = match std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from) {
        Some(base) if base.is_absolute() => base,
        _ => home()?.join(".cache"),
    };
    make(base.join("oms-tools"))
}

/// The same, for files that Postgres's account has to read.
pub fn shared_directory() -> Result<PathBuf> {
    let own = directory()?;
    if account::Account::for_postgres().is_none() || account::open_to_all(&own) {
        return Ok(own);
    }
    let shared = make(PathBuf::from(SYSTEM_CACHE))?;
    account::set_mode(&shared, 0o755)?;
    Ok(shared)
}

fn make(path: PathBuf) -> Result<PathBuf> {
    std::fs::create_dir_all(&path).at("creating", &path)?;
    Ok(path)
}

/// Held while a thing in the cache is made, so that two processes don't make it twice. Released by dropping it.
#[derive(Debug)]
pub struct Lock(#[expect(dead_code, reason = "the lock lives as long as the open file")] File);

impl Lock {
    /// Waits for the lock next to `target`.
    pub async fn acquire(target: &Path, progress: &Progress) -> Result<Self> {
        let path = target.with_extension("lock");
        let file = File::create(&path).at("creating", &path)?;
        if file.try_lock().is_ok() {
            return Ok(Self(file));
        }
        let waiting = format!("waiting for another process that makes {}", target.display());
        let locked = tokio::task::spawn_blocking(move || file.lock().map(|()| file));
        let file = progress.during(&waiting, locked).await.map_err(std::io::Error::other).and_then(|file| file);
        Ok(Self(file.at("locking", &path)?))
    }
}
