//! The bound for the points of an hour, behind a token bucket.

use super::bucket::Burst;
use headroom_model::time::Millis;
use std::collections::BTreeMap;

/// How many calls there are of each cost.
pub(super) type Costs = BTreeMap<u32, u64>;

/// A pool of points with a reset, and a wall that may move. What was spent stays spent when it moves: a call is
/// admitted if it and all before it in this window are within the wall of that instant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pool {
    /// Points of a window, each from so long after the first arrival on, in order; the first holds from the beginning.
    pub walls: Vec<(Millis, u32)>,
    /// Spent by others in the first window.
    pub used: u32,
    /// Length of a window.
    pub window: Millis,
    /// From the first arrival to the first reset; at least 1 ms.
    pub to_reset: Millis,
    /// Whether it is the app's quota, whose use is reported, and not the share of a user or a token.
    pub is_quota: bool,
}

/// What passes before a pool: the calls that it pays for, and the bucket that all of them pass, if there is one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Demand<'a> {
    pub(super) costs: &'a Costs,
    pub(super) burst: Option<Burst>,
}

/// What can be admitted at most, or remains to be at least. The two are looked at apart: no client can choose the
/// dearest and the cheapest calls at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Amount {
    pub(super) points: u64,
    pub(super) calls: u64,
}

impl Pool {
    /// The least time from `from` to the last admission, if nobody has drawn on the pool since the first arrival.
    ///
    /// What is not admitted before some instant comes after it. Every reset and every move of the wall is such an
    /// instant: what remains at least, in points and in calls, takes as long as the bucket needs to let it through.
    pub(super) fn last_admission(&self, from: Millis, demand: Demand<'_>) -> Millis {
        let mut remain = demand.all();
        let (mut at, mut last) = (from, Millis::ZERO);
        let moved = self.walls.last().map_or(Millis::ZERO, |(moved, _)| *moved);
        while at == from || at < moved {
            let (end, used) = self.window(at);
            let mut most = Amount::default();
            for regime in self.regimes(at, end) {
                let left = remain.less(most);
                last = last.max(demand.needs(left).map_or(Millis::ZERO, |span| since(regime.begin, from) + span));
                most = most.max(demand.within(regime.wall.saturating_sub(used), since(regime.end, at)));
            }
            remain = remain.less(most);
            at = end;
        }
        last.max(self.tail(remain, demand).map_or(Millis::ZERO, |span| since(at, from) + span))
    }

    /// The most that the window of this instant admits from then on.
    pub(super) fn most(&self, at: Millis, demand: Demand<'_>) -> Amount {
        let (end, used) = self.window(at);
        let each = self.regimes(at, end).map(|regime| {
            let left = regime.wall.saturating_sub(used);
            demand.within(left, since(regime.end, at))
        });
        each.fold(Amount::default(), Amount::max)
    }

    /// When the window of this instant ends, and what others have spent of it.
    pub(super) fn window(&self, at: Millis) -> (Millis, u32) {
        match at.0.checked_sub(self.to_reset.0) {
            None => (self.to_reset, self.used),
            Some(beyond) => (self.to_reset + self.window.times(beyond / self.window.0 + 1), 0),
        }
    }

    /// What remains when the wall no longer moves, from the beginning of a window on: no window holds more points, nor
    /// more calls than of the cheapest ones fit it. None if nothing remains.
    fn tail(&self, remain: Amount, demand: Demand<'_>) -> Option<Millis> {
        let wall = self.walls.last().map_or(0, |(_, wall)| *wall);
        let each = demand.within(wall, self.window);
        let beyond = |remain: u64, each: u64| {
            let full = remain.checked_sub(1)? / each.max(1);
            Some((self.window.times(full), remain - full * each.max(1)))
        };
        let points = beyond(remain.points, each.points).map(|(at, points)| (at, demand.fewest_with(points)));
        let calls = beyond(remain.calls, each.calls);
        points.into_iter().chain(calls).map(|(at, calls)| at + demand.by_burst(calls)).max()
    }

    fn regimes(&self, from: Millis, to: Millis) -> impl Iterator<Item = Regime> {
        let ends = self.walls.iter().skip(1).map(|(end, _)| *end).chain([Millis(u64::MAX)]);
        let all = self.walls.iter().zip(ends);
        let parts =
            all.map(move |((begin, wall), end)| Regime { begin: from.max(*begin), end: to.min(end), wall: *wall });
        parts.filter(|regime| regime.begin < regime.end)
    }
}

const fn since(at: Millis, from: Millis) -> Millis {
    Millis(at.0.saturating_sub(from.0))
}

/// A part of a window in which the wall stands still.
struct Regime {
    begin: Millis,
    end: Millis,
    wall: u32,
}

impl Demand<'_> {
    fn all(self) -> Amount {
        let points = self.costs.iter().map(|(cost, count)| u64::from(*cost) * count).sum();
        Amount { points, calls: self.costs.values().sum() }
    }

    /// The most that so many points and a span of this length admit, the whole of a full bucket included.
    fn within(self, points: u32, span: Millis) -> Amount {
        let passes = self.burst.map_or(u64::MAX, |burst| burst.most_within(Millis(span.0.saturating_sub(1))));
        let points = u64::from(points);
        Amount { points: points.min(self.most_points(passes)), calls: self.most_with(points).min(passes) }
    }

    /// How long the bucket takes to let through what remains; none if nothing does.
    fn needs(self, remain: Amount) -> Option<Millis> {
        let calls = self.fewest_with(remain.points).max(remain.calls);
        (calls > 0).then(|| self.by_burst(calls))
    }

    fn by_burst(self, calls: u64) -> Millis {
        self.burst.map_or(Millis::ZERO, |burst| burst.shortest_with(calls))
    }

    /// The fewest calls that cost so many points together: the dearest first.
    fn fewest_with(self, points: u64) -> u64 {
        let (mut lacking, mut taken) = (points, 0);
        for (cost, count) in self.costs.iter().rev() {
            let take = lacking.div_ceil(u64::from(*cost).max(1)).min(*count);
            taken += take;
            lacking = lacking.saturating_sub(take * u64::from(*cost));
        }
        taken
    }

    /// The most points that so many calls cost together: the dearest first.
    fn most_points(self, calls: u64) -> u64 {
        let (mut left, mut points) = (calls, 0);
        for (cost, count) in self.costs.iter().rev() {
            let take = left.min(*count);
            points += take * u64::from(*cost);
            left -= take;
        }
        points
    }

    /// The most calls that fit so many points: the cheapest first.
    fn most_with(self, points: u64) -> u64 {
        let (mut left, mut taken) = (points, 0);
        for (cost, count) in self.costs {
            let take = (left / u64::from(*cost).max(1)).min(*count);
            taken += take;
            left -= take * u64::from(*cost);
            if take < *count {
                break;
            }
        }
        taken
    }
}

impl Amount {
    const fn less(self, other: Self) -> Self {
        Self { points: self.points.saturating_sub(other.points), calls: self.calls.saturating_sub(other.calls) }
    }

    fn max(self, other: Self) -> Self {
        Self { points: self.points.max(other.points), calls: self.calls.max(other.calls) }
    }
}
