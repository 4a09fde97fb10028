//! Refuses what can't be done in time, before its body is read: new work first, then reads, decisions last.

use super::{Class, Gate, Guards, Reason, Refused};
use crate::around::{Answer, Around};
use crate::db;
use crate::outbox::Pressure;
use http::{Request, Response};
use std::time::Duration;
use tonic::body::Body;

/// When somebody who found no room comes again, at the earliest and at the latest.
const SOON: Duration = Duration::from_millis(200);
const LATE: Duration = Duration::from_secs(5);

/// Sheds load.
#[derive(Clone, Debug)]
pub struct Shed {
    gate: Gate,
    wait: Duration,
    pressure: Pressure,
}

impl Shed {
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

impl Around for Shed {
    fn call<B, F, E>(&self, request: Request<B>, hand_on: impl FnOnce(Request<B>) -> F) -> Answer<E>
    where
        F: Future<Output = Result<Response<Body>, E>> + Send + 'static,
        E: Send + 'static,
    {
        let class = Class::of(request.uri().path(), request.headers());
        let Some(inside) = self.gate.enter(class) else {
            db::strain();
            return Reason::Overloaded.answer(db::expected_wait().clamp(SOON, LATE));
        };
        if let Some((reason, delay)) = self.refusal(class) {
            return reason.answer(delay);
        }
        let answer = hand_on(request);
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
