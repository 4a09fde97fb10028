//! A development CA and the certificates it makes: for a system on this machine, and for tests. Who deploys has one of his
//! own.

use std::path::{Path, PathBuf};

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    SanType,
};
use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};

use crate::database;
use crate::error::{Doing, Result};
use crate::layout;

/// Whoever gets a certificate: the processes, and the person who runs them.
pub const SUBJECTS: [&str; 8] =
    ["orders", "payments", "inventory", "gateway", "postgres", "temporal", "prometheus", OPERATOR];
/// Who runs a system: `cargo xtask`, curl, grpcurl.
pub const OPERATOR: &str = "operator";

const CA: &str = "ca";
const CA_DAYS: i64 = 3650;
const DAYS: i64 = 90;

/// The name that a certificate is allowed by, and that nothing else has.
pub fn identity(name: &str) -> String {
    format!("spiffe://oms/{name}")
}

/// Signs certificates.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    /// Its own certificate, as PEM.
    pub certificate: String,
}

/// Whom a certificate is for.
#[derive(Clone, Debug)]
pub struct Subject {
    /// Its name: a DNS name, the last part of its identity, and the common name.
    pub name: String,
    /// From when it counts.
    pub from: OffsetDateTime,
    /// Until when.
    pub until: OffsetDateTime,
}

/// A certificate and its private key, as PEM.
pub struct Pair {
    /// The certificate.
    pub certificate: String,
    /// The key.
    pub key: String,
}

/// The files by which somebody proves who he is, and knows others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trust {
    /// Of the CA.
    pub ca: PathBuf,
    /// His own.
    pub certificate: PathBuf,
    /// The private key to it.
    pub key: PathBuf,
}

impl Subject {
    /// For the next three months, and the hour before, because clocks differ.
    pub fn new(name: &str) -> Self {
        let now = OffsetDateTime::now_utc();
        Self { name: name.to_owned(), from: now - Duration::HOUR, until: now + Duration::days(DAYS) }
    }

    /// The same, and over since a minute.
    pub fn expired(name: &str) -> Self {
        Self { until: OffsetDateTime::now_utc() - Duration::MINUTE, ..Self::new(name) }
    }
}

impl Authority {
    /// A new one, known to nobody.
    pub fn new() -> Result<Self> {
        Self::of(KeyPair::generate()?, None)
    }

    /// The one of this folder, made if there is none.
    pub fn open(folder: &Path) -> Result<Self> {
        std::fs::create_dir_all(folder).at("creating", folder)?;
        let files = Trust::in_folder(folder, CA);
        if files.certificate.exists() && files.key.exists() {
            let read = |path: &Path| std::fs::read_to_string(path).at("reading", path);
            return Self::of(KeyPair::from_pem(&read(&files.key)?)?, Some(read(&files.certificate)?));
        }
        let made = Self::new()?;
        let pair = Pair { certificate: made.certificate.clone(), key: made.issuer.key().serialize_pem() };
        pair.write(&files)?;
        Ok(made)
    }

    fn of(key: KeyPair, certificate: Option<String>) -> Result<Self> {
        let mut about = CertificateParams::default();
        about.distinguished_name.push(DnType::CommonName, "oms development CA");
        about.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        about.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        about.not_before = OffsetDateTime::now_utc() - Duration::HOUR;
        about.not_after = about.not_before + Duration::days(CA_DAYS);
        let certificate = match certificate {
            Some(certificate) => certificate,
            None => about.self_signed(&key)?.pem(),
        };
        Ok(Self { issuer: Issuer::new(about, key), certificate })
    }

    /// A certificate for the name, this machine, and the identity.
    pub fn issue(&self, subject: &Subject) -> Result<Pair> {
        let names = [subject.name.as_str(), "localhost", "127.0.0.1", "::1"].map(str::to_owned);
        let mut about = CertificateParams::new(names)?;
        about.subject_alt_names.push(SanType::URI(identity(&subject.name).try_into()?));
        about.distinguished_name.push(DnType::CommonName, subject.name.clone());
        about.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        about.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
        about.use_authority_key_identifier_extension = true;
        (about.not_before, about.not_after) = (subject.from, subject.until);
        let key = KeyPair::generate()?;
        Ok(Pair { certificate: about.signed_by(&key, &self.issuer)?.pem(), key: key.serialize_pem() })
    }
}

impl Pair {
    /// Writes both, the key for its owner only.
    pub fn write(&self, files: &Trust) -> Result<()> {
        layout::write_closed(&files.key, self.key.as_bytes(), 0o600)?;
        layout::write_closed(&files.certificate, self.certificate.as_bytes(), 0o644)
    }
}

impl Trust {
    /// The files of somebody in a folder of certificates.
    pub fn in_folder(folder: &Path, name: &str) -> Self {
        let file = |name: String| folder.join(name + ".pem");
        Self { ca: file(CA.to_owned()), certificate: file(name.to_owned()), key: file(format!("{name}-key")) }
    }

    /// A Postgres URL, with these files.
    pub fn in_url(&self, url: &str) -> Result<String> {
        let mut url = database::parse(url)?;
        let kept = url.query_pairs().filter(|(key, _)| !key.starts_with("ssl"));
        let kept: Vec<_> = kept.map(|(key, value)| (key.into_owned(), value.into_owned())).collect();
        let files = [("sslrootcert", &self.ca), ("sslcert", &self.certificate), ("sslkey", &self.key)];
        url.query_pairs_mut()
            .clear()
            .extend_pairs(kept)
            .append_pair("sslmode", "verify-full")
            .extend_pairs(files.map(|(key, path)| (key, path.to_string_lossy())));
        Ok(url.into())
    }
}

/// Makes a certificate for each of these, by the CA of this folder. Those that were there are replaced; whoever uses them
/// takes the new ones without a restart.
pub fn make(folder: &Path, names: &[&str]) -> Result<()> {
    let authority = Authority::open(folder)?;
    for name in names {
        authority.issue(&Subject::new(name))?.write(&Trust::in_folder(folder, name))?;
    }
    Ok(())
}
