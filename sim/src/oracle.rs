//! How fast the best client could have been: a lower bound on the completion time.
//!
//! The bound is `max(T_burst, T_points, T_count) + L`: what the limits force, from the first instant at which a call
//! can be at the server, and one round trip `L` for the last call. Windows are cut where the server cuts them, so the
//! time to the next reset is counted from that instant too, half a round trip after the start: a call that is sent
//! just before the reset arrives just after it, and may.

pub mod fleet;
mod instance;
mod points;

pub use points::Burst;

use crate::scenario::Scenario;
use crate::workload::Workload;
use headroom_model::profile::{WindowRule, WindowShape};
use headroom_model::time::{Instant, Millis};

/// No client can have all work done sooner than this after the start.
///
/// Work that follows other work counts as there from the start, which makes the bound only safer.
#[must_use]
pub fn lower_bound(scenario: &Scenario, workload: &Workload) -> Millis {
    let (limits, work) = instance::of(scenario, workload);
    fleet::last_admission(&limits, &work) + scenario.round_trip.get()
}

/// When the last of `count` calls is admitted at the soonest, under rules that all count it, the first arriving at
/// `first`.
///
/// A rule of `limit` per span says no more than this: a call is after the end of the window of the one `limit` calls
/// before it. Taking each call as soon as its predecessors allow is therefore the optimum, for fixed and sliding
/// windows alike: by induction no client has its k-th call admitted sooner. For limits that begin together at a
/// window's start there is a closed form, which the tests compare.
fn last_admission(rules: &[WindowRule], count: u64, first: Instant) -> Instant {
    let mut admitted: Vec<Instant> = Vec::new();
    let mut now = first;
    while (admitted.len() as u64) < count {
        let call = admitted.len();
        for rule in rules {
            if let Some(before) = call.checked_sub(rule.limit as usize).map(|before| admitted[before]) {
                let opened = match rule.shape {
                    WindowShape::Sliding => before,
                    WindowShape::Fixed => Instant(before.0 - before.0 % rule.span.0),
                };
                now = now.max(opened + rule.span);
            }
        }
        admitted.push(now);
    }
    now
}

#[cfg(test)]
mod tests;
