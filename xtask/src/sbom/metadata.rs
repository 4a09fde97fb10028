//! What cargo says of the workspace: packages, and which is built into which.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::path::PathBuf;

use anyhow::{Context, bail};
use serde::Deserialize;
use stack::layout::repository;

use crate::build;

/// As `cargo metadata` prints it, with the checksums of Cargo.lock.
pub(super) struct Metadata {
    packages: HashMap<String, Package>,
    nodes: HashMap<String, Node>,
}

/// A package.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Package {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) version: String,
    /// By its name in SPDX, if it is one of those.
    pub(super) license: Option<String>,
    /// Else where its text is, next to the manifest.
    pub(super) license_file: Option<PathBuf>,
    pub(super) manifest_path: PathBuf,
    pub(super) description: Option<String>,
    /// Where it is from; none of ours has one.
    pub(super) source: Option<String>,
    #[serde(skip)]
    pub(super) checksum: Option<String>,
}

#[derive(Deserialize)]
struct Node {
    id: String,
    deps: Vec<Edge>,
}

#[derive(Deserialize)]
struct Edge {
    pkg: String,
    dep_kinds: Vec<Kind>,
}

#[derive(Deserialize)]
struct Kind {
    /// None, `build` or `dev`.
    kind: Option<String>,
}

impl Edge {
    fn is_normal(&self) -> bool {
        self.dep_kinds.iter().any(|kind| kind.kind.is_none())
    }

    fn is_for_building(&self) -> bool {
        self.dep_kinds.iter().any(|kind| kind.kind.as_deref() == Some("build"))
    }
}

impl Metadata {
    /// For the machine that this is: what other systems would need is left out.
    pub(super) async fn read() -> anyhow::Result<Self> {
        #[derive(Deserialize)]
        struct Output {
            packages: Vec<Package>,
            resolve: Resolve,
        }
        #[derive(Deserialize)]
        struct Resolve {
            nodes: Vec<Node>,
        }
        let mut command = build::cargo();
        command.args(["metadata", "--format-version", "1", "--locked", "--filter-platform"]).arg(build::host().await?);
        let output = command.output().await?;
        if !output.status.success() {
            bail!("cargo metadata: {}", String::from_utf8_lossy(&output.stderr));
        }
        let Output { mut packages, resolve } = serde_json::from_slice(&output.stdout)?;
        let checksums = checksums()?;
        for package in &mut packages {
            package.checksum = checksums.get(&(package.name.clone(), package.version.clone())).cloned();
        }
        Ok(Self {
            packages: packages.into_iter().map(|package| (package.id.clone(), package)).collect(),
            nodes: resolve.nodes.into_iter().map(|node| (node.id.clone(), node)).collect(),
        })
    }

    /// The package of this workspace with this name.
    pub(super) fn ours(&self, name: &str) -> Option<&Package> {
        self.packages.values().find(|package| package.name == name && package.source.is_none())
    }

    /// What it names as its dependencies, but for its tests.
    pub(super) fn depends_on(&self, package: &Package) -> impl Iterator<Item = &Package> {
        let edges = self.nodes.get(&package.id).map_or(&[][..], |node| &node.deps);
        let edges = edges.iter().filter(|edge| edge.is_normal() || edge.is_for_building());
        edges.filter_map(|edge| self.packages.get(&edge.pkg))
    }

    /// Everything that a program is made of, itself included, in order; with each, whether it is in the program, or only
    /// took part in building it.
    pub(super) fn built_into(&self, root: &Package) -> Vec<(&Package, bool)> {
        let mut reached: BTreeMap<(&str, &str), (&Package, bool)> = BTreeMap::new();
        let mut next = VecDeque::from([(root.id.as_str(), true)]);
        while let Some((id, built_in)) = next.pop_front() {
            let (Some(package), Some(node)) = (self.packages.get(id), self.nodes.get(id)) else { continue };
            let place = (package.name.as_str(), package.version.as_str());
            if reached.get(&place).is_some_and(|(_, before)| *before || !built_in) {
                continue;
            }
            reached.insert(place, (package, built_in));
            for edge in &node.deps {
                if edge.is_normal() {
                    next.push_back((&edge.pkg, built_in));
                } else if edge.is_for_building() {
                    next.push_back((&edge.pkg, false));
                }
            }
        }
        reached.into_values().collect()
    }
}

/// By name and version.
fn checksums() -> anyhow::Result<HashMap<(String, String), String>> {
    #[derive(Deserialize)]
    struct Lock {
        package: Vec<Locked>,
    }
    #[derive(Deserialize)]
    struct Locked {
        name: String,
        version: String,
        checksum: Option<String>,
    }
    let lock = std::fs::read_to_string(repository().join("Cargo.lock")).context("Cargo.lock")?;
    let lock: Lock = toml::from_str(&lock)?;
    Ok(lock.package.into_iter().filter_map(|p| Some(((p.name, p.version), p.checksum?))).collect())
}
