//! The settings.

use serde::Deserialize;
use std::net::SocketAddr;
use std::time::Duration;

/// Who may call.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Auth {
    /// Whether callers are asked who they are.
    pub mode: Mode,
    /// `iss` of the tokens.
    pub issuer: String,
    /// `aud` of the tokens.
    pub audience: String,
    /// The issuer's keys, a JWKS: `https://…`, or a file.
    pub jwks: String,
    /// The claim with the roles: a list, or a text with spaces between them. A dot goes into an object.
    pub roles_claim: String,
    /// How far the clocks may differ, in seconds.
    pub leeway_s: u64,
    /// How often the keys are read again, in seconds. A key nobody knows is looked for at once.
    pub refresh_s: u64,
    /// For how long keys are used while they can't be read again, in seconds.
    pub stale_s: u64,
    /// A file with this process's own token, for its calls to others. It is read again when it changes.
    pub token_file: String,
}

/// Whether callers are asked who they are.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// No. Everybody who reaches the port may do everything, so it can only be one of this machine.
    Local,
    /// Every call needs a token.
    Token,
}

/// A setting that can't be used.
#[derive(Debug, thiserror::Error)]
#[error("auth.{field}: {why}")]
pub struct Invalid {
    pub(crate) field: &'static str,
    pub(crate) why: String,
}

impl Auth {
    /// Whether the settings go together.
    ///
    /// # Errors
    /// The first that does not.
    pub fn check(&self) -> Result<(), Invalid> {
        if self.mode == Mode::Local {
            return Ok(());
        }
        for (field, value) in [("issuer", &self.issuer), ("audience", &self.audience), ("jwks", &self.jwks)] {
            if value.is_empty() {
                return Err(Invalid { field, why: "is needed with auth.mode = \"token\"".to_owned() });
            }
        }
        if self.refresh_s == 0 {
            return Err(Invalid { field: "refresh_s", why: "must be above 0".to_owned() });
        }
        Ok(())
    }

    /// Whether a process with these settings may listen there.
    ///
    /// # Errors
    /// Where others than this machine's could reach it, although nobody is asked who they are.
    pub fn may_listen(&self, address: SocketAddr) -> Result<(), Invalid> {
        if self.mode == Mode::Local && !address.ip().is_loopback() {
            let why = format!(
                "\"local\" asks nobody who they are, so {address} can't be listened on, only a loopback address"
            );
            return Err(Invalid { field: "mode", why });
        }
        Ok(())
    }

    pub(crate) const fn refresh(&self) -> Duration {
        Duration::from_secs(self.refresh_s)
    }

    pub(crate) const fn stale(&self) -> Duration {
        Duration::from_secs(self.stale_s)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn auth(mode: Mode) -> Auth {
        Auth {
            mode,
            issuer: "https://issuer".into(),
            audience: "oms".into(),
            jwks: String::new(),
            roles_claim: "roles".into(),
            leeway_s: 30,
            refresh_s: 60,
            stale_s: 86_400,
            token_file: String::new(),
        }
    }

    #[test]
    fn without_tokens_only_this_machine_is_served() {
        let local = auth(Mode::Local);
        assert!(local.may_listen(([127, 0, 0, 1], 80).into()).is_ok());
        assert!(local.may_listen("[::1]:80".parse().unwrap()).is_ok());
        for elsewhere in ["0.0.0.0:80", "[::]:80", "10.0.0.1:80"] {
            let error = local.may_listen(elsewhere.parse().unwrap()).unwrap_err();
            assert!(error.to_string().contains("auth.mode"), "{error}");
        }
        assert!(auth(Mode::Token).may_listen(([0, 0, 0, 0], 80).into()).is_ok());
    }

    #[test]
    fn tokens_need_their_settings() {
        assert!(auth(Mode::Local).check().is_ok());
        assert!(auth(Mode::Token).check().unwrap_err().to_string().starts_with("auth.jwks"));
    }
}
