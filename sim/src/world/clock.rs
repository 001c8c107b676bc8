//! A node's clocks: one that people read, with all its faults, and one that only counts.

use crate::scenario::FleetSpec;
use headroom_model::time::{Instant, Millis};

const MILLION: i128 = 1_000_000;

/// How wrong a node's clocks are.
///
/// The wall clock is off by its offset, runs fast or slow, and may be set once. The monotonic clock runs as fast or
/// slow, but is never set: that is what an operating system measures waits with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    start: Instant,
    offset_ms: i64,
    drift_ppm: i64,
    step: Option<(Instant, i64)>,
}

impl Clock {
    /// The clock of a node among `nodes`: the first is the most behind, the last the most ahead, as is one alone.
    pub(crate) fn of(fleet: &FleetSpec, node: u32, nodes: u32, start: Instant) -> Self {
        let most = signed(fleet.clock_offset.get(), false);
        let offset_ms = match nodes {
            0 | 1 => most,
            _ => 2 * most * i64::from(node) / i64::from(nodes - 1) - most,
        };
        let drift = i64::from(fleet.clock_drift_ppm.get());
        let step = fleet.clock_step.map(|step| (start + step.after.get(), signed(step.by.get(), step.back)));
        Self { start, offset_ms, drift_ppm: if node.is_multiple_of(2) { drift } else { -drift }, step }
    }

    /// What it shows at the true instant `now`.
    pub(crate) fn wall(&self, now: Instant) -> Instant {
        let step = self.step.filter(|(at, _)| now >= *at).map_or(0, |(_, by)| by);
        let shown = i128::from(self.start.0) + self.monotonic(now) + i128::from(self.offset_ms) + i128::from(step);
        Instant(u64::try_from(shown.max(0)).unwrap_or(u64::MAX))
    }

    /// The first true instant at which the monotonic clock has counted `wait` more than at `now`.
    pub(crate) fn end_of(&self, now: Instant, wait: Millis) -> Instant {
        if self.drift_ppm == 0 {
            return now + wait;
        }
        let target = self.monotonic(now) + i128::from(wait.0);
        // One above what the exact fraction gives, then back while the clock has counted enough.
        let elapsed = target * MILLION / (MILLION + i128::from(self.drift_ppm)) + 1;
        let mut end = self.start + Millis(u64::try_from(elapsed).unwrap_or(u64::MAX));
        while end > now && self.monotonic(Instant(end.0 - 1)) >= target {
            end = Instant(end.0 - 1);
        }
        end
    }

    /// What the monotonic clock has counted from the start to the true instant `now`.
    pub(crate) fn counted(&self, now: Instant) -> Millis {
        // No clock is so slow that it goes back.
        Millis(u64::try_from(self.monotonic(now)).unwrap_or(0))
    }

    /// Milliseconds that it has counted since the start.
    fn monotonic(&self, now: Instant) -> i128 {
        let elapsed = i128::from(now.since(self.start).0);
        elapsed + (elapsed * i128::from(self.drift_ppm)).div_euclid(MILLION)
    }
}

fn signed(span: Millis, is_back: bool) -> i64 {
    let ms = i64::try_from(span.0).unwrap_or(i64::MAX);
    if is_back { -ms } else { ms }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const START: Instant = Instant(1_770_037_190_250);

    #[test]
    fn offsets_are_spread_evenly_and_a_step_is_seen_on_the_wall_only() {
        let fleet: FleetSpec =
            toml::from_str("clock_offset = \"10 s\"\nclock_step = { after = \"1 h\", by = \"5 min\", back = true }")
                .unwrap();
        let clocks = [0, 1, 2].map(|node| Clock::of(&fleet, node, 3, START));
        assert_eq!(clocks.map(|clock| clock.wall(START).0 as i64 - START.0 as i64), [-10_000, 0, 10_000]);
        let (before, after) = (START + Millis(3_599_999), START + Millis(3_600_000));
        assert_eq!(clocks[1].wall(before), before);
        assert_eq!(clocks[1].wall(after).0, after.0 - 300_000);
        assert_eq!(clocks[1].counted(after), Millis(3_600_000), "what only counts is not set");
        assert_eq!(clocks[1].end_of(before, Millis(10)), before + Millis(10), "the wait is not set back");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]

        #[test]
        fn a_wait_ends_at_the_first_instant_at_which_the_monotonic_clock_says_so(
            drift in -100_000_i64..=100_000, elapsed in 0_u64..100_000_000_000, wait in 0_u64..10_000_000
        ) {
            let clock = Clock { start: START, offset_ms: 0, drift_ppm: drift, step: None };
            let now = START + Millis(elapsed);
            let end = clock.end_of(now, Millis(wait));
            let counted = |at: Instant| clock.monotonic(at) - clock.monotonic(now);
            prop_assert!(end >= now && counted(end) >= i128::from(wait));
            prop_assert!(wait == 0 || counted(Instant(end.0 - 1)) < i128::from(wait));
        }
    }
}
