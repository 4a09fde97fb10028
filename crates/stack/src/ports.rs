//! Loopback ports: the fixed ones of a system, and free ones for tests.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::error::{Doing, Error, Result};

/// The ports of one system. A port offset moves all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ports {
    /// REST, gRPC-Web and gRPC for all.
    pub gateway: u16,
    /// gRPC of the orders service.
    pub orders: u16,
    /// gRPC of the payments service.
    pub payments: u16,
    /// gRPC of the inventory service.
    pub inventory: u16,
    /// Metrics of the gateway.
    pub gateway_metrics: u16,
    /// Metrics of the orders service.
    pub orders_metrics: u16,
    /// Metrics of the payments service.
    pub payments_metrics: u16,
    /// Metrics of the inventory service.
    pub inventory_metrics: u16,
    /// Postgres.
    pub postgres: u16,
    /// Temporal's gRPC front end.
    pub temporal: u16,
    /// Temporal's web page.
    pub temporal_ui: u16,
    /// Temporal's HTTP API, used to see whether it is ready.
    pub temporal_http: u16,
    /// Temporal's Prometheus metrics.
    pub temporal_metrics: u16,
    /// The first of [`TEMPORAL_INTERNAL`] ports on which the parts of a Temporal on Postgres meet.
    pub temporal_internal: u16,
    /// Jaeger's web page and query API.
    pub jaeger: u16,
    /// Where Jaeger takes spans.
    pub otlp: u16,
    /// Prometheus' HTTP API.
    pub prometheus: u16,
    /// The OpenID provider.
    #[serde(default)]
    pub openid: u16,
}

/// How many ports the four parts of a Temporal on Postgres meet on.
pub const TEMPORAL_INTERNAL: u16 = 7;

impl Ports {
    /// The largest offset that keeps every port below 65536.
    pub const MAX_OFFSET: u16 = 65535 - 54320;

    /// The documented ports, each moved by `offset`.
    pub fn with_offset(offset: u16) -> Result<Self> {
        if offset > Self::MAX_OFFSET {
            return Err(Error::Refused(format!("the port offset can be at most {}", Self::MAX_OFFSET)));
        }
        Ok(Self {
            gateway: 8000 + offset,
            orders: 50051 + offset,
            payments: 50052 + offset,
            inventory: 50053 + offset,
            gateway_metrics: 9460 + offset,
            orders_metrics: 9461 + offset,
            payments_metrics: 9462 + offset,
            inventory_metrics: 9463 + offset,
            postgres: 54320 + offset,
            temporal: 7233 + offset,
            temporal_ui: 8088 + offset,
            temporal_http: 17233 + offset,
            temporal_metrics: 27233 + offset,
            temporal_internal: 17234 + offset,
            jaeger: 16686 + offset,
            otlp: 4317 + offset,
            prometheus: 9090 + offset,
            openid: 5556 + offset,
        })
    }
}

/// The loopback address with this port.
pub fn local(port: u16) -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, port))
}

/// A port that was free a moment ago. Somebody else may take it before it is used: be ready to ask again.
pub fn free() -> Result<u16> {
    let listener = TcpListener::bind(local(0)).doing(|| "looking for a free port".to_owned())?;
    Ok(listener.local_addr().doing(|| "looking for a free port".to_owned())?.port())
}

/// The first of `count` ports in a row that were free a moment ago, below those that the system gives to connections by
/// itself (from 32768 on Linux, 49152 on macOS): for a server that makes connections before it listens. Temporal on Postgres
/// also keeps them in a column that holds no more.
pub(crate) fn free_block(count: u16) -> Result<u16> {
    const RANGE: u16 = 22_000;
    for _ in 0..100 {
        let random = RandomState::new().build_hasher().finish();
        let first = 10_000 + (random % u64::from(RANGE)) as u16;
        let taken: std::io::Result<Vec<_>> =
            (first..first + count).map(|port| TcpListener::bind(local(port))).collect();
        if taken.is_ok() {
            return Ok(first);
        }
    }
    Err(Error::Refused(format!("there are no {count} free ports in a row")))
}

/// This port, or a free one for 0.
pub(crate) fn or_free(port: u16) -> Result<u16> {
    if port == 0 { free() } else { Ok(port) }
}

/// Fails with [`Error::PortInUse`] when something listens on `port` already.
pub fn ensure_free(port: u16, purpose: &str) -> Result<()> {
    // Connecting finds a listener on every interface, which some systems let us bind beside; binding finds the rest.
    let answered = TcpStream::connect_timeout(&local(port), Duration::from_millis(300)).is_ok();
    if answered || TcpListener::bind(local(port)).is_err() {
        return Err(Error::PortInUse { port, purpose: purpose.to_owned() });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_port_is_named() {
        let listener = TcpListener::bind(local(0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let error = ensure_free(port, "gateway").unwrap_err().to_string();
        assert!(error.contains(&port.to_string()) && error.contains("--port-offset"), "{error}");
        drop(listener);
        ensure_free(port, "gateway").unwrap();
    }

    #[test]
    fn the_largest_offset_fits() {
        assert!(Ports::with_offset(Ports::MAX_OFFSET).is_ok());
        assert!(Ports::with_offset(Ports::MAX_OFFSET + 1).is_err());
    }
}
