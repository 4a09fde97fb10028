//! A CA of a test's own, its certificates, and what uses them.

use crate::Running;
use crate::servers::place;
use futures::StreamExt as _;
use service::tls::{Acceptor, Callers, Config, Incoming, Protocols};
use stack::certs::{self, Authority, Subject, Trust};
use std::path::{Path, PathBuf};
use tokio::io::copy_bidirectional;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// A folder with a CA and a certificate for every process.
pub struct Certificates {
    folder: PathBuf,
}

impl Certificates {
    /// New ones.
    pub fn new() -> Self {
        let folder = place("certificates");
        certs::make(&folder, &certs::SUBJECTS).expect("certificates");
        Self { folder }
    }

    /// Where they are.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The files of one.
    pub fn trust(&self, name: &str) -> Trust {
        Trust::in_folder(&self.folder, name)
    }

    /// Another certificate by this CA, in files of this name.
    pub fn issue(&self, subject: &Subject, file: &str) -> Trust {
        let files = self.trust(file);
        self.authority().issue(subject).and_then(|pair| pair.write(&files)).expect("a certificate");
        files
    }

    /// The CA.
    pub fn authority(&self) -> Authority {
        Authority::open(&self.folder).expect("the CA")
    }

    /// The settings of a process that only these may call.
    pub fn config(&self, name: &str, callers: &[&str]) -> Config {
        let Trust { ca, certificate, key } = self.trust(name);
        let allowed = callers.iter().map(|caller| certs::identity(caller)).collect();
        Config { certificate, key, client_ca: ca.clone(), ca, callers: Callers::Certified, allowed }
    }
}

impl Default for Certificates {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Certificates {
    fn drop(&mut self) {
        // What is left is in the temporary folder.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// A port with TLS in front of one without, `host:port`, as Temporal's dev server has.
pub async fn terminator(config: Config, to: String) -> Running {
    Running::start(|listener, stop| async move {
        let acceptor = Acceptor::new(&config, Protocols::Http2)?;
        let mut incoming = Incoming::new(listener, acceptor);
        let mut connections = JoinSet::new();
        while let Some(Some(Ok(mut outside))) = stop.run_until_cancelled(incoming.next()).await {
            let to = to.clone();
            connections.spawn(async move {
                let mut inside = TcpStream::connect(to).await?;
                inside.set_nodelay(true)?;
                copy_bidirectional(&mut outside, &mut inside).await
            });
        }
        Ok::<_, service::config::Error>(())
    })
    .await
}
