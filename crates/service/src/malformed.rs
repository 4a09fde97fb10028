//! A message that can't be read is its sender's fault.
//!
//! The library answers it as an internal error, in words of its own that name Rust types. Here that becomes a refusal
//! like any other. Our own internal errors all have details (see [`Refusal`]), the library's never: this tells
//! them apart.

use crate::error::Refusal;
use http::{HeaderMap, Response};
use tonic::{Code, Status};

const STATUS: &str = "grpc-status";
const DETAILS: &str = "grpc-status-details-bin";

/// The answer as the caller should see it. Made for `map_response`.
pub fn told<B: Default>(response: Response<B>) -> Response<B> {
    if !is_the_librarys(response.headers()) {
        return response;
    }
    tracing::debug!(said = ?response.headers().get("grpc-message"), "a message that can't be read");
    let refusal = Refusal::new(Code::InvalidArgument, "MALFORMED_MESSAGE", "the message can't be read")
        .violation("message", &"must be one message in one frame, compressed only as its headers say");
    Status::from(refusal).into_http()
}

fn is_the_librarys(headers: &HeaderMap) -> bool {
    headers.get(STATUS).is_some_and(|code| code == "13") && !headers.contains_key(DETAILS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Error;
    use tonic_types::StatusExt as _;

    fn after(status: Status) -> Status {
        let response = told(status.into_http::<String>());
        Status::from_header_map(response.headers()).unwrap()
    }

    #[test]
    fn what_the_library_says_of_a_message_is_not_repeated() {
        let said = after(Status::internal("failed to decode Protobuf message: CreateOrderRequest.items: invalid"));
        assert_eq!(said.code(), Code::InvalidArgument);
        assert!(!said.message().contains("Protobuf") && !said.message().contains("CreateOrder"), "{said}");
        assert_eq!(said.get_details_error_info().unwrap().reason, "MALFORMED_MESSAGE");
    }

    #[test]
    fn our_own_errors_stay_what_they_are() {
        let ours = after(Error::internal("the pool is closed").into());
        assert_eq!((ours.code(), ours.message()), (Code::Internal, "internal error"));
        assert_eq!(after(Status::not_found("no such order")).code(), Code::NotFound);
        assert_eq!(told(Response::new(String::new())).headers().len(), 0);
    }
}
