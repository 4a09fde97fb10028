//! The issuer's keys, kept and renewed in the background.

use crate::config::{Auth, Invalid};
use crate::jwks::{Key, Source};
use crate::refusal::Refused;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// Between two looks at the source, however many unknown keys are asked for.
const PAUSE: Duration = Duration::from_secs(2);
/// Whoever asks for an unknown key waits so long for a new set.
const PATIENCE: Duration = Duration::from_secs(3);

/// The keys, as they are now.
#[derive(Debug)]
pub(crate) struct Keys {
    sets: watch::Receiver<Set>,
    ask: Arc<Notify>,
    stale: Duration,
}

/// What was last read.
#[derive(Clone, Debug, Default)]
pub(crate) struct Set {
    keys: Arc<[Key]>,
    /// Changes with the keys: what was found out with older ones is void.
    pub(crate) version: u64,
    read_at: Option<Instant>,
    looks: u64,
    looked_at: Option<Instant>,
}

impl Keys {
    /// Reads them until `stop`.
    pub(crate) fn start(auth: &Auth, stop: CancellationToken) -> Result<Self, Invalid> {
        let source = Source::new(&auth.jwks)?;
        let (send, sets) = watch::channel(Set::default());
        let ask = Arc::new(Notify::new());
        let (asked, refresh) = (Arc::clone(&ask), auth.refresh());
        tokio::spawn(async move {
            loop {
                look(&source, &send).await;
                tokio::select! {
                    () = pause(refresh, &asked, send.borrow().read_at.is_none()) => {}
                    () = stop.cancelled() => return,
                }
            }
        });
        Ok(Self { sets, ask, stale: auth.stale() })
    }

    /// The version of the set.
    pub(crate) fn version(&self) -> u64 {
        self.sets.borrow().version
    }

    /// The key of this name; without a name, the only one. One that nobody knows is looked for, but not more often than
    /// every [`PAUSE`].
    pub(crate) async fn find(&self, id: Option<&str>) -> Result<(Key, u64), Refused> {
        if let Some(found) = self.sets.borrow().find(id) {
            return self.fresh().map(|()| found);
        }
        let mut sets = self.sets.clone();
        let (looks, looked_at) = {
            let set = sets.borrow();
            (set.looks, set.looked_at)
        };
        let just_looked = looked_at.is_some_and(|at| at.elapsed() < PAUSE);
        if !just_looked {
            self.ask.notify_one();
            // Whether it came or not, what there is then decides.
            let _ = tokio::time::timeout(PATIENCE, sets.wait_for(|set| set.looks > looks)).await;
        }
        self.fresh()?;
        self.sets.borrow().find(id).ok_or(Refused::Invalid("nobody knows the key it was signed with"))
    }

    /// Whether the keys may be used.
    pub(crate) fn fresh(&self) -> Result<(), Refused> {
        match self.sets.borrow().read_at {
            Some(at) if at.elapsed() <= self.stale => Ok(()),
            _ => Err(Refused::NoKeys),
        }
    }
}

impl Set {
    fn find(&self, id: Option<&str>) -> Option<(Key, u64)> {
        let key = match id {
            Some(_) => self.keys.iter().find(|key| key.id.as_deref() == id),
            None if self.keys.len() == 1 => self.keys.first(),
            None => None,
        };
        key.map(|key| (key.clone(), self.version))
    }
}

async fn look(source: &Source, sets: &watch::Sender<Set>) {
    let read = source.read().await;
    sets.send_modify(|set| {
        set.looks += 1;
        set.looked_at = Some(Instant::now());
        match read {
            Ok(keys) => {
                set.read_at = Some(Instant::now());
                if *set.keys != *keys {
                    set.keys = keys.into();
                    set.version += 1;
                    tracing::info!(keys = set.keys.len(), "the issuer's keys were read");
                }
            }
            Err(error) => tracing::warn!(%error, "the issuer's keys can't be read; those before stay in use"),
        }
    });
}

/// Until the next look is due: after the usual time, or when a key is asked for.
async fn pause(refresh: Duration, asked: &Notify, none_yet: bool) {
    tokio::time::sleep(PAUSE).await;
    if none_yet {
        return;
    }
    // Too early for whoever asks for nothing new.
    let _ = tokio::time::timeout(refresh.saturating_sub(PAUSE), asked.notified()).await;
}
