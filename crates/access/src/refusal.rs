//! Why a call is not let through.

use crate::role::Role;
use contracts::Method;
use std::collections::HashMap;
use std::time::Duration;
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
            Self::NoKeys => Code::Unavailable,
            Self::Role(_) | Self::NotA(_) => Code::PermissionDenied,
        }
    }

    const fn reason(self) -> &'static str {
        match self {
            Self::Missing => "TOKEN_MISSING",
            Self::Malformed | Self::Invalid(_) => "TOKEN_INVALID",
            Self::Expired => "TOKEN_EXPIRED",
            Self::NoKeys => "KEYS_UNAVAILABLE",
            Self::Role(_) | Self::NotA(_) => "ROLE_MISSING",
        }
    }
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
        details.set_error_info(refused.reason(), "oms", metadata);
        Self::with_error_details(refused.code(), refused.to_string(), details)
    }
}
