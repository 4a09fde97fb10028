//! Calls to the issuer of tokens.

use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderValue, Method, Request, StatusCode, Uri};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use std::time::Duration;

/// An issuer that takes longer is away.
const TIME: Duration = Duration::from_secs(5);
/// No answer of it is larger.
const LARGEST: usize = 256 * 1024;
const FORM: HeaderValue = HeaderValue::from_static("application/x-www-form-urlencoded");
const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// The way to an issuer.
#[derive(Clone, Debug)]
pub struct Http(Client<HttpsConnector<HttpConnector>, Full<Bytes>>);

/// Why the issuer has not answered.
#[derive(Debug, thiserror::Error)]
pub enum Away {
    /// No connection, or one that broke.
    #[error("the issuer can't be reached: {0}")]
    Connection(#[from] hyper_util::client::legacy::Error),
    /// No answer in time.
    #[error("the issuer did not answer in time")]
    Time,
    /// An answer that can't be read.
    #[error("the issuer's answer broke off, or is too long")]
    Body,
}

impl Http {
    /// Believes the public CAs.
    ///
    /// # Errors
    /// TLS can't be set up.
    pub fn new() -> Result<Self, rustls::Error> {
        let https = HttpsConnectorBuilder::new()
            .with_provider_and_webpki_roots(rustls::crypto::ring::default_provider())?
            .https_or_http()
            .enable_http1()
            .build();
        Ok(Self(Client::builder(TokioExecutor::new()).build(https)))
    }

    /// What is at this address.
    ///
    /// # Errors
    /// There is no answer.
    pub async fn get(&self, uri: &Uri) -> Result<(StatusCode, Bytes), Away> {
        self.ask(Request::new(Full::default()), uri).await
    }

    /// What it says to a form.
    ///
    /// # Errors
    /// There is no answer. Whether the form arrived is not known.
    pub async fn post(
        &self,
        uri: &Uri,
        form: String,
        authorization: Option<HeaderValue>,
    ) -> Result<(StatusCode, Bytes), Away> {
        let mut request = Request::new(Full::from(form));
        *request.method_mut() = Method::POST;
        request.headers_mut().insert(CONTENT_TYPE, FORM);
        if let Some(authorization) = authorization {
            request.headers_mut().insert(AUTHORIZATION, authorization);
        }
        self.ask(request, uri).await
    }

    async fn ask(&self, mut request: Request<Full<Bytes>>, uri: &Uri) -> Result<(StatusCode, Bytes), Away> {
        *request.uri_mut() = uri.clone();
        request.headers_mut().insert(ACCEPT, JSON);
        let asked = async {
            let answer = self.0.request(request).await?;
            let status = answer.status();
            let body = Limited::new(answer.into_body(), LARGEST).collect().await.map_err(|_| Away::Body)?;
            Ok((status, body.to_bytes()))
        };
        tokio::time::timeout(TIME, asked).await.map_err(|_| Away::Time)?
    }
}

/// The address of an issuer, or of something that it has.
///
/// # Errors
/// Why it can't be one.
pub fn address(text: &str) -> Result<Uri, &'static str> {
    let uri: Uri = text.parse().map_err(|_| "is not an address")?;
    let here = uri.host().is_some_and(|host| ["localhost", "127.0.0.1", "[::1]"].contains(&host));
    match uri.scheme_str() {
        Some("https") => Ok(uri),
        Some("http") if here => Ok(uri),
        _ => Err("must be https://: whoever can change what the issuer says can be anybody"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issuer_is_asked_over_tls_or_on_this_machine() {
        for good in ["https://issuer/realm", "http://localhost:5556", "http://127.0.0.1:1/x", "http://[::1]:1/x"] {
            assert!(address(good).is_ok(), "{good}");
        }
        for bad in ["http://issuer/realm", "http://localhost.evil/", "issuer", "ftp://localhost/x", ""] {
            assert!(address(bad).is_err(), "{bad}");
        }
    }
}
