//! The section `[tls]`.

use super::credentials::Files;
use crate::config::Error;
use serde::Deserialize;
use std::path::PathBuf;

/// Who a process is, and whom it believes. All of it empty: plain text.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// PEM file with the certificate of this process, and those between it and its CA. With it every port speaks TLS only.
    pub certificate: PathBuf,
    /// PEM file with the private key to it.
    pub key: PathBuf,
    /// PEM file with the CAs of the servers that are called by `https://`.
    pub ca: PathBuf,
    /// PEM file with the CAs of callers. With it nobody calls without a certificate, unless `callers` says so.
    pub client_ca: PathBuf,
    /// Whether a caller needs a certificate.
    pub callers: Callers,
    /// Names of callers: DNS names or URIs as their certificates have them, exactly.
    pub allowed: Vec<String>,
}

/// Whether a caller needs a certificate, where there is a CA for callers.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Callers {
    /// Nobody gets in without one.
    #[default]
    Certified,
    /// One without gets in. One that is shown is checked all the same.
    Any,
}

impl Config {
    /// Whether the ports of the process speak TLS.
    #[must_use]
    pub fn serves(&self) -> bool {
        !self.certificate.as_os_str().is_empty()
    }

    pub(super) fn files(&self) -> Files {
        let file = |path: &PathBuf| (!path.as_os_str().is_empty()).then(|| path.clone());
        Files {
            section: "tls",
            certificate: file(&self.certificate),
            key: file(&self.key),
            ca: file(&self.ca),
            client_ca: file(&self.client_ca),
        }
    }

    /// What would be without effect, or would let nobody in, is a mistake.
    pub(super) fn check(&self) -> Result<(), Error> {
        let files = self.files();
        let fault = match (&files.certificate, &files.key, &files.client_ca, self.allowed.is_empty()) {
            (Some(_), None, ..) => "tls.key is needed with tls.certificate",
            (None, Some(_), ..) => "tls.certificate is needed with tls.key",
            (None, _, Some(_), _) => "tls.certificate is needed with tls.client_ca",
            (.., Some(_), true) => "tls.allowed names nobody, and tls.client_ca is set: no caller would be let in",
            (.., None, false) => "tls.allowed is of no use without tls.client_ca",
            _ => return Ok(()),
        };
        Err(Error::Invalid(fault.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(certificate: &str, key: &str, client_ca: &str, allowed: &[&str]) -> Config {
        Config {
            certificate: certificate.into(),
            key: key.into(),
            client_ca: client_ca.into(),
            allowed: allowed.iter().map(ToString::to_string).collect(),
            ..Config::default()
        }
    }

    #[test]
    fn halves_are_refused() {
        for (right, halves) in [
            (true, config("", "", "", &[])),
            (true, config("c", "k", "", &[])),
            (true, config("c", "k", "a", &["orders"])),
            (false, config("c", "", "", &[])),
            (false, config("", "k", "", &[])),
            (false, config("", "", "a", &["orders"])),
            (false, config("c", "k", "a", &[])),
            (false, config("c", "k", "", &["orders"])),
        ] {
            let checked = halves.check();
            assert_eq!(checked.is_ok(), right, "{halves:?}");
            assert!(right || checked.unwrap_err().to_string().contains("tls."));
        }
    }
}
