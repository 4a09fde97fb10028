//! The gateway in front of stand-ins for the services, for what it does by itself;
//! and the whole system behind it, in `system` and, called from other languages, in `clients`.

#![expect(clippy::unwrap_used, reason = "a test that can't go on has failed")]

mod access;
mod clients;
mod codec;
mod console;
mod customers;
mod errors;
mod forwarding;
mod frames;
mod harness;
mod hostile;
mod limits;
mod metrics;
mod monitoring;
mod mutual;
mod openapi;
mod plans;
mod privileges;
mod processes;
mod requests;
mod stand_in;
mod system;
mod traces;
mod web;
mod whole;
