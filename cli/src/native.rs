//! The strategy `headroom-native`: the core linked directly, one limiter for each node.
//!
//! It decides as the component does, call by call, and is some ten times as fast: for long days and large fleets.

use headroom_core::config::{BurstRate, PoolKind, RateWindow};
use headroom_core::verdict::{self, CallOptions, Ending as End, Step};
use headroom_core::{CallId, Config, Limiter};
use headroom_model::allowance::Allowance;
use headroom_model::operation::{Answer, AttemptError, Operation};
use headroom_model::profile::CountedPer;
use headroom_model::rng::SplitMix64;
use headroom_model::time::Instant;
use headroom_sim::scenario::{ClientSpec, Counted, Each, Pool, Priority, Scenario, WindowSpec};
use headroom_sim::strategy::{Move, Strategy};
use headroom_sim::{Ending, JobId, run, workload};
use std::collections::BTreeMap;

/// Its name among the strategies.
pub const NAME: &str = "headroom-native";

/// The limiter of one node, and its open calls.
pub struct Native {
    name: &'static str,
    limiter: Limiter,
    calls: BTreeMap<JobId, CallId>,
    /// The latest instant that was heard of: saving takes one, a crash has none.
    now: Instant,
}

impl Native {
    /// The client of this node, told what the scenario says, with the randomness that a component of this node would
    /// have. Under the component's `name` it leaves the same trace.
    ///
    /// # Panics
    /// If the scenario's configuration is out of the limiter's range; a scenario that was parsed is not.
    #[must_use]
    pub fn new(scenario: &Scenario, name: &'static str, seed: u64, node: u32) -> Self {
        let seed = SplitMix64::new(run::node_seed(seed, node)).next_u64();
        let limiter = Limiter::new(config(scenario), seed).expect("scenarios are within the limiter's ranges");
        Self { name, limiter, calls: BTreeMap::new(), now: Instant(0) }
    }

    fn go_on(&mut self, job: JobId, now: Instant) -> Move {
        self.now = now;
        let Some(call) = self.calls.get(&job).copied() else { return Move::Finish(Ending::Lost) };
        let outcome = match self.limiter.next(call, now) {
            Step::Send(_) => return Move::Send,
            Step::WaitUntil(wait) => return Move::WaitUntil(wait.until),
            // The driver asks again only when the answer is there.
            Step::AwaitingAnswer => return Move::Finish(Ending::Lost),
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
        self.name
    }

    fn start(&mut self, job: JobId, operation: &Operation, options: &workload::CallOptions, now: Instant) -> Move {
        match self.limiter.begin(operation, &wishes(options), now) {
            Ok(call) => {
                self.calls.insert(job, call);
                self.go_on(job, now)
            }
            Err(_) => Move::Finish(Ending::Lost),
        }
    }

    fn answered(&mut self, job: JobId, _attempt: u32, answer: &Answer, now: Instant) -> Move {
        if let Some(call) = self.calls.get(&job) {
            self.limiter.on_response(*call, answer, now);
        }
        self.go_on(job, now)
    }

    fn failed(&mut self, job: JobId, _attempt: u32, _error: &AttemptError, now: Instant) -> Move {
        if let Some(call) = self.calls.get(&job) {
            self.limiter.on_failure(*call, now);
        }
        self.go_on(job, now)
    }

    fn woke(&mut self, job: JobId, now: Instant) -> Move {
        self.go_on(job, now)
    }

    fn save(&self) -> Option<Vec<u8>> {
        Some(self.limiter.save(self.now).bytes)
    }

    fn restore(&mut self, state: &[u8], now: Instant) {
        // What another clock has saved may lie in this one's future; it is then no memory, and the run shows it.
        let _ = self.limiter.restore(state, now);
    }
}

/// What the developer told the client; where nothing was said, the limiter's default holds.
fn config(scenario: &Scenario) -> Config {
    let (client, default) = (&scenario.client, Config::default());
    let ClientSpec { quota_points, pool, burst, invocations, nodes, max_attempts, retry_budget, .. } = client;
    let of_fleet = match scenario.fleet.each {
        Each::Node => scenario.fleet.nodes.get(),
        Each::User => 1,
    };
    Config {
        quota_points: quota_points.map_or(default.quota_points, |points| points.get()),
        pool: pool.map_or(default.pool, |pool| match pool {
            Pool::Global => PoolKind::Global,
            Pool::PerTenant => PoolKind::PerTenant,
        }),
        burst: burst
            .map(|burst| BurstRate { per_second: burst.per_second.get(), capacity: burst.capacity.get() })
            .or(default.burst),
        invocations: invocations.unwrap_or(default.invocations),
        nodes: nodes.map_or(of_fleet, |nodes| nodes.get()),
        max_attempts: max_attempts.map_or(default.max_attempts, |attempts| attempts.get()),
        retry_budget: retry_budget.map_or(default.retry_budget, |budget| budget.get()),
        tenant_cap: client.tenant_cap.map(|cap| Allowance {
            base: cap.base.get(),
            per_user: cap.per_user.get(),
            cap: cap.most.map(|most| most.get()),
        }),
        user_cap: client.user_cap.map(|points| points.get()),
        windows: client.windows.iter().flatten().map(window).collect(),
        ..default
    }
}

fn window(WindowSpec { per, limit, span }: &WindowSpec) -> RateWindow {
    let per = match per {
        Counted::App => CountedPer::App,
        Counted::Account => CountedPer::Account,
        Counted::Environment => CountedPer::Environment,
        Counted::Installation => CountedPer::Installation,
        Counted::User => CountedPer::User,
    };
    RateWindow { per, limit: limit.get(), span: span.get() }
}

fn wishes(options: &workload::CallOptions) -> CallOptions {
    let default = CallOptions::default();
    CallOptions {
        deadline: options.deadline,
        priority: options.priority.map_or(default.priority, |priority| match priority {
            Priority::Interactive => verdict::Priority::Interactive,
            Priority::Background => verdict::Priority::Background,
        }),
        user: options.user.clone(),
        idempotent: options.is_idempotent,
        retry_unsafe: options.may_retry_unsafe,
        ..default
    }
}
