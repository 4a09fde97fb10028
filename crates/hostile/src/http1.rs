//! Bytes on a connection, as a client could send them.

use crate::{leak, port};
use gateway::fuzzing;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};

/// So much is under way in each direction.
const PIPE: usize = 1024 * 1024;
/// What a client of HTTP/2 begins with; its frames are not looked at here.
const HTTP2: &[u8] = b"PRI";

/// All that a client ever sends.
pub(crate) fn target(data: &[u8]) {
    if data.len() > PIPE {
        return;
    }
    let answer = port::with(|port| {
        let (app, limits) = (port.app.clone(), port.config.limits);
        async move {
            let (mut ours, theirs) = duplex(PIPE);
            let serve = fuzzing::connection(theirs, app, &limits);
            let client = async {
                let mut answer = Vec::new();
                // A connection that was closed takes no more.
                let _ = ours.write_all(data).await;
                let _ = ours.shutdown().await;
                let _ = ours.read_to_end(&mut answer).await;
                answer
            };
            tokio::join!(serve, client).1
        }
    });
    if data.starts_with(HTTP2) || answer.is_empty() {
        return;
    }
    let text = String::from_utf8_lossy(&answer);
    assert!(text.starts_with("HTTP/1.1 ") || text.starts_with("HTTP/1.0 "), "{text}");
    let head = text.split("\r\n").next().unwrap_or_default();
    let status: u16 = head.get(9..12).and_then(|status| status.parse().ok()).unwrap_or_default();
    assert!((100..600).contains(&status) && ![500, 501, 502].contains(&status), "{head}");
    // The page of the document names what it is made of.
    if status >= 400 {
        assert_eq!(leak(&text, &String::from_utf8_lossy(data)), None, "{text}");
    }
}
