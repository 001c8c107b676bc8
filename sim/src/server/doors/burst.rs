//! The burst limit: a token bucket for each tenant, and tighter ones for what Confluence protects more.
//!
//! Sources: Confluence's page of 2025-12-12 ("evaluated over short time windows (typically seconds)", extra protection
//! of permission, search and admin endpoints, no number); Jira's page for the token bucket.

use super::{by_tenant, endpoints, tenant};
use crate::server::arrival::Facts;
use crate::server::counter::Counter;
use crate::server::door::{Door, Key};
use crate::server::spec::BurstSpec;
use crate::server::verdict::Limit;
use headroom_model::facts;

pub(super) fn doors(spec: &BurstSpec) -> Vec<Door> {
    let BurstSpec { per_second, capacity, endpoints, guarded } = spec;
    let mut doors = Vec::new();
    if endpoints.is_some() {
        doors.push(endpoints::door(capacity.map(|capacity| capacity.get())));
    } else {
        let per_second = per_second.map_or(facts::JIRA_GET_PER_SECOND.value, |rate| rate.get());
        let capacity = capacity.map_or(per_second, |capacity| capacity.get());
        doors.push(Door::new(Limit::Burst, Counter::bucket(capacity, per_second), by_tenant, tenant));
    }
    if let Some(guarded) = guarded {
        let bucket = Counter::bucket(guarded.capacity.get(), guarded.per_second.get());
        doors.push(Door::new(Limit::Burst, bucket, by_guarded_group, tenant));
    }
    doors
}

/// Words that tell a guarded path, in lowercase as in the products' paths; a group has a bucket of its own.
const GUARDED: [&[&str]; 3] = [&["permission", "restriction"], &["search", "/cql"], &["admin", "/audit", "/settings"]];

fn by_guarded_group(facts: &Facts<'_>) -> Option<Key> {
    let request = facts.request().filter(|_| facts.is_of_the_product())?;
    let path = request.path.split('?').next().unwrap_or_default();
    let group = GUARDED.iter().position(|words| words.iter().any(|word| path.contains(word)))?;
    Some(Key::Two(facts.tenant, u32::try_from(group).unwrap_or(u32::MAX)))
}
