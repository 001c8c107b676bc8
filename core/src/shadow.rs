//! What the coming rule would have said: a second ledger, fed by the `Beta-` fields, that holds nothing up.

use crate::pool::{Fits, Pool, Sent};
use crate::verdict::Forecast;
use headroom_model::time::Instant;

/// The pool of the coming rule, from the first answer on that tells of one.
#[derive(Clone, Debug)]
pub(crate) struct Shadow {
    pub(crate) pool: Pool,
    /// How many attempts it would have refused.
    pub(crate) would_refuse: u32,
}

impl Shadow {
    pub(crate) const fn new(pool: Pool) -> Self {
        Self { pool, would_refuse: 0 }
    }

    /// An attempt is sent. None if it would have been refused: that costs nothing.
    pub(crate) fn sent(&mut self, cost: u32, now: Instant) -> Option<Sent> {
        if self.pool.earliest(cost, now, now) == Fits::From(now) {
            self.pool.reserve(cost, now);
            return Some(self.pool.sent(cost, now));
        }
        self.would_refuse = self.would_refuse.saturating_add(1);
        None
    }

    /// What it says of an operation of this cost.
    pub(crate) fn forecast(&self, cost: u32, now: Instant) -> Forecast {
        let (points_left, confidence) = self.pool.points_left(now);
        let not_before = match self.pool.earliest(cost, now, now) {
            Fits::From(instant) => Some(instant),
            Fits::Never => None,
        };
        let exhausted_at = self.pool.exhausted_at(now);
        Forecast { not_before, points_left, confidence, exhausted_at, would_refuse: self.would_refuse }
    }
}
