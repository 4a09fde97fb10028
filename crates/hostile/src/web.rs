//! The framing of gRPC-Web: what a service gets is what was sent, in whatever pieces it came.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use gateway::fuzzing;

/// More than this is refused.
const LIMIT: usize = 256;

/// The size of the pieces, whether it is text, and the body.
pub(crate) fn target(data: &[u8]) {
    let Some((&shape, body)) = data.split_first() else { return };
    let (text, size) = (shape & 1 == 1, usize::from(shape >> 1).max(1));
    let content_type = if text { "application/grpc-web-text" } else { "application/grpc-web" };
    let pieces: Vec<Bytes> = body.chunks(size).map(Bytes::copy_from_slice).collect();
    let decoded = crate::port::with(|_| fuzzing::decoded(content_type, pieces, LIMIT));
    let Some(decoded) = decoded else { panic!("it was turned away") };
    match (decoded, expected(text, body)) {
        (Ok(got), Some(sent)) => assert_eq!(got, sent),
        (Ok(got), None) => panic!("{body:?} became {got:?}"),
        (Err(refused), expected) => {
            // Padding before the end, which no client of ours sends in a request, is taken only where a piece ends there.
            let plain = !text || STANDARD.decode(body).is_ok();
            let whole = plain && expected.is_some_and(|sent| sent.len() <= LIMIT);
            assert!(!whole, "{body:?} is refused: {refused}");
            assert_eq!(crate::leak(refused.message(), ""), None);
        }
    }
}

/// What the body means; text is groups of base64, which may be padded each by itself.
fn expected(text: bool, body: &[u8]) -> Option<Vec<u8>> {
    if !text {
        return Some(body.to_vec());
    }
    let groups = body.chunks(4).map(|group| STANDARD.decode(group).ok());
    groups.collect::<Option<Vec<_>>>().map(|groups| groups.concat())
}
