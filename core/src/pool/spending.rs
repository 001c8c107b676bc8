//! What was spent of a pool of late, and what follows from it.

use super::Pool;
use headroom_model::time::{HOUR, Instant, Millis};

impl Pool {
    /// When the points are spent at the pace of late, if within this hour.
    pub(crate) fn exhausted_at(&self, now: Instant) -> Option<Instant> {
        let pool = self.at(now);
        self.spending.exhausted_at(pool.left(), now, pool.window.next_hour())
    }

    /// For how long at `now` it has been metered what is spent of the pool; no more than an hour.
    pub(crate) fn metered_for(&self, now: Instant) -> Millis {
        self.spending.counted_for(now).unwrap_or(HOUR)
    }

    /// What a call cost of late in the mean, rounded up; 0 if there was none.
    pub(crate) fn mean_cost(&self) -> u64 {
        self.spending.mean_cost()
    }
}
