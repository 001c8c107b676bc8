//! The server as the world sees it, and what the figures of a run need to know of its limits.

use crate::scenario::Scenario;
use crate::server::{Arrival, Decision, Server, ServerSpec, Slot};
use headroom_model::operation::Context;
use headroom_model::time::Instant;

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

    /// Calls per second and tenant that the burst limit lets through in the long run; none where that depends on the
    /// path.
    pub(crate) fn burst_per_second(&self) -> Option<u32> {
        let burst = self.spec.burst.as_ref().filter(|burst| burst.endpoints.is_none())?;
        Some(burst.per_second())
    }
}
