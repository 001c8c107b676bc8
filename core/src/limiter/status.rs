//! All that a limiter knows, to be shown.

use super::Limiter;
use crate::verdict::{Confidence, Forecast, Scope, Wait};
use headroom_model::time::Instant;

/// What a limiter knows at an instant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// Calls that were begun and not ended.
    pub open_calls: u32,
    /// Attempts on their way.
    pub in_flight: u32,
    /// Pools of points of which something is known, [`Status::MOST`] at most.
    pub pools: Vec<PoolStatus>,
    /// What waits for the end of a pause, [`Status::MOST`] scopes at most.
    pub pauses: Vec<Wait>,
    /// How many pools and pauses more there are.
    pub unlisted: u32,
}

/// What is known of a pool of points.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PoolStatus {
    /// Whose it is.
    pub scope: Scope,
    /// Points left for new calls.
    pub points_left: u32,
    /// How that is known.
    pub confidence: Confidence,
    /// When its hour ends.
    pub resets_at: Instant,
    /// When it runs dry within this hour, if points go on to be spent as they were of late.
    pub exhausted_at: Option<Instant>,
    /// The same under the coming rule, for a call of one point.
    pub beta: Option<Forecast>,
}

impl Status {
    /// So many pools and so many pauses are listed.
    pub const MOST: usize = 100;
}

impl Limiter {
    /// What is known at `now`. It takes nothing.
    #[must_use]
    pub fn status(&self, now: Instant) -> Status {
        let now = now.max(self.latest);
        let (mut pools, mut pauses) = (self.gates.pools(now), self.gates.pauses(now));
        let unlisted = pools.len().saturating_sub(Status::MOST) + pauses.len().saturating_sub(Status::MOST);
        pools.truncate(Status::MOST);
        pauses.truncate(Status::MOST);
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Status {
            open_calls: count(self.calls.len()),
            in_flight: self.gates.in_flight(),
            pools,
            pauses,
            unlisted: count(unlisted),
        }
    }
}
