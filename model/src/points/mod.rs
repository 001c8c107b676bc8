//! What a REST request costs in points: from its method and target before it is sent, from its answer afterwards.
//!
//! A request costs 1; a read costs more for each object it returns; a write costs nothing more (Confluence rate
//! limiting page of 2025-12-12). Which template returns what is data: `data/points/` in this crate, made into a
//! table by the build script, and with the feature `full` a user's own file, see `Catalog`.

#[cfg(feature = "full")]
#[allow(dead_code, reason = "shared with the build script")]
mod builder;
#[cfg(feature = "full")]
mod catalog;
mod count;
mod find;
mod reckon;
mod route;
#[cfg(feature = "full")]
#[allow(dead_code, reason = "shared with the build script")]
mod sheet;
mod shipped;
#[cfg_attr(not(feature = "full"), allow(dead_code, reason = "names are for people"))]
mod table;

#[cfg(feature = "full")]
pub use catalog::{Catalog, CostsError, Estimate, Objects, Priced};
pub use route::{Route, Template};
#[cfg(feature = "full")]
pub use sheet::Class;
pub use table::MOST_OBJECTS;

use crate::facts;
#[cfg(feature = "full")]
use crate::facts::source;
use count::Place;
use find::Target;
use reckon::{Basis, Line, Verb, reckon};
use shipped::SHIPPED;
use table::Table;

/// Points that every request costs, whatever it returns.
pub const BASE_POINTS: u32 = facts::BASE_POINTS.value;

/// The cost of a request in points, as a range, because a list may return fewer objects than asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// The least it can cost: its lists are empty.
    pub low: u32,
    /// What it most probably costs: its lists are as long as was asked for.
    pub likely: u32,
    /// The most it can cost.
    pub high: u32,
}

impl Cost {
    /// No cost: invocations spend no points.
    pub const FREE: Self = Self::exactly(0);

    /// A cost that is known.
    #[must_use]
    pub const fn exactly(points: u32) -> Self {
        Self { low: points, likely: points, high: points }
    }

    /// Adds a line.
    fn with(self, line: Line, table: &Table<'_>) -> Self {
        let each = table.kinds.get(usize::from(line.kind)).map_or(1, |kind| u32::from(kind.points_each));
        let add = |points: u32, count: u32| points.saturating_add(count.saturating_mul(each));
        Self { low: add(self.low, line.low), likely: add(self.likely, line.likely), high: add(self.high, line.high) }
    }
}

/// What a REST request costs. `target` is path and query, or a whole address; a leading `/ex/{product}/{cloudId}` is
/// passed over.
///
/// Never fails: what no template names costs as one object, of a kind of identity if its last segment names one, else
/// of kind `other`. HEAD and OPTIONS cost the base (assumed: they return no object). A method that HTTP does not know
/// costs as GET does.
///
/// ```
/// use headroom_model::points::{Cost, price};
/// assert_eq!(price("GET", "/wiki/rest/api/content/123456"), Cost::exactly(2));
/// assert_eq!(price("GET", "/wiki/rest/api/user?accountId=557058:12345678-abcd-1234"), Cost::exactly(3));
/// assert_eq!(price("POST", "/wiki/rest/api/content"), Cost::exactly(1));
/// ```
#[must_use]
pub fn price(method: &str, target: &str) -> Cost {
    priced(method, &Target::of(target)).0
}

fn priced(method: &str, target: &Target<'_>) -> (Cost, Basis) {
    let mut cost = Cost::exactly(BASE_POINTS);
    let basis = reckon(&[SHIPPED], Verb::of(method), target, None, |line| cost = cost.with(line, &SHIPPED));
    (cost, basis)
}

/// What a REST request cost, by the JSON body of its answer. `Err` has the cost from before it was sent, if the body
/// is no JSON or lacks the list that the request asks for.
///
/// # Errors
///
/// See above; the cost is usable all the same.
///
/// ```
/// use headroom_model::points::{Cost, price, price_after};
/// let target = "/wiki/api/v2/pages?limit=250";
/// assert_eq!(price_after("GET", target, br#"{"results":[{"id":"1"},{"id":"2"}]}"#), Ok(Cost::exactly(3)));
/// assert_eq!(price_after("GET", target, b"<html>"), Err(price("GET", target)));
/// ```
pub fn price_after(method: &str, target: &str, body: &[u8]) -> Result<Cost, Cost> {
    let (_, counted) = Counted::of(&[SHIPPED], Verb::of(method), &Target::of(target), body);
    let sum = |lines: &[Line]| lines.iter().fold(Cost::exactly(BASE_POINTS), |cost, line| cost.with(*line, &SHIPPED));
    counted.after.as_deref().map(sum).ok_or_else(|| sum(&counted.before))
}

/// The lines of a request before it is sent and, where they can be counted, as its answer has them.
struct Counted {
    before: Vec<Line>,
    after: Option<Vec<Line>>,
}

impl Counted {
    fn of(tables: &[Table<'_>], verb: Verb, target: &Target<'_>, body: &[u8]) -> (Basis, Self) {
        let mut before = Vec::new();
        let basis = reckon(tables, verb, target, None, |line| before.push(line));
        if before.is_empty() {
            return (basis, Self { before, after: Some(Vec::new()) });
        }
        let table = if let Basis::Row(table, _) = basis { tables.get(table) } else { None };
        let text = |line: &Line| table.map_or("", |table| table.name(line.list));
        let main = before.first().map_or("", text);
        let path = |(at, line): (usize, &Line)| match (at, main) {
            (0, _) => main.to_owned(),
            (_, "") => text(line).to_owned(),
            _ => format!("{main}.{}", text(line)),
        };
        let place = |(path, line): (String, &Line)| Place { path, is_list: line.is_list, count: None };
        let mut places: Vec<_> = before.iter().enumerate().map(path).zip(&before).map(place).collect();
        let is_there = count::count(body, &mut places) && places.first().is_some_and(|main| main.count.is_some());
        let exact =
            |(line, place): (&Line, &Place)| Line::exactly(line.kind, place.count.unwrap_or(0).min(MOST_OBJECTS));
        let after = is_there.then(|| before.iter().zip(&places).map(exact).collect());
        (basis, Self { before, after })
    }
}

#[cfg(test)]
mod tests;
