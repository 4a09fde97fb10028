//! How commands call the Temporal of a system.

use anyhow::Context;
use stack::certs::OPERATOR;
use stack::system::System;
use temporalio_client::{ClientTlsOptions, TlsOptions};

/// What its front end asks for, if it speaks TLS.
pub(crate) fn tls(system: &System) -> anyhow::Result<Option<TlsOptions>> {
    let Some(trust) = system.trust(OPERATOR).filter(|_| system.temporal_url().starts_with("https://")) else {
        return Ok(None);
    };
    let read = |path: &std::path::Path| std::fs::read(path).with_context(|| format!("{}", path.display()));
    let own = ClientTlsOptions::builder()
        .client_cert(read(&trust.certificate)?)
        .client_private_key(read(&trust.key)?)
        .build();
    Ok(Some(TlsOptions::builder().server_root_ca_cert(read(&trust.ca)?).client_tls_options(own).build()))
}
