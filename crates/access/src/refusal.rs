//! Why a call is not let through.

use crate::LOCAL_ROLE;
use crate::role::Role;
use contracts::Method;
use std::collections::HashMap;
use std::time::Duration;
use strum::IntoEnumIterator as _;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt as _};

/// Why a call is not let through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// No token.
    #[error("a bearer token is needed")]
    Missing,
    /// More than one, or something else than a bearer token.
    #[error("the authorization header must be one `Bearer` token")]
    Malformed,
    /// Not a token of this issuer, or one for somebody else.
    #[error("the token is not valid here: {0}")]
    Invalid(&'static str),
    /// It was valid once.
    #[error("the token has expired")]
    Expired,
    /// A header of the local mode's role switch makes no sense.
    #[error("the header `{0}` must be {rule}", rule = rule_of(.0))]
    Header(&'static str),
    /// The issuer's keys are not known.
    #[error("the issuer's keys can't be had now; try again")]
    NoKeys,
    /// The caller has none of the roles.
    #[error("none of your roles may call this")]
    Role(Method),
    /// The caller has not the one role that may.
    #[error("only the role {0} may do this")]
    NotA(Role),
}

impl Refused {
    const fn code(self) -> Code {
        match self {
            Self::Missing | Self::Malformed | Self::Invalid(_) | Self::Expired => Code::Unauthenticated,
            Self::Header(_) => Code::InvalidArgument,
            Self::NoKeys => Code::Unavailable,
            Self::Role(_) | Self::NotA(_) => Code::PermissionDenied,
        }
    }

    const fn reason(self) -> &'static str {
        match self {
            Self::Missing => "TOKEN_MISSING",
            Self::Malformed | Self::Invalid(_) => "TOKEN_INVALID",
            Self::Expired => "TOKEN_EXPIRED",
            Self::Header(_) => "INVALID_FIELDS",
            Self::NoKeys => "KEYS_UNAVAILABLE",
            Self::Role(_) | Self::NotA(_) => "ROLE_MISSING",
        }
    }
}

/// What a header of the local mode must be.
fn rule_of(header: &str) -> String {
    if header == LOCAL_ROLE {
        let roles: Vec<String> = Role::iter().map(|role| role.to_string()).collect();
        return format!("one of {}, once", roles.join(", "));
    }
    "a name of 1 to 64 characters, once".to_owned()
}

impl From<Refused> for Status {
    fn from(refused: Refused) -> Self {
        let mut details = ErrorDetails::new();
        let mut metadata = HashMap::new();
        if let Refused::Role(method) = refused {
            metadata.insert("method".to_owned(), method.path().trim_start_matches('/').to_owned());
        }
        if refused == Refused::NoKeys {
            details.set_retry_info(Some(Duration::from_secs(2)));
        }
        if let Refused::Header(name) = refused {
            details.add_bad_request_violation(name, format!("must be {}", rule_of(name)));
        }
        details.set_error_info(refused.reason(), "oms", metadata);
        Self::with_error_details(refused.code(), refused.to_string(), details)
    }
}
