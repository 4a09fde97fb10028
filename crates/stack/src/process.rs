//! Child processes: what to start ([`Spec`]), a started one ([`Process`]), how to recognise it later ([`Identity`]),
//! and what ends it when this process is killed ([`Leash`]).

pub(crate) mod again;
mod child;
mod identity;
mod leash;
mod server;
mod settings;
mod spec;

pub use child::{Exit, Process};
pub use identity::Identity;
pub use leash::Leash;
pub use server::Server;
pub use settings::section;
pub use spec::{Spec, StopSignal};
