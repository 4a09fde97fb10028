//! The Temporal dev server: one process with its web page, its state in one SQLite file. And, in [`on_postgres`], Temporal
//! as it is deployed.

mod dynamic;
pub mod on_postgres;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::error::{Doing, Error, Result};
use crate::health::Health;
use crate::ports;
use crate::process::{Server, Spec, StopSignal};
use crate::progress::Progress;
use crate::tools::Tool;

/// The server inside the pinned tool.
const PINNED_SERVER: (u32, u32, u32) = (1, 29, 1);

/// What kind of Temporal. A port of 0 stands for a free one.
#[derive(Clone, Debug)]
pub struct Options {
    /// The name of the process in tables and logs.
    pub name: String,
    /// Where its database goes; made if need be, and kept between runs.
    pub directory: PathBuf,
    /// Its log.
    pub log: PathBuf,
    /// The gRPC front end.
    pub port: u16,
    /// The web page; `None` for none.
    pub ui_port: Option<u16>,
    /// Where the web page has payloads decrypted.
    pub ui_codec: Option<String>,
    /// The HTTP API.
    pub http_port: u16,
    /// Prometheus metrics.
    pub metrics_port: u16,
    /// Use the `temporal` on PATH instead of building the pinned one; it must not be older.
    pub from_path: bool,
}

/// A Temporal that is ready to be started.
#[derive(Clone, Debug)]
pub struct Temporal {
    spec: Spec,
    port: u16,
}

impl Temporal {
    /// Builds the server if that was not done before.
    pub async fn prepare(options: &Options, progress: &Progress) -> Result<Self> {
        let program = if options.from_path { from_path()? } else { Tool::Temporal.path(progress).await? };
        let home = &options.directory;
        std::fs::create_dir_all(home).at("creating", home)?;
        let port = ports::or_free(options.port)?;
        let http_port = ports::or_free(options.http_port)?;
        let metrics_port = ports::or_free(options.metrics_port)?;
        let database = home.join("temporal.db");
        let mut args = words("server start-dev --ip 127.0.0.1 --namespace default --log-level warn --log-format text");
        args.extend([words("--port"), vec![port.to_string()]].concat());
        args.extend([words("--http-port"), vec![http_port.to_string()]].concat());
        args.extend([words("--metrics-port"), vec![metrics_port.to_string()]].concat());
        match options.ui_port {
            Some(ui_port) => {
                args.extend([words("--ui-ip 127.0.0.1 --ui-port"), vec![ports::or_free(ui_port)?.to_string()]].concat())
            }
            None => args.push("--headless".to_owned()),
        }
        if let Some(endpoint) = &options.ui_codec {
            args.extend(["--ui-codec-endpoint".to_owned(), endpoint.clone()]);
        }
        args.extend([words("--db-filename"), vec![database.to_string_lossy().into_owned()]].concat());
        // As in memory, these halve the server's CPU per workflow; only a power cut can lose its last moments.
        args.extend(words("--sqlite-pragma journal_mode=wal --sqlite-pragma synchronous=normal"));
        args.extend(dynamic::arguments());
        let spec = Spec {
            name: options.name.clone(),
            program,
            args,
            env: BTreeMap::new(),
            sections: None,
            directory: home.clone(),
            account: None,
            log: options.log.clone(),
            port,
            // Answers once the namespace is registered, which is later than the port opens.
            health: Some(Health::Http(format!("http://127.0.0.1:{http_port}/api/v1/namespaces/default"))),
            stop_signal: StopSignal::Terminate,
            stop_rank: 1,
            grace_seconds: 15,
            starts_again: false,
        };
        Ok(Self { spec, port })
    }

    /// Prepares and starts one that ends with this process.
    pub async fn start(options: &Options, progress: &Progress) -> Result<(Self, Server)> {
        let temporal = Self::prepare(options, progress).await?;
        let server = Server::start(temporal.spec.clone()).await?;
        Ok((temporal, server))
    }

    /// How to start it.
    pub fn spec(&self) -> &Spec {
        &self.spec
    }

    /// `host:port` of the gRPC front end, the form of `TEMPORAL_ADDRESS`.
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }
}

/// The database, and what SQLite keeps beside it.
const DATABASE: [&str; 3] = ["temporal.db", "temporal.db-wal", "temporal.db-shm"];

/// Deletes the database of a stopped server, as a test of what happens without it.
pub fn delete_database(directory: &Path) -> Result<()> {
    for path in DATABASE.map(|name| directory.join(name)) {
        if path.exists() {
            std::fs::remove_file(&path).at("removing", &path)?;
        }
    }
    Ok(())
}

/// Copies the database of a stopped or killed server into another folder, as a backup would. There must be none.
pub fn copy_database(directory: &Path, to: &Path) -> Result<()> {
    std::fs::create_dir_all(to).at("creating", to)?;
    for name in DATABASE {
        let path = directory.join(name);
        if path.exists() {
            std::fs::copy(&path, to.join(name)).at("copying", &path)?;
        }
    }
    Ok(())
}

fn words(text: &str) -> Vec<String> {
    text.split(' ').map(str::to_owned).collect()
}

/// The `temporal` on PATH, when its server is at least the pinned one.
fn from_path() -> Result<PathBuf> {
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let program = std::env::split_paths(&folders).map(|folder| folder.join("temporal")).find(|path| path.is_file());
    let program = program.ok_or_else(|| Error::Missing("there is no `temporal` on PATH".to_owned()))?;
    let output = std::process::Command::new(&program).arg("--version").output().at("running", &program)?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    match server_version(&text) {
        Some(found) if found >= PINNED_SERVER => Ok(program),
        _ => {
            let (major, minor, patch) = PINNED_SERVER;
            Err(Error::Missing(format!(
                "{} is `{}`; one with server {major}.{minor}.{patch} or newer is needed",
                program.display(),
                text.trim()
            )))
        }
    }
}

/// The server's version in a text such as `temporal version 1.5.1 (Server 1.29.1, UI 2.42.1)`. The command line's own
/// version is no measure: builds from source call themselves 0.0.0.
fn server_version(text: &str) -> Option<(u32, u32, u32)> {
    let word = text.split_once("Server ")?.1.split([',', ')', ' ']).next()?;
    let mut numbers = word.split(['.', '-']).map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?, numbers.next()?.ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_compare_by_number() {
        assert_eq!(server_version("temporal version 1.5.1 (Server 1.29.1, UI 2.42.1)"), Some(PINNED_SERVER));
        assert_eq!(server_version("temporal version 0.0.0-DEV (Server 1.30.0-148.3, UI 2.4)"), Some((1, 30, 0)));
        assert_eq!(server_version("temporal version DEV"), None);
    }
}
