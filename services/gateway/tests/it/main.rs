//! The gateway in front of stand-ins for the services: what it does by itself.
//! The whole system is tested elsewhere.

mod errors;
mod forwarding;
mod harness;
mod openapi;
mod requests;
mod stand_in;
mod web;
