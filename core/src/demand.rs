//! The demand of people on one pool of points, learned while they call: what to keep back for them until the hour ends.

use headroom_model::time::{HOUR, Instant, Millis};
use std::mem;

/// What people were seen to spend, and the points that it is wise to keep for them.
///
/// The points of an hour perish with it, so the reserve shrinks to nothing towards its end (Littlewood's rule for two
/// classes, solved anew at each instant). A reserve too small denies people and one too large denies nobody, so the
/// estimate errs upwards. It changes with [`add`](Self::add) and [`age`](Self::age) alone: what was promised for a later
/// instant holds then, unless something happened meanwhile.
///
/// Two generations instead of a list, as for what is in doubt: each call counts for one to two [`Demand::SPAN`]s.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Demand {
    young: Generation,
    old: Generation,
    /// When the young generation began.
    since: Instant,
}

/// Calls of one generation, and what they let expect.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Generation {
    points: u64,
    calls: u32,
    /// How much time they came in, up to the last event; 0 for a generation that never was.
    passed_ms: u32,
}

/// The length of a generation.
const SPAN_MS: u32 = 600_000;

/// The least time that a number of calls is related to, so that the first one is not taken for a flood.
const LEAST_MS: u32 = 60_000;

/// How far above its mean the demand is covered, in hundredths of a standard deviation: 999 hours of 1,000.
const QUANTILE_PERCENT: u128 = 309;

/// Numbers of calls have so many fractional bits.
const FRACTION: u32 = 40;

impl Demand {
    /// How long a generation lasts: long enough to count, short enough to follow a working day.
    pub(crate) const SPAN: Millis = Millis(SPAN_MS as u64);

    /// As numbers, and since when the first three count.
    pub(crate) fn numbers(&self) -> ([u64; 6], Instant) {
        let Self { young, old, since } = *self;
        let of = |Generation { points, calls, passed_ms }: Generation| [points, calls.into(), passed_ms.into()];
        let ([a, b, c], [d, e, f]) = (of(young), of(old));
        ([a, b, c, d, e, f], since)
    }

    /// Of such numbers, whatever they are.
    pub(crate) fn of_numbers([a, b, c, d, e, f]: [u64; 6], since: Instant) -> Self {
        let small = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
        let of =
            |points, calls, passed| Generation { points, calls: small(calls), passed_ms: small(passed).min(SPAN_MS) };
        Self { young: of(a, b, c), old: of(d, e, f), since }
    }

    /// What a call cost in the mean, rounded up; 0 if there was none.
    pub(crate) fn mean_cost(&self) -> u64 {
        let Self { young, old, .. } = self;
        let calls = u64::from(young.calls) + u64::from(old.calls);
        young.points.saturating_add(old.points).div_ceil(calls.max(1))
    }

    /// For how long it has been counting at `now`; none if for longer than a generation.
    pub(crate) fn counted_for(&self, now: Instant) -> Option<Millis> {
        let counted = now.since(self.since);
        Some(counted).filter(|counted| self.old.passed_ms == 0 && *counted < Self::SPAN)
    }

    /// What keeps no less than either for the same calls: none are added up.
    pub(crate) fn join(self, other: Self) -> Self {
        Self { young: self.young.join(other.young), old: self.old.join(other.old), since: self.since.max(other.since) }
    }

    /// Whether all that was learned is too old to count.
    pub(crate) fn is_over(&self, now: Instant) -> bool {
        now.since(self.since) >= Self::SPAN.times(2)
    }

    /// An interactive call of so many points begins.
    pub(crate) fn add(&mut self, points: u32, now: Instant) {
        self.age(now);
        self.young.points = self.young.points.saturating_add(points.into());
        self.young.calls = self.young.calls.saturating_add(1);
    }

    /// Takes in that time has passed, which never raises the reserve.
    pub(crate) fn age(&mut self, now: Instant) {
        let passed = now.since(self.since);
        if self.is_over(now) {
            *self = Self { since: now, ..Self::default() };
        } else if passed >= Self::SPAN {
            self.old = Generation { passed_ms: SPAN_MS, ..mem::take(&mut self.young) };
            self.since += Self::SPAN;
        }
        let passed_ms = u32::try_from(now.since(self.since).0).unwrap_or(SPAN_MS);
        self.young.passed_ms = self.young.passed_ms.max(passed_ms);
    }

    /// As it is at `now` if nobody calls until then.
    fn aged(mut self, now: Instant) -> Self {
        self.age(now);
        self
    }

    /// The first instant from `now` on, before `window_end`, at which there is `room` beside the reserve, if nobody calls
    /// until then: what people asked for long ago keeps nothing back. As many call at each of `nodes`.
    pub(crate) fn first_room(&self, room: u32, nodes: u32, now: Instant, window_end: Instant) -> Option<Instant> {
        // The reserve only falls. The formula solved for the time left is right but for roundings.
        let near = self.solved(room, nodes, window_end);
        let has_room = |at| self.aged(Instant(at)).leaves(room, nodes, Instant(at), window_end);
        Some(Instant(first_near(near.0, now.0, window_end.0, has_room))).filter(|first| *first < window_end)
    }

    /// Whether no more than `room` is kept at `now` for people who will call before the hour ends at `window_end`; nothing
    /// is if none ever did. No window is longer than an hour.
    fn leaves(&self, room: u32, nodes: u32, now: Instant, window_end: Instant) -> bool {
        let left = window_end.since(now).min(HOUR);
        self.young.reserve(nodes, left) <= room && self.old.reserve(nodes, left) <= room
    }

    /// About when the reserve falls to `room`: in the young generation's time; in that of the next, when what is young now
    /// has grown old; or when all is forgotten.
    fn solved(&self, room: u32, nodes: u32, window_end: Instant) -> Instant {
        let grown_old = self.since + Self::SPAN;
        let (young, old) = (self.young, self.old);
        let both =
            young.solved(room, nodes, Some(self.since), window_end).max(old.solved(room, nodes, None, window_end));
        if both < grown_old {
            return both;
        }
        let old = Generation { passed_ms: SPAN_MS, ..self.young };
        old.solved(room, nodes, None, window_end).max(grown_old).min(grown_old + Self::SPAN)
    }

    /// When `left` points are spent at the pace of late, if that is before `window_end`. It does not err upwards.
    pub(crate) fn exhausted_at(&self, left: u32, now: Instant, window_end: Instant) -> Option<Instant> {
        let Self { young, old, .. } = self.aged(now);
        let passed_ms = u128::from((young.passed_ms + old.passed_ms).max(LEAST_MS));
        let points = u128::from(young.points) + u128::from(old.points);
        let lasts_ms = (points > 0).then(|| (u128::from(left) * passed_ms).div_ceil(points))?;
        let at = now + Millis(u64::try_from(lasts_ms).unwrap_or(u64::MAX));
        Some(at).filter(|at| *at < window_end)
    }
}

impl Generation {
    /// Of so many points, spent in the time `passed` by calls of this cost in the mean.
    pub(crate) fn of_points(points: u64, mean_cost: u64, passed: Millis) -> Self {
        let small = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
        Self { points, calls: small(points.div_ceil(mean_cost.max(1))), passed_ms: small(passed.0) }
    }

    /// More points of fewer calls in less time: each of them raises the reserve.
    fn join(self, other: Self) -> Self {
        match (self.calls, other.calls) {
            (0, calls) if calls > 0 => other,
            (calls, 0) if calls > 0 => self,
            _ => Self {
                points: self.points.max(other.points),
                calls: self.calls.min(other.calls),
                passed_ms: self.passed_ms.min(other.passed_ms),
            },
        }
    }

    /// About when `reserve` falls to `room` if no more calls come: m + z·√m = room/c solved for m, the calls that are likely
    /// in the time left, and m = likely·left/passed for the instant. Where a generation is not over, `since` tells when it
    /// began: what has passed grows then while what is left falls.
    pub(crate) fn solved(self, room: u32, nodes: u32, since: Option<Instant>, window_end: Instant) -> Instant {
        let Self { points, calls, passed_ms } = self;
        if points == 0 || calls == 0 {
            return Instant(0);
        }
        const MOST: u128 = 1 << 80;
        let calls_in_room = ((u128::from(room) * u128::from(calls)) << FRACTION) / u128::from(points);
        let z = (QUANTILE_PERCENT << FRACTION) / 100;
        let root = ceil_sqrt((z * z) + (calls_in_room.min(MOST) << (2 + FRACTION))).saturating_sub(z) / 2;
        let (mean, likely) = (((root * root) >> FRACTION).min(MOST), self.likely(nodes) << FRACTION);
        // No time that matters here is as long as 2^40 ms.
        let part = |of_ms: u64, share: u128, all: u128| {
            Millis(u64::try_from(u128::from(of_ms.min(1 << 40)) * share / all).unwrap_or(u64::MAX))
        };
        let passed_ms = u64::from(passed_ms.max(LEAST_MS));
        let at_that_pace = Instant(window_end.0.saturating_sub(part(passed_ms, mean, likely).0));
        match since.filter(|since| at_that_pace > *since + Millis(passed_ms)) {
            Some(since) => since + part(window_end.since(since).0, likely, likely + mean),
            None => at_that_pace,
        }
    }

    /// Two standard deviations more calls than were counted, since chance may have kept them away; at each of `nodes`.
    fn likely(self, nodes: u32) -> u128 {
        let calls = u128::from(self.calls);
        (calls + ceil_sqrt(4 * calls)) * u128::from(nodes)
    }

    /// The quantile of what is spent in the time left, if calls come as often as in this generation at each of `nodes`:
    /// c·(λ·left + z·√(λ·left)) with the mean cost c. Calls are independent of each other, so their number has the
    /// variance of its mean. It is computed in steps that each round up, so it never rises while the time falls.
    pub(crate) fn reserve(self, nodes: u32, left: Millis) -> u32 {
        let Self { points, calls, passed_ms } = self;
        if calls == 0 {
            return 0;
        }
        let mean = ((self.likely(nodes) * u128::from(left.0)) << FRACTION).div_ceil(passed_ms.max(LEAST_MS).into());
        let most = mean + (QUANTILE_PERCENT * ceil_sqrt(mean << FRACTION)).div_ceil(100);
        // Where the product saturates, the quotient is still beyond all points.
        let reserve = u128::from(points).saturating_mul(most).div_ceil(u128::from(calls) << FRACTION);
        u32::try_from(reserve).unwrap_or(u32::MAX)
    }
}

/// The first number from `first` to `end` that `holds`, where all above it do; `end` if none below does. It is looked for
/// from `near` on, in steps that double.
pub(crate) fn first_near(near: u64, mut first: u64, mut end: u64, holds: impl Fn(u64) -> bool) -> u64 {
    let (near, mut step) = (near.min(end).max(first), 1_u64);
    if near >= end || holds(near) {
        end = near;
        while first < end {
            let at = end.saturating_sub(step).max(first);
            if !holds(at) {
                first = at + 1;
                break;
            }
            (end, step) = (at, step.saturating_mul(2));
        }
    } else {
        first = near + 1;
        while first < end {
            let at = first.saturating_add(step).min(end - 1);
            if holds(at) {
                end = at;
                break;
            }
            (first, step) = (at + 1, step.saturating_mul(2));
        }
    }
    while first < end {
        let middle = first.midpoint(end);
        if holds(middle) {
            end = middle;
        } else {
            first = middle + 1;
        }
    }
    first
}

/// By Newton's method, from above: `u128::isqrt` would be a kilobyte of the component. The machine's own root of the upper
/// 64 bits says where to begin, so that one step is mostly enough; the end is exact, and no float.
fn ceil_sqrt(n: u128) -> u128 {
    let Some(before @ 1..) = n.checked_sub(1) else { return n };
    let digits = u128::BITS - before.leading_zeros();
    let beyond = digits.saturating_sub(64).next_multiple_of(2);
    let root = ((before >> beyond) as u64 as f64).sqrt() as u64;
    // Not below the true root: rounding 64 bits to a float moves a root of 32 bits by less than the float can hold.
    let mut root = (u128::from(root) + 1) << (beyond / 2);
    loop {
        let nearer = (root + before / root) >> 1;
        if nearer >= root {
            return root + 1;
        }
        root = nearer;
    }
}

#[cfg(test)]
mod tests;
