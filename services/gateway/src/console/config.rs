//! The section `[console]`.

use access::{Auth, Mode};
use http::Uri;
use privacy::KeyRing;
use secrecy::SecretString;
use serde::Deserialize;
use service::config::Error;

/// The operators' console.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Console {
    /// Where a workflow can be looked at, with `{workflow_id}` in it; empty: nowhere.
    pub workflow_link: String,
    /// Where a trace can be looked at, with `{trace_id}` in it; empty: nowhere.
    pub trace_link: String,
    /// `<key id>:<base64 of 32 bytes>` each, for the cookies of those who are signed in: the first seals, all open. In the
    /// environment also separated by commas.
    #[serde(deserialize_with = "privacy::keys")]
    pub session_keys: Vec<SecretString>,
    /// How people sign in.
    pub oidc: Oidc,
}

/// How people sign in.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Oidc {
    /// The OpenID provider; empty: nobody signs in.
    pub issuer: String,
    /// The console's name there.
    pub client_id: String,
    /// And its secret; empty: it has none.
    pub client_secret: SecretString,
    /// What is asked for.
    pub scopes: String,
    /// Where browsers reach this gateway.
    pub public_url: String,
}

/// Settings that can be used.
#[derive(Clone, Debug)]
pub(super) struct SignIn {
    pub(super) oidc: Oidc,
    pub(super) ring: KeyRing,
    /// Without a slash at its end.
    pub(super) public_url: String,
}

impl Console {
    /// How people sign in; `None`: they do not.
    ///
    /// # Errors
    /// Settings that can't be used, or not together.
    pub(super) fn sign_in(&self, auth: &Auth) -> Result<Option<SignIn>, Error> {
        let invalid = |setting: &str, why: &str| Error::Invalid(format!("console.{setting}: {why}"));
        let Oidc { issuer, client_id, scopes, public_url, .. } = &self.oidc;
        if issuer.is_empty() {
            return Ok(None);
        }
        if auth.mode == Mode::Local {
            return Err(invalid("oidc.issuer", "nobody signs in with auth.mode = \"local\""));
        }
        access::issuer::address(issuer).map_err(|why| invalid("oidc.issuer", why))?;
        if client_id.is_empty() {
            return Err(invalid("oidc.client_id", "is needed with console.oidc.issuer"));
        }
        if !scopes.split(' ').any(|scope| scope == "openid") {
            return Err(invalid("oidc.scopes", "must have \"openid\" among them"));
        }
        let public_url = origin(public_url).ok_or_else(|| {
            invalid("oidc.public_url", "must be https://host or https://host:port, or http:// on this machine")
        })?;
        let ring = self.ring()?.ok_or_else(|| invalid("session_keys", "are needed with console.oidc.issuer"))?;
        Ok(Some(SignIn { oidc: self.oidc.clone(), ring, public_url }))
    }

    fn ring(&self) -> Result<Option<KeyRing>, Error> {
        KeyRing::of(&self.session_keys).map_err(|error| {
            Error::Invalid(match error {
                privacy::Error::Malformed(i) => {
                    format!("console.session_keys[{i}] is not `<key id>:<base64 of 32 bytes>`")
                }
                privacy::Error::Twice(i) => format!("console.session_keys[{i}] has the id of a key before it"),
                other => format!("console.session_keys: {other}"),
            })
        })
    }
}

/// An address without a path, as a browser writes it.
fn origin(text: &str) -> Option<String> {
    let text = text.trim_end_matches('/');
    let uri: Uri = access::issuer::address(text).ok()?;
    let bare = uri.path() == "/" && uri.query().is_none() && !uri.authority()?.as_str().contains('@');
    bare.then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn console(change: &str) -> Result<Option<SignIn>, Error> {
        let key = privacy::generate_key().unwrap();
        let text = format!(
            "workflow_link = ''\ntrace_link = ''\nsession_keys = ['a:{key}']\n[oidc]\nissuer = 'https://issuer'\n\
             client_id = 'c'\nclient_secret = ''\nscopes = 'openid'\npublic_url = 'https://oms.example/'\n"
        );
        let (name, value) = change.split_once(" = ").unwrap();
        let changed: Vec<String> = text
            .lines()
            .map(|line| if line.starts_with(name) { format!("{name} = {value}") } else { line.to_owned() })
            .collect();
        let mut auth = crate::Config::load(None).unwrap().auth;
        auth.mode = Mode::Token;
        service::config::load::<Console>(&changed.join("\n"), None).unwrap().sign_in(&auth)
    }

    #[test]
    fn what_does_not_go_together_is_named() {
        assert_eq!(console("client_secret = 's'").unwrap().unwrap().public_url, "https://oms.example");
        assert!(console("issuer = ''").unwrap().is_none());
        for (change, named) in [
            ("issuer = 'http://elsewhere'", "console.oidc.issuer"),
            ("client_id = ''", "console.oidc.client_id"),
            ("scopes = 'profile openid2'", "console.oidc.scopes"),
            ("public_url = 'https://oms.example/shop'", "console.oidc.public_url"),
            ("public_url = 'https://a:b@oms.example'", "console.oidc.public_url"),
            ("public_url = 'http://oms.example'", "console.oidc.public_url"),
            ("session_keys = []", "console.session_keys"),
            ("session_keys = ['secret']", "console.session_keys[0]"),
        ] {
            let error = console(change).unwrap_err().to_string();
            assert!(error.contains(named) && !error.contains("secret'"), "{change}: {error}");
        }
    }

    #[test]
    fn nobody_signs_in_where_nobody_is_asked() {
        let mut config = crate::Config::load(None).unwrap();
        assert!(config.console.sign_in(&config.auth).unwrap().is_none());
        config.console.oidc.issuer = "https://issuer".to_owned();
        assert!(config.console.sign_in(&config.auth).unwrap_err().to_string().contains("auth.mode"));
    }
}
