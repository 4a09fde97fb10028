use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use stack::Layout;
use stack::supervisor::{Control, ProcessStatus};
use stack::system::{METRICS, System};

/// Show each process with its port, health and uptime; fails unless all are healthy
pub(crate) async fn run(layout: &Layout) -> anyhow::Result<ExitCode> {
    let Some(control) = Control::find(layout) else {
        println!("not up");
        return Ok(ExitCode::FAILURE);
    };
    let healthy = print(&control.status().await?).await;
    let contact = control.contact();
    println!(
        "supervised by pid {}, {}",
        contact.identity.pid,
        if contact.detached { "detached" } else { "attached to a terminal" }
    );
    Ok(if healthy { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The table. True when all is well.
pub(crate) async fn print(processes: &[ProcessStatus]) -> bool {
    let heading = ["PROCESS", "PID", "PORT", "METRICS", "UPTIME", "HEALTH"];
    let [name, pid, port, metrics, since, health] = heading;
    println!("{name:<16} {pid:>8} {port:>6} {metrics:>8}  {since:<12} {health}");
    let mut healthy = true;
    for process in processes {
        let (uptime, health) = match (process.exit, &process.spec.health) {
            (Some(exit), _) => ("-".to_owned(), Err(exit.to_string())),
            (None, None) => (uptime(process.since), Ok(())),
            (None, Some(health)) => (uptime(process.since), health.check().await),
        };
        healthy &= health.is_ok();
        let health = health.err().unwrap_or_else(|| "ok".to_owned());
        let metrics = process.spec.env.get(METRICS).and_then(|address| address.rsplit(':').next()).unwrap_or("-");
        let ProcessStatus { spec, pid, .. } = process;
        println!("{:<16} {pid:>8} {:>6} {metrics:>8}  {uptime:<12} {health}", spec.name, spec.port);
    }
    healthy
}

/// Where everything is.
pub(crate) fn print_addresses(system: &System, layout: &Layout) {
    let ports = system.ports;
    let line = |name: &str, value: &str| println!("  {name:<16} {value}");
    println!();
    line("gateway", &system.gateway_url());
    if stack::console::is_here() {
        line("console", &format!("{}/console/", system.public_url()));
    }
    line("API page", &format!("{}/docs", system.gateway_url()));
    match system.temporal_ui_url() {
        Some(url) => line("Temporal UI", &url),
        None => line("Temporal", &system.temporal_address),
    }
    for (name, port) in [("orders", ports.orders), ("payments", ports.payments), ("inventory", ports.inventory)] {
        line(&format!("{name} gRPC"), &format!("127.0.0.1:{port}"));
    }
    let metrics = [
        ("gateway", ports.gateway_metrics),
        ("orders", ports.orders_metrics),
        ("payments", ports.payments_metrics),
        ("inventory", ports.inventory_metrics),
    ];
    for (name, port) in metrics {
        line(&format!("{name} metrics"), &format!("{}/metrics", system.url(port)));
    }
    if system.openid {
        line("OpenID provider", &system.issuer());
    }
    if let Some(url) = system.jaeger_url() {
        line("Jaeger", &url);
    }
    if let Some(url) = system.prometheus_url() {
        line("Prometheus API", &format!("{url}/api/v1"));
    }
    if system.own_temporal {
        line("Temporal gRPC", &system.temporal_address);
    }
    line("Postgres", &system.admin_url);
    if let Some(certificates) = &system.certificates {
        line("certificates", &certificates.display().to_string());
    }
    line("logs", &layout.logs().display().to_string());
}

fn uptime(since: u64) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let seconds = now.saturating_sub(since);
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
    }
}
