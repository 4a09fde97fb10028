//! The gRPC interface: proto to domain and back, nothing else.

mod audit;
#[doc(hidden)]
pub mod fuzzing;
mod replies;
mod requests;

pub use audit::Audit;

use crate::domain::{NewPayment, Payment, PaymentStatus};
use crate::error::Error;
use crate::provider::stripe::webhook::{self, Webhook};
use crate::store::{self, Created, Figures, Store};
use access::Caller;
use contracts::ids::{CustomerId, PaymentId};
use contracts::payments as proto;
use privacy::Pseudonyms;
use proto::payment_service_server::PaymentService;
use service::db::within;
use service::deadline::Deadline;
use service::idempotency::{self, Begin};
use service::outbox::Outbox;
use service::statistics::{Remembered, Window};
use service::watch::{Batch, EventStream, Hub};
use std::time::Duration;
use time::OffsetDateTime;
use tokio::time::Instant;
use tonic::{Request, Response, Status};

/// The service behind the interface.
pub struct Api {
    /// The truth.
    pub store: Store,
    /// Starts and wakes workflows.
    pub outbox: Outbox,
    /// Wakes watchers.
    pub hub: Hub,
    /// How long a watch may stay open.
    pub stream_lifetime: Duration,
    /// How long after its completion a payment can be refunded by hand.
    pub refund_window: Duration,
    /// What stands for customers.
    pub pseudonyms: Pseudonyms,
    /// What was counted of late.
    pub figures: Remembered<Window, Figures>,
    /// Checks the provider's events; `None`: there is no secret to check them with.
    pub webhook: Option<Webhook>,
}

#[tonic::async_trait]
impl PaymentService for Api {
    type WatchPaymentStream = EventStream<proto::WatchPaymentResponse>;

    async fn create_payment(
        &self,
        request: Request<proto::CreatePaymentRequest>,
    ) -> Result<Response<proto::CreatePaymentResponse>, Status> {
        let caller = Caller::of(&request)?;
        let mut request = request.into_inner();
        caller.may_use(&request.saga_key)?;
        let (mut payment, key) = requests::create_payment(&mut request)?;
        self.claim(&mut payment, &caller)?;
        Ok(within(async {
            let (pool, key) = (&self.store.pool, key.as_ref());
            let begun = idempotency::begin_statement(pool, &caller, "CreatePayment", key, &request).await?;
            let mut write = match begun {
                Begin::Fresh(write) => write,
                Begin::Replay(reply) => return replay(reply),
            };
            let (payment, hint) = match store::insert(write.conn(), &payment, caller.actor()).await? {
                Created::New(payment, hint) => (payment, hint),
                Created::Before(payment) => (payment, None),
            };
            let reply = proto::CreatePaymentResponse { payment: Some(replies::payment(&payment)) };
            write.commit(&reply).await?;
            hint.into_iter().for_each(|hint| self.outbox.dispatch(hint));
            Ok::<_, Error>(Response::new(reply))
        })
        .await?)
    }

    async fn get_payment(
        &self,
        request: Request<proto::GetPaymentRequest>,
    ) -> Result<Response<proto::GetPaymentResponse>, Status> {
        let caller = Caller::of(&request)?;
        let id = requests::get_payment(&request.into_inner())?;
        let payment = within(async {
            let payment = self.find(&caller, id).await?;
            let events = store::timeline(&self.store.pool, &payment).await?;
            Ok::<_, Error>(replies::full(&payment, &events))
        })
        .await?;
        Ok(Response::new(proto::GetPaymentResponse { payment: Some(payment) }))
    }

    async fn list_payments(
        &self,
        request: Request<proto::ListPaymentsRequest>,
    ) -> Result<Response<proto::ListPaymentsResponse>, Status> {
        let caller = Caller::of(&request)?;
        let (mut filter, page, after) = requests::list_payments(&request.into_inner())?;
        filter.customer = caller.customer().map(|own| self.owner(own));
        let mut payments = within(store::list(&self.store.pool, &filter, &page, after)).await?;
        let next_page_token = page.cut(&mut payments, |payment| payment.id.to_string());
        let payments = payments.iter().map(replies::payment).collect();
        Ok(Response::new(proto::ListPaymentsResponse { payments, next_page_token }))
    }

    async fn watch_payment(
        &self,
        request: Request<proto::WatchPaymentRequest>,
    ) -> Result<Response<Self::WatchPaymentStream>, Status> {
        let caller = Caller::of(&request)?;
        let Deadline(end) = Deadline::of(&request, self.stream_lifetime);
        let (id, after) = requests::watch_payment(&request.into_inner())?;
        let payment = within(self.find(&caller, id)).await?;
        // Nothing follows what was seen: the stream ends at once.
        let over = payment.settled && payment.status.is_final() && payment.sequence <= after;
        let store = self.store.clone();
        let lifetime = end.saturating_duration_since(Instant::now());
        let stream = self.hub.stream(&id.to_string(), after, lifetime, move |after| {
            let store = store.clone();
            async move { within(next_events(&store, id, after, over)).await.map_err(Status::from) }
        });
        Ok(Response::new(stream))
    }

    async fn cancel_payment(
        &self,
        request: Request<proto::CancelPaymentRequest>,
    ) -> Result<Response<proto::CancelPaymentResponse>, Status> {
        let caller = Caller::of(&request)?;
        let mut request = request.into_inner();
        let (id, reason, key) = requests::cancel_payment(&mut request)?;
        Ok(within(async {
            let (pool, key) = (&self.store.pool, key.as_ref());
            if caller.customer().is_some() {
                self.find(&caller, id).await?;
            }
            let mut write = match idempotency::begin(pool, &caller, "CancelPayment", key, &request).await? {
                Begin::Fresh(write) => write,
                Begin::Replay(reply) => return replay(reply),
            };
            let (payment, hint) = match store::cancel(write.conn(), id, reason.as_str(), caller.actor()).await? {
                Some((payment, hint)) => (payment, hint),
                None => (cancelled_before(store::find(write.conn(), id).await?, id)?, None),
            };
            let reply = proto::CancelPaymentResponse { payment: Some(replies::payment(&payment)) };
            write.commit(&reply).await?;
            hint.into_iter().for_each(|hint| self.outbox.dispatch(hint));
            self.hub.publish(&id.to_string(), payment.sequence);
            Ok::<_, Error>(Response::new(reply))
        })
        .await?)
    }

    async fn create_refund(
        &self,
        request: Request<proto::CreateRefundRequest>,
    ) -> Result<Response<proto::CreateRefundResponse>, Status> {
        let caller = Caller::of(&request)?;
        let mut request = request.into_inner();
        caller.may_use(&request.saga_key)?;
        let (refund, key) = requests::create_refund(&mut request)?;
        Ok(within(async {
            let (pool, key) = (&self.store.pool, key.as_ref());
            let mut write = match idempotency::begin(pool, &caller, "CreateRefund", key, &request).await? {
                Begin::Fresh(write) => write,
                Begin::Replay(reply) => return replay(reply),
            };
            let admitted = store::admit(write.conn(), &refund, self.refund_window, caller.actor()).await?;
            let reply = proto::CreateRefundResponse {
                refund: Some(replies::refund(&admitted.refund)),
                payment: Some(replies::payment(&admitted.payment)),
            };
            write.commit(&reply).await?;
            admitted.hint.into_iter().for_each(|hint| self.outbox.dispatch(hint));
            self.hub.publish(&refund.payment.to_string(), admitted.payment.sequence);
            Ok::<_, Error>(Response::new(reply))
        })
        .await?)
    }

    async fn get_refund(
        &self,
        request: Request<proto::GetRefundRequest>,
    ) -> Result<Response<proto::GetRefundResponse>, Status> {
        let caller = Caller::of(&request)?;
        let id = requests::get_refund(&request.into_inner())?;
        let refund = within(async {
            let refund = store::find_refund(&self.store.pool, id).await?.ok_or(Error::RefundNotFound(id))?;
            if caller.customer().is_some() {
                self.find(&caller, refund.payment).await.map_err(|error| match error {
                    Error::PaymentNotFound(_) => Error::RefundNotFound(id),
                    error => error,
                })?;
            }
            Ok::<_, Error>(refund)
        })
        .await?;
        Ok(Response::new(proto::GetRefundResponse { refund: Some(replies::refund(&refund)) }))
    }

    async fn list_refunds(
        &self,
        request: Request<proto::ListRefundsRequest>,
    ) -> Result<Response<proto::ListRefundsResponse>, Status> {
        let caller = Caller::of(&request)?;
        let (mut filter, page, after) = requests::list_refunds(&request.into_inner())?;
        filter.customer = caller.customer().map(|own| self.owner(own));
        let mut refunds = within(async {
            let refunds = store::list_refunds(&self.store.pool, &filter, &page, after).await?;
            if let (true, Some(id)) = (refunds.is_empty(), filter.payment) {
                // Nothing was refunded, or there is no such payment.
                self.find(&caller, id).await?;
            }
            Ok::<_, Error>(refunds)
        })
        .await?;
        let next_page_token = page.cut(&mut refunds, |refund| refund.id.to_string());
        let refunds = refunds.iter().map(replies::refund).collect();
        Ok(Response::new(proto::ListRefundsResponse { refunds, next_page_token }))
    }

    async fn list_ledger_entries(
        &self,
        request: Request<proto::ListLedgerEntriesRequest>,
    ) -> Result<Response<proto::ListLedgerEntriesResponse>, Status> {
        let caller = Caller::of(&request)?;
        let id = requests::list_ledger_entries(&request.into_inner())?;
        let entries = within(async {
            let entries = store::ledger(&self.store.pool, id).await?;
            if entries.is_empty() {
                // Nothing was captured, or there is no such payment.
                self.find(&caller, id).await?;
            }
            Ok::<_, Error>(entries)
        })
        .await?;
        let entries = entries.iter().map(replies::entry).collect();
        Ok(Response::new(proto::ListLedgerEntriesResponse { entries }))
    }

    async fn get_payment_statistics(
        &self,
        request: Request<proto::GetPaymentStatisticsRequest>,
    ) -> Result<Response<proto::GetPaymentStatisticsResponse>, Status> {
        let window = requests::payment_statistics(&request.into_inner())?;
        let figures = self.figures.get(window, within(store::statistics(&self.store.pool, window))).await?;
        Ok(Response::new(replies::statistics(&figures)))
    }

    async fn handle_provider_event(
        &self,
        request: Request<proto::HandleProviderEventRequest>,
    ) -> Result<Response<proto::HandleProviderEventResponse>, Status> {
        let event = request.into_inner();
        let webhook = self.webhook.as_ref().ok_or(Error::ProviderEventsOff)?;
        webhook.verify(&event.payload, &event.signature, OffsetDateTime::now_utc()).map_err(Error::Distrusted)?;
        if let Some(subject) = webhook::subject(&event.payload) {
            let hint = within(store::wake(&self.store.pool, subject)).await?;
            hint.into_iter().for_each(|hint| self.outbox.dispatch(hint));
        }
        Ok(Response::new(proto::HandleProviderEventResponse {}))
    }
}

impl Api {
    /// A payment of somebody else is as good as none: a customer is not told which ids exist.
    async fn find(&self, caller: &Caller, id: PaymentId) -> Result<Payment, Error> {
        let found = store::find(&self.store.pool, id).await?;
        let own = caller.customer().map(|own| self.owner(own));
        let may = |payment: &Payment| own.is_none() || payment.customer == own;
        found.filter(may).ok_or(Error::PaymentNotFound(id))
    }

    /// What stands for a customer here: the id, or while there are keys its pseudonym. The id itself is never stored then.
    fn owner(&self, customer: &CustomerId) -> CustomerId {
        self.pseudonyms.of(customer).parse().unwrap_or_else(|_| customer.clone())
    }

    /// A customer's payment is theirs, whether they said so or not.
    fn claim(&self, payment: &mut NewPayment, caller: &Caller) -> Result<(), Error> {
        if let Some(own) = caller.customer() {
            if payment.customer.as_ref().is_some_and(|named| named != own) {
                return Err(Error::NotYours("customer_id"));
            }
            payment.customer = Some(self.owner(own));
            return Ok(());
        }
        // Our own services name them as they store them.
        let named = payment.customer.take();
        payment.customer =
            named.map(|named| if privacy::is_pseudonym(named.as_str()) { named } else { self.owner(&named) });
        Ok(())
    }
}

/// A payment that could not be cancelled now, because it was before.
fn cancelled_before(payment: Option<Payment>, id: PaymentId) -> Result<Payment, Error> {
    match payment {
        None => Err(Error::PaymentNotFound(id)),
        Some(payment) if payment.status == PaymentStatus::Cancelled => Ok(payment),
        Some(payment) => Err(Error::State { id, actual: payment.status }),
    }
}

fn replay<R>(reply: Result<R, Status>) -> Result<Response<R>, Error> {
    reply.map(idempotency::replayed).map_err(|status| Error::Replayed(Box::new(status)))
}

async fn next_events(
    store: &Store,
    id: PaymentId,
    after: i64,
    over: bool,
) -> Result<Batch<proto::WatchPaymentResponse>, Error> {
    if over {
        return Ok(Batch { events: Vec::new(), last: true });
    }
    let events = store::events_after(&store.pool, id, after).await?;
    let last = match events.last() {
        // The row is read after the events: it tells whether they were the last ones, or whether more have been written
        // in between.
        Some(event) if event.status.is_final() => {
            let payment = store::find(&store.pool, id).await?.ok_or(Error::PaymentNotFound(id))?;
            payment.settled && payment.status.is_final() && event.sequence >= payment.sequence
        }
        _ => false,
    };
    let message = |event| proto::WatchPaymentResponse { event: Some(replies::event(event)) };
    Ok(Batch { events: events.iter().map(|event| (event.sequence, message(event))).collect(), last })
}
