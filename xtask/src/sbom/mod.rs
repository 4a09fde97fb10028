//! Bills of materials: what each of our programs is made of, in the form of CycloneDX.

mod metadata;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, bail};
use metadata::{Metadata, Package};
use serde_json::{Value, json};
use stack::system::BINARIES;

use crate::build;

/// Write a bill of materials of each program, as CycloneDX 1.6 in JSON
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The folder; `sbom` in cargo's target folder if none is named
    #[arg(long)]
    out: Option<PathBuf>,
}

pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let folder = arguments.out.unwrap_or_else(|| build::target_folder().join("sbom"));
    std::fs::create_dir_all(&folder)?;
    for (name, bill) in bills().await? {
        let path = folder.join(format!("{name}.cdx.json"));
        std::fs::write(&path, serde_json::to_string_pretty(&bill)? + "\n")?;
        println!("{}", path.display());
    }
    Ok(ExitCode::SUCCESS)
}

/// Fails if something is built in whose origin, licence or checksum is not known.
pub(crate) async fn check() -> anyhow::Result<String> {
    let mut materials = BTreeSet::new();
    for (name, bill) in bills().await? {
        for component in bill["components"].as_array().context("no components")? {
            let (known, from) = (component["name"].as_str().unwrap_or_default(), component["purl"].as_str());
            if component["licenses"][0].is_null() || (from.is_some() && component["hashes"][0].is_null()) {
                bail!("{name}: the licence or the checksum of {known} is not known");
            }
            materials.extend(from.map(str::to_owned));
        }
    }
    Ok(format!("{} packages in {} programs", materials.len(), BINARIES.len()))
}

async fn bills() -> anyhow::Result<Vec<(&'static str, Value)>> {
    let metadata = Metadata::read().await?;
    BINARIES.iter().map(|service| Ok((service.name(), bill(service.name(), &metadata)?))).collect()
}

/// Without a number and a time of its own, so that the same program always has the same bill.
fn bill(program: &str, metadata: &Metadata) -> anyhow::Result<Value> {
    let root = metadata.ours(program).with_context(|| format!("no package {program}"))?;
    let parts = metadata.built_into(root);
    let components: Vec<Value> = parts.iter().filter(|(package, _)| package.id != root.id).map(component).collect();
    let dependencies: Vec<Value> = parts
        .iter()
        .map(|(package, _)| {
            let on = metadata.depends_on(package);
            let on: BTreeSet<String> = on.filter(|p| parts.iter().any(|(q, _)| q.id == p.id)).map(reference).collect();
            json!({ "ref": reference(package), "dependsOn": on })
        })
        .collect();
    Ok(json!({
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": { "component": {
            "type": "application", "bom-ref": reference(root), "name": root.name, "version": root.version,
            "description": root.description, "licenses": licences(root),
        } },
        "components": components,
        "dependencies": dependencies,
    }))
}

/// `required` is in the program itself, `excluded` only took part in building it.
fn component((package, built_in): &(&Package, bool)) -> Value {
    let mut component = json!({
        "type": "library", "bom-ref": reference(package), "name": package.name, "version": package.version,
        "scope": if *built_in { "required" } else { "excluded" }, "licenses": licences(package),
    });
    if package.source.is_some() {
        component["purl"] = json!(reference(package));
    }
    if let Some(checksum) = &package.checksum {
        component["hashes"] = json!([{ "alg": "SHA-256", "content": checksum }]);
    }
    component
}

/// A package URL; of what is only ours, something that can't be taken for one.
fn reference(package: &Package) -> String {
    let version = package.version.replace('+', "%2B");
    match package.source {
        Some(_) => format!("pkg:cargo/{}@{version}", package.name),
        None => format!("ours:{}@{version}", package.name),
    }
}

fn licences(package: &Package) -> Value {
    if let Some(expression) = &package.license {
        // Cargo still takes the old way of writing it.
        return json!([{ "expression": expression.replace('/', " OR ") }]);
    }
    let file = package.license_file.as_ref().and_then(|file| Some(package.manifest_path.parent()?.join(file)));
    match file.and_then(|file| std::fs::read_to_string(file).ok()) {
        Some(text) => json!([{ "license": { "name": "in its own words", "text": { "content": text } } }]),
        None => json!([]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_url_is_encoded() {
        let mut package = Package { name: "toml".into(), version: "1.2.1+spec-1.1.0".into(), ..Package::default() };
        assert_eq!(reference(&package), "ours:toml@1.2.1%2Bspec-1.1.0");
        package.source = Some("registry+https://github.com/rust-lang/crates.io-index".into());
        assert_eq!(reference(&package), "pkg:cargo/toml@1.2.1%2Bspec-1.1.0");
        package.license = Some("MIT/Apache-2.0".into());
        assert_eq!(licences(&package), json!([{ "expression": "MIT OR Apache-2.0" }]));
    }
}
