//! Recorded workflow histories: today's code has to replay those of earlier versions.

use std::sync::Arc;
use temporalio_client::WorkflowHistory;
use temporalio_sdk::workflow_interceptors::{WorkflowInterceptor, WorkflowInterceptorConstructor};
use temporalio_sdk::workflow_replayer::{WorkflowReplayer, WorkflowReplayerOptions};

/// Lives as long as the workflow it was made for.
struct Lifetime {
    _alive: Arc<()>,
}

impl WorkflowInterceptor for Lifetime {}

/// Replays a history with the workflows of the options; nothing of it may stay in memory.
pub async fn replay(mut options: WorkflowReplayerOptions, json: &[u8]) {
    let alive = Arc::new(());
    let made = Arc::clone(&alive);
    let constructor = WorkflowInterceptorConstructor::new(move |_| Lifetime { _alive: Arc::clone(&made) });
    options.register_workflow_interceptors(vec![constructor]);
    let replayer = WorkflowReplayer::new(options).expect("a replayer");
    let history = WorkflowHistory::from_json(json).expect("a history");
    replayer.replay_workflow(history).await.expect("the code and the history agree");
    drop(replayer);
    assert_eq!(Arc::strong_count(&alive), 1, "the workflow has ended and is still in memory");
}

/// Writes a history into `folder` if `OMS_RECORD_HISTORIES` asks for it.
pub fn record(folder: &str, name: &str, json: &[u8]) {
    if std::env::var_os("OMS_RECORD_HISTORIES").is_some() {
        std::fs::write(format!("{folder}/{name}.json"), json).expect("a history written");
    }
}
