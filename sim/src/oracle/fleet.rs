//! The bound for work of many kinds: many limits, and calls that are there at different times.
//!
//! Whatever is there at some instant or later cannot begin before it, and finds no more than full pools and full
//! buckets. So the bound of each such part of the work, begun at that instant, is a bound of the whole; the highest
//! counts. Within a part each pool is looked at alone, with the buckets before it, each bucket alone, and each window
//! with the other windows that count all of its calls.

use super::bucket::{Burst, Refill};
use super::pool::{Costs, Demand, Pool};
use super::window::{self, Window};
use headroom_model::time::{Instant, Millis};
use std::collections::{BTreeMap, BTreeSet};

/// Calls that are alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Class {
    /// When they are there, since the first arrival at the server.
    pub ready: Millis,
    /// What limits them, by its place in [`Limits::sets`].
    pub set: usize,
    /// Points for each.
    pub cost: u32,
}

/// What a server enforces, as it is when the first call can arrive.
#[derive(Clone, Debug, Default)]
pub struct Limits {
    /// All limits.
    pub rules: Vec<Rule>,
    /// Limits that hold for the same calls, by their places in [`Limits::rules`].
    pub sets: Vec<Vec<usize>>,
    /// When the first call can arrive: fixed windows are cut by the clock.
    pub first: Instant,
}

/// One limit, of which nobody has taken anything yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rule {
    /// Points of an hour.
    Pool(Pool),
    /// Calls within seconds.
    Burst(Burst),
    /// Calls or points that come back in portions.
    Refill(Refill),
    /// Calls of a window.
    Window(Window),
}

/// Parts of the work that are looked at, at most. Fewer make the bound lower, never wrong.
const MOST_PARTS: usize = 64;

/// No client can have the last call admitted sooner than this after the first arrival. `work` has the number of calls of
/// each class; classes that name a set that is not there are not limited.
#[must_use]
pub fn last_admission(limits: &Limits, work: &BTreeMap<Class, u64>) -> Millis {
    let instants: BTreeSet<Millis> = work.keys().map(|class| class.ready).collect();
    let instants: Vec<Millis> = instants.into_iter().collect();
    let step = instants.len().div_ceil(MOST_PARTS).max(1);
    // The last ones to come are a part, too: nothing ends before it is there.
    let parts: BTreeSet<Millis> = instants.iter().step_by(step).chain(instants.last()).copied().collect();
    let members = Members::of(limits);
    let mut loads = vec![Load::default(); limits.sets.len()];
    let mut classes = work.iter().rev().peekable();
    let mut last = Millis::ZERO;
    for from in parts.into_iter().rev() {
        while let Some((class, count)) = classes.next_if(|(class, _)| class.ready >= from) {
            if let Some(load) = loads.get_mut(class.set) {
                load.add(class.cost, *count);
            }
        }
        last = last.max(from + members.last_admission(&loads, from));
    }
    last
}

/// What of a part of the work one set of limits counts.
#[derive(Clone, Debug, Default)]
struct Load {
    costs: Costs,
    calls: u64,
    points: u64,
}

impl Load {
    fn add(&mut self, cost: u32, count: u64) {
        *self.costs.entry(cost).or_default() += count;
        self.calls += count;
        self.points += u64::from(cost) * count;
    }
}

/// The limits, and which sets each of them is in.
pub(super) struct Members<'a> {
    limits: &'a Limits,
    sets: Vec<Vec<usize>>,
    /// For each window the windows that count all of its calls, itself among them.
    windows: Vec<Vec<Window>>,
}

impl<'a> Members<'a> {
    pub(super) fn of(limits: &'a Limits) -> Self {
        let mut sets = vec![Vec::new(); limits.rules.len()];
        for (at, set) in limits.sets.iter().enumerate() {
            set.iter().for_each(|rule| sets[*rule].push(at));
        }
        let windows = limits.rules.iter().zip(&sets).map(|(rule, sets)| {
            let Some((first, others)) = sets.split_first().filter(|_| matches!(rule, Rule::Window(_))) else {
                return Vec::new();
            };
            let common =
                limits.sets[*first].iter().filter(|at| others.iter().all(|set| limits.sets[*set].contains(at)));
            let windows = common.filter_map(|at| match &limits.rules[*at] {
                Rule::Window(window) => Some(*window),
                _ => None,
            });
            windows.collect()
        });
        Self { limits, windows: windows.collect(), sets }
    }

    /// The sets that a limit is in.
    pub(super) fn sets(&self, rule: usize) -> &[usize] {
        &self.sets[rule]
    }

    /// Through several buckets as much passes as through one that is as large and as fast as all together. None if some
    /// calls that a limit counts pass no bucket.
    pub(super) fn burst(&self, sets: impl Iterator<Item = usize>) -> Option<Burst> {
        let bucket = |at: usize| {
            let mut rules = self.limits.sets[at].iter();
            rules.find(|rule| matches!(self.limits.rules[**rule], Rule::Burst(_))).copied()
        };
        let buckets: Option<BTreeSet<usize>> = sets.map(bucket).collect();
        let buckets = buckets?.into_iter().filter_map(|at| match self.limits.rules[at] {
            Rule::Burst(burst) => Some(burst),
            _ => None,
        });
        Some(buckets.fold(Burst::NONE, Burst::and))
    }

    /// The bound of what is there at `from` or later, since then.
    fn last_admission(&self, loads: &[Load], from: Millis) -> Millis {
        let first = self.limits.first + from;
        let each = self.limits.rules.iter().enumerate().map(|(at, rule)| {
            let sets = || self.sets[at].iter().map(|set| (*set, &loads[*set])).filter(|(_, load)| load.calls > 0);
            let calls = || sets().map(|(_, load)| load.calls).sum();
            match rule {
                Rule::Burst(burst) => burst.shortest_with(calls()),
                Rule::Window(_) => window::last_admission(&self.windows[at], calls(), first).since(first),
                Rule::Refill(refill) if refill.is_of_points => {
                    refill.last_admission(sets().map(|(_, load)| load.points).sum(), first)
                }
                Rule::Refill(refill) => refill.last_admission(calls(), first),
                Rule::Pool(pool) => {
                    let mut costs = Costs::new();
                    for (cost, count) in sets().flat_map(|(_, load)| &load.costs) {
                        *costs.entry(*cost).or_default() += count;
                    }
                    let burst = self.burst(sets().map(|(set, _)| set));
                    pool.last_admission(from, Demand { costs: &costs, burst })
                }
            }
        });
        each.max().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests;
