//! Forge's storage and its egress. Sources: Forge's page on the key-value store, 2025-12-01; its page on limits of
//! invocations and network, read 2026-11.

use crate::server::arrival::{Facts, Target};
use crate::server::counter::Counter;
use crate::server::door::{Door, Key};
use crate::server::spec::{EgressSpec, StorageSpec};
use crate::server::verdict::{Limit, Scope};
use headroom_model::facts;
use headroom_model::time::Millis;

/// Requests of one installation in a second. How the second moves is not published: a fixed one.
pub(super) fn store(spec: &StorageSpec) -> Door {
    let limit = spec.per_second.map_or(facts::KVS_REQUESTS_PER_SECOND.value, |most| most.get());
    Door::new(Limit::StorageRate, Counter::fixed(limit, Millis::from_secs(1)), by_installation, installation)
}

/// Requests of the app to other hosts in a minute. How the minute moves is not published: a fixed one.
pub(super) fn egress(spec: &EgressSpec) -> Door {
    let limit = spec.per_minute.map_or(facts::EGRESS_PER_MINUTE.value, |most| most.get());
    Door::new(Limit::Egress, Counter::fixed(limit, Millis::from_secs(60)), by_app, |_| Scope::App)
}

fn by_installation(facts: &Facts<'_>) -> Option<Key> {
    (facts.target == Target::Storage).then_some(Key::One(facts.tenant))
}

fn installation(facts: &Facts<'_>) -> Scope {
    Scope::Installation(facts.request().map(|request| request.tenant.clone()).unwrap_or_default())
}

fn by_app(facts: &Facts<'_>) -> Option<Key> {
    (facts.target == Target::Elsewhere).then_some(Key::All)
}
