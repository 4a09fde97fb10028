//! Who calls, and what they may do.
//!
//! - [`Auth`]: the settings; [`Guard`]: what they come to
//! - [`rules`]: which roles may call which method, all in one table
//! - [`Caller`]: who a request is from, in the request's extensions
//! - [`AccessLayer`]: lets calls through, or not
//! - [`issuer`]: calls to the issuer of tokens
//! - [`outbound`]: a process's own token, for its calls to others

mod caller;
mod config;
mod guard;
mod id_token;
pub mod issuer;
mod jwks;
mod keys;
mod layer;
mod local;
pub mod outbound;
mod refusal;
mod role;
pub mod rules;
mod token;

pub use caller::{Caller, LOCAL, LOCAL_ROLE, LOCAL_SUBJECT, Scope};
pub use config::{Auth, Invalid, Mode};
pub use guard::{Guard, Identity};
pub use id_token::Asked;
pub use layer::AccessLayer;
pub use refusal::Refused;
pub use role::{Role, Roles};
