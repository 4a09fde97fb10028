//! Toxiproxy, which stands between the processes, and its HTTP API.

use std::collections::BTreeMap;

use anyhow::{Context, ensure};
use reqwest::{Client, Method};
use serde_json::{Value, json};
use stack::process::StopSignal;
use stack::tools::Tool;
use stack::{Health, Layout, Progress, Spec, ports};

use crate::map::Link;
use crate::plan::Spoil;

/// The one toxic that a proxy has at a time.
const TOXIC: &str = "spoil";

/// A client of a running toxiproxy.
#[derive(Clone)]
pub(crate) struct Toxiproxy {
    url: String,
    http: Client,
}

impl Toxiproxy {
    /// How to start it on a free port, and its client. It must not be stopped before all others: they speak through it.
    pub(crate) async fn prepare(layout: &Layout, progress: &Progress) -> anyhow::Result<(Self, Spec)> {
        let program = Tool::Toxiproxy.path(progress).await?;
        let port = ports::free()?;
        let url = format!("http://127.0.0.1:{port}");
        let spec = Spec {
            name: "toxiproxy".to_owned(),
            program,
            args: vec!["-host".to_owned(), "127.0.0.1".to_owned(), "-port".to_owned(), port.to_string()],
            sections: None,
            env: BTreeMap::from([("LOG_LEVEL".to_owned(), "warn".to_owned())]),
            directory: layout.root().to_path_buf(),
            account: None,
            log: layout.log("toxiproxy"),
            port,
            health: Some(Health::Http(format!("{url}/version"))),
            stop_signal: StopSignal::Terminate,
            stop_rank: 2,
            grace_seconds: 5,
            starts_again: false,
        };
        Ok((Self { url, http: Client::new() }, spec))
    }

    /// Puts a proxy in front of `upstream` and returns the `host:port` where it listens.
    pub(crate) async fn add(&self, link: Link, upstream: &str) -> anyhow::Result<String> {
        let proxy = json!({"name": link.proxy(), "listen": "127.0.0.1:0", "upstream": upstream, "enabled": true});
        let made = self.call(Method::POST, "/proxies", Some(proxy)).await?;
        let listen = made.get("listen").and_then(Value::as_str);
        Ok(listen.with_context(|| format!("toxiproxy does not say where {link} listens: {made}"))?.to_owned())
    }

    /// Spoils a connection.
    pub(crate) async fn spoil(&self, link: Link, how: Spoil) -> anyhow::Result<()> {
        let (kind, stream, attributes) = match how {
            Spoil::Cut => return self.enable(link, false).await,
            // Without a timeout nothing gets through until the toxic is removed, which closes the connections.
            Spoil::LoseRequests => ("timeout", "upstream", json!({"timeout": 0})),
            Spoil::LoseReplies => ("timeout", "downstream", json!({"timeout": 0})),
            Spoil::Delay(by) => {
                let by = u64::try_from(by.as_millis())?;
                ("latency", "downstream", json!({"latency": by, "jitter": by / 2}))
            }
            Spoil::Throttle(rate) => ("bandwidth", "downstream", json!({"rate": rate})),
        };
        let toxic = json!({"name": TOXIC, "type": kind, "stream": stream, "toxicity": 1.0, "attributes": attributes});
        self.call(Method::POST, &format!("/proxies/{}/toxics", link.proxy()), Some(toxic)).await.map(drop)
    }

    /// Takes back what [`spoil`](Self::spoil) did.
    pub(crate) async fn mend(&self, link: Link, how: Spoil) -> anyhow::Result<()> {
        match how {
            Spoil::Cut => self.enable(link, true).await,
            _ => self.call(Method::DELETE, &format!("/proxies/{}/toxics/{TOXIC}", link.proxy()), None).await.map(drop),
        }
    }

    async fn enable(&self, link: Link, enabled: bool) -> anyhow::Result<()> {
        self.call(Method::POST, &format!("/proxies/{}", link.proxy()), Some(json!({"enabled": enabled})))
            .await
            .map(drop)
    }

    async fn call(&self, method: Method, path: &str, body: Option<Value>) -> anyhow::Result<Value> {
        let mut request = self.http.request(method, format!("{}{path}", self.url));
        if let Some(body) = &body {
            request = request.json(body);
        }
        let reply = request.send().await.with_context(|| format!("asking toxiproxy for {path}"))?;
        let (status, text) = (reply.status(), reply.text().await?);
        ensure!(status.is_success(), "toxiproxy answered {status} to {path}: {text}");
        Ok(if text.is_empty() { Value::Null } else { serde_json::from_str(&text)? })
    }
}
