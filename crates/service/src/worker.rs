//! The Temporal worker of a process, on its thread, and those that come after it.
//!
//! The SDK (`temporalio-sdk` 1.1.1) keeps about half a KiB of every activity until its worker ends. So a worker is
//! replaced after so many of them: this process gives no new work for a moment, until the old worker has none left, and
//! the next one takes over. What other processes gave the old one in that moment, Temporal gives to the next worker
//! after ten seconds.

use crate::error::Error;
use crate::metrics::sdk;
use crate::temporal::{RECONNECT, Temporal};
use crate::versioning::Build;
use ::metrics::{counter, gauge};
use futures::StreamExt as _;
use futures::future::LocalBoxFuture;
use futures::stream::FuturesUnordered;
use std::time::{Duration, Instant};
use temporalio_client::Client;
use temporalio_sdk::interceptors::{ActivityInboundInterceptor, ExecuteActivityInput, ExecuteActivityOutput, Next};
use temporalio_sdk::runtime::RuntimeOptions;
use temporalio_sdk::{Runtime, Worker, WorkerOptions};
use tokio::sync::{OwnedRwLockWriteGuard, oneshot, watch};
use tokio_util::sync::CancellationToken;

/// Nothing has begun for so long: the worker has nothing left to do.
const QUIET: Duration = Duration::from_secs(1);
/// How long others may be kept from giving work, before a worker leaves and after.
const DRAIN: Duration = Duration::from_secs(5);

type Ended = Result<(), String>;
type Run = LocalBoxFuture<'static, Ended>;

/// Runs a worker until `stop`, another whenever it ends before or has done so many activities. It lives on a thread
/// of its own, because workflow code is bound to one. Without a build it gets work that no build is chosen for.
///
/// # Errors
/// The thread can't be started.
pub fn spawn(
    temporal: Temporal,
    build: Option<Build>,
    activities: u64,
    options: impl Fn(Option<&Build>) -> Result<WorkerOptions, Error> + Send + 'static,
    stop: CancellationToken,
) -> std::io::Result<oneshot::Receiver<()>> {
    let (done, ended) = oneshot::channel();
    let handle = tokio::runtime::Handle::current();
    let line = Line { temporal, build, activities, options, stop };
    std::thread::Builder::new().name("temporal-worker".to_owned()).spawn(move || {
        handle.block_on(line.run());
        // The receiver may be gone when the process is told to end at once.
        let _ = done.send(());
    })?;
    Ok(ended)
}

/// One worker after the other.
struct Line<O> {
    temporal: Temporal,
    build: Option<Build>,
    activities: u64,
    options: O,
    stop: CancellationToken,
}

impl<O: Fn(Option<&Build>) -> Result<WorkerOptions, Error>> Line<O> {
    async fn run(mut self) {
        let mut leaving = FuturesUnordered::new();
        while !self.stop.is_cancelled() {
            let client = tokio::select! {
                client = self.temporal.connected() => client,
                () = self.stop.cancelled() => None,
            };
            let Some(client) = client else { break };
            let ended = match self.start(client) {
                Ok(worker) => self.attend(worker, &mut leaving).await,
                Err(error) => Err(error),
            };
            if ended.is_err() {
                report(&ended);
                tokio::select! {
                    () = tokio::time::sleep(RECONNECT) => {}
                    () = self.stop.cancelled() => {}
                }
            }
        }
        while let Some(ended) = leaving.next().await {
            report(&ended);
        }
    }

    /// Until the worker has ended, or is leaving.
    async fn attend(&self, mut worker: Running, leaving: &mut FuturesUnordered<Run>) -> Ended {
        let mut handover = std::pin::pin!(self.handover(&worker.begun));
        loop {
            tokio::select! {
                ended = &mut worker.run => return ended,
                Some(ended) = leaving.next() => report(&ended),
                no_new_work = &mut handover => {
                    // From here on it asks for no more work, and another may be registered.
                    (worker.shut_down)();
                    leaving.push(Box::pin(async move {
                        let ended = tokio::time::timeout(DRAIN, &mut worker.run).await;
                        drop(no_new_work);
                        match ended {
                            Ok(ended) => ended,
                            Err(_) => worker.run.await,
                        }
                    }));
                    return Ok(());
                }
            }
        }
    }

    /// Until the process stops, or the worker has begun so many activities and has nothing left to do. What is still
    /// in its own queue at Temporal when it leaves would lie there for ten seconds.
    async fn handover(&self, begun: &watch::Sender<u64>) -> Option<OwnedRwLockWriteGuard<()>> {
        let enough = async {
            let mut count = begun.subscribe();
            // Never: the sender is here.
            let _gone = count.wait_for(|begun| *begun >= self.activities).await.is_err();
            let no_new_work = self.temporal.no_new_work().await;
            let until = Instant::now() + DRAIN;
            let mut before = None;
            while before != Some(*begun.borrow()) && Instant::now() < until {
                before = Some(*begun.borrow());
                tokio::time::sleep(QUIET).await;
            }
            no_new_work
        };
        tokio::select! {
            no_new_work = enough => Some(no_new_work),
            () = self.stop.cancelled() => None,
        }
    }

    fn start(&self, client: Client) -> Result<Running, String> {
        let runtime = RuntimeOptions::builder().telemetry_options(sdk::telemetry()).build()?;
        let runtime = Runtime::from_current_tokio(runtime).map_err(|e| e.to_string())?;
        let mut options = (self.options)(self.build.as_ref()).map_err(|e| e.to_string())?;
        let begun = watch::Sender::new(0);
        options.activity_inbound_interceptor(Count(begun.clone()));
        let mut worker = Worker::new(&runtime, client.clone(), options).map_err(|e| e.to_string())?;
        counter!("oms_workers_started_total").increment(1);
        gauge!("oms_workers").increment(1.0);
        let shut_down = Box::new(worker.shutdown_handle());
        let keeper = self.build.clone().map(|build| tokio::spawn(build.keep(client)));
        let run = Box::pin(async move {
            let ended = worker.run().await.map_err(|e| e.to_string());
            if let Some(keeper) = keeper {
                keeper.abort();
            }
            gauge!("oms_workers").decrement(1.0);
            ended
        });
        Ok(Running { run, shut_down, begun })
    }
}

fn report(ended: &Ended) {
    if let Err(error) = ended {
        tracing::error!(error, "a worker ended; another takes its place");
    }
}

/// A worker that is at work.
struct Running {
    run: Run,
    shut_down: Box<dyn Fn()>,
    begun: watch::Sender<u64>,
}

/// Counts the activities that begin.
struct Count(watch::Sender<u64>);

impl ActivityInboundInterceptor for Count {
    fn execute_activity<'a>(
        &'a self,
        input: ExecuteActivityInput,
        next: Next<'a, ExecuteActivityInput, ExecuteActivityOutput<'a>>,
    ) -> ExecuteActivityOutput<'a> {
        self.0.send_modify(|begun| *begun += 1);
        next.run(input)
    }
}
