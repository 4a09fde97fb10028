//! schemathesis, which reads the OpenAPI document and tries what it describes and what it does not.

use crate::access::Guarded;
use stack::layout::repository;
use stack::{Progress, python};
use std::process::Stdio;
use tokio::process::Command;

/// The same requests every time.
const SEED: &str = "20261130";
/// Of each operation and kind of test.
const EXAMPLES: &str = "40";

#[tokio::test(flavor = "multi_thread")]
async fn the_document_tells_the_truth() {
    if !crate::clients::has_python("schemathesis") {
        return;
    }
    let requirements = repository().join("tools/python/requirements.txt");
    let programs = python::environment("python-tools", &requirements, &Progress::silent()).await.unwrap();
    let guarded = Guarded::start().await;
    let token = guarded.token("schemathesis", &["manager", "warehouse", "finance", "auditor"]);
    // One worker: two draw from one seed in another order each time.
    let run = async |phases: &str, mode: &str| {
        let mut command = Command::new(programs.join("schemathesis"));
        command.env("SCHEMATHESIS_HOOKS", repository().join("tools/python/schemathesis_hooks.py"));
        let document = format!("{}/openapi.json", guarded.system.gateway.url());
        command.args(["run", &document, "--checks", "all", "--mode", mode, "--phases", phases]);
        command.args(["--seed", SEED, "--max-examples", EXAMPLES, "--generation-database", "none", "--workers", "1"]);
        command.args(["--no-color", "--request-timeout", "20", "--header", &format!("Authorization: Bearer {token}")]);
        // Whatever it writes down goes nowhere.
        let folder = std::env::temp_dir();
        let output = command.current_dir(folder).stdin(Stdio::null()).kill_on_drop(true).output().await.unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    };
    run("examples,coverage,stateful", "all").await;
    // Made up at random, what is wrong as a value may be right as it is written in an address: an empty object is written
    // as an absent parameter. What is wrong by rule is tried above.
    run("fuzzing", "positive").await;
    guarded.audit().await;
}
