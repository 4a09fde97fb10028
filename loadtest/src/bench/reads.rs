//! How many times a second the status of an order can be read.

use crate::latency::Latencies;
use anyhow::ensure;
use bytes::Bytes;
use contracts::orders::order_service_client::OrderServiceClient;
use contracts::orders::{GetOrderRequest, OrderView};
use http_body_util::{BodyExt as _, Empty};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tonic::transport::Channel;

/// Reads of one kind.
pub(crate) struct Reads {
    pub(crate) per_s: f64,
    pub(crate) latency: Latencies,
}

/// `GetOrder` in its BASIC view, on streams of one connection to the orders service.
pub(crate) async fn grpc(
    client: &OrderServiceClient<Channel>,
    ids: &Arc<Vec<String>>,
    readers: usize,
    time: Duration,
) -> anyhow::Result<Reads> {
    let mut running = JoinSet::new();
    for reader in 0..readers {
        let (mut client, ids) = (client.clone(), Arc::clone(ids));
        running.spawn(async move {
            let mut latency = Latencies::new()?;
            let until = Instant::now() + time;
            for id in ids.iter().cycle().skip(reader) {
                let began = Instant::now();
                let request = GetOrderRequest { order_id: id.clone(), view: OrderView::Basic.into() };
                client.get_order(request).await?;
                latency.add(began.elapsed());
                if Instant::now() > until {
                    break;
                }
            }
            anyhow::Ok(latency)
        });
    }
    collect(running, time).await
}

/// `GET /orders/{id}/status` at the gateway, by HTTP/1.1 on connections that stay open.
pub(crate) async fn rest(
    gateway: &str,
    ids: &Arc<Vec<String>>,
    readers: usize,
    time: Duration,
) -> anyhow::Result<Reads> {
    let authority: Arc<str> = gateway.trim_start_matches("http://").trim_end_matches('/').into();
    let mut running = JoinSet::new();
    for reader in 0..readers {
        let (authority, ids) = (Arc::clone(&authority), Arc::clone(ids));
        running.spawn(async move {
            let stream = TcpStream::connect(&*authority).await?;
            stream.set_nodelay(true)?;
            let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
            let connection = tokio::spawn(connection);
            let mut latency = Latencies::new()?;
            let until = Instant::now() + time;
            for id in ids.iter().cycle().skip(reader) {
                let began = Instant::now();
                let request = http::Request::get(format!("/orders/{id}/status"))
                    .header(http::header::HOST, &*authority)
                    .body(Empty::<Bytes>::new())?;
                let reply = sender.send_request(request).await?;
                ensure!(reply.status().is_success(), "the gateway answered {}", reply.status());
                reply.into_body().collect().await?;
                latency.add(began.elapsed());
                if Instant::now() > until {
                    break;
                }
            }
            drop(sender);
            connection.await??;
            anyhow::Ok(latency)
        });
    }
    collect(running, time).await
}

async fn collect(mut running: JoinSet<anyhow::Result<Latencies>>, time: Duration) -> anyhow::Result<Reads> {
    let mut latency = Latencies::new()?;
    while let Some(one) = running.join_next().await {
        latency.merge(&one??)?;
    }
    Ok(Reads { per_s: latency.figures().count as f64 / time.as_secs_f64(), latency })
}
