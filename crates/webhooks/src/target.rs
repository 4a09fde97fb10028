//! Where notifications are sent.

use crate::address;
use crate::config::Config;
use http::Uri;
use http::uri::{Authority, Scheme};
use ipnet::IpNet;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;
use tokio::net::lookup_host;

/// Longest URL, in characters.
const MAX: usize = 2_048;

/// The URL of an endpoint, well formed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target(Uri);

/// Why something is not a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// Not a URL, or not of the web.
    #[error("must be a URL such as https://example.com/hooks, of at most {MAX} characters")]
    Malformed,
    /// User name and password would be sent, shown and stored.
    #[error("must not contain a user name")]
    UserInfo,
    /// Anybody on the way could read it.
    #[error("must start with https://")]
    NotEncrypted,
    /// There is no such host.
    #[error("names a host that can't be found")]
    Unknown,
    /// Loopback, link-local, private and the like.
    #[error("leads to an address that is not public")]
    NotPublic,
}

impl Target {
    pub(crate) const fn uri(&self) -> &Uri {
        &self.0
    }

    /// The host, if it is an address itself.
    fn address(&self) -> Option<IpAddr> {
        let host = self.0.host()?;
        host.trim_start_matches('[').trim_end_matches(']').parse().ok()
    }
}

impl FromStr for Target {
    type Err = Unfit;

    fn from_str(text: &str) -> Result<Self, Unfit> {
        // A fragment would be dropped without a word.
        if text.len() > MAX || text.contains('#') {
            return Err(Unfit::Malformed);
        }
        let uri: Uri = text.parse().map_err(|_| Unfit::Malformed)?;
        let web = uri.scheme().is_some_and(|scheme| [Scheme::HTTP, Scheme::HTTPS].contains(scheme));
        let authority = uri.authority().filter(|_| web).ok_or(Unfit::Malformed)?;
        if authority.as_str().contains('@') {
            return Err(Unfit::UserInfo);
        }
        if authority.host().is_empty() || !has_possible_port(authority) {
            return Err(Unfit::Malformed);
        }
        Ok(Self(uri))
    }
}

/// Whether what follows the host is a port. The library takes any digits, and one that is too large for none: it would
/// be the usual port that is connected to, not the one in the URL.
fn has_possible_port(authority: &Authority) -> bool {
    let named = authority.as_str().len() > authority.host().len();
    !named || authority.port_u16().is_some_and(|port| port > 0)
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Decides which targets are allowed.
#[derive(Clone, Debug)]
pub struct Gate {
    allow_http: bool,
    allowed: Vec<IpNet>,
}

impl Gate {
    /// As configured.
    #[must_use]
    pub fn new(config: &Config) -> Self {
        Self { allow_http: config.allow_http, allowed: config.allowed_networks.clone() }
    }

    /// What the URL itself says.
    ///
    /// # Errors
    /// [`Unfit`].
    pub fn check(&self, target: &Target) -> Result<(), Unfit> {
        if !self.allow_http && target.0.scheme() != Some(&Scheme::HTTPS) {
            return Err(Unfit::NotEncrypted);
        }
        match target.address() {
            Some(address) if !address::is_allowed(address, &self.allowed) => Err(Unfit::NotPublic),
            _ => Ok(()),
        }
    }

    /// The allowed addresses of a host, never empty. Only to these a connection may be made: a host can change its
    /// addresses at any time.
    ///
    /// # Errors
    /// [`Unfit`].
    pub async fn resolve(&self, host: &str) -> Result<Vec<SocketAddr>, Unfit> {
        let found: Vec<SocketAddr> = lookup_host((host, 0)).await.map_err(|_| Unfit::Unknown)?.collect();
        if found.is_empty() {
            return Err(Unfit::Unknown);
        }
        let allowed: Vec<_> = found.into_iter().filter(|at| address::is_allowed(at.ip(), &self.allowed)).collect();
        if allowed.is_empty() { Err(Unfit::NotPublic) } else { Ok(allowed) }
    }

    /// Both.
    ///
    /// # Errors
    /// [`Unfit`].
    pub async fn admit(&self, target: &Target) -> Result<(), Unfit> {
        self.check(target)?;
        match target.0.host() {
            Some(host) if target.address().is_none() => self.resolve(host).await.map(drop),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gate(allow_http: bool, allowed: &[&str]) -> Gate {
        Gate { allow_http, allowed: allowed.iter().map(|network| network.parse().unwrap()).collect() }
    }

    #[test]
    fn only_urls_of_the_web_are_targets() {
        for url in ["https://example.com/hooks?a=b", "http://example.com:8080", "https://[2606:4700::1]/"] {
            assert!(url.parse::<Target>().is_ok(), "{url}");
        }
        for url in [
            "",
            "example.com",
            "/hooks",
            "ftp://example.com",
            "file:///etc/passwd",
            "https://",
            "https://a:0/",
            "https://a:65536/",
            "https://a:99999999999999999999/",
            "https://a:/",
            "https://a/#b",
            "https://a b/",
        ] {
            assert_eq!(url.parse::<Target>(), Err(Unfit::Malformed), "{url}");
        }
        assert_eq!("https://me:secret@example.com".parse::<Target>(), Err(Unfit::UserInfo));
        assert!(format!("https://example.com/{}", "a".repeat(MAX)).parse::<Target>().is_err());
    }

    #[tokio::test]
    async fn whatever_leads_inside_is_refused() {
        let gate = gate(true, &[]);
        for url in [
            "http://127.0.0.1:5432/",
            "http://[::1]/",
            "http://[::ffff:169.254.169.254]/",
            "http://169.254.169.254/latest/meta-data",
            "http://localhost/",
            "http://LOCALHOST:8000/",
            "http://2130706433/",
            "http://0x7f.1/",
            "http://017700000001/",
            "http://0/",
        ] {
            let target = url.parse().unwrap();
            assert_eq!(gate.admit(&target).await, Err(Unfit::NotPublic), "{url}");
        }
        let unknown = "http://no-such-host.invalid/".parse().unwrap();
        assert_eq!(gate.admit(&unknown).await, Err(Unfit::Unknown));
    }

    #[tokio::test]
    async fn what_is_allowed_is_configured() {
        let target: Target = "http://localhost:1/".parse().unwrap();
        assert_eq!(gate(true, &["127.0.0.0/8"]).admit(&target).await, Ok(()));
        assert_eq!(gate(false, &["127.0.0.0/8"]).admit(&target).await, Err(Unfit::NotEncrypted));
    }
}
