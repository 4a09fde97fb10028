//! Who a certificate is for.

use rustls::pki_types::CertificateDer;
use webpki::EndEntityCert;

/// The DNS names and URIs that a certificate is for. Of one that can't be read: none.
pub(super) fn of(certificate: &CertificateDer<'_>) -> Vec<String> {
    let Ok(certificate) = EndEntityCert::try_from(certificate) else { return Vec::new() };
    certificate.valid_dns_names().chain(certificate.valid_uri_names()).map(str::to_owned).collect()
}

/// Whether it is for one of these.
pub(super) fn any(certificate: &CertificateDer<'_>, wanted: &[String]) -> bool {
    let Ok(certificate) = EndEntityCert::try_from(certificate) else { return false };
    certificate.valid_dns_names().chain(certificate.valid_uri_names()).any(|name| wanted.iter().any(|w| w == name))
}
