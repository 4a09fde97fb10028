//! The bills of materials are what CycloneDX says they must be.

#![expect(clippy::unwrap_used, reason = "a test that can't go on has failed")]

use std::path::Path;
use std::process::Command;

use stack::layout::repository;
use stack::{Progress, python};

/// Validates each file that is named, by the schema of its version.
const VALIDATE: &str = "
import sys
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
for path in sys.argv[1:]:
    fault = JsonStrictValidator(SchemaVersion.V1_6).validate_str(open(path).read())
    if fault:
        sys.exit(f'{path}: {fault}')
";

#[tokio::test]
async fn the_bills_of_materials_are_valid_and_always_the_same() {
    let folder = tempfile();
    let write = |name: &str| {
        let out = folder.join(name);
        let status = Command::new(env!("CARGO_BIN_EXE_xtask")).args(["sbom", "--out"]).arg(&out).status().unwrap();
        assert!(status.success());
        let read = |program: &str| std::fs::read_to_string(out.join(format!("{program}.cdx.json"))).unwrap();
        ["orders", "payments", "inventory", "gateway"].map(read)
    };
    let first = write("first");
    assert_eq!(first, write("second"));
    for (bill, part) in [(&first[0], "pkg:cargo/sqlx-postgres@"), (&first[3], "pkg:cargo/tonic-web@")] {
        assert!(bill.contains(part), "{part}");
    }
    assert!(!first[3].contains("pkg:cargo/insta@"), "tests are no part of a program");
    validate(&folder.join("first")).await;
    std::fs::remove_dir_all(folder).unwrap();
}

async fn validate(folder: &Path) {
    if !python::is_here() {
        assert!(std::env::var_os("CI").is_none(), "no Python");
        return;
    }
    let requirements = repository().join("tools/python/requirements.txt");
    let programs = python::environment("python-tools", &requirements, &Progress::silent()).await.unwrap();
    let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    let output = Command::new(programs.join("python")).args(["-c", VALIDATE]).args(files).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn tempfile() -> std::path::PathBuf {
    nix::unistd::mkdtemp(&std::env::temp_dir().join("oms-sbom-XXXXXX")).unwrap()
}
