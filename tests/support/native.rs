//! The core, linked directly, as a client of the simulator.

use crate::limiter_seed;
use headroom_core::config::{BurstRate, PoolKind};
use headroom_core::verdict::{CallOptions as Wishes, Ending as End, Priority as Who, Step};
use headroom_core::{CallId, Config, Limiter};
use headroom_model::allowance::Allowance;
use headroom_model::operation::{Answer, AttemptError, Operation};
use headroom_model::time::Instant;
use headroom_sim::scenario::{Each, Pool, Priority};
use headroom_sim::strategy::{Move, Strategy};
use headroom_sim::value::Whole;
use headroom_sim::{CallOptions, Ending, JobId, Scenario};
use std::collections::BTreeMap;

/// One limiter for all jobs of a node.
pub struct Native {
    limiter: Limiter,
    calls: BTreeMap<JobId, CallId>,
    /// What the clock showed when it was last asked.
    now: Instant,
}

impl Native {
    /// A client that was told what the scenario's client is told, with the component's seed.
    ///
    /// # Panics
    /// If the scenario's configuration is out of range.
    #[must_use]
    pub fn new(scenario: &Scenario, seed: u64) -> Self {
        let limiter =
            Limiter::new(config(scenario), limiter_seed(seed)).expect("scenarios are within the limiter's ranges");
        Self { limiter, calls: BTreeMap::new(), now: Instant::default() }
    }

    fn go_on(&mut self, job: JobId, now: Instant) -> Move {
        self.now = now;
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

fn config(scenario: &Scenario) -> Config {
    let (client, default) = (&scenario.client, Config::default());
    let pool = client.pool.map(|pool| match pool {
        Pool::Global => PoolKind::Global,
        Pool::PerTenant => PoolKind::PerTenant,
    });
    let burst =
        client.burst.map(|burst| BurstRate { per_second: burst.per_second.get(), capacity: burst.capacity.get() });
    let nodes = match scenario.fleet.each {
        Each::Node => scenario.fleet.nodes.get(),
        Each::User => 1,
    };
    let tenant_cap = client.tenant_cap.map(|cap| Allowance {
        base: cap.base.get(),
        per_user: cap.per_user.get(),
        cap: cap.most.map(Whole::get),
    });
    Config {
        quota_points: client.quota_points.map_or(default.quota_points, Whole::get),
        pool: pool.unwrap_or(default.pool),
        burst: burst.or(default.burst),
        invocations: client.invocations.unwrap_or(default.invocations),
        nodes: client.nodes.map_or(nodes, Whole::get),
        max_attempts: client.max_attempts.map_or(default.max_attempts, Whole::get),
        retry_budget: client.retry_budget.map_or(default.retry_budget, Whole::get),
        tenant_cap: tenant_cap.or(default.tenant_cap),
        user_cap: client.user_cap.map(Whole::get).or(default.user_cap),
        ..default
    }
}

impl Strategy for Native {
    fn name(&self) -> &str {
        "headroom"
    }

    fn start(&mut self, job: JobId, operation: &Operation, options: &CallOptions, now: Instant) -> Move {
        let options = Wishes {
            deadline: options.deadline,
            idempotent: options.is_idempotent,
            priority: match options.priority {
                Some(Priority::Background) => Who::Background,
                Some(Priority::Interactive) | None => Who::Interactive,
            },
            user: options.user.clone(),
            retry_unsafe: options.may_retry_unsafe,
            ..Wishes::default()
        };
        self.now = now;
        match self.limiter.begin(operation, &options, now) {
            Ok(call) => {
                self.calls.insert(job, call);
                self.go_on(job, now)
            }
            Err(_) => Move::Finish(Ending::Lost),
        }
    }

    fn answered(&mut self, job: JobId, _attempt: u32, answer: &Answer, now: Instant) -> Move {
        self.limiter.on_response(self.calls[&job], answer, now);
        self.go_on(job, now)
    }

    fn failed(&mut self, job: JobId, _attempt: u32, _error: &AttemptError, now: Instant) -> Move {
        self.limiter.on_failure(self.calls[&job], now);
        self.go_on(job, now)
    }

    fn woke(&mut self, job: JobId, now: Instant) -> Move {
        self.go_on(job, now)
    }

    fn save(&self) -> Option<Vec<u8>> {
        Some(self.limiter.save(self.now).bytes)
    }

    fn restore(&mut self, state: &[u8], now: Instant) {
        self.now = now;
        // One that does not take it, because its clock was set back since, knows nothing.
        let _ = self.limiter.restore(state, now);
    }
}
