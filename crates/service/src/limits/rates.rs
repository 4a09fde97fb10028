//! How often one caller may call one method.

use super::Quota;
use crate::config::Error;
use governor::clock::{Clock as _, DefaultClock};
use governor::state::keyed::DefaultKeyedStateStore;
use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

/// The callers of one method, by the hash of the name.
type Callers = governor::RateLimiter<u64, DefaultKeyedStateStore<u64>, DefaultClock>;

/// How often those who call now are forgotten that have been quiet long enough to start anew.
const FORGET: Duration = Duration::from_secs(10);

/// The limits of all methods, by path.
#[derive(Clone, Debug)]
pub(super) struct Rates(Arc<HashMap<String, Callers>>);

impl Rates {
    /// The same for each method, except for those that have their own.
    pub(super) fn new(usual: Quota, own: &HashMap<String, Quota>) -> Result<Self, Error> {
        let mut callers = HashMap::new();
        let mut named = 0;
        let services =
            contracts::services().map_err(|error| Error::Invalid(format!("the contracts can't be read: {error}")))?;
        let mut known = Vec::new();
        for (service, described) in services {
            for method in &described.method {
                // The environment has its names in one case.
                let of_its_own = own.iter().find(|(name, _)| name.eq_ignore_ascii_case(method.name()));
                named += usize::from(of_its_own.is_some());
                known.push(method.name().to_lowercase());
                let quota = match of_its_own {
                    Some((name, quota)) => quota.check(&format!("limits.methods.{name}"))?,
                    None => usual.check("limits.caller")?,
                };
                callers.insert(format!("/{service}/{}", method.name()), Callers::keyed(quota));
            }
        }
        if named < own.len()
            && let Some(unknown) = own.keys().find(|name| !known.contains(&name.to_lowercase()))
        {
            return Err(Error::Invalid(format!("limits.methods: there is no method `{unknown}`")));
        }
        Ok(Self(Arc::new(callers)))
    }

    /// Takes one of the caller's calls of this method.
    ///
    /// # Errors
    /// There is none; the next is there after so long.
    pub(super) fn take(&self, path: &str, caller: u64) -> Result<(), Duration> {
        let Some(callers) = self.0.get(path) else { return Ok(()) };
        callers.check_key(&caller).map_err(|until| until.wait_time_from(DefaultClock::default().now()))
    }

    /// Forgets callers that have been quiet, for ever.
    pub(super) async fn forget(self) {
        loop {
            tokio::time::sleep(FORGET).await;
            self.forget_quiet();
        }
    }

    fn forget_quiet(&self) {
        for callers in self.0.values().filter(|callers| !callers.is_empty()) {
            callers.retain_recent();
            callers.shrink_to_fit();
        }
    }
}

impl Quota {
    fn check(self, name: &str) -> Result<governor::Quota, Error> {
        let positive = |number: u32, what: &str| {
            NonZeroU32::new(number).ok_or_else(|| Error::Invalid(format!("{name}.{what}: must be above 0")))
        };
        let (per_s, burst) = (positive(self.per_s, "per_s")?, positive(self.burst, "burst")?);
        Ok(governor::Quota::per_second(per_s).allow_burst(burst))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CREATE: &str = "/oms.orders.v1.OrderService/CreateOrder";
    const GET: &str = "/oms.orders.v1.OrderService/GetOrder";
    const USUAL: Quota = Quota { per_s: 100, burst: 100 };

    #[test]
    fn a_caller_and_a_method_do_not_disturb_others() {
        let own = [("createorder".to_owned(), Quota { per_s: 1, burst: 2 })].into();
        let rates = Rates::new(USUAL, &own).unwrap();
        assert_eq!((rates.take(CREATE, 1), rates.take(CREATE, 1)), (Ok(()), Ok(())));
        let wait = rates.take(CREATE, 1).unwrap_err();
        assert!(wait > Duration::from_millis(500) && wait <= Duration::from_secs(1), "{wait:?}");
        assert_eq!((rates.take(CREATE, 2), rates.take(GET, 1)), (Ok(()), Ok(())));
        assert_eq!(rates.take("/grpc.health.v1.Health/Check", 1), Ok(()));
    }

    #[test]
    fn who_has_been_quiet_is_forgotten() {
        let rates = Rates::new(Quota { per_s: 1_000_000, burst: 1 }, &HashMap::new()).unwrap();
        for caller in 0..1_000 {
            let _ = rates.take(GET, caller);
        }
        std::thread::sleep(Duration::from_millis(5));
        rates.forget_quiet();
        assert_eq!(rates.0[GET].len(), 0);
    }

    #[test]
    fn a_limit_that_makes_no_sense_is_named() {
        let own = [("CreateOrders".to_owned(), USUAL)].into();
        assert!(Rates::new(USUAL, &own).unwrap_err().to_string().contains("CreateOrders"));
        let own = [("CreateOrder".to_owned(), Quota { per_s: 0, burst: 1 })].into();
        assert!(Rates::new(USUAL, &own).unwrap_err().to_string().contains("limits.methods.CreateOrder.per_s"));
    }
}
