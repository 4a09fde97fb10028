//! The books of a payment, as they are shown.

use crate::support::{Stage, fields, reason, usd};
use contracts::ids::PaymentId;
use contracts::payments::{LedgerAccount, LedgerEntry, ListLedgerEntriesRequest, PaymentStatus};
use tonic::{Code, Status};

async fn ledger(stage: &Stage, id: &str) -> Result<Vec<LedgerEntry>, Status> {
    let request = ListLedgerEntriesRequest { payment_id: id.to_owned() };
    Ok(stage.client.clone().list_ledger_entries(request).await?.into_inner().entries)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_capture_and_its_refunds_are_booked_in_pairs() {
    use LedgerAccount as A;
    let stage = Stage::new().await;
    let other = stage.charged("").await;
    let payment = stage.charged("").await;
    let id = &payment.payment_id;
    let mut refunds = Vec::new();
    for minor in [250, 1] {
        let refund = stage.refund(id, Some(minor)).await.unwrap();
        refunds.push(stage.until_refund(&refund, "completed").await.refund_id);
    }
    let entries = ledger(&stage, id).await.unwrap();
    let seen: Vec<_> = entries.iter().map(|e| (e.account(), e.amount.clone().unwrap(), e.refund_id.as_str())).collect();
    let expected = [
        (A::ProviderClearing, usd(1_250), ""),
        (A::Sales, usd(-1_250), ""),
        (A::ProviderClearing, usd(-250), refunds[0].as_str()),
        (A::Sales, usd(250), refunds[0].as_str()),
        (A::ProviderClearing, usd(-1), refunds[1].as_str()),
        (A::Sales, usd(1), refunds[1].as_str()),
    ];
    assert_eq!(seen, expected);
    let times: Vec<_> = entries.iter().map(|e| e.create_time.map(|at| (at.seconds, at.nanos)).unwrap()).collect();
    assert!(times.is_sorted(), "{times:?}");
    assert_eq!(ledger(&stage, &other.payment_id).await.unwrap().len(), 2);
    stage.audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_not_captured_has_no_books() {
    let stage = Stage::new().await;
    let payment = stage.create("sim_decline").await;
    stage.until(&payment.payment_id, PaymentStatus::Failed).await;
    assert!(ledger(&stage, &payment.payment_id).await.unwrap().is_empty());
    let unknown = PaymentId::new().to_string();
    let refused = ledger(&stage, &unknown).await.unwrap_err();
    assert_eq!(reason(&refused, "payment_id"), (Code::NotFound, "PAYMENT_NOT_FOUND".to_owned(), unknown));
    for id in ["", "pay_", "rfd_00000000000000000000000000000000", "\0"] {
        let refused = ledger(&stage, id).await.unwrap_err();
        assert_eq!((refused.code(), fields(&refused)), (Code::InvalidArgument, vec!["payment_id".to_owned()]), "{id}");
    }
    stage.audit().await;
}
