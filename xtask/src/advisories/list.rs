//! `advisories.toml`: what the database had of our packages on some day, for machines that can't reach it.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, bail};
use serde::{Deserialize, Serialize};
use stack::layout::repository;

use super::{Advisory, Packages, database, text};

const FILE: &str = "advisories.toml";
const HEAD: &str = "\
# What RustSec's database has about packages in Cargo.lock, for `cargo xtask check` where the database is not there.
# Written by `cargo xtask advisories CHECKOUT-OF-THE-DATABASE`. Facts only; the texts are at the source.

";

/// The list.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct List {
    /// Where it is from.
    source: String,
    /// Its last commit, and of which day that is.
    commit: String,
    date: String,
    /// The packages that were looked up.
    packages: BTreeSet<String>,
    /// What there was about them.
    #[serde(rename = "advisory")]
    pub(super) advisories: Vec<Advisory>,
}

impl List {
    pub(super) fn taken_from(checkout: &Path, packages: &Packages) -> anyhow::Result<Self> {
        let advisories = database::read(checkout, packages)?;
        Ok(Self {
            source: "https://github.com/RustSec/advisory-db".to_owned(),
            commit: git(checkout, "--format=%H")?,
            date: git(checkout, "--format=%cs")?,
            packages: packages.keys().cloned().collect(),
            advisories,
        })
    }

    pub(super) fn read() -> anyhow::Result<Self> {
        toml::from_str(&text(&repository().join(FILE))?).context(FILE)
    }

    pub(super) fn write(&self) -> anyhow::Result<()> {
        Ok(std::fs::write(repository().join(FILE), format!("{HEAD}{}", toml::to_string(self)?))?)
    }

    pub(super) fn summary(&self) -> String {
        format!("{} advisories about {} packages, as of {}", self.advisories.len(), self.packages.len(), self.date)
    }

    /// The same, with what was locked since and never looked up.
    pub(super) fn summary_for(&self, packages: &Packages) -> String {
        let since: Vec<&str> =
            packages.keys().filter(|name| !self.packages.contains(*name)).map(String::as_str).collect();
        let new = if since.is_empty() { String::new() } else { format!("; NOT LOOKED UP: {}", since.join(", ")) };
        format!("{}{new}", self.summary())
    }
}

fn git(checkout: &Path, format: &str) -> anyhow::Result<String> {
    let output = Command::new("git").arg("-C").arg(checkout).args(["log", "-1", format]).output()?;
    if !output.status.success() {
        bail!("{} is no git checkout", checkout.display());
    }
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}
