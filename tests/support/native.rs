//! The core, linked directly, as a client of the simulator.

use crate::limiter_seed;
use headroom_core::config::BurstRate;
use headroom_core::verdict::{CallOptions, Ending as End, Step};
use headroom_core::{CallId, Config, Limiter};
use headroom_model::operation::{Answer, Operation};
use headroom_model::time::Instant;
use headroom_sim::scenario::ClientSpec;
use headroom_sim::strategy::{Move, Strategy};
use headroom_sim::{Ending, JobId};
use std::collections::BTreeMap;

/// One limiter for all jobs of a scenario.
pub struct Native {
    limiter: Limiter,
    options: CallOptions,
    calls: BTreeMap<JobId, CallId>,
}

impl Native {
    /// A client that was told what the scenario's client is told, with the component's seed.
    ///
    /// # Panics
    /// If the scenario's configuration is out of range.
    #[must_use]
    pub fn new(client: &ClientSpec, seed: u64) -> Self {
        let default = Config::default();
        let config = Config {
            quota_points: client.quota_points.unwrap_or(default.quota_points),
            burst: client
                .burst
                .map(|burst| BurstRate { per_second: burst.per_second, capacity: burst.capacity })
                .or(default.burst),
            invocations: client.invocations.unwrap_or(default.invocations),
            ..default
        };
        let limiter = Limiter::new(config, limiter_seed(seed)).expect("scenarios are within the limiter's ranges");
        let options = CallOptions { deadline: client.deadline, ..CallOptions::default() };
        Self { limiter, options, calls: BTreeMap::new() }
    }

    fn go_on(&mut self, job: JobId, now: Instant) -> Move {
        let call = self.calls[&job];
        let outcome = match self.limiter.next(call, now) {
            Step::Send(_) => return Move::Send,
            Step::WaitUntil(wait) => return Move::WaitUntil(wait.until),
            Step::AwaitingAnswer => panic!("job {job:?} was asked for while its attempt is on its way"),
            Step::Done(outcome) => outcome,
        };
        self.limiter.end(call);
        self.calls.remove(&job);
        Move::Finish(match outcome.ending {
            End::Success => Ending::Done,
            End::Deferred(wait) => Ending::Deferred(wait.until),
            End::Refused(_) | End::Failed => Ending::Lost,
        })
    }
}

impl Strategy for Native {
    fn name(&self) -> &str {
        "headroom"
    }

    fn start(&mut self, job: JobId, operation: &Operation, now: Instant) -> Move {
        let call = self.limiter.begin(operation, &self.options, now).expect("fewer jobs than calls may be open");
        self.calls.insert(job, call);
        self.go_on(job, now)
    }

    fn answered(&mut self, job: JobId, _attempt: u32, answer: &Answer, now: Instant) -> Move {
        self.limiter.on_response(self.calls[&job], answer, now);
        self.go_on(job, now)
    }

    fn woke(&mut self, job: JobId, now: Instant) -> Move {
        self.go_on(job, now)
    }
}
