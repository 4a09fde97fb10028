//! Closed loops: so many clients, each beginning the next when its last is done. They find the highest rate.

use crate::shop::Shop;
use crate::way::{self, Goal, Way};
use futures::future::BoxFuture;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;
use tokio::task::JoinSet;

/// Runs `work` `count` times by `clients` at once, and returns what each returned with the rate.
pub(crate) async fn run<T: Send + 'static>(
    clients: usize,
    count: usize,
    work: impl Fn(usize) -> BoxFuture<'static, anyhow::Result<T>> + Send + Sync + 'static,
) -> anyhow::Result<(Vec<T>, f64)> {
    let work = Arc::new(work);
    let begun = Arc::new(AtomicUsize::new(0));
    let began = Instant::now();
    let mut running = JoinSet::new();
    for client in 0..clients.min(count) {
        let (work, begun) = (Arc::clone(&work), Arc::clone(&begun));
        running.spawn(async move {
            let mut done = Vec::new();
            while begun.fetch_add(1, Ordering::Relaxed) < count {
                done.push(work(client).await?);
            }
            anyhow::Ok(done)
        });
    }
    let mut all = Vec::with_capacity(count);
    while let Some(done) = running.join_next().await {
        all.extend(done??);
    }
    let rate = all.len() as f64 / began.elapsed().as_secs_f64();
    Ok((all, rate))
}

/// Takes `count` orders the whole way.
pub(crate) async fn orders(
    shops: &[Shop],
    goal: Goal,
    clients: usize,
    count: usize,
) -> anyhow::Result<(Vec<Way>, f64)> {
    let shops = shops.to_vec();
    let work = move |client: usize| -> BoxFuture<'static, _> {
        let shop = shops[client % shops.len()].clone();
        Box::pin(async move { way::whole(&shop, goal).await })
    };
    run(clients, count, work).await
}
