//! How good the best client could have been: a lower bound on the completion time, and how many points it can have
//! spent by each reset.
//!
//! The bound is `max(T_burst, T_points, T_count) + L`: what the limits force, from the first instant at which a call
//! can be at the server, and one round trip `L` for the last call. Windows are cut where the server cuts them, so the
//! time to the next reset is counted from that instant too, half a round trip after the start: a call that is sent
//! just before the reset arrives just after it, and may.
//!
//! | module | holds |
//! | --- | --- |
//! | `instance` | the limits and the work of a scenario, as its server counts them |
//! | [`fleet`] | the bound of all limits together, for work that comes bit by bit |
//! | `bucket`, `pool`, `window` | the bound of each kind of limit |
//! | `resets` | what the optimum has spent by each reset |

mod bucket;
pub mod fleet;
mod instance;
mod pool;
mod resets;
mod window;

pub use bucket::{Burst, Refill};
pub use pool::Pool;
pub use resets::Most;
pub use window::Window;

use crate::scenario::Scenario;
use crate::workload::Workload;
use headroom_model::time::{Instant, Millis};
use std::collections::BTreeMap;

/// What no client can do better.
#[derive(Clone, Debug)]
pub struct Optimum {
    /// No client can have all work done sooner than this after the start.
    pub bound: Millis,
    /// The most points that any client can have spent by each reset of the quota, until all work is admitted; empty
    /// where no points are counted, or come back bit by bit.
    pub by_reset: BTreeMap<Instant, Most>,
}

impl Optimum {
    /// The optimum of a scenario.
    ///
    /// Work that follows other work counts as there a round trip after that.
    #[must_use]
    pub fn of(scenario: &Scenario, workload: &Workload) -> Self {
        let (limits, work) = instance::of(scenario, workload);
        let bound = fleet::last_admission(&limits, &work) + scenario.round_trip.get();
        Self { bound, by_reset: resets::most_by_reset(&limits, &work) }
    }
}

/// No client can have all work done sooner than this after the start: [`Optimum::bound`].
#[must_use]
pub fn lower_bound(scenario: &Scenario, workload: &Workload) -> Millis {
    Optimum::of(scenario, workload).bound
}

#[cfg(test)]
mod tests;
