use super::*;
use proptest::prelude::*;

fn fields<T>(result: Result<T, Error>) -> Vec<String> {
    let Err(Error::Invalid(violations)) = result else { panic!("accepted") };
    violations.iter().map(|v| v.field.clone()).collect()
}

#[test]
fn every_field_at_fault_is_named() {
    let request = proto::ReserveStockRequest {
        order_id: String::new(),
        items: vec![proto::ReservationItem { product_id: "a\n".into(), quantity: 0, location: "\0".into() }],
        saga_key: "é".into(),
        ..Default::default()
    };
    let found = fields(reserve_stock(&request, Duration::ZERO, &Caller::local()));
    assert_eq!(found, ["order_id", "items[0].product_id", "items[0].quantity", "items[0].location", "saga_key"]);
    let mut request = proto::AdjustStockRequest {
        location: "x".repeat(65),
        quantity: 2_000_000,
        r#type: 99,
        reason: "\u{7}".into(),
        reservation_id: "res_1".into(),
        request_id: "\n".into(),
        ..Default::default()
    };
    let found = fields(adjust_stock(&mut request));
    assert_eq!(found, ["product_id", "location", "type", "quantity", "reason", "reservation_id", "request_id"]);
}

#[test]
fn a_reservation_belongs_to_a_restock() {
    let request = |kind: proto::MovementType, reservation_id: &str| proto::AdjustStockRequest {
        product_id: "A".into(),
        location: "MAIN".into(),
        quantity: 1,
        r#type: kind.into(),
        reservation_id: reservation_id.into(),
        ..Default::default()
    };
    let id = ReservationId::new().to_string();
    assert!(adjust_stock(&mut request(proto::MovementType::Restock, &id)).is_ok());
    assert_eq!(fields(adjust_stock(&mut request(proto::MovementType::Restock, ""))), ["reservation_id"]);
    assert_eq!(fields(adjust_stock(&mut request(proto::MovementType::Receipt, &id))), ["reservation_id"]);
    assert_eq!(fields(adjust_stock(&mut request(proto::MovementType::Commit, ""))), ["type"]);
}

#[test]
fn lists_name_their_faults() {
    let request = proto::ListReservationsRequest {
        order_id: "\n".into(),
        status: 77,
        page_size: -1,
        page_token: "x".into(),
        ..Default::default()
    };
    assert_eq!(fields(list_reservations(&request)), ["order_id", "status", "page_size", "page_token"]);
    let search = "é".repeat(65);
    let request = proto::ListProductsRequest { order_by: "name".into(), search, ..Default::default() };
    assert_eq!(fields(list_products(&request)), ["order_by", "search"]);
    for (search, good) in [("é".repeat(64), true), ("a\0".into(), false), ("%".into(), true)] {
        let request = proto::ListProductsRequest { search, ..Default::default() };
        assert_eq!(list_products(&request).is_ok(), good, "{}", request.search);
    }
    let request = proto::ListMovementsRequest { page_size: -1, page_token: "x".into(), ..Default::default() };
    assert_eq!(fields(list_movements(&request)), ["product_id", "page_size", "page_token"]);
}

proptest! {
    #[test]
    fn garbage_is_refused_with_a_field(product_id in ".{0,70}", location in ".{0,70}", quantity: i64, kind: i32, reservation_id in ".{0,40}") {
        let mut request = proto::AdjustStockRequest { product_id, location, quantity, r#type: kind, reservation_id, ..Default::default() };
        if let Err(error) = adjust_stock(&mut request) {
            prop_assert!(!fields::<()>(Err(error)).is_empty());
        }
    }
}
