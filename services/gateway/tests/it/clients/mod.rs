//! The programs of `clients/` and the usual tools, run as their README says against a system of their own.

mod story;
mod toolchain;
mod tools;

use story::Story;
use toolchain::{Step, Toolchain};
pub(crate) use toolchain::{chromium, has_node, has_python};

#[tokio::test(flavor = "multi_thread")]
async fn go_delivers_an_order() {
    let go = Toolchain::of("go");
    let story = Story::begin().await;
    let said = go.run("go", &["run", "./example", &story.address()]).await;
    story.end("CUST-GO", &said).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn python_delivers_an_order() {
    if !has_python("the python client") {
        return;
    }
    let mut python = Toolchain::of("python");
    python.use_environment().await;
    python.generate().await;
    let story = Story::begin().await;
    let said = python.run("python", &["example.py", &story.address()]).await;
    story.end("CUST-PYTHON", &said).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn typescript_delivers_an_order_over_grpc_web() {
    let typescript = Toolchain::of("typescript");
    if typescript.is_older("node_modules/.package-lock.json", "package-lock.json") {
        typescript.run("npm", &["ci", "--no-audit", "--no-fund"]).await;
    }
    typescript.generate().await;
    typescript.run("npm", &["run", "build"]).await;
    let story = Story::begin().await;
    let said = typescript.run("npm", &["run", "example", "--", &story.address()]).await;
    story.end("CUST-TYPESCRIPT", &said).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn java_delivers_an_order() {
    let compiler = Step("javac", &["--release", "17", "-version"]);
    let Some(java) = Toolchain::found("java", "JDK 17 or later and Maven", &[compiler, Step("mvn", &["-version"])])
    else {
        return;
    };
    let quiet = ["-q", "-B"];
    java.run("mvn", &[&quiet[..], &["initialize"]].concat()).await;
    java.generate().await;
    java.run("mvn", &[&quiet[..], &["compile"]].concat()).await;
    let story = Story::begin().await;
    let address = format!("-Dexec.args={}", story.address());
    let said = java.run("mvn", &[&quiet[..], &["exec:java", &address]].concat()).await;
    // Maven sets the terminal's colours back before the example says anything.
    story.end("CUST-JAVA", &said.replace("\u{1b}[0m", "")).await;
}
