//! A payments service of the test's own, and what tests ask of it.

use contracts::payments as proto;
use contracts::{Currency, Money};
use payments::config::Config;
use proto::audit_service_client::AuditServiceClient;
use proto::payment_service_client::PaymentServiceClient;
use proto::{
    CreatePaymentRequest, CreateRefundRequest, GetPaymentRequest, Payment, PaymentEvent, PaymentEventKind,
    PaymentStatus, Refund, WatchPaymentRequest,
};
use service::Role;
use sqlx::PgPool;
use std::str::FromStr as _;
use temporalio_client::{Client, ClientOptions, Connection, ConnectionOptions, UntypedWorkflow, Url, WorkflowHistory};
use testkit::{PATIENCE, Running, Site};
use tonic::transport::Channel;
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

/// Where nobody listens.
pub(crate) const NOWHERE: &str = "http://127.0.0.1:9";

pub(crate) struct Stage {
    pub(crate) site: Site,
    pub(crate) config: Config,
    pub(crate) service: Running,
    pub(crate) client: PaymentServiceClient<Channel>,
    pub(crate) db: PgPool,
}

impl Stage {
    pub(crate) async fn new() -> Self {
        Self::with(Role::All, |_| {}).await
    }

    pub(crate) async fn with(role: Role, change: impl FnOnce(&mut Config)) -> Self {
        let site = Site::new().await;
        let mut config = Config::load(None).unwrap();
        site.adopt("payments", &mut config.database, &mut config.temporal);
        config.outbox.relay_interval_ms = 100;
        change(&mut config);
        let service = start(&config, role).await;
        let client = PaymentServiceClient::new(service.channel());
        let db = PgPool::connect(&site.database_url("payments")).await.unwrap();
        let stage = Self { site, config, service, client, db };
        stage.up().await;
        stage
    }

    /// The port is open before the migrations have run; the first answer comes after.
    async fn up(&self) {
        let missing = GetPaymentRequest { payment_id: contracts::ids::PaymentId::new().to_string() };
        let status = self.client.clone().get_payment(missing).await.unwrap_err();
        assert_eq!(status.code(), Code::NotFound, "{status:?}");
    }

    /// Another process of the service over the same database, at the real Temporal.
    pub(crate) async fn join(&self, role: Role) -> Running {
        let mut config = self.config.clone();
        config.temporal.address = self.site.temporal_address();
        start(&config, role).await
    }

    pub(crate) async fn create(&self, token: &str) -> Payment {
        self.try_create(payment(token)).await.unwrap()
    }

    pub(crate) async fn try_create(&self, request: CreatePaymentRequest) -> Result<Payment, Status> {
        Ok(self.client.clone().create_payment(request).await?.into_inner().payment.unwrap())
    }

    /// Creates a payment and waits until it is charged.
    pub(crate) async fn charged(&self, token: &str) -> Payment {
        let payment = self.create(token).await;
        self.until(&payment.payment_id, PaymentStatus::Completed).await
    }

    pub(crate) async fn get(&self, id: &str) -> Payment {
        let request = GetPaymentRequest { payment_id: id.to_owned() };
        self.client.clone().get_payment(request).await.unwrap().into_inner().payment.unwrap()
    }

    /// Watches until an event fits, and returns all up to it. Resumes as a caller should.
    pub(crate) async fn watch(&self, id: &str, after: i64, fits: impl Fn(&PaymentEvent) -> bool) -> Vec<PaymentEvent> {
        let mut seen: Vec<PaymentEvent> = Vec::new();
        let watch = async {
            loop {
                let after_sequence = seen.last().map_or(after, |event| event.sequence);
                match self.follow(id, after_sequence, &fits, &mut seen).await {
                    Ok(()) => return,
                    Err(status) => assert_eq!(status.code(), Code::Unavailable, "{status:?}"),
                }
            }
        };
        tokio::time::timeout(PATIENCE, watch).await.expect("what was waited for");
        seen
    }

    async fn follow(
        &self,
        id: &str,
        after_sequence: i64,
        fits: impl Fn(&PaymentEvent) -> bool,
        seen: &mut Vec<PaymentEvent>,
    ) -> Result<(), Status> {
        let request = WatchPaymentRequest { payment_id: id.to_owned(), after_sequence };
        let mut stream = self.client.clone().watch_payment(request).await?.into_inner();
        while let Some(message) = stream.message().await? {
            seen.push(message.event.unwrap());
            if seen.last().is_some_and(&fits) {
                return Ok(());
            }
        }
        panic!("the watch ended after {seen:#?}")
    }

    /// Waits for a status that the payment has once its workflow has done its part.
    pub(crate) async fn until(&self, id: &str, status: PaymentStatus) -> Payment {
        self.watch(id, 0, |event| event.status() == status && event.kind() != PaymentEventKind::AttemptStarted).await;
        self.get(id).await
    }

    /// Waits for a refund event that says `what`.
    pub(crate) async fn until_refund(&self, refund: &Refund, what: &str) -> Refund {
        self.watch(&refund.payment_id, 0, |event| {
            event.kind() == PaymentEventKind::Refund
                && event.reason.contains(&refund.refund_id)
                && event.reason.contains(what)
        })
        .await;
        let request = proto::GetRefundRequest { refund_id: refund.refund_id.clone() };
        self.client.clone().get_refund(request).await.unwrap().into_inner().refund.unwrap()
    }

    pub(crate) async fn refund(&self, id: &str, minor: Option<i64>) -> Result<Refund, Status> {
        let request =
            CreateRefundRequest { payment_id: id.to_owned(), amount: minor.map(usd), ..CreateRefundRequest::default() };
        Ok(self.client.clone().create_refund(request).await?.into_inner().refund.unwrap())
    }

    /// What the provider did for a payment or refund: key, outcome, calls.
    pub(crate) async fn effects(&self, subject: &str) -> Vec<(String, String, i32)> {
        sqlx::query_as("SELECT key, outcome, calls FROM simulator_effects WHERE subject = $1 ORDER BY key")
            .bind(subject)
            .fetch_all(&self.db)
            .await
            .unwrap()
    }

    /// The provider charged once, under the first attempt's key, and was asked at least so often: on a busy machine an
    /// answer may come too late, and is asked for again.
    pub(crate) async fn charged_after(&self, payment: &Payment, calls: i32) {
        let effects = self.effects(&payment.payment_id).await;
        let key = format!("{}/1", payment.payment_id);
        assert!(
            matches!(&effects[..], [(k, outcome, asked)] if *k == key && outcome == "SUCCEEDED" && *asked >= calls),
            "{effects:?}"
        );
    }

    pub(crate) async fn count(&self, sql: &'static str) -> i64 {
        sqlx::query_scalar(sql).fetch_one(&self.db).await.unwrap()
    }

    /// Balance of the clearing account.
    pub(crate) async fn balance(&self) -> i64 {
        self.count(
            "SELECT coalesce(sum(amount_minor), 0)::bigint FROM ledger_entries WHERE account = 'PROVIDER_CLEARING'",
        )
        .await
    }

    /// The history of a workflow that ends.
    pub(crate) async fn history(&self, id: &str) -> WorkflowHistory {
        let url = Url::from_str(&self.site.temporal_address()).unwrap();
        let connection = Connection::connect(ConnectionOptions::new(url).build()).await.unwrap();
        let client = Client::new(connection, ClientOptions::new("default").build()).unwrap();
        let handle = client.get_workflow_handle::<UntypedWorkflow>(id);
        handle.get_result(Default::default()).await.unwrap();
        handle.fetch_history(Default::default())
    }

    /// Ends the test: the books must be right.
    pub(crate) async fn audit(self) {
        let targets = audit::Targets { payments: Some(self.service.channel()), ..Default::default() };
        self.site.audit(targets).await;
        // One statement: payments may still be charged while this is read.
        let lost = self
            .count(
                "SELECT ((SELECT coalesce(sum(amount_minor), 0) FROM payments WHERE completed_at IS NOT NULL)
                    - (SELECT coalesce(sum(amount_minor), 0) FROM refunds WHERE status = 'COMPLETED')
                    - (SELECT coalesce(sum(amount_minor), 0) FROM ledger_entries WHERE account = 'PROVIDER_CLEARING'))::bigint",
            )
            .await;
        assert_eq!(lost, 0, "captures less refunds is the balance");
        self.service.stop().await;
    }

    /// The findings of the service's own rules.
    pub(crate) async fn findings(&self) -> Vec<String> {
        let request = proto::RunAuditRequest { include_expected_drivers: false };
        let mut stream = AuditServiceClient::new(self.service.channel()).run_audit(request).await.unwrap().into_inner();
        let mut rules = Vec::new();
        while let Some(message) = stream.message().await.unwrap() {
            if let Some(proto::run_audit_response::Kind::Finding(finding)) = message.kind {
                rules.push(finding.rule);
            }
        }
        rules
    }
}

async fn start(config: &Config, role: Role) -> Running {
    let config = config.clone();
    Running::start(|listener, stop| payments::run(config, role, role.serves_api().then_some(listener), stop)).await
}

pub(crate) fn usd(minor: i64) -> contracts::google_type::Money {
    Money::new(Currency::USD, minor).into()
}

/// 12.50 USD by credit card.
pub(crate) fn payment(token: &str) -> CreatePaymentRequest {
    CreatePaymentRequest {
        order_id: "ORDER123".to_owned(),
        amount: Some(usd(1_250)),
        method: proto::PaymentMethod::CreditCard.into(),
        payment_token: token.to_owned(),
        ..Default::default()
    }
}

/// The stable reason of a refusal, and a fact it carries.
pub(crate) fn reason(status: &Status, key: &str) -> (Code, String, String) {
    let info = status.get_error_details().error_info().cloned().expect("a reason");
    (status.code(), info.reason, info.metadata.get(key).cloned().unwrap_or_default())
}

/// The fields at fault.
pub(crate) fn fields(status: &Status) -> Vec<String> {
    let details = status.get_error_details();
    let violations = details.bad_request().map(|bad| bad.field_violations.clone()).unwrap_or_default();
    violations.into_iter().map(|violation| violation.field).collect()
}

/// Kind, status and attempt of events, for comparison.
pub(crate) fn outline(events: &[PaymentEvent]) -> Vec<(PaymentEventKind, PaymentStatus, i32)> {
    events.iter().map(|event| (event.kind(), event.status(), event.attempt)).collect()
}
