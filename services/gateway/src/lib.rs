//! One port in front of the services: REST with its OpenAPI document, gRPC and
//! gRPC-Web. It holds no state.
//!
//! - [`config`]: what can be set
//! - [`serve`]: the port
//! - [`openapi`]: the document of the REST interface
//! - [`Error`]: the only way from a fault to a REST reply
//!
//! REST requests become gRPC calls in `rest`; gRPC calls are passed on without
//! decoding by `forward`. `codec` decrypts for Temporal's web page. `console` serves
//! the page for operators.

mod body;
mod codec;
pub mod config;
mod console;
mod deadline;
mod error;
mod forward;
#[doc(hidden)]
pub mod fuzzing;
mod grpc;
mod health;
mod json;
mod limits;
mod metrics;
pub mod openapi;
mod rest;
mod server;
mod upstream;
mod wire;

pub use config::Config;
pub use error::Error;
pub use server::{bind, serve};

/// Why the gateway can't start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A value that can't be used.
    #[error(transparent)]
    Config(#[from] service::config::Error),
    /// The contracts' descriptors can't be read.
    #[error("descriptors: {0}")]
    Descriptors(#[from] prost::DecodeError),
    /// Reflection can't be built from the descriptors.
    #[error("reflection: {0}")]
    Reflection(#[from] tonic_reflection::server::Error),
    /// The process can't listen for signals.
    #[error("signals: {0}")]
    Signals(#[from] std::io::Error),
    /// The document can't be written.
    #[error("document: {0}")]
    Document(#[from] serde_json::Error),
}
