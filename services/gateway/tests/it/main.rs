//! The gateway in front of stand-ins for the services: what it does by itself.
//! The whole system is tested elsewhere.

#![expect(clippy::unwrap_used, reason = "a test that can't go on has failed")]

mod errors;
mod forwarding;
mod harness;
mod openapi;
mod requests;
mod stand_in;
mod web;
