//! A Postgres that nobody reaches without TLS and a certificate.

use std::path::Path;

use super::options;
use crate::account::Account;
use crate::certs::Trust;
use crate::error::{Doing, Result};
use crate::layout;

/// Each connection needs a certificate of the CA, and the password of its role.
const WHO_MAY: &str = "hostssl all all all scram-sha-256 clientcert=verify-ca\n";

/// Puts its certificate where its account can read it, and returns the settings.
pub(super) fn arguments(home: &Path, folder: &Path, account: Option<Account>) -> Result<Vec<String>> {
    let from = Trust::in_folder(folder, "postgres");
    let to = Trust::in_folder(home, "tls");
    let who_may = home.join("pg_hba.conf");
    for (from, to) in [(&from.ca, &to.ca), (&from.certificate, &to.certificate), (&from.key, &to.key)] {
        write(to, &std::fs::read(from).at("reading", from)?, account)?;
    }
    write(&who_may, WHO_MAY.as_bytes(), account)?;
    let setting = |name: &str, path: &Path| format!("{name}={}", path.display());
    Ok(options([
        "ssl=on".to_owned(),
        setting("ssl_ca_file", &to.ca),
        setting("ssl_cert_file", &to.certificate),
        setting("ssl_key_file", &to.key),
        setting("hba_file", &who_may),
    ])
    .collect())
}

fn write(path: &Path, content: &[u8], account: Option<Account>) -> Result<()> {
    layout::write_closed(path, content, 0o600)?;
    account.map_or(Ok(()), |account| account.own(path))
}
