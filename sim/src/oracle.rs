//! How fast the best client could have been: a lower bound on the completion time.
//!
//! The bound is `max(T_burst, T_points, T_count) + L`: what the limits force, from the first instant at which a call
//! can be at the server, and one round trip `L` for the last call. Windows are cut where the server cuts them, so the
//! time to the next reset is counted from that instant too, half a round trip after the start: a call that is sent
//! just before the reset arrives just after it, and may.

use crate::scenario::{Scenario, ServerSpec};
use crate::workload::{JobId, Workload};
use headroom_model::operation::Operation;
use headroom_model::points::price;
use headroom_model::profile::{CountedPer, WindowRule, WindowShape};
use headroom_model::time::{HOUR, Instant, Millis};
use std::collections::BTreeMap;

/// No client can have all work done sooner than this after the start.
///
/// All work counts as there from the start, so arrivals that come later make the bound only safer; and no job is done
/// sooner than a round trip after it comes. Tenants count as one whose bucket, or whose windows, are as large as theirs
/// together.
#[must_use]
pub fn lower_bound(scenario: &Scenario, work: &Workload) -> Millis {
    let first = scenario.start + scenario.way_out();
    let tenants = u32::try_from(work.tenants()).unwrap_or(u32::MAX);
    let admitted = match scenario.server {
        ServerSpec::Points(spec) => {
            let is_same_hour = first.hour_start() == scenario.start.hour_start();
            let limits = PointsLimits {
                quota: spec.quota_points,
                left: spec.quota_points - if is_same_hour { spec.used_points } else { 0 },
                window: HOUR,
                to_reset: first.next_hour().since(first),
                capacity: spec.burst_capacity.saturating_mul(tenants),
                per_second: spec.burst_per_second.saturating_mul(tenants),
            };
            limits.last_admission(&costs(work))
        }
        // What is counted per user never binds: users call too rarely.
        ServerSpec::Invocations(profile) => {
            let together = profile.rules().iter().filter(|rule| rule.per != CountedPer::User);
            let together = together.map(|rule| WindowRule { limit: rule.limit.saturating_mul(tenants), ..*rule });
            last_admission(&together.collect::<Vec<_>>(), work.jobs(), first).since(first)
        }
    };
    let last_to_come = (0..work.lines().len()).filter_map(|line| work.arrivals(scenario, line).last()).max();
    let waited_for = last_to_come.map_or(Millis::ZERO, |at| at.since(scenario.start));
    admitted.max(waited_for) + scenario.round_trip.get()
}

/// How many calls there are of each cost. All jobs of a work cost the same, so its first one tells.
fn costs(work: &Workload) -> BTreeMap<u32, u64> {
    let mut costs = BTreeMap::new();
    for line in work.lines().iter().filter(|line| line.count > 0) {
        if let Operation::Rest(request) = work.operation(JobId(line.first)) {
            let cost = price(&request.method, &request.path).likely;
            *costs.entry(cost).or_default() += u64::from(line.count);
        }
    }
    costs
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
        let take = (left / u64::from(*cost).max(1)).min(*count);
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
