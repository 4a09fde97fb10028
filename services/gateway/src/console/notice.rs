//! One plain sentence, when there is no page to show: as HTML for a browser, in the form of all errors for a program.

use crate::Error;
use crate::error::AsItIs;
use axum::response::{Html, IntoResponse as _, Response};
use http::header::{ACCEPT, CACHE_CONTROL};
use http::{HeaderMap, HeaderValue, StatusCode};

/// A sentence with this status. Nothing of the request is in it.
pub(super) fn notice(headers: &HeaderMap, status: StatusCode, sentence: &'static str) -> Response {
    answer(headers, status, sentence, "")
}

/// The same with a link to try again by, which is of our settings.
pub(super) fn again(headers: &HeaderMap, status: StatusCode, sentence: &'static str, address: &str) -> Response {
    let address = address.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;");
    answer(headers, status, sentence, &format!("<p><a href=\"{address}\">Try again</a></p>"))
}

fn answer(headers: &HeaderMap, status: StatusCode, sentence: &'static str, rest: &str) -> Response {
    let mut response = if is_browser(headers) {
        let mut page = (status, Html(page(sentence, rest))).into_response();
        page.extensions_mut().insert(AsItIs);
        page
    } else {
        Error::Status(status, sentence).into_response()
    };
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn is_browser(headers: &HeaderMap) -> bool {
    headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok()).any(|types| types.contains("text/html"))
}

fn page(sentence: &str, rest: &str) -> String {
    let (first, others) = sentence.split_at(sentence.chars().next().map_or(0, char::len_utf8));
    let sentence = format!("{}{others}.", first.to_uppercase());
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width\"><title>Console</title></head>\n\
         <body><main><h1>Console</h1><p>{sentence}</p>{rest}</main></body>\n</html>\n"
    )
}
