//! Asking the process of this configuration whether it serves: `--health`, for containers whose image has nothing else that
//! could ask.

use crate::config::Server;
use crate::tls;
use std::io::Write as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::process::ExitCode;
use std::time::Duration;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

/// A process that does not answer for so long does not serve.
const PATIENCE: Duration = Duration::from_secs(3);

/// Success if the server at `listen` of the configuration says that it serves. Otherwise says in one line what it did.
pub async fn ask(config: &Server, tls: &tls::Config) -> ExitCode {
    let fault = match tokio::time::timeout(PATIENCE, status(reachable(config.listen), tls)).await {
        Ok(Ok(ServingStatus::Serving)) => return ExitCode::SUCCESS,
        Ok(Ok(other)) => other.as_str_name().to_owned(),
        Ok(Err(error)) => error.to_string(),
        Err(_) => format!("no answer for {} s", PATIENCE.as_secs()),
    };
    // Standard error may be closed; the exit code says it too.
    let _ = writeln!(std::io::stderr(), "{}: {fault}", config.listen);
    ExitCode::FAILURE
}

async fn status(
    address: SocketAddr,
    tls: &tls::Config,
) -> Result<ServingStatus, Box<dyn std::error::Error + Send + Sync>> {
    let channel = tls::to_itself(tls, &address.to_string())?;
    let request = HealthCheckRequest { service: String::new() };
    // All else that a status has is for programs.
    let answer = HealthClient::new(channel).check(request).await.map_err(|status| status.message().to_owned())?;
    Ok(answer.into_inner().status())
}

/// Who listens on all addresses is reached on loopback.
fn reachable(listen: SocketAddr) -> SocketAddr {
    let loopback = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(loopback, listen.port())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::{Guards, Limits};
    use crate::outbox::Pressure;
    use tokio::net::TcpListener;
    use tokio_util::sync::CancellationToken;
    use tonic::service::Routes;

    fn server(listen: SocketAddr) -> Server {
        Server { listen, deadline_ms: 1_000, stream_deadline_ms: 1_000, grace_ms: 1_000 }
    }

    #[tokio::test]
    async fn only_one_that_serves_is_healthy() {
        let listener = TcpListener::bind("0.0.0.0:0").await.unwrap();
        let config = server(listener.local_addr().unwrap());
        let stop = CancellationToken::new();
        let routes = crate::server::with_health_and_reflection(Routes::default(), &[]).await.unwrap();
        let (settings, stopped) = (config.clone(), stop.clone());
        let limits = Limits::of_tests();
        let guards = Guards { access: access::Guard::Local, limits, pressure: Pressure::none() };
        let serving = tokio::spawn(async move {
            let plain = tls::Config::default();
            crate::server::serve(&settings, &plain, listener, guards, routes, stopped).await.unwrap();
        });
        assert_eq!(ask(&config, &tls::Config::default()).await, ExitCode::SUCCESS);
        stop.cancel();
        serving.await.unwrap();
        assert_eq!(ask(&config, &tls::Config::default()).await, ExitCode::FAILURE);
    }
}
