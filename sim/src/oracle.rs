//! How fast the best client could have been: a lower bound on the completion time.
//!
//! The bound is `max(T_burst, T_points, T_count) + L`: what the limits force, from the first instant at which a call
//! can be at the server, and one round trip `L` for the last call. Windows are cut where the server cuts them, so the
//! time to the next reset is counted from that instant too, half a round trip after the start: a call that is sent
//! just before the reset arrives just after it, and may.

mod costs;

use crate::scenario::Scenario;
use crate::server::ServerSpec;
use crate::server::spec::QuotaScope;
use crate::value::Whole;
use crate::workload::{Line, Workload};
use crate::world::BURST_PER_SECOND;
use headroom_model::operation::Trigger;
use headroom_model::profile::{CountedPer, InvocationProfile, WindowRule, WindowShape};
use headroom_model::time::{HOUR, Instant, Millis};
use std::collections::BTreeMap;

/// No client can have all work done sooner than this after the start.
///
/// All work counts as there from the start, so arrivals that come later make the bound only safer; and no job is done
/// sooner than a round trip after it comes. Tenants count as one whose pool, bucket or windows are as large as theirs
/// together. Limits that are not named here, such as Bitbucket's, bound nothing.
#[must_use]
pub fn lower_bound(scenario: &Scenario, work: &Workload) -> Millis {
    let first = scenario.start + scenario.way_out();
    let requests = points_limits(scenario, work, first).last_admission(&costs::costs(scenario, work));
    let functions = last_invocation(scenario, work, first).since(first);
    let last_to_come = (0..work.lines().len()).filter_map(|line| work.arrivals(scenario, line).last()).max();
    let waited_for = last_to_come.map_or(Millis::ZERO, |at| at.since(scenario.start));
    requests.max(functions).max(waited_for) + scenario.round_trip.get()
}

/// What holds requests up, each number as large as any switch can make it; where nothing does, more than there is.
fn points_limits(scenario: &Scenario, work: &Workload, first: Instant) -> PointsLimits {
    let tenants = u32::try_from(work.tenants()).unwrap_or(u32::MAX);
    let ServerSpec { quota, burst, switches, .. } = &scenario.server;
    // A quota that comes back in parts has no hours.
    let quota = quota.as_ref().filter(|quota| quota.refill.is_none());
    let pools = quota.map_or(1, |quota| if quota.scope() == QuotaScope::Tenant { tenants } else { 1 });
    let beyond = 100 + u64::from(switches.forgiveness.map_or(0, Whole::get));
    let points = quota.map_or(u32::MAX, |quota| {
        let changes = quota.changes.iter().map(|change| change.points.get());
        let most = changes.fold(quota.points_per_hour(), u32::max);
        let all = u64::from(most) * u64::from(pools) * beyond / 100;
        u32::try_from(all).unwrap_or(u32::MAX)
    });
    let used = quota.and_then(|quota| quota.used_points).map_or(0, Whole::get).saturating_mul(pools);
    let is_same_hour = first.hour_start() == scenario.start.hour_start();
    let burst = burst.as_ref().filter(|burst| burst.endpoints.is_none());
    let per_second = burst.map_or(u32::MAX, |burst| burst.per_second.map_or(BURST_PER_SECOND, Whole::get));
    let capacity = burst.map_or(u32::MAX, |burst| burst.capacity.map_or(per_second, Whole::get));
    PointsLimits {
        quota: points,
        left: points.saturating_sub(if is_same_hour { used } else { 0 }),
        window: HOUR,
        to_reset: first.next_hour().since(first),
        capacity: capacity.saturating_mul(tenants),
        per_second: per_second.saturating_mul(tenants),
    }
}

/// When the last invocation is admitted at the soonest. What is counted per user never binds: users call too rarely.
fn last_invocation(scenario: &Scenario, work: &Workload, first: Instant) -> Instant {
    let Some(invocations) = scenario.server.invocations.as_ref().filter(|spec| spec.formula.is_none()) else {
        return first;
    };
    let is_limited =
        |line: &&Line| line.spec.invoke.is_some() && line.spec.trigger.unwrap_or(Trigger::Ui).is_rate_limited();
    let count = work.lines().iter().filter(is_limited).map(|line| line.count).sum();
    let tenants = u32::try_from(work.tenants()).unwrap_or(u32::MAX);
    let rules = InvocationProfile::from(invocations.profile).rules().iter();
    let together = rules.filter(|rule| rule.per != CountedPer::User).map(|rule| {
        let times = if rule.per == CountedPer::Installation { tenants } else { 1 };
        WindowRule { limit: rule.limit.saturating_mul(times), ..*rule }
    });
    last_admission(&together.collect::<Vec<_>>(), count, first)
}

/// A pool with a reset, behind a token bucket that is full at the beginning.
#[derive(Clone, Copy, Debug)]
struct PointsLimits {
    /// Points in each window.
    quota: u32,
    /// Points left in the first one.
    left: u32,
    /// Length of a window.
    window: Millis,
    /// From the first arrival to the first reset; at least 1 ms.
    to_reset: Millis,
    capacity: u32,
    per_second: u32,
}

impl PointsLimits {
    /// The least time from the first arrival to the last admission. `calls` has the number of calls by cost.
    fn last_admission(&self, calls: &BTreeMap<u32, u64>) -> Millis {
        let count = calls.values().sum();
        self.by_burst(count).max(self.by_points(calls)).max(self.by_count(calls, count))
    }

    /// `G⁻¹`: the shortest span that admits so many calls, `least x with capacity + ⌊rate·x⌋ ≥ count`.
    fn by_burst(&self, count: u64) -> Millis {
        let beyond = count.saturating_sub(u64::from(self.capacity));
        Millis((beyond * 1_000).div_ceil(u64::from(self.per_second)))
    }

    /// `G`: the most calls that any span of this length admits.
    fn most_within(&self, span: Millis) -> u64 {
        u64::from(self.capacity) + span.0 * u64::from(self.per_second) / 1_000
    }

    /// So many points fall beyond the last full window that at least so many calls do, and they need their time.
    fn by_points(&self, calls: &BTreeMap<u32, u64>) -> Millis {
        let total: u64 = calls.iter().map(|(cost, count)| u64::from(*cost) * count).sum();
        let Some(beyond) = total.checked_sub(u64::from(self.left)).filter(|beyond| *beyond > 0) else {
            return Millis::ZERO;
        };
        let quota = u64::from(self.quota);
        let windows = beyond.div_ceil(quota);
        let in_last = beyond - (windows - 1) * quota;
        self.to_reset + self.window.times(windows - 1) + self.by_burst(fewest_with(calls, in_last))
    }

    /// No window holds more calls than of the cheapest ones fit it, or than the burst admits within it. Each window may
    /// choose among all calls: what is cheapest for one window alone need not be best for all together.
    fn by_count(&self, calls: &BTreeMap<u32, u64>, count: u64) -> Millis {
        let most = |points, span: Millis| most_with(calls, points).min(self.most_within(Millis(span.0 - 1)));
        let first = most(u64::from(self.left), self.to_reset);
        let Some(beyond) = count.checked_sub(first).filter(|beyond| *beyond > 0) else {
            return self.by_burst(count);
        };
        let each = most(u64::from(self.quota), self.window).max(1);
        let full = (beyond - 1) / each;
        self.to_reset + self.window.times(full) + self.by_burst(beyond - full * each)
    }
}

/// The fewest calls that cost so many points together: the dearest first.
fn fewest_with(calls: &BTreeMap<u32, u64>, points: u64) -> u64 {
    let (mut lacking, mut taken) = (points, 0);
    for (cost, count) in calls.iter().rev() {
        let take = lacking.div_ceil(u64::from(*cost).max(1)).min(*count);
        taken += take;
        lacking = lacking.saturating_sub(take * u64::from(*cost));
    }
    taken
}

/// The most calls that fit so many points: the cheapest first.
fn most_with(calls: &BTreeMap<u32, u64>, points: u64) -> u64 {
    let (mut left, mut taken) = (points, 0);
    for (cost, count) in calls {
        // What costs nothing always fits.
        let take = left.checked_div(u64::from(*cost)).unwrap_or(*count).min(*count);
        taken += take;
        left -= take * u64::from(*cost);
        if take < *count {
            break;
        }
    }
    taken
}

/// When the last of `count` calls is admitted at the soonest, under rules that all count it, the first arriving at
/// `first`.
///
/// A rule of `limit` per span says no more than this: a call is after the end of the window of the one `limit` calls
/// before it. Taking each call as soon as its predecessors allow is therefore the optimum, for fixed and sliding
/// windows alike: by induction no client has its k-th call admitted sooner. For limits that begin together at a
/// window's start there is a closed form, which the tests compare.
fn last_admission(rules: &[WindowRule], count: u32, first: Instant) -> Instant {
    let mut admitted: Vec<Instant> = Vec::with_capacity(count as usize);
    let mut now = first;
    for call in 0..count as usize {
        for rule in rules {
            if let Some(before) = call.checked_sub(rule.limit as usize).map(|before| admitted[before]) {
                let opened = match rule.shape {
                    WindowShape::Sliding => before,
                    WindowShape::Fixed => Instant(before.0 - before.0 % rule.span.0),
                };
                now = now.max(opened + rule.span);
            }
        }
        admitted.push(now);
    }
    now
}

#[cfg(test)]
mod tests;
