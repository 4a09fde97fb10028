//! The gRPC interface, the same in the package of each service.

#[doc(hidden)]
pub mod fuzzing;
mod replies;
mod requests;

use crate::config::Config;
use crate::error::Error;
use crate::signature::Secret;
use crate::store::{self, Endpoint, EndpointState};
use crate::target::Gate;
use crate::vault::{Secretive, Vault};
use crate::{Kind, Source};
use access::Caller;
use contracts::Violations;
use contracts::common::*;
use contracts::ids::EndpointId;
use contracts::values::RequestId;
use privacy::KeyRing;
use requests::ListDeliveries;
use service::db::within;
use service::idempotency::{self, Begin, Write};
use sqlx::PgPool;
use tonic::{Request, Response, Status};

/// So many endpoints can be registered: each makes each change dearer.
const MOST: i64 = 100;

/// The service behind the interfaces.
#[derive(Clone)]
pub struct Api {
    pool: PgPool,
    vault: Vault,
    gate: Gate,
    kinds: &'static [Kind],
}

impl Api {
    /// For the endpoints in this database. Their secrets are sealed by the ring, if there is one.
    #[must_use]
    pub fn new(config: &Config, ring: Option<KeyRing>, pool: PgPool, source: &dyn Source) -> Self {
        Self { pool, vault: Vault::new(ring), gate: Gate::new(config), kinds: source.kinds() }
    }

    async fn create(
        &self,
        caller: &Caller,
        mut request: CreateWebhookEndpointRequest,
    ) -> Result<Response<CreateWebhookEndpointResponse>, Error> {
        let key = requests::take_key(&mut request.request_id)?;
        let (endpoint, target) = requests::create(&request, self.kinds)?;
        if let Err(unfit) = self.gate.admit(&target).await {
            let mut violations = Violations::new();
            violations.add("url", unfit);
            return Err(violations.into());
        }
        within(async {
            let mut write = match self.begin(caller, "CreateWebhookEndpoint", key.as_ref(), &request).await? {
                Begin::Fresh(write) => write,
                Begin::Replay(reply) => return replay(reply),
            };
            let secret = Secret::generate().map_err(service::Error::internal)?;
            let sealed = self.vault.seal(endpoint.id, &secret).map_err(service::Error::internal)?;
            let stored = store::insert(write.conn(), &endpoint, &sealed, MOST).await?.ok_or(Error::Full(MOST))?;
            let reply = CreateWebhookEndpointResponse {
                endpoint: Some(replies::endpoint(&stored, self.kinds)),
                secret: secret.reveal(),
            };
            self.commit(write, key.as_ref(), &reply).await?;
            tracing::info!(endpoint = %stored.id, url = stored.url, by = caller.actor(), "webhook endpoint registered");
            Ok(Response::new(reply))
        })
        .await
    }

    async fn begin<R: Secretive>(
        &self,
        caller: &Caller,
        method: &'static str,
        key: Option<&RequestId>,
        request: &impl prost::Message,
    ) -> Result<Begin<R>, Error> {
        let name = key.map(RequestId::as_str).unwrap_or_default();
        let open = |stored| self.vault.open_reply(name, stored);
        Ok(idempotency::begin_opened(&self.pool, caller, method, key, request, open).await?)
    }

    async fn commit(&self, write: Write, key: Option<&RequestId>, reply: &impl Secretive) -> Result<(), Error> {
        let Some(key) = key else { return Ok(write.commit(reply).await?) };
        let stored = self.vault.seal_reply(key.as_str(), reply).map_err(service::Error::internal)?;
        Ok(write.commit_stored(&stored).await?)
    }

    async fn list(&self) -> Result<Vec<WebhookEndpoint>, Error> {
        let stored = within(async { Ok::<_, Error>(store::endpoints(&self.pool).await?) }).await?;
        Ok(stored.iter().map(|endpoint| replies::endpoint(endpoint, self.kinds)).collect())
    }

    async fn set_state(&self, endpoint_id: &str, state: EndpointState) -> Result<WebhookEndpoint, Error> {
        let id = requests::endpoint_id(endpoint_id)?;
        let stored: Endpoint =
            within(async { store::set_state(&self.pool, id, state).await?.ok_or(Error::NotFound(id)) }).await?;
        Ok(replies::endpoint(&stored, self.kinds))
    }

    async fn delete(&self, endpoint_id: &str) -> Result<(), Error> {
        let id = requests::endpoint_id(endpoint_id)?;
        within(async { Ok(store::delete(&self.pool, id).await?) }).await
    }

    async fn rotate(
        &self,
        caller: &Caller,
        mut request: RotateWebhookSecretRequest,
    ) -> Result<Response<RotateWebhookSecretResponse>, Error> {
        let key: Option<RequestId> = requests::take_key(&mut request.request_id)?;
        let id = requests::endpoint_id(&request.endpoint_id)?;
        within(async {
            let mut write = match self.begin(caller, "RotateWebhookSecret", key.as_ref(), &request).await? {
                Begin::Fresh(write) => write,
                Begin::Replay(reply) => return replay(reply),
            };
            let secret = Secret::generate().map_err(service::Error::internal)?;
            let sealed = self.vault.seal(id, &secret).map_err(service::Error::internal)?;
            if !store::rotate(write.conn(), id, &sealed).await? {
                return Err(Error::NotFound(id));
            }
            let reply = RotateWebhookSecretResponse { secret: secret.reveal() };
            self.commit(write, key.as_ref(), &reply).await?;
            Ok(Response::new(reply))
        })
        .await
    }

    async fn list_deliveries(
        &self,
        request: &ListWebhookDeliveriesRequest,
    ) -> Result<ListWebhookDeliveriesResponse, Error> {
        let ListDeliveries { endpoint, state, page, before } = requests::list_deliveries(request)?;
        within(async {
            let mut rows = store::deliveries(&self.pool, endpoint, state, &page, before).await?;
            if rows.is_empty() {
                self.must_exist(endpoint).await?;
            }
            let next_page_token = page.cut(&mut rows, |row| row.notification_id.to_string());
            let deliveries = rows.iter().map(|row| replies::delivery(row, endpoint, self.kinds)).collect();
            Ok(ListWebhookDeliveriesResponse { deliveries, next_page_token })
        })
        .await
    }

    async fn replay(&self, request: &ReplayWebhookDeliveriesRequest) -> Result<i64, Error> {
        let (endpoint, which) = requests::replay(request)?;
        within(async {
            let replayed = store::replay(&self.pool, endpoint, &which).await?;
            if replayed == 0 {
                self.must_exist(endpoint).await?;
            }
            Ok(i64::try_from(replayed).unwrap_or(i64::MAX))
        })
        .await
    }

    async fn must_exist(&self, id: EndpointId) -> Result<(), Error> {
        if store::exists(&self.pool, id).await? { Ok(()) } else { Err(Error::NotFound(id)) }
    }
}

fn replay<R>(reply: Result<R, Status>) -> Result<Response<R>, Error> {
    reply.map(idempotency::replayed).map_err(|status| Error::Replayed(Box::new(status)))
}

/// The three packages have the same service with the same messages.
macro_rules! serve {
    ($($package:ident),*) => {$(
        #[tonic::async_trait]
        impl contracts::$package::webhook_service_server::WebhookService for Api {
            async fn create_webhook_endpoint(
                &self,
                request: Request<CreateWebhookEndpointRequest>,
            ) -> Result<Response<CreateWebhookEndpointResponse>, Status> {
                let caller = Caller::of(&request)?;
                Ok(self.create(&caller, request.into_inner()).await?)
            }

            async fn list_webhook_endpoints(
                &self,
                _: Request<ListWebhookEndpointsRequest>,
            ) -> Result<Response<ListWebhookEndpointsResponse>, Status> {
                Ok(Response::new(ListWebhookEndpointsResponse { endpoints: self.list().await? }))
            }

            async fn enable_webhook_endpoint(
                &self,
                request: Request<EnableWebhookEndpointRequest>,
            ) -> Result<Response<EnableWebhookEndpointResponse>, Status> {
                let endpoint = self.set_state(&request.get_ref().endpoint_id, EndpointState::Enabled).await?;
                Ok(Response::new(EnableWebhookEndpointResponse { endpoint: Some(endpoint) }))
            }

            async fn disable_webhook_endpoint(
                &self,
                request: Request<DisableWebhookEndpointRequest>,
            ) -> Result<Response<DisableWebhookEndpointResponse>, Status> {
                let endpoint = self.set_state(&request.get_ref().endpoint_id, EndpointState::Disabled).await?;
                Ok(Response::new(DisableWebhookEndpointResponse { endpoint: Some(endpoint) }))
            }

            async fn delete_webhook_endpoint(
                &self,
                request: Request<DeleteWebhookEndpointRequest>,
            ) -> Result<Response<DeleteWebhookEndpointResponse>, Status> {
                self.delete(&request.get_ref().endpoint_id).await?;
                Ok(Response::new(DeleteWebhookEndpointResponse {}))
            }

            async fn rotate_webhook_secret(
                &self,
                request: Request<RotateWebhookSecretRequest>,
            ) -> Result<Response<RotateWebhookSecretResponse>, Status> {
                let caller = Caller::of(&request)?;
                Ok(self.rotate(&caller, request.into_inner()).await?)
            }

            async fn list_webhook_deliveries(
                &self,
                request: Request<ListWebhookDeliveriesRequest>,
            ) -> Result<Response<ListWebhookDeliveriesResponse>, Status> {
                Ok(Response::new(self.list_deliveries(request.get_ref()).await?))
            }

            async fn replay_webhook_deliveries(
                &self,
                request: Request<ReplayWebhookDeliveriesRequest>,
            ) -> Result<Response<ReplayWebhookDeliveriesResponse>, Status> {
                let replayed = self.replay(request.get_ref()).await?;
                Ok(Response::new(ReplayWebhookDeliveriesResponse { replayed }))
            }
        }
    )*};
}
serve!(orders, payments, inventory);
