//! RustSec's database: a folder for each package, a file for each advisory.

use std::path::Path;

use anyhow::{Context, bail};
use semver::VersionReq;
use serde::Deserialize;

use super::{Advisory, Packages, text};

/// An advisory begins with its facts; the rest is prose.
const FACTS: &str = "```toml\n";
const END: &str = "\n```";

#[derive(Deserialize)]
struct File {
    advisory: Facts,
    #[serde(default)]
    versions: Versions,
}

#[derive(Deserialize)]
struct Facts {
    id: String,
    package: String,
    informational: Option<String>,
    withdrawn: Option<String>,
}

#[derive(Default, Deserialize)]
struct Versions {
    #[serde(default)]
    patched: Vec<VersionReq>,
    #[serde(default)]
    unaffected: Vec<VersionReq>,
}

/// What it has of these packages, in order.
pub(super) fn read(database: &Path, packages: &Packages) -> anyhow::Result<Vec<Advisory>> {
    let crates = database.join("crates");
    if !crates.is_dir() {
        bail!("{} has no folder `crates`", database.display());
    }
    let mut found = Vec::new();
    for name in packages.keys() {
        let Ok(files) = std::fs::read_dir(crates.join(name)) else { continue };
        for file in files {
            let path = file?.path();
            let advisory = parse(&text(&path)?).with_context(|| path.display().to_string())?;
            found.extend(advisory);
        }
    }
    found.sort_by(|a, b| (&a.package, &a.id).cmp(&(&b.package, &b.id)));
    Ok(found)
}

/// `None` for one that was withdrawn.
fn parse(text: &str) -> anyhow::Result<Option<Advisory>> {
    let facts = text.split_once(FACTS).and_then(|(_, rest)| rest.split_once(END)).context("no facts")?.0;
    let File { advisory, versions } = toml::from_str(facts)?;
    Ok(advisory.withdrawn.is_none().then_some(Advisory {
        id: advisory.id,
        package: advisory.package,
        kind: advisory.informational,
        patched: versions.patched,
        unaffected: versions.unaffected,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_facts_are_read_and_the_prose_is_not() {
        let advisory = |more: &str| {
            let facts = "[advisory]\nid = 'RUSTSEC-2020-0001'\npackage = 'a'\ndate = '2020-01-01'\nurl = 'x'";
            parse(&format!(
                "```toml\n{facts}\n{more}\n[versions]\npatched = ['>= 1.0']\n```\n\n# Title\n```\ncode\n```"
            ))
            .unwrap()
        };
        let read = advisory("informational = 'unsound'").unwrap();
        assert_eq!(
            (read.id.as_str(), read.kind.as_deref(), read.patched.len()),
            ("RUSTSEC-2020-0001", Some("unsound"), 1)
        );
        assert!(advisory("withdrawn = '2021-01-01'").is_none());
        assert!(parse("# no facts").is_err());
    }
}
