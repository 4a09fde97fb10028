//! The calls that a gRPC server answers: how many, how they ended, how long they took; each is a span.

use crate::around::{Answer, Around};
use crate::error::Error;
use crate::limits::{self, Refused};
use crate::telemetry::spans::{self, Served};
use ::metrics::{Counter, Histogram, counter, histogram};
use http::{Request, Response};
use std::array;
use std::collections::HashMap;
use std::sync::{Arc, OnceLock};
use std::time::Instant;
use tonic::Code;
use tonic::body::Body;

/// The codes, as the protocol names them, in the order of their numbers.
const CODES: [&str; 17] = [
    "OK",
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
];
/// Whatever is not one of our methods: their number must not depend on who calls.
const OTHER: &str = "other";

/// Counts, times and traces calls, up to the beginning of the reply.
#[derive(Clone)]
pub struct Calls(Arc<Methods>);

/// By the path of a call.
struct Methods {
    ours: HashMap<String, Arc<Method>>,
    other: Arc<Method>,
}

/// The series of a method, made when first needed.
struct Method {
    name: String,
    duration: OnceLock<Histogram>,
    codes: [OnceLock<Counter>; CODES.len()],
}

impl Calls {
    /// For the methods of all our contracts.
    ///
    /// # Errors
    /// The descriptors of the contracts can't be read.
    pub fn new() -> Result<Self, Error> {
        let mut ours = HashMap::new();
        for (service, described) in contracts::services().map_err(Error::internal)? {
            for method in &described.method {
                let name = format!("{service}/{}", method.name());
                ours.insert(format!("/{name}"), Arc::new(Method::new(name)));
            }
        }
        Ok(Self(Arc::new(Methods { ours, other: Arc::new(Method::new(OTHER.to_owned())) })))
    }
}

impl Method {
    fn new(name: String) -> Self {
        Self { name, duration: OnceLock::new(), codes: array::from_fn(|_| OnceLock::new()) }
    }

    fn ended(&self, code: Code, began: Instant) {
        let code = code as usize;
        if let (Some(counted), Some(name)) = (self.codes.get(code), CODES.get(code)) {
            let make = || counter!("oms_rpc_requests_total", "method" => self.name.clone(), "code" => *name);
            counted.get_or_init(make).increment(1);
        }
        let make = || histogram!("oms_rpc_duration_seconds", "method" => self.name.clone());
        self.duration.get_or_init(make).record(began.elapsed());
    }
}

/// A call that is under way. One that is dropped was given up by its caller.
struct Call {
    method: Arc<Method>,
    began: Instant,
    code: Code,
    served: Served,
}

impl Call {
    fn answered<E>(mut self, answer: &Result<Response<Body>, E>) {
        self.code = match answer {
            Ok(reply) => spans::code(reply.headers()),
            Err(_) => Code::Internal,
        };
        if let Ok(reply) = answer
            && let Some(Refused(reason)) = reply.extensions().get()
        {
            reason.count(self.method.name.clone());
            limits::told_after(self.method.name.clone(), self.began.elapsed());
        }
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        self.method.ended(self.code, self.began);
        self.served.rpc_answered(self.code);
    }
}

impl Around for Calls {
    fn call<B, F, E>(&self, request: Request<B>, hand_on: impl FnOnce(Request<B>) -> F) -> Answer<E>
    where
        F: Future<Output = Result<Response<Body>, E>> + Send + 'static,
        E: Send + 'static,
    {
        let ours = self.0.ours.get(request.uri().path());
        let served = ours.map_or_else(Served::untraced, |method| Served::rpc(&method.name, request.headers()));
        let method = Arc::clone(ours.unwrap_or(&self.0.other));
        let call = Call { method, began: Instant::now(), code: Code::Cancelled, served: served.clone() };
        let answer = hand_on(request);
        let answered = async move {
            let answer = answer.await;
            call.answered(&answer);
            answer
        };
        Box::pin(served.during(answered))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_its_name() {
        for (number, name) in (0..).zip(CODES) {
            let plain = format!("{:?}", Code::from(number)).to_uppercase();
            assert_eq!(plain, name.replace('_', ""));
        }
    }

    #[test]
    fn our_methods_are_known() {
        let Calls(methods) = Calls::new().unwrap();
        assert!(methods.ours.contains_key("/oms.orders.v1.OrderService/CreateOrder"));
    }
}
