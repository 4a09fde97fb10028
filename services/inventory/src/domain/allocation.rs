//! Which location gives what.

use super::reservation::Shortage;
use contracts::ids::{LocationId, ProductId};
use std::collections::{BTreeMap, HashMap};

/// The location that is tried first.
pub const MAIN: &str = "MAIN";

/// A line as it was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// What.
    pub product: ProductId,
    /// How many.
    pub quantity: i64,
    /// Where, if the caller says so.
    pub location: Option<LocationId>,
}

/// Pieces that can be reserved, by product and location.
pub type Available = BTreeMap<ProductId, BTreeMap<LocationId, i64>>;

/// Pieces of one product to be taken from one location.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pick {
    /// What.
    pub product: ProductId,
    /// Where.
    pub location: LocationId,
    /// How many.
    pub quantity: i64,
}

/// Says where each piece comes from, one pick for each product and location in the
/// order in which they were asked for.
///
/// A line without a location is served by `MAIN` if that has enough for all such
/// lines of the product, else by the first location that has, else by several. A
/// location that the caller names is not questioned when others take part too: what
/// is there is then decided by that location, when the saga comes to it.
///
/// # Errors
/// What is missing, one entry for each product and named location.
pub fn allocate(wanted: &[Wanted], available: &Available) -> Result<Vec<Pick>, Vec<Shortage>> {
    let mut rest = available.clone();
    let mut picks = Picks::default();
    let (mut missing, mut doubtful) = (Vec::new(), Vec::new());
    let needs = sum(wanted);
    for need in needs.iter().filter(|n| n.location.is_some()) {
        let Some(location) = need.location.clone() else { continue };
        let shelf = rest.get_mut(&need.product).and_then(|shelves| shelves.get_mut(&location));
        let there = shelf.as_deref().copied();
        if there.unwrap_or(0) < need.quantity {
            // A location that never had the product needs no asking.
            let list = if there.is_some() { &mut doubtful } else { &mut missing };
            list.push(shortage(need, there.unwrap_or(0)));
        }
        if let Some(shelf) = shelf {
            *shelf = (*shelf - need.quantity).max(0);
        }
        picks.add(need.product.clone(), location, need.quantity);
    }
    for need in needs.iter().filter(|n| n.location.is_none()) {
        let shelves = rest.get(&need.product);
        let total: i64 = shelves.into_iter().flat_map(BTreeMap::values).sum();
        if total < need.quantity {
            missing.push(shortage(need, total));
            continue;
        }
        for (location, quantity) in serve(need.quantity, shelves.into_iter().flatten()) {
            picks.add(need.product.clone(), location, quantity);
        }
    }
    let picks = picks.list;
    let one_location = picks.windows(2).all(|two| two[0].location == two[1].location);
    if !missing.is_empty() || one_location {
        missing.extend(doubtful);
    }
    if missing.is_empty() { Ok(in_order(picks, wanted)) } else { Err(missing) }
}

/// Serves so many pieces of one product, of which there are enough.
fn serve<'a>(quantity: i64, shelves: impl Iterator<Item = (&'a LocationId, &'a i64)>) -> Vec<(LocationId, i64)> {
    let mut shelves: Vec<_> = shelves.map(|(location, n)| (location, *n)).filter(|(_, n)| *n > 0).collect();
    // MAIN, then the fullest: as few locations as possible.
    shelves.sort_by_key(|(location, n)| (location.as_str() != MAIN, -n));
    let enough = |(location, n): &&(&LocationId, i64)| *n >= quantity && location.as_str() == MAIN;
    let single = shelves
        .iter()
        .find(enough)
        .or_else(|| shelves.iter().filter(|(_, n)| *n >= quantity).min_by_key(|(location, _)| *location));
    if let Some((location, _)) = single {
        return vec![((*location).clone(), quantity)];
    }
    let mut open = quantity;
    let mut served = Vec::new();
    for (location, n) in shelves {
        let taken = n.min(open);
        if taken > 0 {
            served.push((location.clone(), taken));
            open -= taken;
        }
    }
    served
}

/// Lines of the same product and location in one, in order of appearance.
fn sum(wanted: &[Wanted]) -> Vec<Wanted> {
    let mut index = HashMap::new();
    let mut needs: Vec<Wanted> = Vec::new();
    for line in wanted {
        let at = *index.entry((&line.product, &line.location)).or_insert(needs.len());
        match needs.get_mut(at) {
            Some(need) => need.quantity += line.quantity,
            None => needs.push(line.clone()),
        }
    }
    needs
}

fn shortage(need: &Wanted, available: i64) -> Shortage {
    Shortage { product: need.product.clone(), location: need.location.clone(), requested: need.quantity, available }
}

#[derive(Default)]
struct Picks {
    list: Vec<Pick>,
    index: HashMap<(ProductId, LocationId), usize>,
}

impl Picks {
    fn add(&mut self, product: ProductId, location: LocationId, quantity: i64) {
        let at = *self.index.entry((product.clone(), location.clone())).or_insert(self.list.len());
        match self.list.get_mut(at) {
            Some(pick) => pick.quantity += quantity,
            None => self.list.push(Pick { product, location, quantity }),
        }
    }
}

fn in_order(mut picks: Vec<Pick>, wanted: &[Wanted]) -> Vec<Pick> {
    let mut first: HashMap<&ProductId, usize> = HashMap::new();
    let mut named: HashMap<(&ProductId, &LocationId), usize> = HashMap::new();
    for (i, line) in wanted.iter().enumerate() {
        match &line.location {
            Some(location) => named.entry((&line.product, location)).or_insert(i),
            None => first.entry(&line.product).or_insert(i),
        };
    }
    picks.sort_by_cached_key(|pick| {
        let named = named.get(&(&pick.product, &pick.location)).copied();
        named.or_else(|| first.get(&pick.product).copied())
    });
    picks
}

#[cfg(test)]
mod tests;
