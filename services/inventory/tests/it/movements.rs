//! The books of a product's stock, as they are shown.

use crate::harness::*;
use contracts::inventory::*;
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

/// All pages, of two movements each.
async fn movements(client: &mut Client, product: &str, location: &str) -> Vec<Movement> {
    let (mut found, mut page_token) = (Vec::new(), String::new());
    loop {
        let request =
            ListMovementsRequest { product_id: product.into(), location: location.into(), page_size: 2, page_token };
        let page = client.list_movements(request).await.unwrap().into_inner();
        assert!((1..=2).contains(&page.movements.len()));
        found.extend(page.movements);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return found;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_type_is_listed_newest_first() {
    use MovementType as M;
    let inventory = Inventory::new().await;
    let mut client = inventory.client();
    let id = reserve(&mut client, &[("PROD-001", 5, "")]).await.unwrap().reservation_id;
    commit(&mut client, &id).await.unwrap();
    let booked = [
        ("EAST", 7, M::Receipt),
        ("MAIN", -2, M::Correction),
        ("EAST", -1, M::Damage),
        ("MAIN", 3, M::HoldBack),
        ("MAIN", 4, M::Restock),
    ];
    for (location, quantity, kind) in booked {
        let reservation_id = if kind == M::Restock { id.clone() } else { String::new() };
        let reason = format!("{} at {location}", kind.as_str_name());
        let request = AdjustStockRequest { reason, reservation_id, ..adjustment("PROD-001", location, quantity, kind) };
        client.adjust_stock(request).await.unwrap();
    }
    // Of another product; not to be seen.
    receive(&mut client, "PROD-002", "EAST", 9).await;

    let all = movements(&mut client, "PROD-001", "").await;
    let outline: Vec<_> = all.iter().map(|m| (m.location.as_str(), m.quantity, m.r#type())).collect();
    let mut expected = booked.to_vec();
    expected.insert(0, ("MAIN", -5, M::Commit));
    expected.reverse();
    assert_eq!(outline, expected);
    for movement in &all {
        let of_reservation = [M::Commit, M::Restock].contains(&movement.r#type());
        assert_eq!(movement.reservation_id, if of_reservation { id.as_str() } else { "" });
        assert_eq!(movement.product_id, "PROD-001");
        assert!(!movement.actor.is_empty());
        let booked_by_hand = movement.r#type() != M::Commit;
        assert_eq!(movement.reason.contains(movement.r#type().as_str_name()), booked_by_hand, "{movement:?}");
    }
    let times: Vec<_> = all.iter().map(|m| m.create_time.map(|at| (at.seconds, at.nanos)).unwrap()).collect();
    assert!(times.is_sorted_by(|newer, older| newer >= older), "{times:?}");

    let east = movements(&mut client, "PROD-001", "EAST").await;
    assert_eq!(east.iter().map(|m| m.quantity).collect::<Vec<_>>(), [-1, 7]);
    watch(&mut client, &id, 0).await;
    inventory.audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_goes_on_where_the_last_one_ended() {
    let inventory = Inventory::new().await;
    let mut client = inventory.client();
    for quantity in 1..=4 {
        receive(&mut client, "PROD-005", "MAIN", quantity).await;
    }
    let request = |page_token: &str| ListMovementsRequest {
        product_id: "PROD-005".into(),
        page_size: 3,
        page_token: page_token.into(),
        ..Default::default()
    };
    let first = client.list_movements(request("")).await.unwrap().into_inner();
    let quantities = |page: &ListMovementsResponse| page.movements.iter().map(|m| m.quantity).collect::<Vec<_>>();
    assert_eq!(quantities(&first), [4, 3, 2]);
    // What is booked in between is newer than the second page.
    receive(&mut client, "PROD-005", "MAIN", 5).await;
    let second = client.list_movements(request(&first.next_page_token)).await.unwrap().into_inner();
    assert_eq!((quantities(&second), second.next_page_token.as_str()), (vec![1], ""));
    inventory.audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_products_and_bad_fields_are_refused() {
    let inventory = Inventory::new().await;
    let mut client = inventory.client();
    let of = |product: &str| ListMovementsRequest { product_id: product.into(), ..Default::default() };
    let refused = client.list_movements(of("NOPE")).await.unwrap_err();
    assert_eq!((refused.code(), reason(&refused).as_str()), (Code::NotFound, "PRODUCT_UNKNOWN"));
    // Nothing was booked yet, and never at that place.
    assert!(client.list_movements(of("PROD-003")).await.unwrap().into_inner().movements.is_empty());
    let nowhere = ListMovementsRequest { location: "MOON".into(), ..of("PROD-003") };
    assert!(client.list_movements(nowhere).await.unwrap().into_inner().movements.is_empty());

    for _ in 0..2 {
        receive(&mut client, "PROD-003", "MAIN", 1).await;
    }
    let one = ListMovementsRequest { page_size: 1, ..of("PROD-003") };
    let token = client.list_movements(one).await.unwrap().into_inner().next_page_token;
    let bad = [
        (
            ListMovementsRequest { product_id: "\0".into(), location: "\n".into(), ..of("") },
            vec!["product_id", "location"],
        ),
        (ListMovementsRequest { page_size: 1_001, ..of("PROD-003") }, vec!["page_size"]),
        (ListMovementsRequest { page_token: token.clone(), ..of("PROD-002") }, vec!["page_token"]),
        (ListMovementsRequest { page_token: token, location: "MAIN".into(), ..of("PROD-003") }, vec!["page_token"]),
    ];
    for (request, expected) in bad {
        let refused = client.list_movements(request).await.unwrap_err();
        assert_eq!(
            (refused.code(), fields(&refused)),
            (Code::InvalidArgument, expected.iter().map(|f| (*f).to_owned()).collect())
        );
    }
    inventory.audit().await;
}

fn fields(status: &Status) -> Vec<String> {
    let details = status.get_error_details();
    details.bad_request().map(|bad| bad.field_violations.iter().map(|v| v.field.clone()).collect()).unwrap_or_default()
}
