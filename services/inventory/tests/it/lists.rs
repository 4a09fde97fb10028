//! Products and lists.

use crate::harness::*;
use contracts::inventory::*;
use std::time::Duration;
use tonic::Code;

#[tokio::test(flavor = "multi_thread")]
async fn the_opening_stock_is_there() {
    let inventory = Inventory::new().await;
    let mut client = inventory.client();
    let check = |product: &str, quantity, location: &str| CheckAvailabilityRequest {
        product_id: product.into(),
        quantity,
        location: location.into(),
    };
    let reply = client.check_availability(check("PROD-001", 5, "")).await.unwrap().into_inner();
    assert_eq!((reply.available, reply.available_quantity, reply.quantity, reply.low_stock), (true, 45, 5, false));
    let reply = client.check_availability(check("PROD-005", 6, "MAIN")).await.unwrap().into_inner();
    assert_eq!((reply.available, reply.available_quantity, reply.low_stock), (false, 5, true));
    let reply = client.check_availability(check("PROD-001", 1, "MOON")).await.unwrap().into_inner();
    assert_eq!((reply.available, reply.available_quantity), (false, 0));
    let refused = client.check_availability(check("NOPE", 1, "")).await.unwrap_err();
    assert_eq!((refused.code(), reason(&refused).as_str()), (Code::NotFound, "PRODUCT_UNKNOWN"));
    let refused = client.get_product(GetProductRequest { product_id: "NOPE".into() }).await.unwrap_err();
    assert_eq!(refused.code(), Code::NotFound);
    let ids = ["PROD-002", "NOPE", "PROD-001", "PROD-001"].map(String::from).to_vec();
    let batch = client.batch_get_products(BatchGetProductsRequest { product_ids: ids }).await.unwrap().into_inner();
    let names: Vec<_> = batch.products.iter().map(|p| (p.name.as_str(), p.available_quantity)).collect();
    assert_eq!(names, [("Laptop XPS 15", 45), ("iPhone 15 Pro", 90)]);
    inventory.audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn products_are_paged() {
    let inventory = Inventory::new().await;
    let mut client = inventory.client();
    for (low_stock, order_by, expected) in [
        (false, "", vec!["PROD-001", "PROD-002", "PROD-003", "PROD-004", "PROD-005"]),
        (false, "product_id desc", vec!["PROD-005", "PROD-004", "PROD-003", "PROD-002", "PROD-001"]),
        (true, "", vec!["PROD-005"]),
    ] {
        assert_eq!(products(&mut client, order_by, low_stock, "").await, expected);
    }
    inventory.audit().await;
}

/// The ids of all pages.
async fn products(client: &mut Client, order_by: &str, low_stock: bool, search: &str) -> Vec<String> {
    let (mut found, mut page_token) = (Vec::new(), String::new());
    loop {
        let (order_by, search) = (order_by.to_owned(), search.to_owned());
        let request = ListProductsRequest { page_size: 2, page_token, order_by, low_stock, search };
        let page = client.list_products(request).await.unwrap().into_inner();
        found.extend(page.products.into_iter().map(|p| p.product_id));
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return found;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn products_are_looked_for() {
    let inventory = Inventory::new().await;
    let mut client = inventory.client();
    let pool = inventory.pool().await;
    sqlx::query("INSERT INTO products (id, name) VALUES ('ĐÈN-1', 'Đèn bàn 50%_'), ('prod-006', 'Cable')")
        .execute(&pool)
        .await
        .unwrap();
    for (search, expected) in [
        ("PROD-00", vec!["PROD-001", "PROD-002", "PROD-003", "PROD-004", "PROD-005", "prod-006"]),
        ("prod-002", vec!["PROD-002"]),
        // In the midst of an id, but not in a name.
        ("002", vec![]),
        ("xm5", vec!["PROD-003"]),
        ("SAMSUNG tv 65\"", vec!["PROD-004"]),
        ("đÈN", vec!["ĐÈN-1"]),
        ("%", vec!["ĐÈN-1"]),
        ("_", vec!["ĐÈN-1"]),
        ("\\", vec![]),
        (" ", vec!["PROD-001", "PROD-002", "PROD-003", "PROD-004", "PROD-005", "ĐÈN-1"]),
    ] {
        assert_eq!(products(&mut client, "", false, search).await, expected, "{search}");
    }
    assert_eq!(products(&mut client, "product_id desc", true, "m").await, ["PROD-005"]);
    let first = ListProductsRequest { page_size: 2, search: "PROD".into(), ..Default::default() };
    let token = client.list_products(first.clone()).await.unwrap().into_inner().next_page_token;
    let other = ListProductsRequest { page_token: token, search: "prod".into(), ..first };
    assert_eq!(client.list_products(other).await.unwrap_err().code(), Code::InvalidArgument);
    inventory.audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn reservations_are_filtered_and_paged() {
    let inventory = Inventory::new().await;
    let mut client = inventory.client();
    let mut made = Vec::new();
    for i in 0..5 {
        let request = ReserveStockRequest { order_id: format!("O-{}", i % 2), ..lines(&[("PROD-001", 1, "")]) };
        made.push(client.reserve_stock(request).await.unwrap().into_inner().reservation.unwrap().reservation_id);
    }
    cancel(&mut client, &made[2]).await.unwrap();
    let list = |order_id: &str, status: ReservationStatus, page_token: &str, order_by: &str| ListReservationsRequest {
        order_id: order_id.into(),
        status: status.into(),
        page_size: 2,
        page_token: page_token.into(),
        order_by: order_by.into(),
    };
    let any = ReservationStatus::Unspecified;
    for (order, status, order_by, expected) in [
        ("", any, "", vec![4, 3, 2, 1, 0]),
        ("", any, "create_time", vec![0, 1, 2, 3, 4]),
        ("O-0", any, "", vec![4, 2, 0]),
        ("O-0", ReservationStatus::Reserved, "", vec![4, 0]),
        ("", ReservationStatus::Cancelled, "", vec![2]),
        ("O-9", any, "", vec![]),
    ] {
        let (mut found, mut token) = (Vec::new(), String::new());
        loop {
            let page = client.list_reservations(list(order, status, &token, order_by)).await.unwrap().into_inner();
            assert!(page.reservations.iter().all(|r| r.lines.len() == 1 && r.timeline.is_empty()));
            found.extend(page.reservations.into_iter().map(|r| r.reservation_id));
            token = page.next_page_token;
            if token.is_empty() {
                break;
            }
        }
        assert_eq!(found, expected.iter().map(|i| made[*i].clone()).collect::<Vec<_>>());
    }
    let first = client.list_reservations(list("", any, "", "")).await.unwrap().into_inner();
    let refused = client.list_reservations(list("O-0", any, &first.next_page_token, "")).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    inventory.audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watch_resumes_where_it_broke() {
    let inventory = Inventory::new().await;
    let mut client = inventory.client();
    let id = reserve(&mut client, &[("PROD-001", 1, "")]).await.unwrap().reservation_id;
    let request = |after| WatchReservationRequest { reservation_id: id.clone(), after_sequence: after };
    let mut stream = client.watch_reservation(request(0)).await.unwrap().into_inner();
    let first = stream.message().await.unwrap().unwrap().event.unwrap();
    assert_eq!(first.sequence, 1);
    drop(stream);
    let mut resumed = client.watch_reservation(request(1)).await.unwrap().into_inner();
    // Nothing new: it waits.
    assert!(tokio::time::timeout(Duration::from_millis(300), resumed.message()).await.is_err());
    commit(&mut client, &id).await.unwrap();
    let second = resumed.message().await.unwrap().unwrap().event.unwrap();
    assert_eq!((second.sequence, second.status()), (2, ReservationStatus::Committed));
    let third = resumed.message().await.unwrap().unwrap().event.unwrap();
    assert_eq!((third.sequence, third.kind()), (3, ReservationEventKind::Settled));
    assert!(resumed.message().await.unwrap().is_none());
    let refused = client.watch_reservation(request(-1)).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    inventory.audit().await;
}
