//! The files of a process' certificates, and their newest usable content.

use super::PROVIDER;
use super::counts::Reload;
use crate::config;
use rustls::RootCertStore;
use rustls::client::{ResolvesClientCert, WebPkiServerVerifier};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::danger::ClientCertVerifier;
use rustls::server::{ClientHello, ResolvesServerCert, WebPkiClientVerifier};
use rustls::sign::CertifiedKey;
use rustls::{Error as Fault, SignatureScheme};
use sha2::{Digest as _, Sha256};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The files are looked at again at the first handshake after so long.
const LOOK: Duration = Duration::from_millis(500);

/// Where everything is. `section` is where the configuration says so.
#[derive(Clone, Debug)]
pub(super) struct Files {
    pub(super) section: &'static str,
    pub(super) certificate: Option<PathBuf>,
    pub(super) key: Option<PathBuf>,
    pub(super) ca: Option<PathBuf>,
    pub(super) client_ca: Option<PathBuf>,
}

/// What the files hold.
#[derive(Debug, Default)]
pub(super) struct Material {
    own: Option<Arc<CertifiedKey>>,
    /// Knows the CAs of servers.
    pub(super) servers: Option<Arc<WebPkiServerVerifier>>,
    /// Knows the CAs of callers.
    pub(super) callers: Option<Arc<dyn ClientCertVerifier>>,
}

/// The certificates of a process and those it believes, as they are now. What can't be used takes nothing's place.
#[derive(Debug)]
pub struct Credentials {
    files: Files,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    material: Arc<Material>,
    /// Of what was read last, usable or not.
    seen: Seen,
    looked: Instant,
}

/// What a look at the files found.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Seen {
    Content([u8; 32]),
    Unreadable(String),
}

impl Credentials {
    pub(super) fn load(files: Files) -> Result<Arc<Self>, config::Error> {
        let contents = files.read().map_err(config::Error::Invalid)?;
        let material = files.parse(&contents).map_err(config::Error::Invalid)?;
        let state = State { material: Arc::new(material), seen: contents.seen(), looked: Instant::now() };
        Ok(Arc::new(Self { files, state: Mutex::new(state) }))
    }

    /// What counts now. Looks at the files first, if nobody has just done so.
    pub(super) fn current(&self) -> Arc<Material> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.looked.elapsed() >= LOOK {
            state.looked = Instant::now();
            self.look(&mut state);
        }
        Arc::clone(&state.material)
    }

    fn look(&self, state: &mut State) {
        let contents = self.files.read();
        let seen = contents.as_ref().map_or_else(|error| Seen::Unreadable(error.clone()), Contents::seen);
        if seen == state.seen {
            return;
        }
        state.seen = seen;
        let outcome = match contents.and_then(|contents| self.files.parse(&contents)) {
            Ok(material) => {
                tracing::info!(section = self.files.section, "new certificates are in use");
                state.material = Arc::new(material);
                Reload::Taken
            }
            Err(error) => {
                tracing::error!(error, "new certificates can't be used; the ones before stay in use");
                Reload::Refused
            }
        };
        outcome.count(1);
    }
}

/// The bytes of the files, in the order of their fields.
struct Contents {
    certificate: Option<Vec<u8>>,
    key: Option<Vec<u8>>,
    ca: Option<Vec<u8>>,
    client_ca: Option<Vec<u8>>,
}

impl Contents {
    fn seen(&self) -> Seen {
        let mut digest = Sha256::new();
        for file in [&self.certificate, &self.key, &self.ca, &self.client_ca] {
            let bytes = file.as_deref().unwrap_or_default();
            digest.update(bytes.len().to_be_bytes());
            digest.update(bytes);
        }
        Seen::Content(digest.finalize().into())
    }
}

impl Files {
    fn read(&self) -> Result<Contents, String> {
        let read = |name: &str, path: &Option<PathBuf>| {
            let Some(path) = path else { return Ok(None) };
            std::fs::read(path).map(Some).map_err(|error| self.fault(name, path, &format!("can't be read: {error}")))
        };
        Ok(Contents {
            certificate: read("certificate", &self.certificate)?,
            key: read("key", &self.key)?,
            ca: read("ca", &self.ca)?,
            client_ca: read("client_ca", &self.client_ca)?,
        })
    }

    fn parse(&self, contents: &Contents) -> Result<Material, String> {
        let mut material = Material::default();
        if let (Some(path), Some(certificate), Some(key)) = (&self.certificate, &contents.certificate, &contents.key) {
            material.own = Some(Arc::new(self.own(path, certificate, key)?));
        }
        if let (Some(path), Some(ca)) = (&self.ca, &contents.ca) {
            let verifier = WebPkiServerVerifier::builder_with_provider(self.roots("ca", path, ca)?, PROVIDER.clone());
            material.servers = Some(verifier.build().map_err(|error| self.fault("ca", path, &error.to_string()))?);
        }
        if let (Some(path), Some(ca)) = (&self.client_ca, &contents.client_ca) {
            let roots = self.roots("client_ca", path, ca)?;
            let verifier = WebPkiClientVerifier::builder_with_provider(roots, PROVIDER.clone()).build();
            material.callers = Some(verifier.map_err(|error| self.fault("client_ca", path, &error.to_string()))?);
        }
        Ok(material)
    }

    fn own(&self, path: &Path, certificate: &[u8], key: &[u8]) -> Result<CertifiedKey, String> {
        let chain = self.certificates("certificate", path, certificate)?;
        let no_key = |why: &str| self.fault("key", self.key.as_deref().unwrap_or(path), why);
        // Its errors may quote the line they stumble over.
        let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| no_key("holds no private key in PEM form"))?;
        CertifiedKey::from_der(chain, key, &PROVIDER).map_err(|error| match error {
            Fault::InconsistentKeys(_) => no_key("is not the key of the certificate"),
            error => no_key(&error.to_string()),
        })
    }

    fn roots(&self, name: &str, path: &Path, pem: &[u8]) -> Result<Arc<RootCertStore>, String> {
        let mut roots = RootCertStore::empty();
        for certificate in self.certificates(name, path, pem)? {
            roots.add(certificate).map_err(|error| self.fault(name, path, &error.to_string()))?;
        }
        Ok(Arc::new(roots))
    }

    fn certificates(&self, name: &str, path: &Path, pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, String> {
        match CertificateDer::pem_slice_iter(pem).collect::<Result<Vec<_>, _>>() {
            Ok(found) if !found.is_empty() => Ok(found),
            _ => Err(self.fault(name, path, "holds no certificate in PEM form")),
        }
    }

    fn fault(&self, name: &str, path: &Path, what: &str) -> String {
        format!("{}.{name}: {} {what}", self.section, path.display())
    }
}

impl Material {
    /// Whether this is the very certificate that we show.
    pub(super) fn is_own(&self, certificate: &CertificateDer<'_>) -> bool {
        self.own.as_ref().and_then(|own| own.cert.first()).is_some_and(|own| own == certificate)
    }
}

impl ResolvesServerCert for Credentials {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        self.current().own.clone()
    }
}

impl ResolvesClientCert for Credentials {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.current().own.clone()
    }

    fn has_certs(&self) -> bool {
        self.files.certificate.is_some()
    }
}
