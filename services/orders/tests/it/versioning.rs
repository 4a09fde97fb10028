//! Which build of the worker gets the work, while builds come and go.

use crate::common::*;
use crate::shelf::Shelf;
use contracts::orders::*;
use orders::config::Config;
use service::Role;
use temporalio_client::{Client as Temporal, UntypedWorkflow};
use temporalio_common::protos::temporal::api::history::v1::history_event::Attributes;
use temporalio_common::protos::temporal::api::taskqueue::v1::TaskQueue;
use temporalio_common::protos::temporal::api::workflowservice::v1::{
    DescribeTaskQueueRequest, SetWorkerDeploymentCurrentVersionRequest,
};
use testkit::{PATIENCE, Running, Site};
use tonic::IntoRequest as _;

struct Fleet {
    site: Site,
    config: Config,
    temporal: Temporal,
}

impl Fleet {
    async fn worker(&self, build_id: &str, revision: i64) -> Running {
        let mut config = self.config.clone();
        build_id.clone_into(&mut config.temporal.build_id);
        config.temporal.revision = revision;
        start(config, Role::Worker).await
    }

    async fn current(&self) -> Option<String> {
        let name = self.config.temporal.task_queue.clone();
        let request = DescribeTaskQueueRequest {
            namespace: "default".into(),
            task_queue: Some(TaskQueue { name, ..Default::default() }),
            task_queue_type: 1,
            ..Default::default()
        };
        let mut service = self.temporal.connection().workflow_service();
        let described = service.describe_task_queue(request.into_request()).await.unwrap().into_inner();
        described.versioning_info?.current_deployment_version.map(|version| version.build_id)
    }

    async fn until_current(&self, build_id: &str) {
        let look = async { while self.current().await.as_deref() != Some(build_id) {} };
        tokio::time::timeout(PATIENCE, look).await.unwrap_or_else(|_| panic!("{build_id} did not become current"));
    }

    /// The builds that did the tasks of an order's workflow, in turn.
    async fn builds(&self, id: &str) -> Vec<String> {
        let handle = self.temporal.get_workflow_handle::<UntypedWorkflow>(id);
        handle.get_result(Default::default()).await.unwrap();
        let events = handle.fetch_history(Default::default()).into_events().await.unwrap();
        let build = |attributes| match attributes {
            Some(Attributes::WorkflowTaskCompletedEventAttributes(task)) => Some(task.deployment_version?.build_id),
            _ => None,
        };
        events.into_iter().filter_map(|event| build(event.attributes)).collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_build_that_should_be_current_is() {
    let (site, shelf) = (Site::new().await, Shelf::start().await);
    let (config, temporal) = (config(&site, &shelf), temporal(&site).await);
    let api = start(config.clone(), Role::Api).await;
    let mut client = client(&api);
    let fleet = Fleet { site, config, temporal };
    let first = fleet.worker("first", 0).await;
    let waiting = create(&mut client, order()).await;
    until_status(&mut client, &waiting, OrderStatus::PendingApproval).await;

    // A new build takes over, also what waits.
    let _second = fleet.worker("second", 0).await;
    fleet.until_current("second").await;
    approve(&mut client, &waiting).await.unwrap();
    until_settled(&mut client, &waiting).await;
    assert_eq!(fleet.builds(&waiting).await, ["first", "second"]);

    // The old one starts again: it takes nothing back, and does nothing.
    first.stop().await;
    let _first = fleet.worker("first", 0).await;
    for _ in 0..5 {
        let id = create(&mut client, order()).await;
        until_status(&mut client, &id, OrderStatus::PendingApproval).await;
        cancel(&mut client, &id).await.unwrap();
        until_settled(&mut client, &id).await;
        assert_eq!(fleet.builds(&id).await, ["second", "second"]);
    }
    // Nor does it get the work for long when Temporal's database is replaced by an older copy.
    let request = SetWorkerDeploymentCurrentVersionRequest {
        namespace: "default".into(),
        deployment_name: fleet.config.temporal.task_queue.clone(),
        build_id: "first".into(),
        ..Default::default()
    };
    let mut service = fleet.temporal.connection().workflow_service();
    service.set_worker_deployment_current_version(request.into_request()).await.unwrap();
    fleet.until_current("second").await;

    // Unless it is meant to.
    let _back = fleet.worker("first", 1).await;
    fleet.until_current("first").await;
    fleet.site.audit(audit::Targets { orders: Some(api.channel()), ..Default::default() }).await;
}
