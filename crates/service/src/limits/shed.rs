//! Refuses what can't be done in time, before its body is read: new work first, then reads, decisions last.

use super::{Class, Gate, Guards, Reason, Refused};
use crate::db;
use crate::outbox::Pressure;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tonic::body::Body;

/// When somebody who found no room comes again, at the earliest and at the latest.
const SOON: Duration = Duration::from_millis(200);
const LATE: Duration = Duration::from_secs(5);

/// Sheds load.
#[derive(Clone, Debug)]
pub struct ShedLayer {
    gate: Gate,
    wait: Duration,
    pressure: Pressure,
}

impl ShedLayer {
    /// With the limits of the service.
    #[must_use]
    pub fn new(guards: &Guards) -> Self {
        Self { gate: Gate::new(guards.limits.in_flight), wait: guards.limits.wait(), pressure: guards.pressure.clone() }
    }

    /// Why a call of this class is not taken now, and when it might be.
    fn refusal(&self, class: Class) -> Option<(Reason, Duration)> {
        let patience = match class {
            Class::New => self.wait,
            Class::Read => 2 * self.wait,
            Class::Decision | Class::Probe => return None,
        };
        let wait = db::expected_wait();
        if wait > patience {
            return Some((Reason::Overloaded, (wait - patience).clamp(SOON, LATE)));
        }
        if class != Class::New {
            return None;
        }
        self.pressure.admit().err().map(|delay| (Reason::BacklogFull, delay))
    }
}

impl<S> tower::Layer<S> for ShedLayer {
    type Service = ShedService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        ShedService { inner, shed: self.clone() }
    }
}

/// See [`ShedLayer`].
#[derive(Clone, Debug)]
pub struct ShedService<S> {
    inner: S,
    shed: ShedLayer,
}

impl<S, B> tower::Service<http::Request<B>> for ShedService<S>
where
    S: tower::Service<http::Request<B>, Response = http::Response<Body>>,
    S::Future: Send + 'static,
    S::Error: Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: http::Request<B>) -> Self::Future {
        let class = Class::of(request.uri().path(), request.headers());
        let refuse = |(reason, delay): (Reason, Duration)| -> Self::Future {
            let refused = reason.response(delay);
            Box::pin(async move { Ok(refused) })
        };
        let Some(inside) = self.shed.gate.enter(class) else {
            db::strain();
            return refuse((Reason::Overloaded, db::expected_wait().clamp(SOON, LATE)));
        };
        if let Some(refusal) = self.shed.refusal(class) {
            return refuse(refusal);
        }
        let answer = self.inner.call(request);
        Box::pin(async move {
            let (answer, refused) = class.during(answer).await;
            drop(inside);
            let mut answer = answer?;
            if refused {
                answer.extensions_mut().insert(Refused(Reason::Overloaded));
            }
            Ok(answer)
        })
    }
}
