//! What the process says of itself.

use testkit::Spawned;

#[tokio::test(flavor = "multi_thread")]
async fn requests_are_counted_by_route_and_status() {
    let gateway = Spawned::start(env!("CARGO_BIN_EXE_gateway"), &[]).await;
    for path in ["/healthz", "/healthz", "/orders/x/status?secret", "/nothing/here"] {
        reqwest::get(format!("http://{}{path}", gateway.address)).await.unwrap();
    }
    let page = gateway.metrics().await;
    for line in [
        "oms_http_requests_total{method=\"GET\",route=\"/healthz\",status=\"200\"} 2",
        "oms_http_requests_total{method=\"GET\",route=\"other\",status=\"404\"} 1",
        "oms_http_duration_seconds_count{method=\"GET\",route=\"/healthz\"} 2",
        "oms_build_info{service=\"gateway\",version=\"0.1.0\"} 1",
    ] {
        assert!(page.lines().any(|l| l == line), "no {line} in\n{page}");
    }
    assert!(page.contains("route=\"/orders/{order_id}/status\""), "{page}");
    assert!(!page.contains("secret"), "{page}");
}
