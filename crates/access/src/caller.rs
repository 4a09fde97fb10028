//! Who a request is from.

use crate::refusal::Refused;
use crate::role::{Role, Roles};
use contracts::ids::CustomerId;
use std::sync::Arc;
use tonic::{Request, Status};

/// What everybody is called where nobody is asked who they are.
pub const LOCAL: &str = "local";
/// The header by which a caller says in the local mode what they are.
pub const LOCAL_ROLE: &str = "oms-local-role";
/// And this by which they say who: for a customer the customer's id.
pub const LOCAL_SUBJECT: &str = "oms-local-subject";

/// Who a request is from, and over what it was let through.
#[derive(Clone, Debug)]
pub struct Caller {
    pub(crate) id: Arc<str>,
    pub(crate) actor: Arc<str>,
    pub(crate) roles: Roles,
    pub(crate) scope: Scope,
    pub(crate) proven: bool,
}

/// Over what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Everything.
    Whole,
    /// What is this customer's.
    Own(CustomerId),
}

impl Caller {
    /// Who a request is from. The layer has put it there.
    ///
    /// # Errors
    /// The request did not come through the layer: it is nobody's.
    pub fn of<T>(request: &Request<T>) -> Result<Self, Status> {
        let caller = request.extensions().get::<Self>().cloned();
        caller.ok_or_else(|| Status::internal("a request without a caller"))
    }

    /// Everybody, where nobody is asked who they are.
    #[must_use]
    pub fn local() -> Self {
        Self { id: LOCAL.into(), actor: LOCAL.into(), roles: Roles::default(), scope: Scope::Whole, proven: false }
    }

    /// What tells callers apart: the subject of the token.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Whether this is everybody.
    #[must_use]
    pub fn is_local(&self) -> bool {
        &*self.id == LOCAL && self.roles == Roles::default()
    }

    /// Whether a token says who it is, and not only they themselves.
    #[must_use]
    pub const fn is_proven(&self) -> bool {
        self.proven
    }

    /// Whether it is a program of ours.
    #[must_use]
    pub const fn is_service(&self) -> bool {
        self.roles.has(Role::Service)
    }

    /// Whether it may act for a step of an order's fulfilment, with this key of the step. Without a key it does not.
    ///
    /// # Errors
    /// Only our own services may: whoever has a step's key decides what the step comes to.
    pub fn may_use(&self, saga_key: &str) -> Result<(), Refused> {
        if saga_key.is_empty() || self.is_local() || self.is_service() {
            Ok(())
        } else {
            Err(Refused::NotA(Role::Service))
        }
    }

    /// Who did it, for the record: `manager:alice`. A customer is only `customer`: which one, the order says.
    #[must_use]
    pub fn actor(&self) -> &str {
        &self.actor
    }

    /// Over what.
    #[must_use]
    pub const fn scope(&self) -> &Scope {
        &self.scope
    }

    /// The customer whose things alone it may see and touch.
    #[must_use]
    pub const fn customer(&self) -> Option<&CustomerId> {
        match &self.scope {
            Scope::Whole => None,
            Scope::Own(customer) => Some(customer),
        }
    }

    /// Whether something of this customer may be seen and touched.
    #[must_use]
    pub fn may_touch(&self, customer: &str) -> bool {
        self.customer().is_none_or(|own| own.as_str() == customer)
    }
}
