//! What the browser loads. A release has the files in its binary; a debug build reads them where they were built, so that
//! a change of the page needs no build of the gateway.

use super::notice::notice;
use axum::Router;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::get;
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::header::{ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY};
use http::{HeaderMap, HeaderValue, StatusCode};
use moka::sync::Cache;
use rust_embed::EmbeddedFile;
use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::Write as _;

const INDEX: &str = "index.html";
/// Files with their hash in their name: one that changes has another name.
const HASHED: &str = "assets/";
const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const ASK_EACH_TIME: HeaderValue = HeaderValue::from_static("no-cache");
const ABSENT: &str = "this build of the gateway has no console; `cargo xtask up` builds one where Node.js is installed, \
    and the release image has it";
/// Smaller ones fit into a packet.
const WORTH_PACKING: usize = 1024;
/// Many more than a build has.
const MOST_PACKED: u64 = 1_000;

#[derive(rust_embed::Embed)]
#[folder = "../../console/dist"]
#[allow_missing = true]
struct Built;

type Hash = [u8; 32];
/// The file of this name, below `/console/`.
type Find = fn(&str) -> Option<EmbeddedFile>;

/// What was built.
pub(super) fn embedded(name: &str) -> Option<EmbeddedFile> {
    Built::get(name)
}

/// Whether this build has a console.
pub(crate) fn is_here() -> bool {
    embedded(INDEX).is_some()
}

#[derive(Clone)]
struct Files {
    find: Find,
    /// Each file is packed when it is first asked for.
    packed: Cache<Hash, Bytes>,
}

/// The files, and the page at every other address: which view that is the page finds out by itself.
pub(super) fn router(find: Find) -> Router {
    let files = Files { find, packed: Cache::new(MOST_PACKED) };
    Router::new()
        .route("/console", get(|| async { Redirect::temporary("/console/") }))
        .route("/console/", get(page))
        .route("/console/{*file}", get(file))
        .with_state(files)
}

async fn page(State(files): State<Files>, headers: HeaderMap) -> Response {
    files.answer(INDEX, &headers).await
}

async fn file(State(files): State<Files>, Path(name): Path<String>, headers: HeaderMap) -> Response {
    files.answer(&name, &headers).await
}

impl Files {
    async fn answer(&self, name: &str, headers: &HeaderMap) -> Response {
        if let Some(file) = (self.find)(name) {
            let keep = if name.starts_with(HASHED) { FOR_EVER } else { ASK_EACH_TIME };
            return self.file(file, keep, headers).await;
        }
        // A page of another version asks for a part that is no more: it must not take the page for it.
        if name.starts_with(HASHED) {
            return notice(headers, StatusCode::NOT_FOUND, "there is no such part of the console");
        }
        match (self.find)(INDEX) {
            Some(page) => self.file(page, ASK_EACH_TIME, headers).await,
            None => notice(headers, StatusCode::NOT_FOUND, ABSENT),
        }
    }

    async fn file(&self, file: EmbeddedFile, keep: HeaderValue, headers: &HeaderMap) -> Response {
        let kind = file.metadata.mimetype();
        let packs = file.data.len() >= WORTH_PACKING && is_text(kind) && takes_gzip(headers);
        let tag = tag(&file.metadata.sha256_hash(), packs);
        let about = [
            (CONTENT_TYPE, with_charset(kind)),
            (CACHE_CONTROL, keep),
            (VARY, HeaderValue::from_static("accept-encoding")),
            (ETAG, tag.clone()),
        ];
        if is_known(headers, &tag) {
            return (StatusCode::NOT_MODIFIED, about).into_response();
        }
        if !packs {
            return (about, shared(file.data)).into_response();
        }
        ([(CONTENT_ENCODING, HeaderValue::from_static("gzip"))], about, self.packed(file).await).into_response()
    }

    async fn packed(&self, file: EmbeddedFile) -> Bytes {
        let hash = file.metadata.sha256_hash();
        if let Some(packed) = self.packed.get(&hash) {
            return packed;
        }
        let cache = self.packed.clone();
        let data = shared(file.data);
        let plain = data.clone();
        let packing = tokio::task::spawn_blocking(move || cache.get_with(hash, || gzip(&data)));
        // It says that it is packed; a browser that finds it is not shows nothing.
        packing.await.unwrap_or_else(|_| gzip(&plain))
    }
}

fn shared(data: Cow<'static, [u8]>) -> Bytes {
    match data {
        Cow::Borrowed(bytes) => Bytes::from_static(bytes),
        Cow::Owned(bytes) => bytes.into(),
    }
}

fn gzip(data: &[u8]) -> Bytes {
    let mut packer = GzEncoder::new(Vec::new(), Compression::best());
    // Memory takes all that is written.
    let _ = packer.write_all(data);
    packer.finish().unwrap_or_default().into()
}

fn is_text(kind: &str) -> bool {
    kind.starts_with("text/")
        || ["application/javascript", "application/json", "application/manifest+json", "image/svg+xml"].contains(&kind)
}

fn with_charset(kind: &str) -> HeaderValue {
    let value = if kind.starts_with("text/") { format!("{kind}; charset=utf-8") } else { kind.to_owned() };
    HeaderValue::try_from(value).unwrap_or(HeaderValue::from_static("application/octet-stream"))
}

/// Whether the client unpacks gzip: it says so, and not that it would rather not (`;q=0`).
fn takes_gzip(headers: &HeaderMap) -> bool {
    let values = headers.get_all(ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|coding| {
        let mut parts = coding.split(';').map(str::trim);
        let named = parts.next().is_some_and(|name| name.eq_ignore_ascii_case("gzip") || name == "*");
        named && !parts.any(|p| p.strip_prefix("q=").and_then(|q| q.parse::<f32>().ok()).is_some_and(|q| q <= 0.0))
    })
}

/// Of what is sent: packed it is another.
fn tag(hash: &Hash, packed: bool) -> HeaderValue {
    let mut tag = String::from("\"");
    for byte in &hash[..16] {
        // A string takes any text.
        let _ = write!(tag, "{byte:02x}");
    }
    tag.push_str(if packed { "-gzip\"" } else { "\"" });
    HeaderValue::try_from(tag).unwrap_or(HeaderValue::from_static("\"\""))
}

fn is_known(headers: &HeaderMap, tag: &HeaderValue) -> bool {
    let known = headers.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    let mut known = known.flat_map(|value| value.split(',')).map(|known| known.trim().trim_start_matches("W/"));
    known.any(|known| known == "*" || known.as_bytes() == tag.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;
    use flate2::read::GzDecoder;
    use http::header::{ACCEPT, ALLOW};
    use http::{Method, Request};
    use http_body_util::BodyExt as _;
    use std::io::Read as _;
    use tower::ServiceExt as _;

    const SCRIPT: &str = "/console/assets/index-1a2b3c4d.js";

    #[derive(rust_embed::Embed)]
    #[folder = "tests/console"]
    struct OfTests;

    struct Answer {
        status: StatusCode,
        headers: HeaderMap,
        body: Bytes,
    }

    impl Answer {
        fn header(&self, name: impl http::header::AsHeaderName) -> &str {
            self.headers.get(name).map_or("", |value| value.to_str().unwrap())
        }

        fn text(&self) -> &str {
            std::str::from_utf8(&self.body).unwrap()
        }
    }

    async fn ask_of(find: Find, method: Method, path: &str, headers: &[(http::HeaderName, &str)]) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(name, *value);
        }
        let response = router(find).oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        let (parts, body) = response.into_parts();
        Answer { status: parts.status, headers: parts.headers, body: body.collect().await.unwrap().to_bytes() }
    }

    async fn ask(path: &str, headers: &[(http::HeaderName, &str)]) -> Answer {
        ask_of(OfTests::get, Method::GET, path, headers).await
    }

    #[tokio::test]
    async fn the_page_is_at_every_address_that_is_no_file() {
        for path in [
            "/console/",
            "/console/index.html",
            "/console/orders/ord_1?status=NEW",
            "/console/a/../b",
            "/console/%2e%2e/x",
        ] {
            let page = ask(path, &[]).await;
            assert_eq!(
                (page.status, page.header(CONTENT_TYPE)),
                (StatusCode::OK, "text/html; charset=utf-8"),
                "{path}"
            );
            assert_eq!(page.header(CACHE_CONTROL), "no-cache");
            assert!(page.text().contains("A console for tests"), "{path}");
        }
        assert_eq!(ask("/console", &[]).await.header(http::header::LOCATION), "/console/");
        let mark = ask("/console/mark.svg", &[]).await;
        assert_eq!((mark.header(CONTENT_TYPE), mark.header(CACHE_CONTROL)), ("image/svg+xml", "no-cache"));
    }

    #[tokio::test]
    async fn what_has_its_hash_in_its_name_is_kept() {
        let script = ask(SCRIPT, &[]).await;
        assert_eq!(script.header(CONTENT_TYPE), "text/javascript; charset=utf-8");
        assert_eq!(script.header(CACHE_CONTROL), "public, max-age=31536000, immutable");
        let missing = ask("/console/assets/index-0000.js", &[]).await;
        assert_eq!((missing.status, missing.header(CACHE_CONTROL)), (StatusCode::NOT_FOUND, "no-store"));
    }

    #[tokio::test]
    async fn it_is_packed_for_who_unpacks() {
        let plain = ask(SCRIPT, &[]).await;
        assert_eq!((plain.header(CONTENT_ENCODING), plain.header(VARY)), ("", "accept-encoding"));
        for accepted in ["gzip, deflate, br, zstd", "br;q=1.0, GZIP;q=0.5", "*"] {
            let packed = ask(SCRIPT, &[(ACCEPT_ENCODING, accepted)]).await;
            assert_eq!((packed.header(CONTENT_ENCODING), packed.header(VARY)), ("gzip", "accept-encoding"));
            assert!(packed.body.len() < plain.body.len() / 10);
            let mut unpacked = String::new();
            GzDecoder::new(&packed.body[..]).read_to_string(&mut unpacked).unwrap();
            assert_eq!(unpacked, plain.text());
            assert_ne!(packed.header(ETAG), plain.header(ETAG));
        }
        for refused in ["", "br", "gzip;q=0", "gzip; q=0.0, br"] {
            assert_eq!(ask(SCRIPT, &[(ACCEPT_ENCODING, refused)]).await.header(CONTENT_ENCODING), "", "{refused}");
        }
        // Nothing is won by it.
        assert_eq!(ask("/console/", &[(ACCEPT_ENCODING, "gzip")]).await.header(CONTENT_ENCODING), "");
    }

    #[tokio::test]
    async fn what_the_browser_has_is_not_sent_again() {
        let page = ask("/console/", &[]).await;
        let tag = page.header(ETAG);
        for known in [tag, "*", &format!("\"x\", W/{tag}")] {
            let again = ask("/console/orders", &[(IF_NONE_MATCH, known)]).await;
            assert_eq!((again.status, again.body.len()), (StatusCode::NOT_MODIFIED, 0), "{known}");
            assert_eq!((again.header(ETAG), again.header(CACHE_CONTROL)), (tag, "no-cache"));
        }
        assert_eq!(ask("/console/", &[(IF_NONE_MATCH, "\"x\"")]).await.status, StatusCode::OK);
    }

    #[tokio::test]
    async fn it_is_only_read() {
        let head = ask_of(OfTests::get, Method::HEAD, SCRIPT, &[]).await;
        assert_eq!((head.status, head.body.len()), (StatusCode::OK, 0));
        assert_eq!(head.header(http::header::CONTENT_LENGTH), ask(SCRIPT, &[]).await.body.len().to_string());
        for path in ["/console/", SCRIPT] {
            let refused = ask_of(OfTests::get, Method::POST, path, &[]).await;
            assert_eq!((refused.status, refused.header(ALLOW)), (StatusCode::METHOD_NOT_ALLOWED, "GET,HEAD"));
        }
    }

    #[tokio::test]
    async fn a_build_without_it_says_how_to_get_one() {
        let none: Find = |_| None;
        let program = ask_of(none, Method::GET, "/console/", &[]).await;
        assert_eq!(program.status, StatusCode::NOT_FOUND);
        let body: serde_json::Value = serde_json::from_slice(&program.body).unwrap();
        assert_eq!(body["error"]["message"], ABSENT);
        let person = ask_of(none, Method::GET, "/console/orders", &[(ACCEPT, "text/html,*/*;q=0.8")]).await;
        assert!(person.text().starts_with("<!doctype html>") && person.text().contains(&ABSENT[1..]));
    }
}
