//! A Prometheus of a test's own, with the rules of `deploy/prometheus`, and what it knows.

use crate::servers::place;
use serde_json::Value;
use stack::{Progress, Prometheus, Server, prometheus};
use std::path::PathBuf;

/// A Prometheus for one test.
pub struct OwnPrometheus {
    _server: Server,
    prometheus: Prometheus,
    directory: PathBuf,
    http: reqwest::Client,
}

/// A selector in an expression, such as `up{job="orders"}`.
#[derive(Clone, Debug)]
pub struct Selector {
    /// The name of the series.
    pub name: String,
    /// Label, operator and value of each condition.
    pub matchers: Vec<[String; 3]>,
}

/// Starts one that scrapes these ports every second, each in the place of a target of `deploy/prometheus/prometheus.yml`.
pub async fn prometheus(targets: Vec<(&'static str, u16)>) -> OwnPrometheus {
    let directory = place("prometheus");
    let options = prometheus::Options {
        log: directory.join("log"),
        directory: directory.clone(),
        port: 0,
        targets,
        interval_seconds: 1,
        trust: None,
    };
    std::fs::create_dir_all(&directory).expect("a temporary folder");
    let started = Prometheus::start(&options, &Progress::silent()).await;
    let (prometheus, server) = started.expect("a Prometheus of the test's own");
    OwnPrometheus { _server: server, prometheus, directory, http: reqwest::Client::new() }
}

impl OwnPrometheus {
    /// The data of a reply of the API.
    ///
    /// # Errors
    /// What the API says is wrong.
    pub async fn ask(&self, path: &str, query: &str) -> Result<Value, String> {
        let form = form_urlencoded::Serializer::new(String::new()).append_pair("query", query).finish();
        let request = self.http.post(format!("{}/api/v1/{path}", self.prometheus.url()));
        let request = request.header("content-type", "application/x-www-form-urlencoded").body(form);
        let mut reply: Value = request.send().await.expect("Prometheus").json().await.expect("JSON");
        if reply["status"] == "success" { Ok(reply["data"].take()) } else { Err(reply["error"].to_string()) }
    }

    /// Every rule, as it went when it was last evaluated.
    pub async fn rules(&self) -> Vec<Value> {
        let url = format!("{}/api/v1/rules", self.prometheus.url());
        let reply: Value = self.http.get(url).send().await.expect("Prometheus").json().await.expect("JSON");
        let groups = reply["data"]["groups"].as_array().cloned().unwrap_or_default();
        groups.iter().flat_map(|group| group["rules"].as_array().cloned().unwrap_or_default()).collect()
    }

    /// How many series an expression has now.
    ///
    /// # Errors
    /// It can't be evaluated.
    pub async fn count(&self, expression: &str) -> Result<usize, String> {
        Ok(self.ask("query", expression).await?["result"].as_array().map_or(0, Vec::len))
    }

    /// Every selector in an expression.
    ///
    /// # Errors
    /// It is none.
    pub async fn selectors(&self, expression: &str) -> Result<Vec<Selector>, String> {
        let mut found = Vec::new();
        collect(&self.ask("parse_query", expression).await?, &mut found);
        Ok(found)
    }
}

impl Drop for OwnPrometheus {
    fn drop(&mut self) {
        // What is left is in the temporary folder.
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

fn collect(node: &Value, found: &mut Vec<Selector>) {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    match node {
        Value::Object(fields) => {
            if let Some(matchers) = fields.get("matchers").and_then(Value::as_array) {
                let matchers = matchers.iter().filter(|matcher| matcher["name"] != "__name__");
                let matchers = matchers.map(|matcher| ["name", "type", "value"].map(|field| text(&matcher[field])));
                found.push(Selector { name: text(&node["name"]), matchers: matchers.collect() });
            }
            fields.values().for_each(|field| collect(field, found));
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
        _ => {}
    }
}

impl std::fmt::Display for Selector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let conditions = self.matchers.iter().map(|[label, operator, value]| format!("{label}{operator}{value:?}"));
        write!(f, "{}{{{}}}", self.name, conditions.collect::<Vec<_>>().join(","))
    }
}
