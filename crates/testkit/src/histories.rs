//! Recorded workflow histories: today's code has to replay those of earlier versions.

use temporalio_client::WorkflowHistory;
use temporalio_sdk::workflow_replayer::{WorkflowReplayer, WorkflowReplayerOptions};

/// Replays a history with the workflows of the options.
pub async fn replay(options: WorkflowReplayerOptions, json: &[u8]) {
    let replayer = WorkflowReplayer::new(options).expect("a replayer");
    let history = WorkflowHistory::from_json(json).expect("a history");
    replayer.replay_workflow(history).await.expect("the code and the history agree");
}

/// Writes a history into `folder` if `OMS_RECORD_HISTORIES` asks for it.
pub fn record(folder: &str, name: &str, json: &[u8]) {
    if std::env::var_os("OMS_RECORD_HISTORIES").is_some() {
        std::fs::write(format!("{folder}/{name}.json"), json).expect("a history written");
    }
}
