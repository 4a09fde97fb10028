//! Orders while a part of the system is away.

use crate::common::*;
use crate::shelf::Shelf;
use contracts::orders::*;
use service::{Role, db};
use std::time::{Duration, Instant};
use temporalio_client::UntypedWorkflow;
use temporalio_common::protos::temporal::api::enums::v1::EventType;
use temporalio_macros::{workflow, workflow_methods};
use temporalio_sdk::{WorkflowContext, WorkflowContextView, WorkflowResult};
use testkit::{PATIENCE, Site, servers};
use tokio_util::sync::CancellationToken;
use tonic::Code;

#[tokio::test(flavor = "multi_thread")]
async fn orders_are_taken_and_decided_without_temporal() {
    let (site, shelf) = (Site::new().await, Shelf::start().await);
    let mut temporal = servers::temporal().await;
    let mut config = config(&site, &shelf);
    config.temporal.address = temporal.url();
    let running = start(config.clone(), Role::All).await;
    let mut client = client(&running);
    let (approved, cancelled) = (create(&mut client, order()).await, create(&mut client, order()).await);
    for id in [&approved, &cancelled] {
        until_status(&mut client, id, OrderStatus::PendingApproval).await;
    }

    temporal.server.kill().await;
    let begun = Instant::now();
    let new = create(&mut client, order()).await;
    approve(&mut client, &approved).await.unwrap();
    cancel(&mut client, &cancelled).await.unwrap();
    assert!(begun.elapsed() < Duration::from_secs(1), "three calls took {:?}", begun.elapsed());
    assert_eq!(get(&mut client, &new).await.status(), OrderStatus::Created);

    // A service that starts meanwhile works too.
    running.stop().await;
    let running = start(config, Role::All).await;
    let mut client = crate::common::client(&running);
    let late = create(&mut client, order()).await;
    let cancelled_early = create(&mut client, order()).await;
    cancel(&mut client, &cancelled_early).await.unwrap();

    temporal.server.restart().await.unwrap();
    for id in [&approved, &cancelled, &cancelled_early] {
        until_settled(&mut client, id).await;
    }
    for id in [&new, &late] {
        until_status(&mut client, id, OrderStatus::PendingApproval).await;
    }
    temporal.audit(running.channel()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approval_carries_on_when_temporal_has_forgotten_the_order() {
    let (site, shelf) = (Site::new().await, Shelf::start().await);
    let mut temporal = servers::temporal().await;
    let mut config = config(&site, &shelf);
    config.temporal.address = temporal.url();
    let running = start(config, Role::All).await;
    let mut client = client(&running);
    let id = create(&mut client, order()).await;
    until_status(&mut client, &id, OrderStatus::PendingApproval).await;
    temporal.forget_everything().await;
    approve(&mut client, &id).await.unwrap();
    until_settled(&mut client, &id).await;
    temporal.audit(running.channel()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_waiting_order_gets_another_workflow_when_temporal_has_forgotten_it() {
    let (site, shelf) = (Site::new().await, Shelf::start().await);
    let mut temporal = servers::temporal().await;
    let mut config = config(&site, &shelf);
    config.temporal.address = temporal.url();
    config.outbox.stale_after_s = 1;
    let running = start(config, Role::All).await;
    let mut client = client(&running);
    let id = create(&mut client, order()).await;
    until_status(&mut client, &id, OrderStatus::PendingApproval).await;
    temporal.forget_everything().await;
    let handle = temporal_at(&temporal.url()).await.get_workflow_handle::<UntypedWorkflow>(&id);
    let found = async { while handle.describe(Default::default()).await.is_err() {} };
    tokio::time::timeout(PATIENCE, found).await.unwrap();
    temporal.audit(running.channel()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_absent_database_is_reported_within_two_seconds() {
    let shelf = Shelf::start().await;
    let mut postgres = servers::postgres().await;
    let site = Site::at(&postgres.url()).await;
    let running = start(config(&site, &shelf), Role::All).await;
    let mut client = client(&running);
    let id = create(&mut client, order()).await;
    until_status(&mut client, &id, OrderStatus::PendingApproval).await;

    postgres.server.kill().await;
    for _ in 0..3 {
        let begun = Instant::now();
        let refused = approve(&mut client, &id).await.unwrap_err();
        assert_eq!(refused.code(), Code::Unavailable, "{refused}");
        assert!(begun.elapsed() < Duration::from_secs(2), "took {:?}", begun.elapsed());
    }
    postgres.server.restart().await.unwrap();
    let recovered = async {
        while let Err(refused) = approve(&mut client, &id).await {
            assert_eq!(refused.code(), Code::Unavailable, "{refused}");
        }
    };
    tokio::time::timeout(PATIENCE, recovered).await.expect("no recovery");
    until_settled(&mut client, &id).await;
    let targets = audit::Targets { orders: Some(running.channel()), ..Default::default() };
    site.audit(targets).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_api_without_a_worker_takes_decisions_that_a_worker_carries_out() {
    let (site, shelf) = (Site::new().await, Shelf::start().await);
    let config = config(&site, &shelf);
    let api = start(config.clone(), Role::Api).await;
    let mut client = client(&api);
    let id = create(&mut client, order()).await;
    assert_eq!(get(&mut client, &id).await.status(), OrderStatus::Created);
    let worker = start(config.clone(), Role::Worker).await;
    until_status(&mut client, &id, OrderStatus::PendingApproval).await;
    worker.stop().await;
    approve(&mut client, &id).await.unwrap();
    assert_eq!(get(&mut client, &id).await.timeline.len(), 4);
    let _worker = start(config, Role::Worker).await;
    let events = until_settled(&mut client, &id).await;
    assert_eq!(events.len(), 5);
    let targets = audit::Targets { orders: Some(api.channel()), ..Default::default() };
    site.audit(targets).await;
}

/// Wrote the history of an order's workflow, and is not the code of today.
#[workflow]
struct Stranger;

#[workflow_methods]
impl Stranger {
    #[init]
    pub fn new(_ctx: &WorkflowContextView, _id: String) -> Self {
        Self
    }

    #[run(name = "Order")]
    pub async fn run(ctx: &mut WorkflowContext<Self>) -> WorkflowResult<()> {
        ctx.timer(Duration::from_secs(3_600)).await;
        Ok(())
    }
}

/// So it looks after Temporal went back to a copy that is older than what a worker has in memory.
#[tokio::test(flavor = "multi_thread")]
async fn a_history_that_this_code_has_not_written_holds_nothing_up() {
    let (site, shelf) = (Site::new().await, Shelf::start().await);
    let mut config = config(&site, &shelf);
    config.outbox.stale_after_s = 1;
    let stop = CancellationToken::new();
    let connected = service::temporal::Temporal::connect(&config.temporal, None, stop.clone()).unwrap();
    let settings = config.temporal.clone();
    let options = move |build: Option<&_>| {
        let options = service::temporal::worker_options(&settings, build).register_workflow::<Stranger>();
        Ok(options.map_err(service::Error::internal)?.build())
    };
    let ended = service::worker::spawn(connected, None, u64::MAX, options, stop.clone()).unwrap();
    let api = start(config.clone(), Role::Api).await;
    let mut client = client(&api);
    let id = create(&mut client, order()).await;
    let temporal = temporal(&site).await;
    let stranger = temporal.get_workflow_handle::<UntypedWorkflow>(&id);
    let written = async {
        loop {
            let history = stranger.fetch_history(Default::default()).into_events().await.unwrap_or_default();
            if history.iter().any(|event| event.event_type() == EventType::TimerStarted) {
                return;
            }
        }
    };
    tokio::time::timeout(PATIENCE, written).await.unwrap();
    stop.cancel();
    ended.await.unwrap();

    let _worker = start(config, Role::Worker).await;
    until_status(&mut client, &id, OrderStatus::PendingApproval).await;
    site.audit(audit::Targets { orders: Some(api.channel()), ..Default::default() }).await;
}

/// A caller may go away at any moment. Wherever that is, no connection stays in a transaction that nobody ends.
#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_is_given_up_leaves_no_transaction_behind() {
    let (site, shelf) = (Site::new().await, Shelf::start().await);
    let mut config = config(&site, &shelf).database;
    config.max_connections = 1;
    let pool = db::pool(&config).unwrap();
    for polls in 0..12 {
        // Given back once the server has answered.
        drop(pool.acquire().await.unwrap());
        while pool.num_idle() == 0 {
            tokio::task::yield_now().await;
        }
        let mut begun = Box::pin(db::begin(&pool));
        for _ in 0..polls {
            if futures::poll!(&mut begun).is_ready() {
                break;
            }
            tokio::task::yield_now().await;
        }
        drop(begun);
        let transaction = async || -> String {
            sqlx::query_scalar("SELECT pg_current_xact_id()::text").fetch_one(&pool).await.unwrap()
        };
        assert_ne!(transaction().await, transaction().await, "after {polls} polls two statements share a transaction");
    }
}
