//! The bound for work of many kinds: several pools, several buckets, and calls that are there at different times.
//!
//! Whatever is there at some instant or later cannot begin before it, and finds no more than full pools and full
//! buckets. So the bound of each such part of the work, begun at that instant, is a bound of the whole; the highest
//! counts. Within a part each pool is looked at alone, with all buckets before it, and each bucket alone.

use super::points::{Burst, PointsLimits};
use headroom_model::profile::WindowRule;
use headroom_model::time::{Instant, Millis};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// Calls that are alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Class {
    /// The pool that they are paid from, by its place in [`Limits::pools`]; none: no points are counted.
    pub pool: Option<u32>,
    /// The bucket that they pass, by its place in [`Limits::buckets`]; none: no burst limit holds.
    pub bucket: Option<u32>,
    /// Points for each.
    pub cost: u32,
    /// The windows that count them, by their place in [`Limits::windows`].
    pub windows: Option<u32>,
    /// When they are there, since the first arrival at the server.
    pub ready: Millis,
}

/// What a server enforces, as it is when the first call can arrive.
#[derive(Clone, Debug, Default)]
pub struct Limits {
    /// Hourly pools.
    pub pools: Vec<Pool>,
    /// Token buckets, all full.
    pub buckets: Vec<Burst>,
    /// Rules that count the same calls together, and have seen none.
    pub windows: Vec<Vec<WindowRule>>,
    /// When the first call can arrive: fixed windows are cut by the clock.
    pub first: Instant,
}

/// A pool with a reset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pool {
    /// Points in each window, the largest if it changes.
    pub quota: u32,
    /// Points left in the first one.
    pub left: u32,
    /// Length of a window.
    pub window: Millis,
    /// From the first arrival to the first reset; at least 1 ms.
    pub to_reset: Millis,
}

/// Parts of the work that are looked at, at most. Fewer make the bound lower, never wrong.
const MOST_PARTS: usize = 64;

/// No client can have the last call admitted sooner than this after the first arrival. `work` has the number of calls of
/// each class; classes that name a pool or bucket that is not there are not limited by it.
#[must_use]
pub fn last_admission(limits: &Limits, work: &BTreeMap<Class, u64>) -> Millis {
    let mut late: Vec<(&Class, u64)> = work.iter().map(|(class, count)| (class, *count)).collect();
    late.sort_by_key(|(class, _)| Reverse(class.ready));
    let instants: BTreeSet<Millis> = late.iter().map(|(class, _)| class.ready).collect();
    let instants: Vec<Millis> = instants.into_iter().collect();
    let step = instants.len().div_ceil(MOST_PARTS).max(1);
    // The last ones to come are a part, too: nothing ends before it is there.
    let parts: BTreeSet<&Millis> = instants.iter().step_by(step).chain(instants.last()).collect();
    let (mut part, mut late) = (Part::default(), late.into_iter().peekable());
    // From the last part, which is in all others.
    let bounds = parts.into_iter().rev().map(|from| {
        while let Some((class, count)) = late.next_if(|(class, _)| class.ready >= *from) {
            part.add(class, count);
        }
        *from + part.bound(limits, *from)
    });
    bounds.max().unwrap_or_default()
}

/// What is there at some instant or later, by what limits it.
#[derive(Default)]
struct Part {
    by_bucket: BTreeMap<u32, u64>,
    by_windows: BTreeMap<u32, u64>,
    by_pool: BTreeMap<u32, Paid>,
}

/// Calls of one pool by cost, and the buckets that they pass.
type Paid = (BTreeMap<u32, u64>, BTreeSet<Option<u32>>);

impl Part {
    fn add(&mut self, class: &Class, count: u64) {
        if let Some(bucket) = class.bucket {
            *self.by_bucket.entry(bucket).or_default() += count;
        }
        if let Some(windows) = class.windows {
            *self.by_windows.entry(windows).or_default() += count;
        }
        if let Some(pool) = class.pool {
            let (costs, buckets) = self.by_pool.entry(pool).or_default();
            *costs.entry(class.cost).or_default() += count;
            buckets.insert(class.bucket);
        }
    }

    /// The bound of it, since `from`.
    fn bound(&self, limits: &Limits, from: Millis) -> Millis {
        let bucket = |at: &u32| limits.buckets.get(*at as usize).copied();
        let bursts = self.by_bucket.iter().filter_map(|(at, count)| Some(bucket(at)?.shortest_with(*count)));
        let points = self.by_pool.iter().filter_map(|(at, (costs, buckets))| {
            let pool = limits.pools.get(*at as usize)?.at(from);
            // Through several buckets as much passes as through one that is as large and as fast as all together.
            let all = buckets.iter().map(|at| at.as_ref().and_then(bucket));
            let burst = all.into_iter().try_fold(Burst::NONE, |all, one| Some(all.and(one?)));
            Some(PointsLimits { burst, ..pool }.last_admission(costs))
        });
        let first = limits.first + from;
        let windows = self.by_windows.iter().filter_map(|(at, count)| {
            Some(super::last_admission(limits.windows.get(*at as usize)?, *count, first).since(first))
        });
        bursts.chain(points).chain(windows).max().unwrap_or_default()
    }
}

impl Pool {
    /// The pool at an instant after the first arrival, if nobody has drawn on it since.
    fn at(self, from: Millis) -> PointsLimits {
        let Self { quota, left, window, to_reset } = self;
        let (left, to_reset) = match from.0.checked_sub(to_reset.0) {
            None => (left, Millis(to_reset.0 - from.0)),
            Some(beyond) => (quota, Millis(window.0 - beyond % window.0)),
        };
        PointsLimits { quota, left, window, to_reset, burst: None }
    }

    /// The most points that the pool gives until `until` after the first arrival, that instant included.
    #[must_use]
    pub fn most_until(self, until: Millis) -> u64 {
        let resets = until.0.checked_sub(self.to_reset.0).map_or(0, |beyond| beyond / self.window.0 + 1);
        u64::from(self.left) + resets * u64::from(self.quota)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use headroom_model::rng::SplitMix64;

    /// What some client can have done by now: calls that remain, as a bit set; points left in each pool; thousandths of
    /// tokens in each bucket.
    type State = (u32, Vec<u32>, Vec<u64>);

    /// The optimum by trying everything, one millisecond after the other.
    fn optimum(limits: &Limits, calls: &[Class]) -> Millis {
        let full: Vec<u64> = limits.buckets.iter().map(|burst| u64::from(burst.capacity) * 1_000).collect();
        let left = limits.pools.iter().map(|pool| pool.left).collect();
        let mut states = BTreeSet::<State>::from([((1 << calls.len()) - 1, left, full.clone())]);
        for now in 0.. {
            let mut todo: Vec<State> = states.iter().cloned().collect();
            while let Some(state) = todo.pop() {
                for (at, call) in calls.iter().enumerate().filter(|(_, call)| call.ready.0 <= now) {
                    let Some(next) = sent(&state, at, call) else { continue };
                    if next.0 == 0 {
                        return Millis(now);
                    }
                    if states.insert(next.clone()) {
                        todo.push(next);
                    }
                }
            }
            let step = |(remain, left, units): State| {
                let pools = limits.pools.iter().zip(left);
                let is_reset = |pool: &Pool| (now + 1) % pool.window.0 == pool.to_reset.0 % pool.window.0;
                let left = pools.map(|(pool, left)| if is_reset(pool) { pool.quota } else { left }).collect();
                let buckets = limits.buckets.iter().zip(units).zip(&full);
                let units = buckets.map(|((burst, units), full)| (units + u64::from(burst.per_second)).min(*full));
                (remain, left, units.collect())
            };
            states = states.into_iter().map(step).collect();
        }
        unreachable!("every call fits a window of its own")
    }

    fn sent((remain, left, units): &State, at: usize, call: &Class) -> Option<State> {
        let mut next = (remain & !(1 << at), left.clone(), units.clone());
        if let Some(pool) = call.pool {
            next.1[pool as usize] = left[pool as usize].checked_sub(call.cost)?;
        }
        if let Some(bucket) = call.bucket {
            next.2[bucket as usize] = units[bucket as usize].checked_sub(1_000)?;
        }
        (remain & (1 << at) != 0).then_some(next)
    }

    #[test]
    fn the_bound_is_never_above_the_optimum_and_mostly_equal_to_it() {
        const INSTANCES: u32 = 2_000;
        let mut rng = SplitMix64::new(20_261_122);
        let mut draw = |low: u32, high: u32| low + u32::try_from(rng.up_to(u64::from(high - low))).unwrap();
        let mut equal = 0;
        for instance in 0..INSTANCES {
            let pools = (0..draw(1, 2)).map(|_| {
                let (quota, window) = (draw(4, 8), draw(2, 9));
                let (left, to_reset) = (draw(0, quota), Millis(draw(1, window).into()));
                Pool { quota, left, window: Millis(window.into()), to_reset }
            });
            let pools: Vec<Pool> = pools.collect();
            let buckets = (0..draw(1, 2)).map(|_| Burst { capacity: draw(1, 3), per_second: draw(150, 1_200) });
            let limits = Limits { buckets: buckets.collect(), pools, ..Limits::default() };
            let one_of = |drawn: u32, len: usize| (drawn as usize != len).then_some(drawn);
            let calls: Vec<Class> = (0..draw(1, 5))
                .map(|_| Class {
                    pool: one_of(draw(0, limits.pools.len() as u32), limits.pools.len()),
                    bucket: one_of(draw(0, limits.buckets.len() as u32), limits.buckets.len()),
                    windows: None,
                    cost: draw(1, 4),
                    ready: Millis(draw(0, 6).into()),
                })
                .collect();
            let mut work = BTreeMap::new();
            calls.iter().for_each(|call| *work.entry(*call).or_default() += 1);
            let (bound, best) = (last_admission(&limits, &work), optimum(&limits, &calls));
            assert!(bound <= best, "instance {instance}: {limits:?} {calls:?}: bound {bound:?}, optimum {best:?}");
            equal += u32::from(bound == best);
        }
        println!("fleet: the bound is the optimum in {equal} of {INSTANCES} instances");
        assert!(equal * 10 >= INSTANCES * 9, "a bound this loose tells nothing: {equal} of {INSTANCES}");
    }

    #[test]
    fn a_pool_gives_what_was_left_and_its_quota_at_each_reset() {
        let pool = Pool { quota: 10, left: 3, window: Millis(100), to_reset: Millis(40) };
        let most = [0, 39, 40, 139, 140, 1_040].map(|until| pool.most_until(Millis(until)));
        assert_eq!(most, [3, 3, 13, 13, 23, 113]);
    }
}
