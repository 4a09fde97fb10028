//! Which account a process runs under. Postgres refuses to run as root, so as root it gets an unprivileged account, and
//! its binaries and data have to lie where that account can reach them.

use std::os::unix::fs::{PermissionsExt, chown};
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::error::{Doing, Result};

/// `nobody` on Linux, used where the name can't be looked up.
const NOBODY: u32 = 65534;

/// A user and group to run as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// User id.
    pub uid: u32,
    /// Group id.
    pub gid: u32,
}

impl Account {
    /// The account for Postgres: none of its own (the caller's), or `nobody` when the caller is root.
    pub fn for_postgres() -> Option<Self> {
        if !nix::unistd::geteuid().is_root() {
            return None;
        }
        let nobody = nix::unistd::User::from_name("nobody").ok().flatten();
        Some(
            nobody.map_or(Self { uid: NOBODY, gid: NOBODY }, |user| Self {
                uid: user.uid.as_raw(),
                gid: user.gid.as_raw(),
            }),
        )
    }

    /// Gives `path` to this account.
    pub fn own(self, path: &Path) -> Result<()> {
        chown(path, Some(self.uid), Some(self.gid)).at("giving away", path)
    }
}

/// Whether any account may pass through `directory` and all its parents.
pub(crate) fn open_to_all(directory: &Path) -> bool {
    directory
        .ancestors()
        .filter(|path| path.exists())
        .all(|path| path.metadata().is_ok_and(|meta| meta.permissions().mode() & 0o001 != 0))
}

/// Sets the permission bits of `path`.
pub(crate) fn set_mode(path: &Path, mode: u32) -> Result<()> {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).at("setting the permissions of", path)
}
