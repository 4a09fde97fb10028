//! The gateway in front of stand-ins for the services, for what it does by itself;
//! and the whole system behind it, in `system` and, called from other languages, in `clients`.

#![expect(clippy::unwrap_used, reason = "a test that can't go on has failed")]

mod clients;
mod errors;
mod forwarding;
mod harness;
mod metrics;
mod monitoring;
mod openapi;
mod plans;
mod processes;
mod requests;
mod stand_in;
mod system;
mod traces;
mod web;
mod whole;
