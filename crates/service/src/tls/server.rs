//! Connections that come: the handshake, and whether the caller is on the list.

use super::config::{Callers, Config};
use super::counts::{self, Handshake};
use super::credentials::Credentials;
use super::stream::Stream;
use super::{PROVIDER, names};
use crate::config::Error;
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::server::{NoServerSessionStorage, WebPkiClientVerifier};
use rustls::{CertificateError, DistinguishedName, Error as Fault, ServerConfig};
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;

/// Who has not shaken hands by then is let go.
const PATIENCE: Duration = Duration::from_secs(5);

/// What is spoken on a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocols {
    /// HTTP/2: gRPC.
    Http2,
    /// Whichever of HTTP/1.1 and HTTP/2 the caller prefers.
    Http,
}

/// Turns a connection into one that can be trusted, or refuses it.
#[derive(Clone)]
pub struct Acceptor(TlsAcceptor);

impl Acceptor {
    /// For a port where those of `tls.allowed` call; `None` where plain text is spoken.
    ///
    /// # Errors
    /// Settings or files that can't be used.
    pub fn new(config: &Config, protocols: Protocols) -> Result<Option<Self>, Error> {
        Self::of(config, protocols, config.callers, &config.allowed)
    }

    /// For the metrics: nobody reads them without a certificate, and others may be on their list.
    ///
    /// # Errors
    /// Settings or files that can't be used.
    pub fn for_metrics(config: &Config, allowed: &[String]) -> Result<Option<Self>, Error> {
        let allowed = if allowed.is_empty() { &config.allowed } else { allowed };
        Self::of(config, Protocols::Http, Callers::Certified, allowed)
    }

    fn of(config: &Config, protocols: Protocols, callers: Callers, allowed: &[String]) -> Result<Option<Self>, Error> {
        config.check()?;
        if !config.serves() {
            return Ok(None);
        }
        let credentials = Credentials::load(config.files())?;
        counts::announce();
        let verifier: Arc<dyn ClientCertVerifier> = if config.asks_callers() {
            let allowed = allowed.to_vec();
            Arc::new(CallerVerifier { credentials: Arc::clone(&credentials), callers, allowed })
        } else {
            WebPkiClientVerifier::no_client_auth()
        };
        let mut server = ServerConfig::builder_with_provider(PROVIDER.clone())
            .with_safe_default_protocol_versions()
            .map_err(|error| Error::Invalid(format!("tls: {error}")))?
            .with_client_cert_verifier(verifier)
            .with_cert_resolver(credentials);
        // A session that is taken up again would not show its certificate, which may no longer be good.
        server.session_storage = Arc::new(NoServerSessionStorage {});
        server.send_tls13_tickets = 0;
        server.alpn_protocols = match protocols {
            Protocols::Http2 => vec![b"h2".to_vec()],
            Protocols::Http => vec![b"h2".to_vec(), b"http/1.1".to_vec()],
        };
        Ok(Some(Self(TlsAcceptor::from(Arc::new(server)))))
    }

    /// Shakes hands. `None`: not with this one; it is counted, and logged if it had a certificate.
    pub async fn accept(&self, stream: TcpStream) -> Option<Stream> {
        let from = stream.peer_addr().ok();
        let (outcome, stream) = match tokio::time::timeout(PATIENCE, self.0.accept(stream)).await {
            Ok(Ok(stream)) => (Handshake::Done, Some(Stream::from(stream))),
            Ok(Err(error)) => (refused(&error, from), None),
            Err(_) => (Handshake::Timeout, None),
        };
        outcome.count(1);
        stream
    }
}

/// Why there was no handshake, as it is counted. Strangers who speak something else are nobody's business.
fn refused(error: &io::Error, from: Option<SocketAddr>) -> Handshake {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<Fault>()) {
        Some(Fault::InvalidCertificate(CertificateError::ApplicationVerificationFailure)) => Handshake::NotAllowed,
        Some(fault @ (Fault::InvalidCertificate(_) | Fault::NoCertificatesPresented)) => {
            tracing::warn!(?from, %fault, "a caller was refused: its certificate");
            Handshake::NoValidCertificate
        }
        _ => {
            tracing::debug!(?from, %error, "no handshake");
            Handshake::Failed
        }
    }
}

impl Config {
    fn asks_callers(&self) -> bool {
        !self.client_ca.as_os_str().is_empty()
    }
}

/// Lets those in whose certificate is of the CA for callers and has a name that is on the list, and whoever shows our own
/// certificate: that is this process, asked for its health.
#[derive(Debug)]
struct CallerVerifier {
    credentials: Arc<Credentials>,
    callers: Callers,
    allowed: Vec<String>,
}

impl ClientCertVerifier for CallerVerifier {
    fn client_auth_mandatory(&self) -> bool {
        self.callers == Callers::Certified
    }

    /// None: they may change at any time, and are for those who have to choose from several certificates.
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Fault> {
        let material = self.credentials.current();
        if material.is_own(certificate) {
            return Ok(ClientCertVerified::assertion());
        }
        let callers = material.callers.as_ref().ok_or(Fault::NoCertificatesPresented)?;
        let verified = callers.verify_client_cert(certificate, intermediates, now)?;
        if names::any(certificate, &self.allowed) {
            return Ok(verified);
        }
        tracing::warn!(names = ?names::of(certificate), "a caller was refused: it is not on the list");
        Err(CertificateError::ApplicationVerificationFailure.into())
    }

    signatures_as_ever!();
}
