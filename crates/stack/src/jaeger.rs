//! Jaeger: takes spans, keeps them in memory, and answers questions about them.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::error::Result;
use crate::health::Health;
use crate::ports;
use crate::process::{Server, Spec, StopSignal};
use crate::progress::Progress;
use crate::tools::Tool;

/// Older traces are forgotten.
const TRACES: u32 = 50_000;

/// Where a Jaeger listens and logs. A port of 0 stands for a free one.
#[derive(Clone, Debug)]
pub struct Options {
    /// Its log.
    pub log: PathBuf,
    /// Where it runs.
    pub directory: PathBuf,
    /// Takes OTLP over gRPC.
    pub otlp_port: u16,
    /// The web page and the query API.
    pub query_port: u16,
}

/// A Jaeger that is ready to be started.
#[derive(Clone, Debug)]
pub struct Jaeger {
    spec: Spec,
    otlp_port: u16,
}

impl Jaeger {
    /// Builds it if that was not done before.
    pub async fn prepare(options: &Options, progress: &Progress) -> Result<Self> {
        let program = Tool::Jaeger.path(progress).await?;
        let (otlp_port, query_port) = (ports::or_free(options.otlp_port)?, ports::or_free(options.query_port)?);
        let admin_port = ports::free()?;
        let mut args = vec![format!("--memory.max-traces={TRACES}"), "--log-level=warn".to_owned()];
        let mut listen = |flag: &str, port: u16| args.push(format!("--{flag}.host-port=127.0.0.1:{port}"));
        listen("collector.otlp.grpc", otlp_port);
        listen("query.http-server", query_port);
        listen("admin.http", admin_port);
        // It insists on all of these.
        for unused in [
            "collector.otlp.http",
            "collector.grpc-server",
            "collector.http-server",
            "query.grpc-server",
            "http-server",
        ] {
            listen(unused, ports::free()?);
        }
        for unused in ["jaeger-binary", "jaeger-compact", "zipkin-compact"] {
            args.push(format!("--processor.{unused}.server-host-port=127.0.0.1:{}", ports::free()?));
        }
        let spec = Spec {
            name: "jaeger".to_owned(),
            program,
            args,
            env: BTreeMap::new(),
            sections: None,
            directory: options.directory.clone(),
            account: None,
            log: options.log.clone(),
            port: query_port,
            health: Some(Health::Http(format!("http://127.0.0.1:{admin_port}/"))),
            stop_signal: StopSignal::Terminate,
            // After the services, which send their last spans.
            stop_rank: 1,
            grace_seconds: 10,
            starts_again: false,
        };
        Ok(Self { spec, otlp_port })
    }

    /// Prepares and starts one that ends with this process.
    pub async fn start(options: &Options, progress: &Progress) -> Result<(Self, Server)> {
        let jaeger = Self::prepare(options, progress).await?;
        let server = Server::start(jaeger.spec.clone()).await?;
        Ok((jaeger, server))
    }

    /// How to start it.
    pub fn spec(&self) -> &Spec {
        &self.spec
    }

    /// Where services send their spans.
    pub fn otlp_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.otlp_port)
    }

    /// The web page, and the query API below `/api`.
    pub fn query_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.spec.port)
    }
}
