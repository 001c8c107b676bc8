//! The bound for buckets, which are full at the beginning.

use headroom_model::time::{Instant, Millis};

/// A token bucket that refills evenly.
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
    pub(super) const fn most_within(self, span: Millis) -> u64 {
        self.capacity as u64 + span.0.saturating_mul(self.per_second as u64) / 1_000
    }
}

/// A bucket of calls or points that gets its fill at every multiple of a span since the epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refill {
    /// What a full one holds.
    pub capacity: u32,
    /// What comes back at once.
    pub fill: u32,
    /// From one fill to the next.
    pub every: Millis,
    /// Whether it counts points and not calls.
    pub is_of_points: bool,
}

impl Refill {
    /// How long after `first` the last of so much is admitted at the soonest.
    pub(super) fn last_admission(self, amount: u64, first: Instant) -> Millis {
        let beyond = amount.saturating_sub(u64::from(self.capacity));
        let fills = beyond.div_ceil(u64::from(self.fill.max(1)));
        let every = self.every.0.max(1);
        // Without a fill it is at once; the first comes at the next multiple.
        Millis(fills.saturating_mul(every).saturating_sub(first.0 % every))
    }
}
