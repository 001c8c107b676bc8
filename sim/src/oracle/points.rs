//! The bound for calls that are all there at the beginning, with one pool behind one bucket.

use headroom_model::time::Millis;
use std::collections::BTreeMap;

/// A token bucket that is full at the beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Burst {
    /// Calls at once.
    pub capacity: u32,
    /// Tokens that come back.
    pub per_second: u32,
}

impl Burst {
    pub(super) const NONE: Self = Self { capacity: 0, per_second: 0 };

    pub(super) const fn and(self, other: Self) -> Self {
        let capacity = self.capacity.saturating_add(other.capacity);
        Self { capacity, per_second: self.per_second.saturating_add(other.per_second) }
    }

    /// `G⁻¹`: the shortest span that admits so many calls, `least x with capacity + ⌊rate·x⌋ ≥ count`.
    pub(super) fn shortest_with(self, count: u64) -> Millis {
        let beyond = count.saturating_sub(u64::from(self.capacity));
        Millis(beyond.saturating_mul(1_000).div_ceil(u64::from(self.per_second.max(1))))
    }

    /// `G`: the most calls that any span of this length admits.
    const fn most_within(self, span: Millis) -> u64 {
        self.capacity as u64 + span.0.saturating_mul(self.per_second as u64) / 1_000
    }
}

/// A pool with a reset, behind a token bucket.
#[derive(Clone, Copy, Debug)]
pub(super) struct PointsLimits {
    /// Points in each window.
    pub(super) quota: u32,
    /// Points left in the first one.
    pub(super) left: u32,
    /// Length of a window.
    pub(super) window: Millis,
    /// From the first arrival to the first reset; at least 1 ms.
    pub(super) to_reset: Millis,
    pub(super) burst: Option<Burst>,
}

impl PointsLimits {
    /// The least time from the first arrival to the last admission. `calls` has the number of calls by cost.
    pub(super) fn last_admission(&self, calls: &BTreeMap<u32, u64>) -> Millis {
        let count = calls.values().sum();
        self.by_burst(count).max(self.by_points(calls)).max(self.by_count(calls, count))
    }

    fn by_burst(&self, count: u64) -> Millis {
        self.burst.map_or(Millis::ZERO, |burst| burst.shortest_with(count))
    }

    fn most_within(&self, span: Millis) -> u64 {
        self.burst.map_or(u64::MAX, |burst| burst.most_within(span))
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
