//! What the settings come to: whether a call is let through.

use crate::caller::{Caller, Scope};
use crate::config::{Auth, Invalid, Mode};
use crate::id_token::Asked;
use crate::keys::Keys;
use crate::local;
use crate::refusal::Refused;
use crate::role::{Role, Roles};
use crate::rules::rule;
use crate::token::Verifier;
use contracts::Method;
use contracts::ids::CustomerId;
use http::HeaderMap;
use http::header::AUTHORIZATION;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// Lets calls through, or not.
#[derive(Clone, Debug)]
pub enum Guard {
    /// Everybody, as whoever they say they are.
    Local,
    /// Those with a token.
    Token(Arc<Verifier>),
}

/// Who calls.
#[derive(Clone, Debug)]
pub struct Identity {
    pub(crate) subject: Arc<str>,
    pub(crate) roles: Roles,
    pub(crate) expires: Option<u64>,
}

impl Identity {
    /// The subject of the token.
    #[must_use]
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// What they are.
    #[must_use]
    pub const fn roles(&self) -> Roles {
        self.roles
    }

    /// Until when the token is valid that says so, in seconds since 1970; `None`: it is only said.
    #[must_use]
    pub const fn expires(&self) -> Option<u64> {
        self.expires
    }
}

impl Guard {
    /// From the settings. The issuer's keys are read in the background until `stop`.
    ///
    /// # Errors
    /// A setting that can't be used.
    pub fn new(auth: &Auth, stop: CancellationToken) -> Result<Self, Invalid> {
        auth.check()?;
        match auth.mode {
            Mode::Local => {
                tracing::warn!(
                    "auth.mode is \"local\": nobody is asked who they are, and everybody on this machine may do everything"
                );
                Ok(Self::Local)
            }
            Mode::Token => Ok(Self::Token(Arc::new(Verifier::new(auth, Keys::start(auth, stop)?)))),
        }
    }

    /// Whether whoever sent these headers may call the method, and over what.
    ///
    /// # Errors
    /// No valid token, or none of their roles may.
    pub async fn admit(&self, headers: &HeaderMap, method: Method) -> Result<Caller, Refused> {
        admit(self.authenticate(headers).await?.as_ref(), method)
    }

    /// Whether whoever sent these headers has this role, for what is no method of a service.
    ///
    /// # Errors
    /// No valid token, or one without the role.
    pub async fn admit_role(&self, headers: &HeaderMap, role: Role) -> Result<(), Refused> {
        match self.authenticate(headers).await? {
            Some(identity) if !identity.roles.has(role) => Err(Refused::NotA(role)),
            _ => Ok(()),
        }
    }

    /// Whose token it is; `None` where nobody asks for any.
    ///
    /// # Errors
    /// It is not valid.
    pub async fn whose(&self, token: &str) -> Result<Option<Identity>, Refused> {
        match self {
            Self::Local => Ok(None),
            Self::Token(verifier) => verifier.verify(token).await.map(Some),
        }
    }

    /// The name of somebody who has just signed in, if this ID token has one; `None` also where nobody does.
    ///
    /// # Errors
    /// It is not the answer to what was asked.
    pub async fn signed_in(&self, id_token: &str, asked: Asked<'_>) -> Result<Option<String>, Refused> {
        match self {
            Self::Local => Ok(None),
            Self::Token(verifier) => verifier.signed_in(id_token, asked).await,
        }
    }

    async fn authenticate(&self, headers: &HeaderMap) -> Result<Option<Identity>, Refused> {
        match self {
            Self::Local => local::identity(headers),
            Self::Token(verifier) => verifier.verify(bearer(headers)?).await.map(Some),
        }
    }

    /// The same, if it is known without waiting.
    pub(crate) fn known(&self, headers: &HeaderMap) -> Option<Result<Option<Identity>, Refused>> {
        match self {
            Self::Local => Some(local::identity(headers)),
            Self::Token(verifier) => match bearer(headers) {
                Ok(token) => Some(Ok(Some(verifier.remembered(token)?))),
                Err(refused) => Some(Err(refused)),
            },
        }
    }
}

/// Whether whoever it is may call the method, and over what.
///
/// # Errors
/// None of their roles may.
pub(crate) fn admit(identity: Option<&Identity>, method: Method) -> Result<Caller, Refused> {
    let Some(Identity { subject, roles, expires }) = identity else { return Ok(Caller::local()) };
    let (rule, proven) = (rule(method), expires.is_some());
    if let Some(role) = rule.whole.common(*roles) {
        let actor = if role == Role::Customer { role.to_string() } else { format!("{role}:{subject}") };
        return Ok(Caller { id: Arc::clone(subject), actor: actor.into(), roles: *roles, scope: Scope::Whole, proven });
    }
    if !(rule.own && roles.has(Role::Customer)) {
        return Err(Refused::Role(method));
    }
    let customer: CustomerId = subject.parse().map_err(|_| Refused::Invalid("its subject is no customer's id"))?;
    let actor = Role::Customer.to_string().into();
    Ok(Caller { id: Arc::clone(subject), actor, roles: *roles, scope: Scope::Own(customer), proven })
}

/// The token of a request: of exactly one header.
fn bearer(headers: &HeaderMap) -> Result<&str, Refused> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let value = values.next().ok_or(Refused::Missing)?;
    if values.next().is_some() {
        return Err(Refused::Malformed);
    }
    let (scheme, token) = value.to_str().ok().and_then(|text| text.split_once(' ')).ok_or(Refused::Malformed)?;
    if !scheme.eq_ignore_ascii_case("bearer") || token.is_empty() {
        return Err(Refused::Malformed);
    }
    Ok(token)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn who(subject: &str, roles: &[Role]) -> Identity {
        Identity { subject: subject.into(), roles: Roles::of(roles), expires: Some(u64::MAX) }
    }

    #[test]
    fn a_customer_is_let_to_what_is_theirs() {
        let caller = admit(Some(&who("CUST123", &[Role::Customer])), Method::OrdersGetOrder).unwrap();
        assert!(caller.may_touch("CUST123") && !caller.may_touch("CUST124"));
        assert_eq!(caller.actor(), "customer");
        // Who is more than a customer sees more.
        let both = who("CUST123", &[Role::Customer, Role::Manager]);
        let caller = admit(Some(&both), Method::OrdersGetOrder).unwrap();
        assert!(caller.may_touch("CUST124"));
        assert_eq!(caller.actor(), "manager:CUST123");
    }

    #[test]
    fn without_the_role_nobody_is_let_through() {
        let refused = Refused::Role(Method::OrdersApproveOrder);
        let asked = |roles: &[Role]| admit(Some(&who("x", roles)), Method::OrdersApproveOrder).map(|_| ());
        assert_eq!(asked(&[Role::Customer, Role::Warehouse, Role::Service]), Err(refused));
        assert_eq!(asked(&[]), Err(refused));
        assert_eq!(asked(&[Role::Manager]), Ok(()));
    }

    #[test]
    fn only_one_bearer_token_is_taken() {
        let with = |values: &[&str]| {
            let headers = values.iter().map(|value| (AUTHORIZATION, value.parse().unwrap()));
            let headers: HeaderMap = headers.collect();
            bearer(&headers).map(ToOwned::to_owned)
        };
        assert_eq!(with(&["Bearer abc"]), Ok("abc".to_owned()));
        assert_eq!(with(&["bearer abc"]), Ok("abc".to_owned()));
        assert_eq!(with(&[]), Err(Refused::Missing));
        for wrong in [&["Basic abc"][..], &["Bearer"], &["Bearer "], &["abc"]] {
            assert_eq!(with(wrong), Err(Refused::Malformed), "{wrong:?}");
        }
    }

    #[test]
    fn two_headers_are_none() {
        let mut headers = HeaderMap::new();
        headers.append(AUTHORIZATION, "Bearer a".parse().unwrap());
        headers.append(AUTHORIZATION, "Bearer b".parse().unwrap());
        assert_eq!(bearer(&headers), Err(Refused::Malformed));
    }
}
