//! Requests that two programs could read differently, and other things that are no HTTP/1.

use super::{Besieged, judge, raw};

/// What follows every attack: a request of somebody else, on the same connection.
const NEXT: &str = "GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
const SMUGGLED: &str = "GET /orders?smuggled=1 HTTP/1.1\r\nhost: x\r\n\r\n";
const POST: &str = "POST /orders HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n";

/// The status and body of each answer.
fn answers(mut bytes: &[u8]) -> Vec<(u16, String)> {
    let mut answers = Vec::new();
    while let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
        let head = String::from_utf8_lossy(&bytes[..end]).to_ascii_lowercase();
        let status = head.get(9..12).and_then(|status| status.parse().ok()).unwrap_or_else(|| panic!("{head}"));
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
        let body = &bytes[end + 4..];
        let length: usize = length.unwrap_or_default();
        answers.push((status, String::from_utf8_lossy(&body[..length]).into_owned()));
        bytes = &body[length..];
    }
    assert!(bytes.is_empty(), "{}", String::from_utf8_lossy(bytes));
    answers
}

/// What is sent, and the statuses that may come back of it and of the request behind it.
fn table() -> Vec<(String, &'static [&'static [u16]])> {
    // Ambiguous: refused, or read in the one right way, and nothing after it is read.
    let last: &[&[u16]] = &[&[400]];
    let kept: &[&[u16]] = &[&[400, 200]];
    let fine: &[&[u16]] = &[&[200, 200]];
    let post = |headers: &str, body: &str| format!("{POST}{headers}\r\n{body}");
    let get = |line: &str, headers: &str| format!("{line}\r\n{headers}\r\n");
    vec![
        // Two lengths of one body.
        (post("content-length: 4\r\ntransfer-encoding: chunked\r\n", &format!("0\r\n\r\n{SMUGGLED}")), last),
        (post("transfer-encoding: chunked\r\ncontent-length: 4\r\n", &format!("0\r\n\r\n{SMUGGLED}")), last),
        (post("content-length: 0\r\ncontent-length: 45\r\n", SMUGGLED), last),
        (post("content-length: 2\r\ncontent-length: 2\r\n", "{}"), kept),
        (post("content-length: 2, 3\r\n", "{}"), last),
        (post("content-length: +2\r\n", "{}"), last),
        (post("content-length: -2\r\n", "{}"), last),
        (post("content-length: 0x2\r\n", "{}"), last),
        (post("content-length: 99999999999999999999999\r\n", "{}"), last),
        (post("content-length:\r\n", "{}"), last),
        (post("transfer-encoding: xchunked\r\n", "2\r\n{}\r\n0\r\n\r\n"), last),
        (post("transfer-encoding: chunked, identity\r\n", "2\r\n{}\r\n0\r\n\r\n"), last),
        (post("transfer-encoding: identity\r\n", "{}"), last),
        (post("transfer-encoding: chunked\r\ntransfer-encoding: identity\r\n", "0\r\n\r\n"), last),
        (post("transfer-encoding: \u{b}chunked\r\n", "0\r\n\r\n"), last),
        (POST.replace("HTTP/1.1", "HTTP/1.0") + "transfer-encoding: chunked\r\n\r\n0\r\n\r\n", last),
        // Chunks.
        (post("transfer-encoding: chunked\r\n", "ffffffffffffffff1\r\n{}\r\n0\r\n\r\n"), last),
        (post("transfer-encoding: chunked\r\n", "fffffffffffffffe\r\n{}\r\n0\r\n\r\n"), &[&[400], &[413], &[408]]),
        (post("transfer-encoding: chunked\r\n", "-2\r\n{}\r\n0\r\n\r\n"), last),
        (post("transfer-encoding: chunked\r\n", "0x2\r\n{}\r\n0\r\n\r\n"), last),
        (post("transfer-encoding: chunked\r\n", "2\r\n{}XX0\r\n\r\n"), last),
        (post("transfer-encoding: chunked\r\n", "2\n{}\n0\n\n"), last),
        (post("transfer-encoding: chunked\r\n", &format!("2;{}\r\n{{}}\r\n0\r\n\r\n", "x".repeat(100_000))), last),
        (post("transfer-encoding: chunked\r\n", &format!("0\r\nx: {}\r\n\r\n", "y".repeat(100_000))), last),
        (post("transfer-encoding: chunked\r\n", "2\r\n{}\r\n0\r\ncontent-length: 99\r\n\r\n"), kept),
        // A body that ends before its end.
        (post("content-length: 100\r\n", "{}"), &[&[408]]),
        (post("transfer-encoding: chunked\r\n", "100\r\n{}"), &[&[408]]),
        // Headers.
        (get("GET /healthz HTTP/1.1", "host: x\r\na: b\r\n c: d\r\n"), last),
        (get("GET /healthz HTTP/1.1", "host : x\r\n"), last),
        (get("GET /healthz HTTP/1.1", " host: x\r\n"), last),
        (get("GET /healthz HTTP/1.1", "host: x\r\na: b\0c\r\n"), last),
        (get("GET /healthz HTTP/1.1", "host: x\r\na\0: b\r\n"), last),
        (get("GET /healthz HTTP/1.1", "host: x\r\na: b\rc: d\r\n"), last),
        (get("GET /healthz HTTP/1.1", "host: x\r\n: b\r\n"), last),
        (get("GET /healthz HTTP/1.1", "host: x\r\nno colon\r\n"), last),
        ("GET /healthz HTTP/1.1\nhost: x\n\n".to_owned(), fine),
        // Hosts: exactly one.
        (get("GET /healthz HTTP/1.1", ""), kept),
        (get("GET /healthz HTTP/1.1", "host: x\r\nhost: y\r\n"), kept),
        (get("GET /healthz HTTP/1.1", "host: evil.example\r\n"), fine),
        // Targets.
        (get("GET http://evil.example/healthz HTTP/1.1", "host: x\r\n"), fine),
        (get("GET evil.example:80 HTTP/1.1", "host: x\r\n"), &[&[400], &[404, 200]]),
        (get("GET * HTTP/1.1", "host: x\r\n"), &[&[400], &[404, 200]]),
        (get("CONNECT evil.example:80 HTTP/1.1", "host: x\r\n"), &[&[400], &[404, 200], &[405, 200], &[404], &[405]]),
        (get("GET /health\0z HTTP/1.1", "host: x\r\n"), last),
        (get("GET /health z HTTP/1.1", "host: x\r\n"), last),
        (get("GET /healthz#/../orders HTTP/1.1", "host: x\r\n"), &[&[400], &[200, 200]]),
        (get("GET /healthz HTTP/1.2", "host: x\r\n"), last),
        (get("GET /healthz HTTP/2.0", "host: x\r\n"), last),
        (get("GET /healthz", ""), last),
        (get("get /healthz HTTP/1.1", "host: x\r\n"), &[&[405, 200]]),
        (get("TRACE /healthz HTTP/1.1", "host: x\r\ncookie: secret\r\n"), &[&[405, 200]]),
        (get(&format!("{} /healthz HTTP/1.1", "X".repeat(10_000)), "host: x\r\n"), &[&[405, 200], &[400]]),
        (
            get(
                "GET /healthz HTTP/1.1",
                "host: x\r\nconnection: upgrade\r\nupgrade: h2c\r\nhttp2-settings: AAMAAABk\r\n",
            ),
            fine,
        ),
        (get("GET /healthz HTTP/1.1", "host: x\r\nexpect: the unexpected\r\n"), &[&[200, 200], &[417]]),
        ("\r\n\r\nGET /healthz HTTP/1.1\r\nhost: x\r\n\r\n".to_owned(), fine),
        ("\u{16}\u{3}\u{1}\u{2}\0\u{1}\0\u{1}\u{fc}\u{3}\u{3}".to_owned(), last),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn no_request_hides_in_another() {
    let system = Besieged::start().await;
    for (attack, expected) in table() {
        let bytes = [attack.as_bytes(), NEXT.as_bytes()].concat();
        let answers = answers(&raw(system.gateway(), &bytes).await);
        let statuses: Vec<u16> = answers.iter().map(|(status, _)| *status).collect();
        let shown = attack.escape_debug().to_string().chars().take(300).collect::<String>();
        assert!(expected.iter().any(|good| *good == statuses), "{statuses:?} to {shown}: {answers:?}");
        for (status, body) in &answers {
            judge(*status, body, &attack);
            assert!(!body.contains("smuggled") && !body.contains("secret"), "{body} to {shown}");
        }
    }
    let many = format!("{}{NEXT}", "GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n".repeat(500));
    assert_eq!(answers(&raw(system.gateway(), many.as_bytes()).await).len(), 501);
    // What a service says to a client of HTTP/1 is its own affair, but it says it soon.
    for (_, process) in system.processes() {
        let said = raw(process.address, b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await;
        assert_eq!(hostile::leak(&String::from_utf8_lossy(&said), ""), None);
    }
    system.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_path_leads_elsewhere() {
    let system = Besieged::start().await;
    for path in [
        "//orders",
        "/orders//",
        "/./orders",
        "/orders/../payments",
        "/orders/..",
        "/orders/%2e%2e/payments",
        "/orders/.%2e/payments",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/docs/../../../../../../etc/passwd",
        "/docs/%2e%2e%2f%2e%2e%2f%2e%2e%2f%2e%2e%2f%2e%2e%2f%2e%2e%2fetc%2fpasswd",
        "/docs//etc/passwd",
        "/docs/%2fetc%2fpasswd",
        "/docs/..%5c..%5cetc%5cpasswd",
        "/docs/index.html%00.js",
        "/orders/%00",
        "/orders/%c0%ae",
        "/orders/%ff",
        "/orders/;jsessionid=1",
        "/ORDERS",
        "/orders%20",
        "/orders%2f",
        "/healthz/",
        "/healthz%00",
        "/openapi.json/..",
        "/oms.orders.v1.OrderService/",
        "/oms.orders.v1.OrderService/GetOrder/..",
        "/metrics",
        "/.git/config",
        "/.env",
    ] {
        let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
        let answers = answers(&raw(system.gateway(), request.as_bytes()).await);
        let [(status, body)] = answers.as_slice() else { panic!("{answers:?} to {path}") };
        assert!([400, 404, 405].contains(status), "{status} {body} to {path}");
        judge(*status, body, path);
    }
    system.end().await;
}
