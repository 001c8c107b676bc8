//! The planner component as a client of the simulator.

use crate::limiter_seed;
use headroom_host::harness::convert;
use headroom_host::types::CallOptions;
use headroom_host::{Planner, PlannerCall, PlannerComponent, Step};
use headroom_model::operation::{Answer, Operation};
use headroom_model::time::Instant;
use headroom_sim::JobId;
use headroom_sim::scenario::ClientSpec;
use headroom_sim::strategy::{Move, Strategy};
use std::collections::BTreeMap;

/// One limiter, inside a planner instance, for all jobs of a scenario.
pub struct InPlanner {
    planner: Planner,
    options: CallOptions,
    calls: BTreeMap<JobId, PlannerCall>,
}

impl InPlanner {
    /// A client that was told what the scenario's client is told, with the client component's seed.
    ///
    /// # Errors
    /// If the component cannot be instantiated.
    pub fn new(component: &PlannerComponent, client: &ClientSpec, seed: u64) -> anyhow::Result<Self> {
        let planner = component.instantiate(|config| convert::configure(config, client), limiter_seed(seed))?;
        Ok(Self { planner, options: convert::options(client), calls: BTreeMap::new() })
    }

    fn go_on(&mut self, job: JobId, now: Instant) -> Move {
        let call = self.calls[&job];
        match self.planner.next(call, now.0).expect("the planner does not trap") {
            Step::Send(_) => Move::Send,
            Step::WaitUntil(wait) => Move::WaitUntil(Instant(wait.until)),
            Step::AwaitingAnswer => panic!("job {job:?} was asked for while its attempt is on its way"),
            Step::Done(outcome) => {
                self.planner.end(call).expect("the planner does not trap");
                self.calls.remove(&job);
                Move::Finish(convert::ending(&outcome))
            }
        }
    }
}

impl Strategy for InPlanner {
    fn name(&self) -> &str {
        "headroom"
    }

    fn start(&mut self, job: JobId, operation: &Operation, now: Instant) -> Move {
        let operation = convert::to_wit_operation(operation.clone());
        let call = self.planner.begin(&operation, &self.options, now.0).expect("the planner does not trap");
        self.calls.insert(job, call);
        self.go_on(job, now)
    }

    fn answered(&mut self, job: JobId, _attempt: u32, answer: &Answer, now: Instant) -> Move {
        let answer = convert::to_wit(answer.clone());
        self.planner.on_response(self.calls[&job], &answer, now.0).expect("the planner does not trap");
        self.go_on(job, now)
    }

    fn woke(&mut self, job: JobId, now: Instant) -> Move {
        self.go_on(job, now)
    }
}
