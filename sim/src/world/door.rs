//! The server as the world sees it, and what the figures of a run need to know of its limits.

use crate::scenario::Scenario;
use crate::server::spec::{QuotaScope, QuotaSpec};
use crate::server::{Arrival, Decision, Server, ServerSpec, Slot};
use crate::value::Whole;
use headroom_model::operation::Context;
use headroom_model::time::Instant;

/// The hourly pool, for the figures of a run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PoolFacts {
    pub(crate) points: u32,
    /// Used by others in the hour of the start.
    pub(crate) used: u32,
    pub(crate) is_per_tenant: bool,
}

/// The server of a run.
#[derive(Debug)]
pub(crate) struct Door {
    server: Server,
    spec: ServerSpec,
}

impl Door {
    /// The server as it is at the scenario's start; `seed` draws what it leaves to chance.
    pub(crate) fn new(scenario: &Scenario, seed: u64) -> Self {
        let spec = scenario.server.clone();
        Self { server: Server::new(&spec, scenario.start, seed), spec }
    }

    /// What the server does with a call.
    pub(crate) fn answer(&mut self, arrival: &Arrival<'_>, now: Instant) -> Decision {
        self.server.answer(arrival, now)
    }

    /// A call that held a place among those at the same time is over.
    pub(crate) fn release(&mut self, slot: Option<Slot>) {
        if let Some(slot) = slot {
            self.server.release(slot);
        }
    }

    /// When an event of the platform reaches the app; none: never.
    pub(crate) fn deliver(&mut self, context: &Context, now: Instant) -> Option<Instant> {
        self.server.deliver(context, now)
    }

    /// None without a pool, and where it does not begin anew at the hour or changes: then no share of it says anything.
    pub(crate) fn pool(&self) -> Option<PoolFacts> {
        let quota = self.spec.quota.as_ref()?;
        if quota.refill.is_some() || !quota.changes.is_empty() {
            return None;
        }
        let QuotaSpec { used_points, .. } = quota;
        Some(PoolFacts {
            points: quota.points_per_hour(),
            used: used_points.map_or(0, Whole::get),
            is_per_tenant: quota.scope() == QuotaScope::Tenant,
        })
    }

    /// Calls per second and tenant that the burst limit lets through in the long run; none where that depends on the
    /// path.
    pub(crate) fn burst_per_second(&self) -> Option<u32> {
        let burst = self.spec.burst.as_ref().filter(|burst| burst.endpoints.is_none())?;
        Some(burst.per_second())
    }
}
