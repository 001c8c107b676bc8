//! What gates know, to be shown.

use super::Gates;
use crate::limiter::PoolStatus;
use crate::verdict::Wait;
use headroom_model::time::Instant;

impl Gates {
    /// All pools of points of which something is known, in the order in which they became so.
    pub(crate) fn pools(&self, now: Instant) -> Vec<PoolStatus> {
        let pools = self.scopes.iter().filter_map(|(id, gate)| {
            let pool = gate.pool.as_ref()?;
            let (points_left, confidence) = pool.points_left(now);
            Some(PoolStatus {
                scope: self.scopes.name(id),
                points_left,
                confidence,
                resets_at: now.next_hour(),
                exhausted_at: pool.exhausted_at(now),
                beta: gate.shadow().map(|shadow| shadow.forecast(1, now)),
            })
        });
        pools.collect()
    }

    /// All scopes that are paused, and until when.
    pub(crate) fn pauses(&self, now: Instant) -> Vec<Wait> {
        let paused = self.scopes.iter().filter(|(_, gate)| gate.is_paused(now));
        paused.map(|(id, gate)| Wait { until: gate.pause.until, limit: self.limit(gate.paused_by(), id) }).collect()
    }

    /// Attempts on their way.
    pub(crate) fn in_flight(&self) -> u32 {
        self.scopes.iter().fold(0, |sum, (_, gate)| sum.saturating_add(gate.in_flight))
    }
}
