//! The doors of a server: one file for each limiter. Each says what concerns it, whom it counts together, and how much.

mod burst;
mod endpoints;
mod invocations;
mod issue_writes;
mod requests;
mod storage;
mod token;
mod tunnel;
mod user_quota;

pub(super) use invocations::run_limit;

use super::arrival::Facts;
use super::door::{Door, Key};
use super::spec::ServerSpec;
use super::verdict::Scope;

/// All doors but the points quota, which has more to it than a counter.
pub(super) fn of(spec: &ServerSpec) -> Vec<Door> {
    let mut doors = Vec::new();
    doors.extend(spec.tunnel.as_ref().map(tunnel::door));
    doors.extend(spec.egress.as_ref().map(storage::egress));
    doors.extend(spec.storage.as_ref().map(storage::store));
    doors.extend(spec.quota.as_ref().and_then(user_quota::door));
    doors.extend(spec.api_token.iter().flat_map(token::doors));
    if spec.per_issue_writes {
        doors.extend(issue_writes::doors());
    }
    doors.extend(spec.burst.iter().flat_map(burst::doors));
    doors.extend(spec.invocations.iter().flat_map(invocations::doors));
    doors.extend(spec.requests.iter().flat_map(|requests| requests::doors(requests, spec.product)));
    doors
}

/// Everything of the product's, by tenant.
fn by_tenant(facts: &Facts<'_>) -> Option<Key> {
    facts.is_of_the_product().then_some(Key::One(facts.tenant))
}

pub(super) fn tenant(facts: &Facts<'_>) -> Scope {
    Scope::Tenant(facts.request().map(|request| request.tenant.clone()).unwrap_or_default())
}

fn account(facts: &Facts<'_>) -> Scope {
    Scope::account(facts.arrival)
}
