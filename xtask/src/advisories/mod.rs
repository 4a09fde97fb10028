//! Known faults of the packages in Cargo.lock, from RustSec's database: the database itself where there is one, else
//! what `advisories.toml` has of it.

mod database;
mod list;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};
use semver::{Version, VersionReq};
use serde::{Deserialize, Serialize};
use stack::cache::home;
use stack::layout::repository;

/// Names a copy of the database.
const DATABASE: &str = "OMS_ADVISORY_DB";

/// Write advisories.toml anew from a copy of RustSec's database
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// A checkout of https://github.com/RustSec/advisory-db
    database: PathBuf,
}

/// What is known of a package.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Advisory {
    id: String,
    package: String,
    /// What is said of it when it is no vulnerability: `unsound`, `unmaintained`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    kind: Option<String>,
    patched: Vec<VersionReq>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    unaffected: Vec<VersionReq>,
}

/// The versions of each package that come from a registry. Our own may be called as others are.
type Packages = BTreeMap<String, Vec<Version>>;

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let list = list::List::taken_from(&arguments.database, &packages()?)?;
    list.write()?;
    println!("{}", list.summary());
    Ok(ExitCode::SUCCESS)
}

/// What was looked at; fails if a package is affected.
pub(crate) fn check() -> anyhow::Result<String> {
    let packages = packages()?;
    let (advisories, looked_at) = match database_here()? {
        Some(folder) => {
            let found = database::read(&folder, &packages)?;
            let summary = format!("{} advisories about ours in {}", found.len(), folder.display());
            (found, summary)
        }
        None => {
            let list = list::List::read()?;
            let summary = format!("{}; {DATABASE} names no database", list.summary_for(&packages));
            (list.advisories, summary)
        }
    };
    let accepted = accepted()?;
    let (known, new): (Vec<_>, Vec<_>) = advisories.iter().partition(|advisory| accepted.contains(&advisory.id));
    let affected = |of: &[&Advisory]| of.iter().flat_map(|advisory| advisory.affected(&packages)).collect::<Vec<_>>();
    let faults = affected(&new);
    if !faults.is_empty() {
        bail!("{}", faults.join("; "));
    }
    let known = affected(&known);
    let and = if known.is_empty() { String::new() } else { format!("; accepted in deny.toml: {}", known.join("; ")) };
    Ok(format!("{looked_at}{and}"))
}

/// What we know of and live with; `deny.toml` has the reasons, where cargo-deny looks for them too.
fn accepted() -> anyhow::Result<BTreeSet<String>> {
    #[derive(Deserialize)]
    struct Deny {
        advisories: Advisories,
    }
    #[derive(Deserialize)]
    struct Advisories {
        ignore: Vec<Ignored>,
    }
    #[derive(Deserialize)]
    struct Ignored {
        id: String,
    }
    let deny: Deny = toml::from_str(&text(&repository().join("deny.toml"))?).context("deny.toml")?;
    Ok(deny.advisories.ignore.into_iter().map(|ignored| ignored.id).collect())
}

impl Advisory {
    /// Those of our versions that have the fault, in words.
    fn affected(&self, packages: &Packages) -> Vec<String> {
        let versions = packages.get(&self.package).map_or(&[][..], Vec::as_slice);
        let free = |version: &Version| self.patched.iter().chain(&self.unaffected).any(|good| good.matches(version));
        let kind = self.kind.as_deref().unwrap_or("vulnerable");
        let affected = versions.iter().filter(|version| !free(version));
        affected.map(|version| format!("{} {version} is {kind}: {}", self.package, self.id)).collect()
    }
}

/// The copy that is named, which must be there, or the usual one.
fn database_here() -> anyhow::Result<Option<PathBuf>> {
    if let Some(named) = std::env::var_os(DATABASE).map(PathBuf::from) {
        if !named.join("crates").is_dir() {
            bail!("{DATABASE}: {} is no copy of the database", named.display());
        }
        return Ok(Some(named));
    }
    let usual = home()?.join(".cargo/advisory-db");
    Ok(usual.join("crates").is_dir().then_some(usual))
}

fn packages() -> anyhow::Result<Packages> {
    #[derive(Deserialize)]
    struct Lock {
        package: Vec<Package>,
    }
    #[derive(Deserialize)]
    struct Package {
        name: String,
        version: Version,
        source: Option<String>,
    }
    let lock: Lock = toml::from_str(&text(&repository().join("Cargo.lock"))?)?;
    let mut packages = Packages::new();
    for package in lock.package.into_iter().filter(|package| package.source.is_some()) {
        packages.entry(package.name).or_default().push(package.version);
    }
    Ok(packages)
}

fn text(path: &Path) -> anyhow::Result<String> {
    std::fs::read_to_string(path).with_context(|| path.display().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_before_the_repair_are_affected() {
        let advisory: Advisory = toml::from_str(
            "id = 'R'\npackage = 'a'\npatched = ['>= 1.2.3', '>= 0.9.5, < 1.0.0']\nunaffected = ['< 0.5']",
        )
        .unwrap();
        let affected = |version: &str| {
            let packages = Packages::from([("a".to_owned(), vec![version.parse().unwrap()])]);
            !advisory.affected(&packages).is_empty()
        };
        for (version, expected) in
            [("1.2.3", false), ("1.2.2", true), ("0.9.5", false), ("0.9.4", true), ("0.4.9", false)]
        {
            assert_eq!(affected(version), expected, "{version}");
        }
        assert!(advisory.affected(&Packages::new()).is_empty());
    }

    #[test]
    fn the_list_covers_what_is_locked() {
        let list = list::List::read().unwrap();
        assert!(!list.advisories.is_empty());
        assert!(packages().unwrap().contains_key("tokio"));
    }
}
