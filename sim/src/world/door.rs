//! The server as the world sees it. The one place that knows how it is called.

use crate::scenario::{Scenario, ServerSpec};
use crate::server::{Decision, Server};
use headroom_model::operation::{Operation, Trigger};
use headroom_model::time::Instant;

/// How a call is authorised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Auth {
    /// As an app.
    App {
        /// Which of its copies; they share one quota.
        copy: u32,
    },
    /// With an API token of a user.
    ApiToken,
    /// Not at all.
    Anonymous,
}

/// Who sends a call.
#[derive(Clone, Copy, Debug)]
#[allow(dead_code, reason = "the old server asks for none of it; the new one does")]
pub(crate) struct Sender<'a> {
    pub(crate) node: u32,
    pub(crate) account: Option<&'a str>,
    pub(crate) auth: Auth,
    pub(crate) is_frontend: bool,
    pub(crate) is_new_connection: bool,
}

/// A call that reaches the server.
#[derive(Clone, Copy, Debug)]
#[allow(dead_code, reason = "the old server asks for the operation alone; the new one does not")]
pub(crate) struct Arrival<'a> {
    pub(crate) operation: &'a Operation,
    pub(crate) sender: Sender<'a>,
    /// That the answer will hold.
    pub(crate) objects: u32,
}

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
    pub(crate) fn new(scenario: &Scenario, _seed: u64) -> Self {
        Self { server: Server::new(scenario), spec: scenario.server }
    }

    /// What the server does with a call.
    pub(crate) fn answer(&mut self, arrival: &Arrival<'_>, now: Instant) -> Decision {
        self.server.answer(arrival.operation, now)
    }

    /// When an event of the platform reaches the app; none: never.
    pub(crate) fn deliver(&mut self, _trigger: Trigger, _tenant: &str, now: Instant) -> Option<Instant> {
        Some(now)
    }

    pub(crate) fn pool(&self) -> Option<PoolFacts> {
        match self.spec {
            ServerSpec::Points(spec) => {
                Some(PoolFacts { points: spec.quota_points, used: spec.used_points, is_per_tenant: false })
            }
            ServerSpec::Invocations(_) => None,
        }
    }

    /// Calls per second and tenant that the burst limit lets through in the long run.
    pub(crate) fn burst_per_second(&self) -> Option<u32> {
        match self.spec {
            ServerSpec::Points(spec) => Some(spec.burst_per_second),
            ServerSpec::Invocations(_) => None,
        }
    }
}
