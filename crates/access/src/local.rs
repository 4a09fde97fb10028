//! The local mode's role switch: whoever calls says by a header what they are. Nobody asks for proof.

use crate::guard::Identity;
use crate::refusal::Refused;
use crate::role::{Role, Roles};
use crate::{LOCAL, LOCAL_ROLE, LOCAL_SUBJECT};
use contracts::ids::CustomerId;
use http::HeaderMap;

/// Whom these headers say it is; `None`: they say nothing.
pub(crate) fn identity(headers: &HeaderMap) -> Result<Option<Identity>, Refused> {
    let Some(role) = single(headers, LOCAL_ROLE)? else { return Ok(None) };
    let role: Role = role.parse().map_err(|_| Refused::Header(LOCAL_ROLE))?;
    let subject = single(headers, LOCAL_SUBJECT)?.unwrap_or(LOCAL);
    // The same rule as for the subject of a token.
    let subject: CustomerId = subject.parse().map_err(|_| Refused::Header(LOCAL_SUBJECT))?;
    Ok(Some(Identity { subject: subject.as_str().into(), roles: Roles::of(&[role]), expires: None }))
}

/// The value of a header that may be there once.
fn single<'a>(headers: &'a HeaderMap, name: &'static str) -> Result<Option<&'a str>, Refused> {
    let mut values = headers.get_all(name).iter();
    let Some(value) = values.next() else { return Ok(None) };
    match (value.to_str(), values.next()) {
        (Ok(text), None) => Ok(Some(text)),
        _ => Err(Refused::Header(name)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::guard::Guard;
    use contracts::Method;

    async fn ask(headers: &[(&'static str, &str)], method: Method) -> Result<crate::Caller, Refused> {
        let headers = headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
        Guard::Local.admit(&headers.collect(), method).await
    }

    #[tokio::test]
    async fn who_says_nothing_may_do_everything() {
        for headers in [&[][..], &[(LOCAL_SUBJECT, "alice")]] {
            let caller = ask(headers, Method::OrdersApproveOrder).await.unwrap();
            assert!(caller.is_local() && caller.may_use("ord/reserve/1").is_ok());
            assert_eq!(caller.actor(), LOCAL);
        }
    }

    #[tokio::test]
    async fn who_names_a_role_has_just_that() {
        let caller = ask(&[(LOCAL_ROLE, "manager")], Method::OrdersApproveOrder).await.unwrap();
        assert_eq!((caller.actor(), caller.id()), ("manager:local", "local"));
        assert!(!caller.is_local() && !caller.is_proven() && caller.may_use("ord/reserve/1").is_err());
        let alice = [(LOCAL_ROLE, "warehouse"), (LOCAL_SUBJECT, "alice")];
        assert_eq!(ask(&alice, Method::OrdersShipOrder).await.unwrap().actor(), "warehouse:alice");
        let refused = Refused::Role(Method::OrdersApproveOrder);
        assert_eq!(ask(&alice, Method::OrdersApproveOrder).await.map(drop), Err(refused));
        let customer = [(LOCAL_ROLE, "customer"), (LOCAL_SUBJECT, "CUST123")];
        let caller = ask(&customer, Method::OrdersGetOrder).await.unwrap();
        assert!(caller.may_touch("CUST123") && !caller.may_touch("CUST124"));
        let headers = HeaderMap::from_iter([(http::HeaderName::from_static(LOCAL_ROLE), "finance".parse().unwrap())]);
        assert_eq!(Guard::Local.admit_role(&headers, Role::Auditor).await, Err(Refused::NotA(Role::Auditor)));
    }

    #[tokio::test]
    async fn what_makes_no_sense_is_refused_with_the_headers_name() {
        let long = "a".repeat(65);
        for (headers, at_fault) in [
            (&[(LOCAL_ROLE, "Manager")][..], LOCAL_ROLE),
            (&[(LOCAL_ROLE, "")], LOCAL_ROLE),
            (&[(LOCAL_ROLE, "manager"), (LOCAL_ROLE, "auditor")], LOCAL_ROLE),
            (&[(LOCAL_ROLE, "manager"), (LOCAL_SUBJECT, "")], LOCAL_SUBJECT),
            (&[(LOCAL_ROLE, "manager"), (LOCAL_SUBJECT, &long)], LOCAL_SUBJECT),
            (&[(LOCAL_ROLE, "manager"), (LOCAL_SUBJECT, "a"), (LOCAL_SUBJECT, "b")], LOCAL_SUBJECT),
        ] {
            let status = tonic::Status::from(ask(headers, Method::OrdersGetOrder).await.unwrap_err());
            assert_eq!(status.code(), tonic::Code::InvalidArgument, "{headers:?}");
            assert!(status.message().contains(at_fault), "{}", status.message());
        }
    }
}
