//! The one process that is the parent of all others of a system: it starts and stops them on request, keeps their logs
//! and records, and ends with them. It knows nothing of what they are. Anybody in the same account talks to it through a
//! socket ([`Control`]), so `restart` works alike on a system in another terminal and on a detached one.

mod control;
mod leftovers;
mod protocol;
mod serve;

pub use control::{Contact, Control};
pub use leftovers::clear as clear_leftovers;
pub use protocol::{ProcessStatus, Request, Response};
pub use serve::{Event, Supervisor};
