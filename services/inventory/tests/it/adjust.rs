//! Booked changes of stock.

use crate::harness::*;
use contracts::inventory::*;
use tonic::Code;

async fn adjust(client: &mut Client, request: AdjustStockRequest) -> Result<(i64, i64, i64), tonic::Status> {
    let level = client.adjust_stock(request).await?.into_inner().stock.unwrap();
    Ok((level.on_hand, level.held_back, level.reserved))
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_keep_the_invariants() {
    use MovementType as M;
    let inventory = Inventory::new().await;
    let mut client = inventory.client();
    let main = |quantity, kind| adjustment("PROD-004", "MAIN", quantity, kind);
    assert_eq!(adjust(&mut client, main(3, M::Receipt)).await.unwrap(), (15, 2, 0));
    assert_eq!(adjust(&mut client, main(-1, M::Correction)).await.unwrap(), (14, 2, 0));
    assert_eq!(adjust(&mut client, main(-2, M::Damage)).await.unwrap(), (12, 2, 0));
    assert_eq!(adjust(&mut client, main(4, M::HoldBack)).await.unwrap(), (12, 6, 0));
    assert_eq!(adjust(&mut client, main(-5, M::HoldBack)).await.unwrap(), (12, 1, 0));
    reserve(&mut client, &[("PROD-004", 8, "")]).await.unwrap();
    for broken in [main(-4, M::Damage), main(-12, M::Correction), main(4, M::HoldBack), main(-2, M::HoldBack)] {
        let refused = adjust(&mut client, broken).await.unwrap_err();
        assert_eq!(
            (refused.code(), reason(&refused).as_str()),
            (Code::FailedPrecondition, "STOCK_INVARIANT"),
            "{refused}"
        );
    }
    assert_eq!(adjust(&mut client, main(-3, M::Damage)).await.unwrap(), (9, 1, 8));

    let refused = adjust(&mut client, adjustment("NOPE", "MAIN", 1, M::Receipt)).await.unwrap_err();
    assert_eq!((refused.code(), reason(&refused).as_str()), (Code::NotFound, "PRODUCT_UNKNOWN"));
    let refused = adjust(&mut client, adjustment("PROD-004", "WEST", 1, M::Correction)).await.unwrap_err();
    assert_eq!((refused.code(), reason(&refused).as_str()), (Code::NotFound, "LOCATION_UNKNOWN"));
    assert_eq!(adjust(&mut client, adjustment("PROD-004", "WEST", 7, M::Receipt)).await.unwrap(), (7, 0, 0));
    assert_eq!(adjust(&mut client, adjustment("PROD-001", "WEST", 2, M::Correction)).await.unwrap(), (2, 0, 0));
    inventory.audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn committed_pieces_come_back_once() {
    let inventory = Inventory::new().await;
    let mut client = inventory.client();
    let id = reserve(&mut client, &[("PROD-001", 5, ""), ("PROD-002", 1, "")]).await.unwrap().reservation_id;
    let restock = |quantity, location: &str| AdjustStockRequest {
        reservation_id: id.clone(),
        ..adjustment("PROD-001", location, quantity, MovementType::Restock)
    };
    let early = adjust(&mut client, restock(1, "MAIN")).await.unwrap_err();
    assert_eq!((reason(&early).as_str(), fact(&early, "state").as_str()), ("RESERVATION_STATE", "RESERVED"));
    commit(&mut client, &id).await.unwrap();
    let refused = adjust(&mut client, restock(6, "MAIN")).await.unwrap_err();
    assert_eq!((reason(&refused).as_str(), fact(&refused, "committed").as_str()), ("RESTOCK_EXCEEDS_COMMITTED", "5"));
    for _ in 0..3 {
        assert_eq!(adjust(&mut client, restock(5, "MAIN")).await.unwrap(), (50, 5, 0));
    }
    let tasks: Vec<_> = (0..8)
        .map(|_| {
            let mut client = client.clone();
            let request = AdjustStockRequest {
                reservation_id: id.clone(),
                ..adjustment("PROD-002", "MAIN", 1, MovementType::Restock)
            };
            tokio::spawn(async move { adjust(&mut client, request).await.unwrap() })
        })
        .collect();
    for task in tasks {
        assert_eq!(task.await.unwrap(), (100, 10, 0));
    }
    watch(&mut client, &id, 0).await;
    inventory.audit().await;
}
