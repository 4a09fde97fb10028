//! Certificates that are wrong, that change while a server runs, and whose server is not who it should be.
#![expect(clippy::unwrap_used, reason = "a test")]

use service::config::Server;
use service::limits::Guards;
use service::outbox::Pressure;
use service::telemetry::outbound::Traced;
use service::tls::{Callers, Client, Config, Peer};
use service::{health, server};
use stack::certs::{self, Authority, Subject, Trust};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tonic::service::Routes;
use tonic::transport::Channel;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

const PATIENCE: Duration = Duration::from_secs(20);
/// Between two looks at what nobody announces.
const LOOK: Duration = Duration::from_millis(50);
/// Long enough for the next handshake to look at the files.
const STALE: Duration = Duration::from_millis(600);

/// At one time.
const CONNECTIONS: usize = 64;

/// A server that says it is healthy, and that orders may ask.
struct Site {
    folder: PathBuf,
    server: Server,
    tls: Config,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Site {
    async fn start(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("oms-tls-{name}-{}", std::process::id()));
        certs::make(&folder, &certs::SUBJECTS).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let listen = listener.local_addr().unwrap();
        let server = Server { listen, deadline_ms: 5_000, stream_deadline_ms: 60_000, grace_ms: 1_000 };
        let tls = config(&folder, "inventory", &["orders"]);
        let stop = CancellationToken::new();
        let routes = server::with_health_and_reflection(Routes::default(), &[]).await.unwrap();
        let (settings, own, stopped) = (server.clone(), tls.clone(), stop.clone());
        let task =
            tokio::spawn(
                async move { server::serve(&settings, &own, listener, guards(), routes, stopped).await.unwrap() },
            );
        Self { folder, server, tls, stop, task }
    }

    fn channel(&self, client: &Client, host: &str, identity: &str) -> Channel {
        let address = format!("https://{host}:{}", self.server.listen.port());
        let peer = Peer { section: "inventory", address: &address, identity };
        let Traced(channel) = client.channel(&peer, |endpoint| endpoint).unwrap();
        channel
    }

    /// Whether a new connection of this one is answered.
    async fn answers(&self, name: &str) -> bool {
        asked(&self.channel(&client(&self.folder, name), "127.0.0.1", "")).await
    }

    async fn end(self) {
        self.stop.cancel();
        self.task.await.unwrap();
        std::fs::remove_dir_all(self.folder).unwrap();
    }
}

fn config(folder: &Path, name: &str, callers: &[&str]) -> Config {
    let Trust { ca, certificate, key } = Trust::in_folder(folder, name);
    let allowed = callers.iter().map(|caller| certs::identity(caller)).collect();
    Config { certificate, key, client_ca: ca.clone(), ca, callers: Callers::Certified, allowed }
}

/// One that calls and is not called.
fn client(folder: &Path, name: &str) -> Client {
    Client::new(&Config { client_ca: PathBuf::new(), ..config(folder, name, &[]) }).unwrap()
}

fn guards() -> Guards {
    let text = format!(
        "in_flight = 16\nwait_ms = 1000\ncaller = {{ per_s = 100, burst = 100 }}\nmethods = {{}}\nwatches = 4\n\
         watches_per_caller = 4\nconnections = {CONNECTIONS}\nfirst_request_ms = 60000\nidle_ms = 60000\nstall_ms = 60000"
    );
    let limits = service::config::load(&text, None).unwrap();
    Guards { access: access::Guard::Local, limits, pressure: Pressure::none() }
}

async fn asked(channel: &Channel) -> bool {
    let request = HealthCheckRequest { service: String::new() };
    HealthClient::new(channel.clone()).check(request).await.is_ok()
}

/// Asks until the answer is yes.
async fn until(mut ask: impl AsyncFnMut() -> bool) {
    let began = Instant::now();
    while !ask().await {
        assert!(began.elapsed() < PATIENCE, "it did not happen");
        tokio::time::sleep(LOOK).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_server_has_to_be_the_right_one() {
    let site = Site::start("identity").await;
    let orders = client(&site.folder, "orders");
    for identity in ["", "inventory", &certs::identity("inventory")] {
        for host in ["127.0.0.1", "localhost"] {
            assert!(asked(&site.channel(&orders, host, identity)).await, "{host} {identity}");
        }
    }
    // The host's name is right, and yet it is somebody else.
    assert!(!asked(&site.channel(&orders, "127.0.0.1", &certs::identity("payments"))).await);
    // The name is not in the certificate.
    assert!(!asked(&site.channel(&orders, "127.0.0.2", "")).await);
    // Of another CA.
    let stranger = std::env::temp_dir().join(format!("oms-tls-stranger-{}", std::process::id()));
    certs::make(&stranger, &["orders"]).unwrap();
    let ca = Trust::in_folder(&stranger, "orders").ca;
    let trusting = Config { ca, client_ca: PathBuf::new(), ..config(&site.folder, "orders", &[]) };
    assert!(!asked(&site.channel(&Client::new(&trusting).unwrap(), "127.0.0.1", "")).await);
    std::fs::remove_dir_all(stranger).unwrap();
    site.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn new_certificates_are_taken_while_it_runs() {
    let site = Site::start("rotation").await;
    let (orders, files) = (client(&site.folder, "orders"), Trust::in_folder(&site.folder, "inventory"));
    let open = site.channel(&orders, "127.0.0.1", "");
    assert!(asked(&open).await);

    // The server's certificate alone: it shows the new one.
    let authority = Authority::open(&site.folder).unwrap();
    authority.issue(&Subject::new("warehouse")).unwrap().write(&files).unwrap();
    let renamed = certs::identity("warehouse");
    until(async || asked(&site.channel(&orders, "127.0.0.1", &renamed)).await).await;

    // The CA: another for both sides, taken by both, and the certificates of the old one are nothing any more.
    let of_orders = Trust::in_folder(&site.folder, "orders");
    let old = Trust::in_folder(&site.folder, "old");
    std::fs::copy(&of_orders.certificate, &old.certificate).unwrap();
    std::fs::copy(&of_orders.key, &old.key).unwrap();
    std::fs::remove_file(&files.ca).unwrap();
    certs::make(&site.folder, &["orders", "inventory"]).unwrap();
    until(async || asked(&site.channel(&orders, "127.0.0.1", &certs::identity("inventory"))).await).await;
    assert!(!site.answers("old").await);

    // Who was connected has noticed nothing.
    assert!(asked(&open).await);
    site.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_broken_takes_nothings_place() {
    let site = Site::start("broken").await;
    let files = Trust::in_folder(&site.folder, "inventory");
    let good = std::fs::read(&files.certificate).unwrap();
    let another = std::fs::read(Trust::in_folder(&site.folder, "payments").certificate).unwrap();
    // It has read the good ones.
    assert!(site.answers("orders").await);
    for broken in [&b""[..], b"-----BEGIN CERTIFICATE-----\nAAAA", &another] {
        std::fs::write(&files.certificate, broken).unwrap();
        tokio::time::sleep(STALE).await;
        assert!(site.answers("orders").await);
        // One that would start with it does not, and says which file it is.
        let fault = Client::new(&site.tls).unwrap_err().to_string();
        assert!(fault.contains("tls.") && fault.contains("inventory"), "{fault}");
    }
    std::fs::remove_file(&files.certificate).unwrap();
    tokio::time::sleep(STALE).await;
    assert!(site.answers("orders").await);
    std::fs::write(&files.certificate, good).unwrap();
    tokio::time::sleep(STALE).await;
    assert!(site.answers("orders").await);
    site.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn silent_callers_keep_nobody_waiting() {
    let site = Site::start("silent").await;
    let mut silent = Vec::new();
    for _ in 0..50 {
        silent.push(TcpStream::connect(site.server.listen).await.unwrap());
    }
    let answered = tokio::time::timeout(Duration::from_secs(3), site.answers("orders")).await;
    assert!(answered.unwrap());
    drop(silent);
    site.end().await;
}

/// As many as may be connected, before their handshakes: there is no room for one more, until they go.
#[tokio::test(flavor = "multi_thread")]
async fn a_caller_counts_before_the_handshake() {
    let site = Site::start("crowd").await;
    let mut silent = Vec::new();
    for _ in 0..CONNECTIONS {
        silent.push(TcpStream::connect(site.server.listen).await.unwrap());
    }
    assert!(!site.answers("orders").await);
    drop(silent);
    until(async || site.answers("orders").await).await;
    site.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_asks_itself_for_its_health() {
    let site = Site::start("health").await;
    assert_eq!(health::ask(&site.server, &site.tls).await, ExitCode::SUCCESS);
    // Wherever it listens: its certificate need not be for that address.
    let listen = SocketAddr::from(([127, 0, 0, 9], site.server.listen.port()));
    let elsewhere = TcpListener::bind(listen).await.unwrap();
    let routes = server::with_health_and_reflection(Routes::default(), &[]).await.unwrap();
    let settings = Server { listen, ..site.server.clone() };
    let (own, tls, stop) = (settings.clone(), site.tls.clone(), site.stop.clone());
    let serving =
        tokio::spawn(async move { server::serve(&own, &tls, elsewhere, guards(), routes, stop).await.unwrap() });
    assert_eq!(health::ask(&settings, &site.tls).await, ExitCode::SUCCESS);
    // Not somebody else, nor without a certificate.
    assert_eq!(health::ask(&site.server, &config(&site.folder, "payments", &["orders"])).await, ExitCode::FAILURE);
    assert_eq!(health::ask(&site.server, &Config::default()).await, ExitCode::FAILURE);
    site.stop.cancel();
    serving.await.unwrap();
    site.end().await;
}

#[tokio::test]
async fn addresses_and_settings_have_to_fit() {
    let folder = std::env::temp_dir().join(format!("oms-tls-settings-{}", std::process::id()));
    certs::make(&folder, &["orders"]).unwrap();
    let (plain, with_ca) = (Client::new(&Config::default()).unwrap(), client(&folder, "orders"));
    let fault = |client: &Client, address: &str, identity: &str| {
        let peer = Peer { section: "inventory", address, identity };
        client.channel(&peer, |endpoint| endpoint).err().map(|fault| fault.to_string()).unwrap_or_default()
    };
    assert_eq!(fault(&plain, "http://127.0.0.1:50053", ""), "");
    assert_eq!(fault(&with_ca, "https://inventory:50053", "spiffe://oms/inventory"), "");
    assert!(fault(&plain, "https://127.0.0.1:50053", "").contains("inventory.address is https://"));
    assert!(fault(&with_ca, "http://127.0.0.1:50053", "inventory").contains("inventory.identity"));
    for address in ["", "localhost:50051", "ftp://host", "http://", "/path", "http://a b"] {
        assert!(fault(&with_ca, address, "").contains("inventory.address"), "{address}");
    }
    // No key in a fault.
    let swapped = Config { certificate: Trust::in_folder(&folder, "orders").key, ..config(&folder, "orders", &["a"]) };
    let fault = Client::new(&swapped).unwrap_err().to_string();
    assert!(fault.contains("tls.certificate") && !fault.contains("PRIVATE"), "{fault}");
    std::fs::remove_dir_all(folder).unwrap();
}
