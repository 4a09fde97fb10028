//! Erasing customers.

use super::{replay, requests};
use crate::error::Error;
use crate::store::{self, Erasure, Store};
use access::Caller;
use contracts::orders as proto;
use contracts::timestamps::to_wire;
use proto::privacy_service_server::PrivacyService;
use service::idempotency::{self, Begin};
use tonic::{Request, Response, Status};

/// Erases customers.
pub struct Privacy {
    /// The truth.
    pub store: Store,
}

#[tonic::async_trait]
impl PrivacyService for Privacy {
    async fn erase_customer(
        &self,
        request: Request<proto::EraseCustomerRequest>,
    ) -> Result<Response<proto::EraseCustomerResponse>, Status> {
        let caller = Caller::of(&request)?;
        Ok(self.erase(&caller, request.into_inner()).await?)
    }
}

impl Privacy {
    /// Not within the time of other requests: a customer may have many orders.
    async fn erase(
        &self,
        caller: &Caller,
        mut request: proto::EraseCustomerRequest,
    ) -> Result<Response<proto::EraseCustomerResponse>, Error> {
        let (customer, key) = requests::erase_customer(&mut request)?;
        let Store { pool, personal } = &self.store;
        // What is kept of the request must not tell the id either.
        request.customer_id = personal.pseudonym(&customer);
        let mut write = match idempotency::begin(pool, caller, "EraseCustomer", key.as_ref(), &request).await? {
            Begin::Fresh(write) => write,
            Begin::Replay(reply) => return replay(reply),
        };
        let erased = match store::erase(write.conn(), personal, &customer, caller.actor()).await? {
            Erasure::Done(erased) => erased,
            // Dropped, the transaction is given up.
            Erasure::UnderWay(orders) => return Err(Error::CustomerUnderWay(orders)),
        };
        let reply = proto::EraseCustomerResponse { orders: erased.orders, erase_time: Some(to_wire(erased.at)) };
        write.commit(&reply).await?;
        personal.forget(&customer);
        tracing::info!(orders = erased.orders, actor = "a customer was erased");
        Ok(Response::new(reply))
    }
}
