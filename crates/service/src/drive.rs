//! The loop that every workflow runs: read the row, do what is due, wait.
//!
//! A workflow holds no state of its own beyond "somebody woke me". Its one local
//! activity, the step, reads the row, does all that is due and says what to wait
//! for. A run may therefore start from any row state, and repeated, merged or
//! reordered wake-ups change nothing.
#![deny(clippy::disallowed_methods)]

use futures::FutureExt as _;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use temporalio_common::RetryPolicy;
use temporalio_sdk::workflows::select;
use temporalio_sdk::{
    ActivityExecutionError, ActivityOptions, LocalActivityOptions, TimerOptions, WaitConditionOptions,
    WorkflowCancellationToken, WorkflowContext, WorkflowTermination,
};

/// Name of the one signal.
pub const WAKE: &str = "wake";
/// A run that went round so often starts afresh, so that its history stays short.
const MAX_ROUNDS: u32 = 200;
/// How long to wait after a step that failed on all its attempts.
const AFTER_FAILURE: Duration = Duration::from_secs(10);
/// What is long is tried again so soon at the latest, so that the return of whatever was away is soon noticed.
const LONGEST_INTERVAL: Duration = Duration::from_secs(5);
/// The change after which a wake-up ends what is long.
const WAKE_ENDS_LONG: &str = "wake-ends-long";

/// What a step found: what to wait for next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Next {
    /// Nothing is left to do; the run ends unless it was woken meanwhile.
    Done,
    /// Somebody else has to act.
    Wait,
    /// Look again after so many milliseconds, or when woken.
    After(u64),
    /// Something that may take long is due. A workflow that has an activity for such things runs it and takes its
    /// answer instead; else this means: look again.
    Long,
}

impl Next {
    /// Look again after a pause, or when woken.
    #[must_use]
    pub fn after(pause: Duration) -> Self {
        Self::After(u64::try_from(pause.as_millis()).unwrap_or(u64::MAX).max(1))
    }
}

/// A workflow's only state: whether it was woken since it last looked.
#[derive(Debug, Default)]
pub struct Woken(pub bool);

/// A workflow that can be driven by [`run`].
pub trait Driven: 'static {
    /// Its flag.
    fn woken(&self) -> &Woken;
    /// Its flag, to change it.
    fn woken_mut(&mut self) -> &mut Woken;
}

/// Runs steps until one says that nothing is left. Returns `false` when the run has
/// become long and the caller should continue as new.
///
/// A cancellation made in Temporal itself is not followed: entities are cancelled
/// through the API, where the row says so.
///
/// # Errors
/// None of the steps': a step that fails is tried again after a pause, without end.
pub async fn run<W, F>(ctx: &WorkflowContext<W>, mut step: impl FnMut() -> F) -> Result<bool, WorkflowTermination>
where
    W: Driven,
    F: Future<Output = Result<Next, ActivityExecutionError>>,
{
    for _ in 0..MAX_ROUNDS {
        ctx.state_mut(|w| w.woken_mut().0 = false);
        let next = step().await.unwrap_or(Next::after(AFTER_FAILURE));
        match next {
            Next::Done if ctx.state(|w| w.woken().0) => {}
            Next::Long => {}
            Next::Done => return Ok(true),
            Next::Wait => {
                // An error would be a cancellation, and the detached token has none.
                let _woken = ctx.wait_condition_with_options(|w: &W| w.woken().0, detached()).await;
            }
            Next::After(pause) => {
                select! {
                    _ = ctx.wait_condition_with_options(|w: &W| w.woken().0, detached()) => {}
                    _ = ctx.timer(pause_options(Duration::from_millis(pause))) => {}
                }
            }
        }
    }
    Ok(false)
}

/// Something long, unless the workflow is woken meanwhile: then it is told to end, and the row is looked at again at once.
///
/// # Errors
/// Those of what is long.
pub async fn unless_woken<W: Driven>(
    ctx: &WorkflowContext<W>,
    long: impl Future<Output = Result<Next, ActivityExecutionError>>,
    end: WorkflowCancellationToken,
) -> Result<Next, ActivityExecutionError> {
    let mut long = std::pin::pin!(long.fuse());
    select! {
        next = &mut long => return next,
        _ = ctx.wait_condition_with_options(|w: &W| w.woken().0, detached()) => {}
    }
    // Workflows that were woken by earlier versions have waited for the end.
    if !ctx.patched(WAKE_ENDS_LONG) {
        return long.await;
    }
    end.cancel();
    // It answers at once that it is cancelled, or that it has just ended. Either way the row knows more.
    let _ended = long.await;
    Ok(Next::Long)
}

/// With a token of its own: a timer that is dropped before it fires stays registered with its token, and one registered
/// with the workflow's would keep the whole workflow in memory after its end (`temporalio-workflow` 1.1.1).
fn pause_options(pause: Duration) -> TimerOptions {
    TimerOptions::builder(pause).cancellation_token(WorkflowCancellationToken::new()).build()
}

fn detached() -> WaitConditionOptions {
    WaitConditionOptions::builder().cancellation_token(WorkflowCancellationToken::new()).build()
}

/// How steps are run: locally, with quick repetitions for a database that blinks.
#[must_use]
pub fn step_options() -> LocalActivityOptions {
    LocalActivityOptions::builder()
        .start_to_close_timeout(Duration::from_secs(20))
        .retry_policy(
            RetryPolicy::builder()
                .initial_interval(Duration::from_millis(200))
                .backoff_coefficient(2.0)
                .maximum_interval(Duration::from_secs(2))
                .maximum_attempts(5)
                .build(),
        )
        .cancellation_token(WorkflowCancellationToken::new())
        .build()
}

/// How what may take long is run: on any worker of the queue, which has to give a sign of life, and again without end.
/// It is told to end by the token.
#[must_use]
pub fn long_options(end: WorkflowCancellationToken) -> ActivityOptions {
    ActivityOptions::with_start_to_close_timeout(Duration::from_secs(60))
        .heartbeat_timeout(Duration::from_secs(5))
        .retry_policy(
            RetryPolicy::builder()
                .initial_interval(Duration::from_millis(500))
                .backoff_coefficient(2.0)
                .maximum_interval(LONGEST_INTERVAL)
                .build(),
        )
        .cancellation_token(end)
        .build()
}
