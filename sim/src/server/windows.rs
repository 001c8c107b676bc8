//! The counters of a server as people look at them: all but the hourly points, which [`super::PoolState`] tells.

use super::counter::Counter;
use super::door::{Door, Key, Names};
use super::verdict::Limit;
use headroom_model::operation::Method;
use headroom_model::time::Instant;
use std::collections::BinaryHeap;

/// One counter that something was taken of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WindowState {
    /// The limit that it belongs to.
    pub limit: Limit,
    /// What it counts together: `acme`, `acme/GET/wiki/api/v2/pages/{id}`, `acme/ann`, `node-0`, `all`.
    pub of: String,
    /// What it admits at once.
    pub most: u32,
    /// What is left of that.
    pub left: u32,
    /// When it admits one again; none while it does.
    pub opens: Option<Instant>,
}

/// The `most` that have the smallest share left, the smallest first.
pub(super) fn tightest<'a>(
    doors: impl Iterator<Item = &'a Door>,
    names: &Names,
    now: Instant,
    most: usize,
) -> Vec<WindowState> {
    let doors: Vec<_> = doors.collect();
    let mut found = BinaryHeap::new();
    for (at, door) in doors.iter().enumerate() {
        for (key, counter) in door.counted().filter(|(_, counter)| !counter.is_idle(now)) {
            found.push((per_million(counter, now), at, key));
            // The largest goes, so no more than these are ever held.
            if found.len() > most {
                found.pop();
            }
        }
    }
    let names = names.by_number();
    let state = |(_, at, key): (u64, usize, &Key)| {
        let limit = doors[at].limit;
        let mut counter = doors[at].counter_of(key).clone();
        let (most, left, opens) = (counter.limit(), counter.left(now), counter.check(1, now).err());
        WindowState { limit, of: whose(limit, key, &names), most, left, opens }
    };
    found.into_sorted_vec().into_iter().map(state).collect()
}

/// What is left of a counter, in millionths.
fn per_million(counter: &Counter, now: Instant) -> u64 {
    u64::from(counter.left(now)) * 1_000_000 / u64::from(counter.limit().max(1))
}

/// The groups of guarded paths in the order of their numbers.
const GUARDED: [&str; 3] = ["permissions", "search", "admin"];

/// What a key counts together. What a number in it means depends on the limit.
fn whose(limit: Limit, key: &Key, names: &[&str]) -> String {
    let name = |number: u32| names.get(number as usize).copied().unwrap_or("?");
    let method = |number: u8| METHODS.get(usize::from(number)).map_or("?", |method| method.name());
    match key {
        Key::All => "all".to_owned(),
        Key::One(node) if limit == Limit::HourlyRequests => format!("node-{node}"),
        Key::One(tenant) => name(*tenant).to_owned(),
        Key::Two(tenant, group) if limit == Limit::Burst => {
            format!("{}/{}", name(*tenant), GUARDED.get(*group as usize).unwrap_or(&"?"))
        }
        Key::Two(tenant, node) if limit == Limit::Bridge => format!("{}/node-{node}", name(*tenant)),
        Key::Two(tenant, account) => format!("{}/{}", name(*tenant), name(*account)),
        Key::Who(tenant, (account, node)) => {
            let who = if *account == u32::MAX { format!("node-{node}") } else { name(*account).to_owned() };
            if limit == Limit::TokenCost { format!("{}/{who}", name(*tenant)) } else { who }
        }
        Key::Endpoint(tenant, number, template) => format!("{}/{}{}", name(*tenant), method(*number), template.text()),
        Key::Path(tenant, number, path) => format!("{}/{}{path}", name(*tenant), method(*number)),
        Key::Named(_, environment) if limit == Limit::InvocationRate => environment.clone(),
        Key::Named(tenant, issue) => format!("{}/{issue}", name(*tenant)),
    }
}

/// In the order of their numbers.
const METHODS: [Method; 7] =
    [Method::Get, Method::Head, Method::Options, Method::Post, Method::Put, Method::Patch, Method::Delete];
