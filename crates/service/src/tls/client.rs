//! Connections to other services, made when first used and again whenever they break. Each new one takes the certificates
//! that are in the files then.

use super::config::Config;
use super::credentials::Credentials;
use super::{PROVIDER, names};
use crate::config::Error;
use crate::telemetry::outbound::Traced;
use hyper_util::rt::TokioIo;
use rustls::client::Resumption;
use rustls::client::danger::{ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, Error as Fault};
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tonic::transport::{Channel, Endpoint, Uri};

/// A service that is down is reported after this long at the latest.
const CONNECT: Duration = Duration::from_secs(1);

/// A service that is called.
#[derive(Clone, Copy, Debug)]
pub struct Peer<'a> {
    /// The section of the configuration that says where it is.
    pub section: &'a str,
    /// `http://host:port` or `https://host:port`.
    pub address: &'a str,
    /// A DNS name or URI that its certificate must have beside the host's name; empty: the host's name is enough.
    pub identity: &'a str,
}

/// How this process calls others.
#[derive(Clone, Debug)]
pub struct Client(Option<Arc<Credentials>>);

impl Client {
    /// Reads the files, if there is a CA of servers.
    ///
    /// # Errors
    /// Settings or files that can't be used.
    pub fn new(config: &Config) -> Result<Self, Error> {
        config.check()?;
        let files = config.files();
        let credentials = files.ca.is_some().then(|| Credentials::load(files));
        Ok(Self(credentials.transpose()?))
    }

    /// The connection to a service. `shape` adds to its endpoint what the caller needs.
    ///
    /// # Errors
    /// An address that is none, or one that asks for what the settings do not have.
    pub fn channel(&self, peer: &Peer<'_>, shape: impl FnOnce(Endpoint) -> Endpoint) -> Result<Traced<Channel>, Error> {
        let fault = |what: &str| Error::Invalid(format!("{}.{what}", peer.section));
        let malformed = || fault(&format!("address: `{}` is not of the form http://host:port", peer.address));
        let uri: Uri = peer.address.parse().map_err(|_| malformed())?;
        let (Some(scheme), Some(host)) = (uri.scheme_str(), uri.host().filter(|host| !host.is_empty())) else {
            return Err(malformed());
        };
        let credentials = match (scheme, &self.0) {
            ("http", _) if peer.identity.is_empty() => {
                return Ok(Traced(shape(Endpoint::from(uri).connect_timeout(CONNECT)).connect_lazy()));
            }
            ("http", _) => return Err(fault("identity is of no use without https://")),
            ("https", Some(credentials)) => Arc::clone(credentials),
            ("https", None) => return Err(fault("address is https://, and tls.ca is not set")),
            _ => return Err(malformed()),
        };
        let name = ServerName::try_from(host.trim_matches(['[', ']']).to_owned()).map_err(|_| malformed())?;
        let verifier = ServerVerifier { credentials: Arc::clone(&credentials), identity: peer.identity.to_owned() };
        let connector = Connector::new(Arc::new(verifier), credentials, name).map_err(|e| fault(&e.to_string()))?;
        let plain = underneath(&uri).ok_or_else(malformed)?;
        let endpoint = shape(Endpoint::from(plain).origin(uri).connect_timeout(CONNECT));
        Ok(Traced(endpoint.connect_with_connector_lazy(connector)))
    }
}

/// A connection to the process that runs here with the same configuration.
///
/// # Errors
/// Settings or files that can't be used.
pub(crate) fn to_itself(config: &Config, authority: &str) -> Result<Channel, Box<dyn std::error::Error + Send + Sync>> {
    if !config.serves() {
        return Ok(Endpoint::from_shared(format!("http://{authority}"))?.connect_lazy());
    }
    let uri: Uri = format!("https://{authority}").parse()?;
    let credentials = Credentials::load(config.files())?;
    let host = uri.host().unwrap_or_default().trim_matches(['[', ']']).to_owned();
    let verifier = Arc::new(Itself(Arc::clone(&credentials)));
    let connector = Connector::new(verifier, credentials, ServerName::try_from(host)?)?;
    let plain = underneath(&uri).ok_or("no address")?;
    Ok(Endpoint::from(plain).origin(uri).connect_with_connector_lazy(connector))
}

/// What tonic is told to connect to: it refuses `https://` when the TLS is not its own.
fn underneath(uri: &Uri) -> Option<Uri> {
    let authority = format!("{}:{}", uri.host()?, uri.port_u16().unwrap_or(443));
    Uri::builder().scheme("http").authority(authority).path_and_query("/").build().ok()
}

/// Makes TLS connections.
#[derive(Clone)]
struct Connector {
    tls: TlsConnector,
    name: ServerName<'static>,
}

impl Connector {
    fn new(
        verifier: Arc<dyn ServerCertVerifier>,
        credentials: Arc<Credentials>,
        name: ServerName<'static>,
    ) -> Result<Self, Fault> {
        let mut config = ClientConfig::builder_with_provider(PROVIDER.clone())
            .with_safe_default_protocol_versions()?
            .dangerous()
            .with_custom_certificate_verifier(verifier)
            .with_client_cert_resolver(credentials);
        // Whoever is called shows its certificate each time.
        config.resumption = Resumption::disabled();
        config.alpn_protocols = vec![b"h2".to_vec()];
        Ok(Self { tls: TlsConnector::from(Arc::new(config)), name })
    }

    async fn connect(self, uri: Uri) -> io::Result<TokioIo<TlsStream<TcpStream>>> {
        let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
        let stream = TcpStream::connect((host, uri.port_u16().unwrap_or(443))).await?;
        stream.set_nodelay(true)?;
        let stream = self.tls.connect(self.name, stream).await?;
        if stream.get_ref().1.alpn_protocol() != Some(b"h2") {
            return Err(io::Error::other("the server does not speak HTTP/2"));
        }
        Ok(TokioIo::new(stream))
    }
}

impl tower::Service<Uri> for Connector {
    type Response = TokioIo<TlsStream<TcpStream>>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Self::Response>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        Box::pin(self.clone().connect(uri))
    }
}

/// Believes a server whose certificate is of a known CA, for the host, and of the expected identity.
#[derive(Debug)]
pub(super) struct ServerVerifier {
    pub(super) credentials: Arc<Credentials>,
    pub(super) identity: String,
}

/// Believes only who shows the certificate that is ours: the process that is asked for its health, wherever it listens.
#[derive(Debug)]
struct Itself(Arc<Credentials>);

impl ServerCertVerifier for ServerVerifier {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Fault> {
        let material = self.credentials.current();
        let servers = material.servers.as_ref().ok_or(CertificateError::UnknownIssuer)?;
        let verified = servers.verify_server_cert(certificate, intermediates, name, ocsp, now)?;
        if self.identity.is_empty() || names::any(certificate, std::slice::from_ref(&self.identity)) {
            return Ok(verified);
        }
        tracing::warn!(names = ?names::of(certificate), expected = self.identity, "a server is not who it should be");
        Err(CertificateError::ApplicationVerificationFailure.into())
    }

    signatures_as_ever!();
}

impl ServerCertVerifier for Itself {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Fault> {
        if self.0.current().is_own(certificate) {
            return Ok(ServerCertVerified::assertion());
        }
        Err(CertificateError::ApplicationVerificationFailure.into())
    }

    signatures_as_ever!();
}
