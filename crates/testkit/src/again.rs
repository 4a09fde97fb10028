//! Calls that are made again, as a client makes them.

use crate::PATIENCE;
use tonic::{Code, Response, Status};
use tonic_types::StatusExt as _;

/// Makes a call that has a key again, whenever it is told to, until it is carried out. While the first with this key
/// runs the others are `ABORTED`; what is not done in time on a busy machine is `UNAVAILABLE`, and may have been done.
pub async fn carried_out<T>(mut call: impl AsyncFnMut() -> Result<Response<T>, Status>) -> T {
    let again = async {
        loop {
            let refused = match call().await {
                Ok(reply) => return reply.into_inner(),
                Err(refused) => refused,
            };
            assert!(matches!(refused.code(), Code::Aborted | Code::Unavailable), "{refused:?}");
            let info = refused.get_details_retry_info().expect("when to come again");
            tokio::time::sleep(info.retry_delay.expect("after how long")).await;
        }
    };
    tokio::time::timeout(PATIENCE, again).await.expect("an answer")
}
