//! Limits of API-token traffic alone: a burst of its own, and the hourly wall of reason `jira-cost-based`.
//!
//! Sources: announcement of 2025-12-12 (API tokens spend no points, burst limits hold them); the wall was seen in the
//! field, with limits of 150,000 to 600,000 for each account and site (notes on migrations, a thread on search).

use super::account;
use crate::server::arrival::{Auth, Facts};
use crate::server::counter::Counter;
use crate::server::door::{Door, Key};
use crate::server::spec::ApiTokenSpec;
use crate::server::verdict::Limit;
use headroom_model::facts;
use headroom_model::time::HOUR;

pub(super) fn doors(spec: &ApiTokenSpec) -> Vec<Door> {
    let ApiTokenSpec { hourly_cost, per_second, capacity } = spec;
    let wall = hourly_cost
        .map(|cost| Door::new(Limit::TokenCost, Counter::fixed(cost.get(), HOUR), by_token, account).of_points());
    let is_paced = per_second.is_some() || capacity.is_some();
    let bucket = is_paced.then(|| {
        let per_second = per_second.map_or(facts::JIRA_GET_PER_SECOND.value, |rate| rate.get());
        let capacity = capacity.map_or(per_second, |capacity| capacity.get());
        Door::new(Limit::Burst, Counter::bucket(capacity, per_second), by_token, account)
    });
    wall.into_iter().chain(bucket).collect()
}

/// An account on a tenant; who names none is told by the machine.
fn by_token(facts: &Facts<'_>) -> Option<Key> {
    let is_token = facts.is_of_the_product() && facts.arrival.sender.auth == Auth::ApiToken;
    is_token.then(|| Key::Who(facts.tenant, facts.who()))
}
