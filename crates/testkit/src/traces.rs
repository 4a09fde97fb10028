//! A Jaeger of a test's own, and what it knows.

use crate::PATIENCE;
use crate::servers::place;
use serde_json::Value;
use stack::{Jaeger, Progress, Server, jaeger};
use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::time::Duration;

/// Between two looks at a trace, whose end nobody announces.
const LOOK: Duration = Duration::from_millis(100);

/// A Jaeger for one test.
pub struct OwnJaeger {
    _server: Server,
    jaeger: Jaeger,
    directory: PathBuf,
}

/// A span, as Jaeger tells of it.
#[derive(Clone, Debug)]
pub struct Span {
    /// Its id.
    pub id: String,
    /// The span that it is part of.
    pub parent: Option<String>,
    /// The traces that it refers to.
    pub links: Vec<String>,
    /// What was done.
    pub name: String,
    /// Which service did it.
    pub service: String,
    /// Its attributes.
    pub attributes: HashMap<String, Value>,
}

/// Starts a Jaeger.
pub async fn jaeger() -> OwnJaeger {
    let directory = place("jaeger");
    std::fs::create_dir_all(&directory).expect("a temporary folder");
    let options =
        jaeger::Options { log: directory.join("log"), directory: directory.clone(), otlp_port: 0, query_port: 0 };
    let (jaeger, server) = Jaeger::start(&options, &Progress::silent()).await.expect("a Jaeger of the test's own");
    OwnJaeger { _server: server, jaeger, directory }
}

impl OwnJaeger {
    /// What makes a process send its spans here, soon.
    pub fn settings(&self) -> [(&'static str, String); 2] {
        [("OMS_TRACES__ENDPOINT", self.jaeger.otlp_url()), ("OTEL_BSP_SCHEDULE_DELAY", "100".to_owned())]
    }

    /// The spans of a trace, once they are enough.
    pub async fn trace(&self, id: &str, enough: impl Fn(&[Span]) -> bool) -> Vec<Span> {
        let url = format!("{}/api/traces/{id}", self.jaeger.query_url());
        let mut spans = Vec::new();
        let look = async {
            while !enough(&spans) {
                tokio::time::sleep(LOOK).await;
                let reply = reqwest::get(&url).await.expect("Jaeger").bytes().await.expect("its reply");
                let reply: Value = serde_json::from_slice(&reply).expect("JSON");
                // Empty while Jaeger knows of no such trace.
                spans = self::spans(&reply["data"][0]);
            }
        };
        if tokio::time::timeout(PATIENCE, look).await.is_err() {
            panic!("the trace {id} stayed at {spans:#?}");
        }
        spans
    }

    /// The traces that a service took part in.
    pub async fn traces_of(&self, service: &str) -> BTreeMap<String, Vec<Span>> {
        let url = format!("{}/api/traces?service={service}&limit=1000", self.jaeger.query_url());
        let reply = reqwest::get(&url).await.expect("Jaeger").bytes().await.expect("its reply");
        let reply: Value = serde_json::from_slice(&reply).expect("JSON");
        list(&reply["data"]).iter().map(|trace| (text(&trace["traceID"]), spans(trace))).collect()
    }
}

impl Drop for OwnJaeger {
    fn drop(&mut self) {
        // What is left is in the temporary folder.
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn spans(trace: &Value) -> Vec<Span> {
    let references = |span: &Value, kind: &str, field: &str| -> Vec<String> {
        let of_kind = list(&span["references"]).iter().filter(|reference| reference["refType"] == kind);
        of_kind.map(|reference| text(&reference[field])).collect()
    };
    let span = |span: &Value| Span {
        id: text(&span["spanID"]),
        parent: references(span, "CHILD_OF", "spanID").pop(),
        links: references(span, "FOLLOWS_FROM", "traceID"),
        name: text(&span["operationName"]),
        service: text(&trace["processes"][text(&span["processID"])]["serviceName"]),
        attributes: list(&span["tags"]).iter().map(|tag| (text(&tag["key"]), tag["value"].clone())).collect(),
    };
    list(&trace["spans"]).iter().map(span).collect()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}
