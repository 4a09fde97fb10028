//! TLS to Temporal, from the section `[temporal]`.
//!
//! The SDK keeps one configuration for the life of its client, so what is given to it are a verifier and a resolver that
//! look at the files again: a reconnect takes the newest certificates.

use super::client::ServerVerifier;
use super::credentials::{Credentials, Files};
use crate::config::{Error, Temporal};
use rustls::client::danger::ServerCertVerifier;
use std::sync::Arc;
use temporalio_client::{TlsOptions, Url};

/// The address to connect to, and how, if it is `https://`.
///
/// # Errors
/// An address that is none, and settings or files that can't be used.
pub fn options(config: &Temporal) -> Result<(Url, Option<TlsOptions>), Error> {
    let malformed = || Error::Invalid("temporal.address is not of the form http://host:port".to_owned());
    let mut url: Url = config.address.parse().map_err(|_| malformed())?;
    let file = |path: &std::path::PathBuf| (!path.as_os_str().is_empty()).then(|| path.clone());
    let files = Files {
        section: "temporal",
        certificate: file(&config.certificate),
        key: file(&config.key),
        ca: file(&config.ca),
        client_ca: None,
    };
    let fault = |what: &str| Err(Error::Invalid(format!("temporal.{what}")));
    match url.scheme() {
        "http" if files.ca.is_some() || files.certificate.is_some() || files.key.is_some() => {
            return fault("ca, certificate and key are of no use without https://");
        }
        "http" => return Ok((url, None)),
        "https" => {}
        _ => return Err(malformed()),
    }
    if files.certificate.is_some() != files.key.is_some() {
        return fault("certificate and key are only of use together");
    }
    let name = Some(&config.server_name).filter(|name| !name.is_empty());
    let ca = files.ca.is_some();
    let credentials = Credentials::load(files)?;
    let verifier = ServerVerifier { credentials: Arc::clone(&credentials), identity: String::new() };
    // Without a CA the SDK believes those of the operating system.
    let verifier: Option<Arc<dyn ServerCertVerifier>> = ca.then(|| Arc::new(verifier) as _);
    let tls = TlsOptions::builder().maybe_domain(name.cloned()).client_cert_resolver(credentials);
    let tls = tls.maybe_server_cert_verifier(verifier).build();
    // Its own connector makes the TLS then, whatever the address says, and tonic below it refuses `https://`.
    let port = url.port_or_known_default();
    url.set_scheme("http").and_then(|()| url.set_port(port)).map_err(|()| malformed())?;
    Ok((url, Some(tls)))
}
