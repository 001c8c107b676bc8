//! The planner component as a client of the simulator.

use crate::limiter_seed;
use headroom_host::harness::convert;
use headroom_host::{Planner, PlannerCall, PlannerComponent, Step};
use headroom_model::operation::{Answer, AttemptError, Operation};
use headroom_model::time::Instant;
use headroom_sim::strategy::{Move, Strategy};
use headroom_sim::{CallOptions, JobId, Scenario};
use std::cell::RefCell;
use std::collections::BTreeMap;

/// One limiter, inside a planner instance, for all jobs of a node.
pub struct InPlanner {
    // To write down what it knows, an instance is called as for anything else.
    planner: RefCell<Planner>,
    calls: BTreeMap<JobId, PlannerCall>,
    /// What the clock showed when it was last asked.
    now: Instant,
}

impl InPlanner {
    /// A client that was told what the scenario's client is told, with the client component's seed.
    ///
    /// # Errors
    /// If the component cannot be instantiated.
    pub fn new(component: &PlannerComponent, scenario: &Scenario, seed: u64) -> anyhow::Result<Self> {
        let planner = component.instantiate(|config| convert::configure(config, scenario), limiter_seed(seed))?;
        Ok(Self { planner: RefCell::new(planner), calls: BTreeMap::new(), now: Instant::default() })
    }

    fn go_on(&mut self, job: JobId, now: Instant) -> Move {
        self.now = now;
        let call = self.calls[&job];
        let planner = self.planner.get_mut();
        match planner.next(call, now.0).expect("the planner does not trap") {
            Step::Send(_) => Move::Send,
            Step::WaitUntil(wait) => Move::WaitUntil(Instant(wait.until)),
            Step::AwaitingAnswer => panic!("job {job:?} was asked for while its attempt is on its way"),
            Step::Done(outcome) => {
                planner.end(call).expect("the planner does not trap");
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

    fn start(&mut self, job: JobId, operation: &Operation, options: &CallOptions, now: Instant) -> Move {
        let operation = convert::to_wit_operation(operation.clone());
        let options = convert::options(options.clone());
        let call = self.planner.get_mut().begin(&operation, &options, now.0).expect("the planner does not trap");
        self.calls.insert(job, call);
        self.go_on(job, now)
    }

    fn answered(&mut self, job: JobId, _attempt: u32, answer: &Answer, now: Instant) -> Move {
        let answer = convert::to_wit(answer.clone());
        let told = self.planner.get_mut().on_response(self.calls[&job], &answer, now.0);
        told.expect("the planner does not trap");
        self.go_on(job, now)
    }

    fn failed(&mut self, job: JobId, _attempt: u32, error: &AttemptError, now: Instant) -> Move {
        let error = convert::to_wit_error(error.clone());
        let told = self.planner.get_mut().on_failure(self.calls[&job], &error, now.0);
        told.expect("the planner does not trap");
        self.go_on(job, now)
    }

    fn woke(&mut self, job: JobId, now: Instant) -> Move {
        self.go_on(job, now)
    }

    fn save(&self) -> Option<Vec<u8>> {
        let saved = self.planner.borrow_mut().save(self.now.0);
        Some(saved.expect("the planner does not trap").bytes)
    }

    fn restore(&mut self, state: &[u8], now: Instant) {
        self.now = now;
        // One that does not take it, because its clock was set back since, knows nothing.
        let _ = self.planner.get_mut().restore(state, now.0).expect("the planner does not trap");
    }
}
