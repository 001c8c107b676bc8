//! How fast the best client could have been: a lower bound on the completion time.
//!
//! The bound is `max(T_burst, T_points, T_count) + L`: what the limits force, from the first instant at which a call
//! can be at the server, and one round trip `L` for the last call. Windows are cut where the server cuts them, so the
//! time to the next reset is counted from that instant too, half a round trip after the start: a call that is sent
//! just before the reset arrives just after it, and may.

pub mod fleet;
mod points;

pub use points::Burst;

use crate::scenario::{Scenario, ServerSpec};
use crate::workload::JobId;
use fleet::{Class, Limits, Pool};
use headroom_model::operation::Operation;
use headroom_model::points::price;
use headroom_model::profile::{CountedPer, WindowRule, WindowShape};
use headroom_model::time::{HOUR, Instant, Millis};
use std::collections::BTreeMap;

/// No client can have all work done sooner than this after the start.
///
/// All work counts as there from the start, so arrivals that come later make the bound only safer.
#[must_use]
pub fn lower_bound(scenario: &Scenario) -> Millis {
    let first = scenario.start + scenario.way_out();
    let admitted = match scenario.server {
        ServerSpec::Points(spec) => {
            let is_same_hour = first.hour_start() == scenario.start.hour_start();
            let pool = Pool {
                quota: spec.quota_points,
                left: spec.quota_points - if is_same_hour { spec.used_points } else { 0 },
                window: HOUR,
                to_reset: first.next_hour().since(first),
            };
            let burst = Burst { capacity: spec.burst_capacity, per_second: spec.burst_per_second };
            let limits = Limits { pools: vec![pool], buckets: vec![burst], ..Limits::default() };
            fleet::last_admission(&limits, &pages(scenario))
        }
        // Every user calls once, so what is counted per user never binds.
        ServerSpec::Invocations(profile) => {
            let together = profile.rules().iter().filter(|rule| rule.per != CountedPer::User).copied();
            last_admission(&together.collect::<Vec<_>>(), scenario.jobs().into(), first).since(first)
        }
    };
    admitted + scenario.round_trip
}

/// All pages cost the same, so the first one tells.
fn pages(scenario: &Scenario) -> BTreeMap<Class, u64> {
    let Operation::Rest(page) = scenario.operation(JobId(0)) else { return BTreeMap::new() };
    let cost = price(&page.method, &page.path).likely;
    let class = Class { pool: Some(0), bucket: Some(0), windows: None, cost, ready: Millis::ZERO };
    BTreeMap::from([(class, u64::from(scenario.jobs()))])
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
