//! What a browser keeps for us: sealed, so that it can neither be read nor made elsewhere, and out of reach of scripts.
//!
//! A session is larger than a cookie may be, and is cut into several. It is sealed as a whole, so that parts of two make
//! none.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::header::COOKIE;
use http::{HeaderMap, HeaderValue};
use privacy::{KeyRing, Place};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::fmt::Display;

/// Browsers keep cookies of 4,096 bytes, with their names.
const PART: usize = 3_900;
/// More than these, with all else in the headers, would be refused as too large.
const PARTS: usize = 4;
/// Somebody who is asked for a password and a second factor needs a while.
pub(super) const SIGN_IN_S: u64 = 600;
/// So much of the state tells one sign-in from another of the same browser.
const TOLD_APART: usize = 16;

/// Somebody who is signed in.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub(super) struct Session {
    pub(super) access_token: String,
    pub(super) refresh_token: Option<String>,
    pub(super) name: Option<String>,
    /// When the token was got, in seconds since 1970.
    pub(super) since: u64,
}

/// Somebody who is at the provider.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub(super) struct Begun {
    pub(super) state: String,
    pub(super) nonce: String,
    pub(super) verifier: String,
    /// Where they wanted to go.
    pub(super) to: String,
    pub(super) since: u64,
}

/// The cookies of one gateway, and of all that have its keys.
#[derive(Clone, Debug)]
pub(super) struct Cookies {
    ring: KeyRing,
    /// Whether browsers come by TLS.
    secure: bool,
    /// What is sealed for one client at one issuer opens for no other.
    client: String,
}

/// Why there is no cookie.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unkept {
    /// Browsers would not keep it.
    #[error("the tokens are larger than {} bytes", PARTS * PART * 3 / 4)]
    TooLarge,
    /// It can't be written.
    #[error(transparent)]
    Unwritten(#[from] serde_json::Error),
    /// It can't be sealed.
    #[error(transparent)]
    Unsealed(#[from] privacy::Error),
}

impl Cookies {
    pub(super) fn new(ring: KeyRing, secure: bool, client: String) -> Self {
        Self { ring, secure, client }
    }

    /// Who is signed in, if it is us who said so.
    pub(super) fn session(&self, headers: &HeaderMap) -> Option<Session> {
        let parts = (0..PARTS).map_while(|part| value(headers, &self.part(part)));
        self.open(&parts.collect::<String>(), &self.place_of_sessions())
    }

    /// Has the browser keep a session, and nothing of one that was longer.
    pub(super) fn keep(&self, headers: &HeaderMap, session: &Session) -> Result<Vec<HeaderValue>, Unkept> {
        let sealed = self.seal(session, &self.place_of_sessions())?;
        let parts: Vec<&str> =
            sealed.as_bytes().chunks(PART).filter_map(|part| std::str::from_utf8(part).ok()).collect();
        if parts.len() > PARTS {
            return Err(Unkept::TooLarge);
        }
        let kept = parts.iter().enumerate().map(|(i, part)| self.set(&self.part(i), part, "Strict", ""));
        Ok(kept.chain(self.forget_from(parts.len(), headers)).collect())
    }

    /// Has the browser forget its session.
    pub(super) fn forget(&self, headers: &HeaderMap) -> Vec<HeaderValue> {
        self.forget_from(0, headers).collect()
    }

    fn forget_from(&self, first: usize, headers: &HeaderMap) -> impl Iterator<Item = HeaderValue> {
        let there = (first..PARTS).map(|part| self.part(part)).filter(|name| value(headers, name).is_some());
        there.map(|name| self.set(&name, "", "Strict", "; Max-Age=0"))
    }

    /// The sign-in that this is the end of, if it was begun in this browser.
    pub(super) fn begun(&self, headers: &HeaderMap, state: &str) -> Option<Begun> {
        let sealed = value(headers, &self.name_of(state)?)?;
        let begun: Begun = self.open(sealed, &self.place_of_sign_ins())?;
        (begun.state == state).then_some(begun)
    }

    /// Has the browser keep a sign-in while it is at the provider. `Lax`: it comes back from another site.
    pub(super) fn begin(&self, begun: &Begun) -> Result<HeaderValue, Unkept> {
        let name = self.name_of(&begun.state).ok_or(Unkept::TooLarge)?;
        let sealed = self.seal(begun, &self.place_of_sign_ins())?;
        Ok(self.set(&name, &sealed, "Lax", &format!("; Max-Age={SIGN_IN_S}")))
    }

    /// Has the browser forget a sign-in.
    pub(super) fn end(&self, state: &str) -> Option<HeaderValue> {
        Some(self.set(&self.name_of(state)?, "", "Lax", "; Max-Age=0"))
    }

    fn place_of_sessions(&self) -> Place {
        Place::new("console.session", &self.client)
    }

    fn place_of_sign_ins(&self) -> Place {
        Place::new("console.sign-in", &self.client)
    }

    fn seal(&self, value: &impl Serialize, place: &Place) -> Result<String, Unkept> {
        let plain = serde_json::to_vec(value)?;
        Ok(URL_SAFE_NO_PAD.encode(self.ring.seal(&plain, place)?))
    }

    fn open<T: DeserializeOwned>(&self, text: &str, place: &Place) -> Option<T> {
        let sealed = URL_SAFE_NO_PAD.decode(text).ok()?;
        serde_json::from_slice(&self.ring.open(&sealed, place).ok()?).ok()
    }

    /// With the prefix browsers take it only over TLS, and from this host only.
    fn prefixed(&self, name: impl Display) -> String {
        if self.secure { format!("__Host-{name}") } else { name.to_string() }
    }

    fn part(&self, part: usize) -> String {
        match part {
            0 => self.prefixed("oms-console"),
            part => self.prefixed(format_args!("oms-console-{}", part + 1)),
        }
    }

    /// Each sign-in has a cookie of its own: two windows may be at it at the same time.
    fn name_of(&self, state: &str) -> Option<String> {
        let begins = state.get(..TOLD_APART)?;
        let plain = begins.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
        plain.then(|| self.prefixed(format_args!("oms-console-sign-in-{begins}")))
    }

    fn set(&self, name: &str, value: &str, same_site: &str, lifetime: &str) -> HeaderValue {
        let secure = if self.secure { "; Secure" } else { "" };
        let text = format!("{name}={value}; Path=/; HttpOnly; SameSite={same_site}{secure}{lifetime}");
        // Names and values are of letters, digits, `-` and `_`.
        let mut header = HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static(""));
        header.set_sensitive(true);
        header
    }
}

/// The value of a cookie. HTTP/2 may bring each in a header of its own.
fn value<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let texts = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = texts.flat_map(|text| text.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(found, _)| *found == name).map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::header::HeaderName;
    use secrecy::SecretString;

    fn ring(keys: &[(&str, u8)]) -> KeyRing {
        use base64::engine::general_purpose::STANDARD;
        let keys: Vec<SecretString> =
            keys.iter().map(|(id, byte)| format!("{id}:{}", STANDARD.encode([*byte; 32])).into()).collect();
        KeyRing::of(&keys).unwrap().unwrap()
    }

    fn cookies(keys: &[(&str, u8)]) -> Cookies {
        Cookies::new(ring(keys), true, "issuer client".to_owned())
    }

    fn session(length: usize) -> Session {
        Session {
            access_token: "a".repeat(length),
            refresh_token: Some("refresh".to_owned()),
            name: Some("Anna Ångström".to_owned()),
            since: 7,
        }
    }

    /// What a browser sends after it was sent these.
    fn sent(set: &[HeaderValue]) -> HeaderMap {
        let pair = |value: &HeaderValue| value.to_str().unwrap().split(';').next().unwrap().to_owned();
        let kept = set.iter().map(pair).filter(|pair| !pair.ends_with('='));
        HeaderMap::from_iter([(COOKIE, kept.collect::<Vec<_>>().join("; ").parse().unwrap())])
    }

    #[test]
    fn a_session_comes_back_whole_also_in_parts() {
        let cookies = cookies(&[("a", 1)]);
        for (length, parts) in [(10, 1), (4_000, 2), (10_000, 4)] {
            let set = cookies.keep(&HeaderMap::new(), &session(length)).unwrap();
            assert_eq!(set.len(), parts);
            for value in &set {
                let text = value.to_str().unwrap();
                assert!(text.starts_with("__Host-oms-console"), "{text}");
                assert!(text.contains("; Path=/; HttpOnly; SameSite=Strict; Secure"), "{text}");
                assert!(text.split(';').next().unwrap().len() <= 4_096 && value.is_sensitive());
            }
            assert_eq!(cookies.session(&sent(&set)), Some(session(length)));
        }
        assert!(matches!(cookies.keep(&HeaderMap::new(), &session(12_000)), Err(Unkept::TooLarge)));
        let plain = Cookies { secure: false, ..cookies };
        let set = plain.keep(&HeaderMap::new(), &session(1)).unwrap();
        let text = set[0].to_str().unwrap();
        assert!(text.starts_with("oms-console=") && !text.contains("Secure"), "{text}");
    }

    #[test]
    fn what_is_left_of_a_longer_one_is_forgotten() {
        let cookies = cookies(&[("a", 1)]);
        let long = sent(&cookies.keep(&HeaderMap::new(), &session(10_000)).unwrap());
        let set = cookies.keep(&long, &session(4_000)).unwrap();
        let told = |set: &[HeaderValue]| set.iter().filter(|v| v.to_str().unwrap().ends_with("Max-Age=0")).count();
        assert_eq!((set.len(), told(&set)), (4, 2));
        assert_eq!(cookies.session(&sent(&set)), Some(session(4_000)));
        assert_eq!(told(&cookies.forget(&long)), 4);
        assert!(cookies.forget(&HeaderMap::new()).is_empty());
    }

    #[test]
    fn what_was_not_sealed_here_is_nothing() {
        let ours = cookies(&[("a", 1)]);
        let set = ours.keep(&HeaderMap::new(), &session(10)).unwrap();
        let good = sent(&set);
        let text = good[COOKIE].to_str().unwrap();
        let (name, sealed) = text.split_once('=').unwrap();
        let swapped: String =
            sealed.chars().enumerate().map(|(i, c)| if i == 40 && c != 'A' { 'A' } else { c }).collect();
        for forged in ["", "x", &sealed[1..], &format!("{sealed}AAAA"), &swapped] {
            let headers = HeaderMap::from_iter([(COOKIE, format!("{name}={forged}").parse().unwrap())]);
            assert_eq!(ours.session(&headers), None, "{forged}");
        }
        assert_eq!(cookies(&[("a", 2)]).session(&good), None, "another key");
        assert_eq!(Cookies::new(ring(&[("a", 1)]), true, "another".into()).session(&good), None, "another client");
        // One thing is not taken for another.
        let begun =
            Begun { state: "s".repeat(43), nonce: "n".into(), verifier: "v".into(), to: "/console/".into(), since: 7 };
        let begin = ours.begin(&begun).unwrap();
        let (_, sealed) = begin.to_str().unwrap().split_once('=').unwrap();
        let headers = HeaderMap::from_iter([(COOKIE, format!("{name}={sealed}").parse().unwrap())]);
        assert_eq!(ours.session(&headers), None);
    }

    #[test]
    fn keys_are_replaced_one_after_the_other() {
        let old = cookies(&[("old", 1)]);
        let both = cookies(&[("new", 2), ("old", 1)]);
        let new = cookies(&[("new", 2)]);
        let kept = sent(&old.keep(&HeaderMap::new(), &session(10)).unwrap());
        assert_eq!(both.session(&kept), Some(session(10)));
        let again = sent(&both.keep(&kept, &session(10)).unwrap());
        assert_eq!((new.session(&again), old.session(&again)), (Some(session(10)), None));
    }

    #[test]
    fn each_sign_in_is_known_by_its_state() {
        let cookies = cookies(&[("a", 1)]);
        let begun = |state: &str| Begun {
            state: state.to_owned(),
            nonce: "n".into(),
            verifier: "v".into(),
            to: "/console/".into(),
            since: 7,
        };
        let (one, other) = (begun(&"1".repeat(43)), begun(&"2".repeat(43)));
        let set = [cookies.begin(&one).unwrap(), cookies.begin(&other).unwrap()];
        assert!(set[0].to_str().unwrap().contains("SameSite=Lax; Secure; Max-Age=600"), "{:?}", set[0].to_str());
        let headers: HeaderMap = sent(&set)[COOKIE]
            .to_str()
            .unwrap()
            .split("; ")
            .map(|pair| (HeaderName::from_static("cookie"), pair.parse().unwrap()))
            .collect();
        assert_eq!(cookies.begun(&headers, &one.state), Some(one.clone()));
        assert_eq!(cookies.begun(&headers, &other.state), Some(other));
        for wrong in ["", "1", &"1".repeat(16), &"3".repeat(43), &"é".repeat(20), &"1;".repeat(20)] {
            assert_eq!(cookies.begun(&headers, wrong), None, "{wrong}");
        }
        assert!(cookies.end(&one.state).unwrap().to_str().unwrap().ends_with("Max-Age=0"));
    }
}
