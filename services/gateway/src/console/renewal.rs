//! One request for new tokens at a time: what a provider is asked for with twice the same refresh token it takes for a theft,
//! and ends the session. Several windows of one person ask at the same moment.

use super::cookies::Session;
use super::people::Unknown;
use super::provider::Lost;
use access::Identity;
use futures::FutureExt as _;
use futures::future::{BoxFuture, Shared};
use moka::sync::Cache;
use sha2::{Digest as _, Sha256};
use std::sync::Arc;
use std::time::Duration;

/// A window that was on its way with the old cookie gets what the other got. A failure is not asked for again either.
const REMEMBERED: Duration = Duration::from_secs(10);
const MOST: u64 = 10_000;

type Outcome = Result<(Session, Identity), Arc<Unknown>>;

/// What comes of each refresh token, for a moment.
pub(super) struct Renewals(Cache<[u8; 32], Shared<BoxFuture<'static, Outcome>>>);

impl Renewals {
    pub(super) fn new() -> Self {
        Self(Cache::builder().max_capacity(MOST).time_to_live(REMEMBERED).build())
    }

    /// What comes of this token. Whoever is first asks, and it goes on when they go away.
    pub(super) async fn once(
        &self,
        refresh_token: &str,
        ask: impl Future<Output = Result<(Session, Identity), Unknown>> + Send + 'static,
    ) -> Outcome {
        let start = || {
            let asked = tokio::spawn(ask);
            let outcome = async {
                match asked.await {
                    Ok(outcome) => outcome.map_err(Arc::new),
                    Err(_) => Err(Arc::new(Lost::Unusable("the renewal broke off").into())),
                }
            };
            outcome.boxed().shared()
        };
        self.0.get_with(Sha256::digest(refresh_token).into(), start).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use tokio::sync::oneshot;

    #[tokio::test]
    async fn a_token_is_used_once_also_when_the_first_to_ask_goes_away() {
        let (renewals, asked) = (Arc::new(Renewals::new()), Arc::new(AtomicUsize::new(0)));
        let (answer, answered) = oneshot::channel::<()>();
        let first = {
            let asked = Arc::clone(&asked);
            renewals.once("token", async move {
                asked.fetch_add(1, Ordering::SeqCst);
                // Its end, too, is an answer.
                let _ = answered.await;
                Err(Lost::Refused("invalid_grant".to_owned()).into())
            })
        };
        assert!(tokio::time::timeout(Duration::from_millis(20), first).await.is_err(), "it waits");
        let again = |token: &'static str| {
            let asked = Arc::clone(&asked);
            let renewals = Arc::clone(&renewals);
            async move {
                let ask = async move {
                    asked.fetch_add(1, Ordering::SeqCst);
                    Err(Lost::Unusable("of the second").into())
                };
                renewals.once(token, ask).await.unwrap_err().to_string()
            }
        };
        answer.send(()).unwrap();
        let told = futures::future::join_all((0..5).map(|_| again("token"))).await;
        assert!(told.iter().all(|error| error.contains("invalid_grant")), "{told:?}");
        assert_eq!(asked.load(Ordering::SeqCst), 1);
        assert_eq!(again("another").await, "of the second");
    }
}
