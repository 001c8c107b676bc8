//! The lower bound on the time any client needs: oracle.md section 1, in integer milliseconds.

use crate::scenario::Scenario;
use headroom_model::time::Millis;

/// No client can be done sooner than this after the start.
#[must_use]
pub fn lower_bound(scenario: &Scenario) -> Millis {
    scenario.round_trip
}
