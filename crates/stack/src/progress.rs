//! Telling the user what is going on, without deciding where it is printed.

use std::sync::Arc;
use std::time::{Duration, Instant};

/// A sink for lines such as `building temporal 1.5.1`. Cheap to clone.
#[derive(Clone)]
pub struct Progress(Arc<dyn Fn(&str) + Send + Sync>);

impl Progress {
    /// Sends every line to `sink`.
    pub fn new(sink: impl Fn(&str) + Send + Sync + 'static) -> Self {
        Self(Arc::new(sink))
    }

    /// Says nothing.
    pub fn silent() -> Self {
        Self::new(|_| {})
    }

    /// One line.
    pub fn say(&self, line: impl AsRef<str>) {
        (self.0)(line.as_ref());
    }

    /// Awaits `work`, repeating `line` with the time spent every 20 s, so that a long step is seen to be alive.
    pub async fn during<T>(&self, line: &str, work: impl Future<Output = T>) -> T {
        let began = Instant::now();
        self.say(line);
        let mut work = std::pin::pin!(work);
        loop {
            match tokio::time::timeout(Duration::from_secs(20), &mut work).await {
                Ok(done) => return done,
                Err(_) => self.say(format!("{line} … {} s so far", began.elapsed().as_secs())),
            }
        }
    }
}

impl std::fmt::Debug for Progress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Progress")
    }
}
