use super::*;
use proptest::prelude::*;

fn id<T: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().unwrap()
}

fn stock(rows: &[(&str, &str, i64)]) -> Available {
    let mut available = Available::new();
    for (product, location, n) in rows {
        available.entry(id(product)).or_default().insert(id(location), *n);
    }
    available
}

fn want(product: &str, quantity: i64, location: &str) -> Wanted {
    Wanted { product: id(product), quantity, location: (!location.is_empty()).then(|| id(location)) }
}

fn picks(result: Result<Vec<Pick>, Vec<Shortage>>) -> Vec<String> {
    let picks = result.unwrap();
    picks.iter().map(|p| format!("{}@{} {}", p.product, p.location, p.quantity)).collect()
}

fn shortages(result: Result<Vec<Pick>, Vec<Shortage>>) -> Vec<(String, i64, i64)> {
    let text =
        |s: &Shortage| s.location.as_ref().map_or_else(|| s.product.to_string(), |l| format!("{}@{l}", s.product));
    result.unwrap_err().iter().map(|s| (text(s), s.requested, s.available)).collect()
}

#[test]
fn main_serves_if_it_can() {
    let stock = stock(&[("A", "EAST", 100), ("A", "MAIN", 10)]);
    assert_eq!(picks(allocate(&[want("A", 10, "")], &stock)), ["A@MAIN 10"]);
    assert_eq!(picks(allocate(&[want("A", 11, "")], &stock)), ["A@EAST 11"]);
    assert_eq!(picks(allocate(&[want("A", 105, "")], &stock)), ["A@MAIN 10", "A@EAST 95"]);
}

#[test]
fn lines_of_one_product_are_summed() {
    let stock = stock(&[("A", "EAST", 8), ("A", "MAIN", 10)]);
    assert_eq!(picks(allocate(&[want("A", 6, ""), want("A", 4, "")], &stock)), ["A@MAIN 10"]);
    assert_eq!(shortages(allocate(&[want("A", 10, ""), want("A", 10, "")], &stock)), [("A".into(), 20, 18)]);
}

#[test]
fn a_named_location_comes_first() {
    let stock = stock(&[("A", "EAST", 8), ("A", "MAIN", 10)]);
    let wanted = [want("A", 5, ""), want("A", 7, "MAIN")];
    assert_eq!(picks(allocate(&wanted, &stock)), ["A@EAST 5", "A@MAIN 7"]);
}

#[test]
fn one_location_is_decided_at_once() {
    let stock = stock(&[("A", "MAIN", 10), ("B", "MAIN", 5)]);
    let wanted = [want("A", 1, "MAIN"), want("B", 6, "MAIN")];
    assert_eq!(shortages(allocate(&wanted, &stock)), [("B@MAIN".into(), 6, 5)]);
}

#[test]
fn several_named_locations_decide_for_themselves() {
    let stock = stock(&[("A", "MAIN", 10), ("B", "EAST", 5)]);
    let wanted = [want("A", 1, "MAIN"), want("B", 6, "EAST")];
    assert_eq!(picks(allocate(&wanted, &stock)), ["A@MAIN 1", "B@EAST 6"]);
}

#[test]
fn a_location_without_the_product_is_short() {
    let stock = stock(&[("A", "MAIN", 10), ("B", "MAIN", 5)]);
    let wanted = [want("A", 1, "MAIN"), want("B", 1, "MOON")];
    assert_eq!(shortages(allocate(&wanted, &stock)), [("B@MOON".into(), 1, 0)]);
}

fn any_stock() -> impl Strategy<Value = Available> {
    prop::collection::btree_map("[AB]", prop::collection::btree_map("MAIN|E|W", 0_i64..20, 1..4), 2..3).prop_map(
        |rows| rows.iter().map(|(p, shelves)| (id(p), shelves.iter().map(|(l, n)| (id(l), *n)).collect())).collect(),
    )
}

fn any_wanted() -> impl Strategy<Value = Vec<Wanted>> {
    let line = ("[AB]", 1_i64..12, prop::option::of("MAIN|E|W"));
    prop::collection::vec(
        line.prop_map(|(p, q, l)| Wanted { product: id(&p), quantity: q, location: l.map(|l| id(&l)) }),
        1..6,
    )
}

proptest! {
    #[test]
    fn nothing_is_lost_and_nothing_is_invented(stock in any_stock(), wanted in any_wanted()) {
        let Ok(picks) = allocate(&wanted, &stock) else { return Ok(()) };
        for product in stock.keys() {
            let asked: i64 = wanted.iter().filter(|w| w.product == *product).map(|w| w.quantity).sum();
            let given: i64 = picks.iter().filter(|p| p.product == *product).map(|p| p.quantity).sum();
            prop_assert_eq!(asked, given);
        }
        prop_assert!(picks.iter().all(|p| p.quantity > 0));
        let mut keys: Vec<_> = picks.iter().map(|p| (&p.product, &p.location)).collect();
        keys.sort();
        keys.dedup();
        prop_assert_eq!(keys.len(), picks.len());
    }

    #[test]
    fn one_location_never_gives_more_than_it_has(stock in any_stock(), wanted in any_wanted()) {
        let Ok(picks) = allocate(&wanted, &stock) else { return Ok(()) };
        let single = picks.windows(2).all(|two| two[0].location == two[1].location);
        let unnamed = wanted.iter().all(|w| w.location.is_none());
        if single || unnamed {
            prop_assert!(picks.iter().all(|p| p.quantity <= stock[&p.product][&p.location]));
        }
    }

    #[test]
    fn without_named_locations_it_fails_only_for_want_of_pieces(stock in any_stock(), mut wanted in any_wanted()) {
        for line in &mut wanted {
            line.location = None;
        }
        let short = stock.iter().any(|(product, shelves)| {
            let asked: i64 = wanted.iter().filter(|w| w.product == *product).map(|w| w.quantity).sum();
            asked > shelves.values().sum()
        });
        prop_assert_eq!(allocate(&wanted, &stock).is_err(), short);
    }
}
