//! The one error of this crate. A variant says who has to act: the user (`PortInUse`, `Missing`, `Refused`), or nobody in
//! particular (the rest carry what failed and where to read more).

use std::io;
use std::path::{Path, PathBuf};

/// What can go wrong while the stack is fetched, started or spoken to.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file or process operation failed.
    #[error("{action}: {source}")]
    Io {
        /// What was being done, with the path or program.
        action: String,
        /// The system's reason.
        source: io::Error,
    },
    /// A port that is needed is taken.
    #[error(
        "port {port} ({purpose}) is already in use; stop what uses it, or add `--port-offset N` to move every port by N"
    )]
    PortInUse {
        /// The port.
        port: u16,
        /// Which process wanted it.
        purpose: String,
    },
    /// Something the user has to install.
    #[error("{0}")]
    Missing(String),
    /// The request makes no sense in the present state.
    #[error("{0}")]
    Refused(String),
    /// A program ended with a failure.
    #[error("{what} failed: {detail}")]
    Failed {
        /// The program and its purpose.
        what: String,
        /// The end of its output.
        detail: String,
    },
    /// A server did not become ready, or ended before it was.
    #[error("{name} {reason}\n{tail}  log: {log}", log = log.display())]
    NotReady {
        /// The process.
        name: String,
        /// How it failed.
        reason: String,
        /// The last lines of its log.
        tail: String,
        /// The whole log.
        log: PathBuf,
    },
    /// Postgres refused a statement or a connection.
    #[error("postgres: {0}")]
    Database(#[from] sqlx::Error),
    /// A certificate could not be made.
    #[error("making a certificate: {0}")]
    Certificate(#[from] rcgen::Error),
    /// The Postgres binaries could not be fetched.
    #[error("fetching {url}: {source}")]
    Download {
        /// From where.
        url: String,
        /// Why.
        source: Box<ureq::Error>,
    },
}

/// The result of this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// Adds what was being done to an [`io::Error`].
pub(crate) trait Doing<T> {
    /// `action` completes the sentence "… failed".
    fn doing(self, action: impl FnOnce() -> String) -> Result<T>;

    /// The common case: an action on a path.
    fn at(self, action: &str, path: &Path) -> Result<T>
    where
        Self: Sized,
    {
        self.doing(|| format!("{action} {}", path.display()))
    }
}

impl<T> Doing<T> for io::Result<T> {
    fn doing(self, action: impl FnOnce() -> String) -> Result<T> {
        self.map_err(|source| Error::Io { action: action(), source })
    }
}
