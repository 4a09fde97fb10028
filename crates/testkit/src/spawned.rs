//! A service as a process of its own, for what only a process has: its metrics and its traces.

use crate::PATIENCE;
use serde_json::Value;
use std::io::Write as _;
use std::net::SocketAddr;
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tonic::transport::{Channel, Endpoint};

/// Between two looks at a page of metrics, which nobody announces.
const LOOK: Duration = Duration::from_millis(50);

/// A process, killed when dropped.
pub struct Spawned {
    /// Its port for requests.
    pub address: SocketAddr,
    metrics: SocketAddr,
    log: Log,
    child: Child,
}

/// What it has written so far, to either output.
type Log = Arc<Mutex<Vec<String>>>;

impl Spawned {
    /// Starts `program`, with these settings, on free ports unless they say otherwise, and waits until it is ready.
    pub async fn start(program: &str, settings: &[(&str, String)]) -> Self {
        Self::run(Command::new(program), settings).await
    }

    /// The same with the program's own arguments.
    pub async fn run(mut command: Command, settings: &[(&str, String)]) -> Self {
        let mut child = command
            .env("OMS_SERVER__LISTEN", "127.0.0.1:0")
            .env("OMS_METRICS__LISTEN", "127.0.0.1:0")
            .envs(settings.iter().map(|(name, value)| (name, value)))
            .env("OMS_LOG__FORMAT", "json")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("the program");
        let mut log = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        let complaints = BufReader::new(child.stderr.take().expect("a pipe")).lines();
        let mut ready = async || {
            let line = log.next_line().await.expect("a line of the log").expect("it ended before it was ready");
            let line: Value = serde_json::from_str(&line).unwrap_or_default();
            let message = line.get("message").and_then(Value::as_str).unwrap_or_default();
            let address = line.get("address").and_then(Value::as_str).unwrap_or_default();
            // As of an `Option`.
            let address = address.trim_start_matches("Some(").trim_end_matches(')');
            message.ends_with(" ready").then(|| address.parse::<SocketAddr>().expect("the address of a ready port"))
        };
        let both = async {
            let mut found = Vec::new();
            while found.len() < 2 {
                found.extend(ready().await);
            }
            found
        };
        let found = tokio::time::timeout(PATIENCE, both).await.expect("it did not become ready");
        // Nobody may stop reading: the process would stop at its next line.
        let kept = Log::default();
        tokio::spawn(keep(log, kept.clone(), false));
        tokio::spawn(keep(complaints, kept.clone(), true));
        Self { metrics: found[0], address: found[1], log: kept, child }
    }

    /// `http://host:port`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What it has written since it was ready, and all its complaints.
    pub fn said(&self) -> Vec<String> {
        self.log.lock().expect("no reader panics").clone()
    }

    /// The port of its metrics.
    pub fn metrics_port(&self) -> u16 {
        self.metrics.port()
    }

    /// A connection, made when first used.
    pub fn channel(&self) -> Channel {
        Endpoint::from_shared(self.url()).expect("an address").connect_lazy()
    }

    /// Its page of metrics.
    pub async fn metrics(&self) -> String {
        let mut stream = TcpStream::connect(self.metrics).await.expect("the port of the metrics");
        stream.write_all(b"GET /metrics HTTP/1.0\r\n\r\n").await.expect("a request");
        let mut reply = String::new();
        stream.read_to_string(&mut reply).await.expect("a reply");
        assert!(reply.starts_with("HTTP/1.0 200"), "{reply}");
        reply
    }

    /// The value of a series, as the page names it, if there is one.
    pub async fn metric(&self, series: &str) -> Option<f64> {
        let page = self.metrics().await;
        page.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' ')?.parse().ok())
    }

    /// Waits until a series has this value.
    pub async fn until_metric(&self, series: &str, value: f64) {
        let look = async {
            while self.metric(series).await != Some(value) {
                tokio::time::sleep(LOOK).await;
            }
        };
        if tokio::time::timeout(PATIENCE, look).await.is_err() {
            panic!("{series} did not become {value}:\n{}", self.metrics().await);
        }
    }

    /// SIGKILLs it, as in a crash.
    pub async fn kill(mut self) {
        self.child.kill().await.expect("to be killed");
    }
}

/// Keeps every line; a panic is shown too, or nobody would see why a process went away.
async fn keep<R: AsyncRead + Unpin>(mut lines: Lines<BufReader<R>>, log: Log, show: bool) {
    while let Ok(Some(line)) = lines.next_line().await {
        if show {
            // Not `eprintln!`, of which a test that passes shows nothing, nor one that this is no part of.
            let _ = writeln!(std::io::stderr(), "{line}");
        }
        log.lock().expect("no reader panics").push(line);
    }
}
