//! The figures over all reservations and products.

use crate::harness::*;
use contracts::inventory::*;
use contracts::timestamps::from_wire;
use std::time::Duration;

/// Until the figures are these: they may be some seconds old.
async fn until(
    client: &mut Client,
    fits: impl Fn(&GetInventoryStatisticsResponse) -> bool,
) -> GetInventoryStatisticsResponse {
    let asking = async {
        loop {
            let figures = client.get_inventory_statistics(GetInventoryStatisticsRequest {}).await.unwrap().into_inner();
            if fits(&figures) {
                return figures;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(testkit::PATIENCE, asking).await.unwrap()
}

fn counts(figures: &GetInventoryStatisticsResponse) -> Vec<(ReservationStatus, i64)> {
    figures.counts.iter().map(|count| (count.status(), count.reservations)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn figures_are_what_is_stored() {
    use ReservationStatus as S;
    let inventory = Inventory::new().await;
    let mut client = inventory.client();
    let empty = client.get_inventory_statistics(GetInventoryStatisticsRequest {}).await.unwrap().into_inner();
    assert_eq!((counts(&empty), empty.products, empty.low_stock_products), (vec![], 5, 1));

    let mut made = Vec::new();
    for quantity in 1..=3 {
        made.push(reserve(&mut client, &[("PROD-002", quantity, "")]).await.unwrap().reservation_id);
    }
    commit(&mut client, &made[0]).await.unwrap();
    cancel(&mut client, &made[1]).await.unwrap();
    for _ in 0..2 {
        assert_short(&reserve(&mut client, &[("PROD-005", 6, "")]).await.unwrap_err());
    }
    // One piece more or less makes the difference.
    let east = adjustment("PROD-005", "EAST", 5, MovementType::Receipt);
    client.adjust_stock(east).await.unwrap();
    client.adjust_stock(adjustment("PROD-004", "MAIN", -1, MovementType::Damage)).await.unwrap();
    let expected = [(S::Reserved, 1), (S::Committed, 1), (S::Cancelled, 1), (S::Rejected, 2)];
    let figures = until(&mut client, |figures| counts(figures) == expected && figures.products == 5).await;
    assert_eq!(figures.low_stock_products, 1, "PROD-004 with 9, and PROD-005 with 10 no more");
    inventory.audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn they_are_remembered_for_a_moment() {
    let inventory = Inventory::new().await;
    let mut client = inventory.client();
    let first = client.get_inventory_statistics(GetInventoryStatisticsRequest {}).await.unwrap().into_inner();
    let id = reserve(&mut client, &[("PROD-002", 1, "")]).await.unwrap().reservation_id;
    cancel(&mut client, &id).await.unwrap();
    let second = until(&mut client, |figures| figures.at != first.at).await;
    let at = |figures: &GetInventoryStatisticsResponse| from_wire(&figures.at.unwrap()).unwrap();
    assert!(at(&second) - at(&first) >= Duration::from_secs(2), "{:?} and {:?}", first.at, second.at);
    assert_eq!(counts(&second), [(ReservationStatus::Cancelled, 1)]);
    let backlog = second.backlog.unwrap();
    assert_eq!((backlog.parked, backlog.waiting == 0), (0, backlog.oldest.is_none()));
    inventory.audit().await;
}
