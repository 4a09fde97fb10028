//! The business rules of an order. A broken one does not refuse the request: the
//! order is accepted, recorded, and ends in `VALIDATION_FAILED` with the reasons.

use super::order::Line;
use contracts::Money;
use contracts::ids::ProductId;
use std::collections::BTreeSet;

/// So many reasons are recorded at most.
const MAX_REASONS: usize = 10;

/// The products of an order, each once.
#[must_use]
pub fn products(lines: &[Line]) -> BTreeSet<ProductId> {
    lines.iter().map(|line| line.product.clone()).collect()
}

/// Every rule that is broken, in words; empty when the order is valid. `unknown` are
/// those of its products that the inventory does not have.
#[must_use]
pub fn broken(lines: &[Line], total: Money, unknown: &BTreeSet<ProductId>) -> Vec<String> {
    let mut reasons = Vec::new();
    if total.minor() < 0 {
        reasons.push(format!("total_amount {total} is negative"));
    }
    for (i, line) in lines.iter().enumerate() {
        if line.price.minor() < 0 {
            reasons.push(format!("items[{i}].price {} is negative", line.price));
        }
    }
    let sum: i128 = lines.iter().map(|l| i128::from(l.quantity.get()) * i128::from(l.price.minor())).sum();
    if sum != i128::from(total.minor()) {
        let sum = i64::try_from(sum).map_or_else(
            |_| "more than an amount can hold".to_owned(),
            |minor| Money::new(total.currency(), minor).to_string(),
        );
        reasons.push(format!("total_amount {total} is not the sum over the items, {sum}"));
    }
    reasons.extend(unknown.iter().map(|product| format!("product {product} is unknown")));
    if reasons.len() > MAX_REASONS {
        let more = reasons.len() - MAX_REASONS;
        reasons.truncate(MAX_REASONS);
        reasons.push(format!("and {more} more"));
    }
    reasons
}

#[cfg(test)]
mod tests {
    use super::*;
    use contracts::Currency;
    use proptest::prelude::*;

    fn line(product: &str, quantity: i64, minor: i64) -> Line {
        Line {
            product: product.parse().unwrap(),
            quantity: quantity.try_into().unwrap(),
            price: Money::new(Currency::USD, minor),
        }
    }

    fn usd(minor: i64) -> Money {
        Money::new(Currency::USD, minor)
    }

    #[test]
    fn all_broken_rules_are_named() {
        let lines = [line("A", 2, -5), line("B", 1, 10)];
        let unknown = BTreeSet::from(["B".parse().unwrap()]);
        let reasons = broken(&lines, usd(-1), &unknown);
        assert_eq!(
            reasons,
            [
                "total_amount -0.01 USD is negative",
                "items[0].price -0.05 USD is negative",
                "total_amount -0.01 USD is not the sum over the items, 0.00 USD",
                "product B is unknown",
            ]
        );
    }

    #[test]
    fn reasons_stay_short() {
        let lines: Vec<_> = (0..500).map(|i| line(&format!("P{i}"), 1, 0)).collect();
        let reasons = broken(&lines, usd(0), &products(&lines));
        assert_eq!(reasons.len(), 11);
        assert_eq!(reasons[10], "and 490 more");
    }

    proptest! {
        #[test]
        fn the_right_total_and_no_other_is_valid(parts in prop::collection::vec((1_i64..1_000_000, 0_i64..1_000_000), 1..40), off in -3_i64..3) {
            let lines: Vec<_> = parts.iter().map(|&(q, p)| line("A", q, p)).collect();
            let sum: i64 = parts.iter().map(|(q, p)| q * p).sum();
            let reasons = broken(&lines, usd(sum + off), &BTreeSet::new());
            prop_assert_eq!(reasons.is_empty(), off == 0 );
        }

        #[test]
        fn huge_sums_do_not_overflow(q in 1_i64..=1_000_000, p in prop::num::i64::ANY) {
            let lines: Vec<_> = (0..100).map(|_| line("A", q, p)).collect();
            let _ = broken(&lines, usd(p), &BTreeSet::new());
        }
    }
}
