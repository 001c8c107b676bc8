//! One node's part of a burst rate: how much it may send, and when a rested one may begin.

use crate::config::BurstRate;
use headroom_model::rng::SplitMix64;
use headroom_model::time::{Instant, Millis};

/// What every call is worth: time is counted in units of 1/[`Rate::per_kilosecond`] ms.
pub(crate) const CALL: u64 = 1_000_000;

/// One node's part of a [`BurstRate`]. Of a large fleet each has less than one request per second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rate {
    /// Tokens that come back in 1,000 seconds.
    pub(crate) per_kilosecond: u32,
    /// Tokens that a rested bucket holds.
    pub(crate) capacity: u32,
}

impl Rate {
    /// What one of so many nodes has, rounded down; at least one request in 1,000 seconds, and one token.
    pub(crate) fn part_of(whole: BurstRate, nodes: u32) -> Self {
        let part = |whole: u32| (whole / nodes.max(1)).max(1);
        Self { per_kilosecond: part(whole.per_second.saturating_mul(1_000)), capacity: part(whole.capacity) }
    }

    /// What both admit.
    pub(crate) fn slower(self, other: Self) -> Self {
        self.with(other, u32::min, u32::min)
    }

    /// What is believed of it after a refusal, where `told` was told. No less than one raise brings back, so that
    /// nobody waits for its next token much longer than for the raises; but a second is never too long for one.
    pub(crate) fn halved(self, told: Self) -> Self {
        self.with(told, |rate, told| (rate / 2).max((told / 10).clamp(1, 1_000)), |capacity, _| (capacity / 2).max(1))
    }

    /// A tenth of what was told for each raise, and no more than was told.
    pub(crate) fn raised(self, told: Self, raises: u32) -> Self {
        let raised = |rate: u32, told: u32| told.min(rate.saturating_add(told.div_ceil(10).saturating_mul(raises)));
        self.with(told, raised, raised)
    }

    fn with(self, other: Self, rate: impl Fn(u32, u32) -> u32, capacity: impl Fn(u32, u32) -> u32) -> Self {
        Self {
            per_kilosecond: rate(self.per_kilosecond, other.per_kilosecond),
            capacity: capacity(self.capacity, other.capacity),
        }
    }
}

/// When a node of a fleet may send, where a rested bucket has fewer tokens than the fleet has nodes. All of them
/// waking together would send one call each at once, more than the bucket holds.
///
/// Of each interval in which a node has one token, it uses the same part, as large as its part of half the bucket. The
/// seed places it. So however they wake, in any span they send half the bucket and what comes back meanwhile, but for
/// chance, and the other half is for that. Instants are as absolute as the clock: asking and forgetting change nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stagger {
    /// Where in an interval the part lies, and how long it is, in units of which an interval has [`CALL`].
    phase: u32,
    open: u32,
}

impl Stagger {
    /// At any time.
    pub(crate) const NONE: Self = Self { phase: 0, open: CALL as u32 };

    /// Whether one is needed.
    pub(crate) const fn is_needed(whole: BurstRate, nodes: u32) -> bool {
        nodes > whole.capacity
    }

    /// That of the node with this seed, one of so many.
    pub(crate) fn of(whole: BurstRate, nodes: u32, seed: u64) -> Self {
        if !Self::is_needed(whole, nodes) {
            return Self::NONE;
        }
        let phase = SplitMix64::new(seed).up_to(CALL - 1);
        let open = u64::from(whole.capacity) * CALL / (2 * u64::from(nodes));
        // Both are below a million.
        Self { phase: phase as u32, open: open as u32 }
    }

    /// The first instant from `from` on at which a node may send that has a token, at the rate that it was told.
    pub(crate) fn first_from(self, from: Instant, told: Rate) -> Instant {
        if self == Self::NONE {
            return from;
        }
        let rate = u64::from(told.per_kilosecond);
        let since_begun = (from.0 % CALL * rate + CALL - u64::from(self.phase)) % CALL;
        // One millisecond of it at least.
        if since_begun < rate.max(self.open.into()) {
            return from;
        }
        from + Millis((CALL - since_begun).div_ceil(rate))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]

        #[test]
        fn the_parts_of_all_nodes_are_no_more_than_the_whole(
            per_second in 1_u32..=BurstRate::MOST_PER_SECOND,
            capacity in 1_u32..100_000,
            nodes in 1_u32..=1_000,
        ) {
            let Rate { per_kilosecond, capacity: part } = Rate::part_of(BurstRate { per_second, capacity }, nodes);
            let lost = per_second * 1_000 - per_kilosecond * nodes;
            prop_assert!(lost < nodes, "rounded down: {lost}");
            prop_assert!(part * nodes <= capacity.max(nodes) && (part + 1) * nodes > capacity);
        }

        /// Against every millisecond of it.
        #[test]
        fn a_staggered_node_may_send_in_its_part_of_each_interval(
            per_second in 1_u32..=1_000,
            (capacity, nodes) in (1_u32..50, 1_u32..1_000),
            from in 0_u64..1 << 41,
            seed: u64,
        ) {
            let whole = BurstRate { per_second, capacity };
            let (told, stagger) = (Rate::part_of(whole, nodes), Stagger::of(whole, nodes, seed));
            let rate = u128::from(told.per_kilosecond);
            let is_open = |at: u64| {
                let phase = u128::from(CALL - u64::from(stagger.phase));
                let since_begun = (u128::from(at) * rate + phase) % u128::from(CALL);
                since_begun < u128::from(stagger.open).max(rate)
            };
            let first = stagger.first_from(Instant(from), told).0;
            prop_assert!(is_open(first) && first >= from);
            prop_assert!((from..first).step_by(((first - from) / 500).max(1) as usize).all(|at| !is_open(at)));
            prop_assert!(first == from || !is_open(first - 1));
            prop_assert_eq!(stagger == Stagger::NONE, nodes <= capacity);
        }

        #[test]
        fn time_brings_back_what_a_refusal_took_in_ten_raises(
            (per_kilosecond, capacity) in (1_u32..=1_000_000, 1_u32..1_000),
            refusals in 1_u32..30,
        ) {
            let told = Rate { per_kilosecond, capacity };
            let believed = (0..refusals).fold(told, |rate, _| rate.halved(told));
            prop_assert!(believed.slower(told) == believed && believed.per_kilosecond > 0 && believed.capacity > 0);
            prop_assert!(per_kilosecond < 2 || believed.per_kilosecond < per_kilosecond);
            prop_assert_eq!(believed.raised(told, 10), told);
            prop_assert_eq!(told.halved(told).raised(told, 5), told, "in less than a minute");
        }
    }

    #[test]
    fn at_the_end_of_time_nobody_waits_for_ever() {
        let whole = BurstRate { per_second: 1, capacity: 1 };
        let (told, stagger) = (Rate::part_of(whole, 1_000), Stagger::of(whole, 1_000, 7));
        assert_eq!(stagger.first_from(Instant(u64::MAX), told), Instant(u64::MAX));
    }
}
