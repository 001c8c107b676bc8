//! What the optimum has admitted by each reset: what the use of a quota is measured against.

use super::fleet::{Class, Limits, Members, Rule};
use super::pool::{Costs, Demand, Pool};
use headroom_model::time::{Instant, Millis};
use std::collections::BTreeMap;

/// What any client can have been charged by a reset.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Most {
    /// Points since the start, each job once.
    pub points: u64,
    /// Whether work is there that quota or burst have held back: what a client left of the quota until then is lost.
    pub is_held_back: bool,
}

/// The most that all pools of the quota together admit of the work by each of their resets, up to the first at which
/// all work is admitted; what is there counts in each hour up to what pool and buckets let through. Empty where there
/// is no quota with a reset.
pub(super) fn most_by_reset(limits: &Limits, work: &BTreeMap<Class, u64>) -> BTreeMap<Instant, Most> {
    let members = Members::of(limits);
    let mut quotas: Vec<Quota<'_>> =
        limits.rules.iter().enumerate().filter_map(|(at, rule)| Quota::of(rule, members.sets(at), &members)).collect();
    let mut quota_of = vec![None; limits.sets.len()];
    for (at, quota) in quotas.iter().enumerate() {
        quota.sets.iter().for_each(|set| quota_of[*set] = Some(at));
    }
    let of = |class: &Class| quota_of.get(class.set).copied().flatten();
    for (class, count) in work {
        if let Some(at) = of(class) {
            *quotas[at].costs.entry(class.cost).or_default() += count;
        }
    }
    let all: u64 = quotas.iter().map(Quota::points).sum();
    let Some(mut end) = quotas.first().map(|quota| quota.pool.window(Millis::ZERO).0) else { return BTreeMap::new() };
    let (mut begin, mut by_reset, mut classes) = (Millis::ZERO, BTreeMap::new(), work.iter().peekable());
    loop {
        while let Some((class, count)) = classes.next_if(|(class, _)| class.ready < end) {
            if let Some(at) = of(class) {
                quotas[at].waiting += u64::from(class.cost) * count;
            }
        }
        let mut most: Most = by_reset.last_key_value().map(|(_, most)| *most).unwrap_or_default();
        most.is_held_back = false;
        for quota in quotas.iter_mut().filter(|quota| quota.waiting > 0) {
            let admits = quota.pool.most(begin, Demand { costs: &quota.costs, burst: quota.burst }).points;
            most.points += admits.min(quota.waiting);
            quota.waiting = quota.waiting.saturating_sub(admits);
            most.is_held_back |= quota.waiting > 0;
        }
        by_reset.insert(limits.first + end, most);
        // More windows than work lasts for mean calls that are never admitted.
        if most.points >= all || by_reset.len() >= MOST_RESETS {
            return by_reset;
        }
        (begin, end) = (end, quotas[0].pool.window(end).0);
    }
}

/// A run lasts no longer than 30 days and some more: 24 resets each.
const MOST_RESETS: usize = 24 * 40;

/// One pool of the quota.
struct Quota<'a> {
    pool: &'a Pool,
    sets: &'a [usize],
    burst: Option<super::Burst>,
    costs: Costs,
    /// Points of what is there and not admitted.
    waiting: u64,
}

impl<'a> Quota<'a> {
    fn of(rule: &'a Rule, sets: &'a [usize], members: &Members<'_>) -> Option<Self> {
        let Rule::Pool(pool) = rule else { return None };
        let burst = members.burst(sets.iter().copied());
        pool.is_quota.then(|| Self { pool, sets, burst, costs: Costs::new(), waiting: 0 })
    }

    fn points(&self) -> u64 {
        self.costs.iter().map(|(cost, count)| u64::from(*cost) * count).sum()
    }
}
