//! How the tools of this machine call a system: in plain text, or with the certificate of somebody it lets in.

use std::sync::Arc;

use bytes::Bytes;
use http::{Method, Request};
use http_body_util::{BodyExt, Full};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client as Hyper;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Identity};

use crate::certs::Trust;
use crate::error::{Doing, Error, Result};

/// Asks by HTTP.
#[derive(Clone, Debug)]
pub struct Http(Hyper<HttpsConnector<HttpConnector>, Full<Bytes>>);

impl Http {
    /// Believes the CA of `trust`, and shows its certificate; without it, for `http://` only.
    pub fn new(trust: Option<&Trust>) -> Result<Self> {
        let mut roots = RootCertStore::empty();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let builder = builder.map_err(refused)?;
        let config = match trust {
            None => builder.with_root_certificates(roots).with_no_client_auth(),
            Some(trust) => {
                let read = |path| CertificateDer::pem_file_iter(path)?.collect::<std::result::Result<Vec<_>, _>>();
                for ca in read(&trust.ca).map_err(refused)? {
                    roots.add(ca).map_err(refused)?;
                }
                let own = read(&trust.certificate).map_err(refused)?;
                let key = PrivateKeyDer::from_pem_file(&trust.key).map_err(refused)?;
                builder.with_root_certificates(roots).with_client_auth_cert(own, key).map_err(refused)?
            }
        };
        let connector = HttpsConnectorBuilder::new().with_tls_config(config).https_or_http().enable_http1().build();
        Ok(Self(Hyper::builder(TokioExecutor::new()).build(connector)))
    }

    /// The status of the answer and its body.
    pub async fn send(
        &self,
        method: Method,
        url: &str,
        headers: &[(&str, &str)],
        body: impl Into<Bytes>,
    ) -> Result<(u16, Bytes)> {
        let mut request = Request::builder().method(method).uri(url);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Full::new(body.into())).map_err(refused)?;
        let answer = self.0.request(request).await.map_err(|error| unreachable(url, error))?;
        let status = answer.status().as_u16();
        let body = answer.into_body().collect().await.map_err(|error| unreachable(url, error))?;
        Ok((status, body.to_bytes()))
    }
}

/// A gRPC connection, made when first used.
pub fn channel(address: &str, trust: Option<&Trust>) -> Result<Channel> {
    let mut endpoint = Endpoint::from_shared(address.to_owned()).map_err(refused)?;
    if let Some(trust) = trust {
        let read = |path| std::fs::read(path).at("reading", path);
        let own = Identity::from_pem(read(&trust.certificate)?, read(&trust.key)?);
        let tls = ClientTlsConfig::new().ca_certificate(Certificate::from_pem(read(&trust.ca)?)).identity(own);
        endpoint = endpoint.tls_config(tls).map_err(refused)?;
    }
    Ok(endpoint.connect_lazy())
}

fn refused(error: impl std::error::Error) -> Error {
    Error::Refused(error.to_string())
}

fn unreachable(url: &str, error: impl std::error::Error) -> Error {
    let why = error.source().map_or_else(|| error.to_string(), ToString::to_string);
    Error::Failed { what: format!("asking {url}"), detail: why }
}
