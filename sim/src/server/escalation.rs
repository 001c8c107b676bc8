//! A switch: who comes before the instant that it was told makes the refusal longer. Reported by developers of other
//! services, documented by nobody [?], so off by default.

use super::verdict::{Limit, Scope};
use headroom_model::time::{HOUR, Instant, Millis};
use std::collections::BTreeMap;

/// What each tenant was told.
#[derive(Clone, Debug)]
pub(super) struct Escalation {
    step: Millis,
    told: BTreeMap<u32, Told>,
}

/// The last refusal of a tenant.
#[derive(Clone, Debug)]
pub(super) struct Told {
    pub(super) limit: Limit,
    pub(super) scope: Scope,
    pub(super) until: Instant,
}

impl Escalation {
    pub(super) const fn new(step: Millis) -> Self {
        Self { step, told: BTreeMap::new() }
    }

    /// The refusal that a call at `now` comes too early for. It is longer from now on, though by no more than an hour.
    pub(super) fn early(&mut self, tenant: u32, now: Instant) -> Option<&Told> {
        let told = self.told.get_mut(&tenant).filter(|told| now < told.until)?;
        told.until = (told.until + self.step).min(now + HOUR).max(told.until);
        Some(told)
    }

    /// A refusal with an end was told. An earlier end never shortens a later one.
    pub(super) fn tell(&mut self, tenant: u32, limit: Limit, scope: &Scope, until: Instant) {
        let told = Told { limit, scope: scope.clone(), until };
        let last = self.told.entry(tenant).or_insert_with(|| told.clone());
        if until > last.until {
            *last = told;
        }
    }
}
