//! TLS on every port, and to every server that is called: who a process is, and whom it believes. `docs/TLS.md` says how
//! it is set up.
//!
//! - [`Config`]: the section `[tls]`
//! - [`Credentials`]: the files it names, looked at again while the process runs
//! - [`Acceptor`], [`Incoming`]: connections that come, with the identity of the caller checked
//! - [`Client`]: connections to other services, with their name and identity checked
//! - [`temporal`]: the same for the connection to Temporal
//!
//! Without certificates all of it is plain text, and costs nothing.

/// The part of a verifier that does not depend on whom it believes.
macro_rules! signatures_as_ever {
    () => {
        fn verify_tls12_signature(
            &self,
            message: &[u8],
            certificate: &rustls::pki_types::CertificateDer<'_>,
            signature: &rustls::DigitallySignedStruct,
        ) -> Result<rustls::client::danger::HandshakeSignatureValid, rustls::Error> {
            let algorithms = &super::PROVIDER.signature_verification_algorithms;
            rustls::crypto::verify_tls12_signature(message, certificate, signature, algorithms)
        }

        fn verify_tls13_signature(
            &self,
            message: &[u8],
            certificate: &rustls::pki_types::CertificateDer<'_>,
            signature: &rustls::DigitallySignedStruct,
        ) -> Result<rustls::client::danger::HandshakeSignatureValid, rustls::Error> {
            let algorithms = &super::PROVIDER.signature_verification_algorithms;
            rustls::crypto::verify_tls13_signature(message, certificate, signature, algorithms)
        }

        fn supported_verify_schemes(&self) -> Vec<rustls::SignatureScheme> {
            super::PROVIDER.signature_verification_algorithms.supported_schemes()
        }
    };
}

mod client;
mod config;
mod counts;
mod credentials;
mod incoming;
mod names;
mod server;
mod stream;
pub mod temporal;

pub use client::{Client, Peer};
pub use config::{Callers, Config};
pub use credentials::Credentials;
pub use incoming::Incoming;
pub use server::{Acceptor, Protocols};
pub use stream::Stream;

use rustls::crypto::CryptoProvider;
use std::sync::{Arc, LazyLock};

/// One for the whole process, and none installed for others to find: who uses TLS says what with.
static PROVIDER: LazyLock<Arc<CryptoProvider>> = LazyLock::new(|| Arc::new(rustls::crypto::ring::default_provider()));

pub(crate) use client::to_itself;
