//! What an answer must not tell: how we are built.

/// Words of our insides: of the database, the language, its libraries and the file system.
const INSIDES: [&str; 27] = [
    "sqlx",
    "postgres",
    "pgcode",
    "select ",
    "insert into",
    "relation \"",
    "column \"",
    "constraint \"",
    "syntax error at or near",
    "invalid byte sequence",
    "panicked",
    "backtrace",
    "unwrap()",
    "called `",
    ".rs:",
    "/src/",
    "/root/",
    "/home/",
    "/work/",
    ".cargo",
    "tokio",
    "hyper",
    "tonic",
    "prost",
    "protobuf message",
    "metadatamap",
    "status: ",
];

/// The first word of our insides in an answer, unless the request had it.
#[must_use]
pub fn leak(answer: &str, request: &str) -> Option<&'static str> {
    let (answer, request) = (answer.to_lowercase(), request.to_lowercase());
    INSIDES.into_iter().find(|word| answer.contains(word) && !request.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_caller_did_not_say_is_a_leak() {
        assert_eq!(
            leak(r#"ERROR: invalid byte sequence for encoding "UTF8": 0x00"#, "a"),
            Some("invalid byte sequence")
        );
        assert_eq!(leak("thread 'main' panicked at src/lib.rs:5", ""), Some("panicked"));
        assert_eq!(leak("there is no order `sqlx`", "GET /orders/sqlx"), None);
        assert_eq!(leak(r#"{"error":{"code":"NOT_FOUND","message":"there is no order `x`","details":[]}}"#, ""), None);
    }
}
