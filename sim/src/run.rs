//! Drives a strategy through a world, from the first start to the report.

use crate::report::Report;
use crate::scenario::Scenario;
use crate::strategy::{Move, Strategy};
use crate::trace::Sink;
use crate::workload::JobId;
use crate::world::{Event, RunError, TimerId, World};
use std::collections::BTreeMap;

/// Runs a scenario with a strategy to its end. `seed` draws what the scenario leaves to chance; a strategy has a seed
/// of its own. See [`World::new`] for `shared_client`.
///
/// # Errors
/// When the run has to be stopped, and when the trace cannot be written.
pub fn run(
    scenario: &Scenario,
    strategy: &mut dyn Strategy,
    shared_client: bool,
    seed: u64,
    trace: Option<Sink>,
) -> Result<Report, RunError> {
    let world = World::new(scenario, strategy.name(), shared_client, seed, trace);
    let attempts = vec![0; scenario.jobs() as usize];
    let mut driver = Driver { world, attempts, waiting: BTreeMap::new() };
    while let Some(event) = driver.world.next_event() {
        let now = driver.world.now();
        let (job, next) = match event {
            Event::Start(job) => (job, strategy.start(job, &scenario.operation(job), now)),
            Event::Answer { job, attempt, answer } => (job, strategy.answered(job, attempt, &answer, now)),
            Event::Wake(timer) => match driver.waiting.remove(&timer) {
                Some(job) => (job, strategy.woke(job, now)),
                None => continue,
            },
        };
        driver.perform(job, next);
    }
    driver.world.report()
}

struct Driver {
    world: World,
    /// Attempts sent, by job.
    attempts: Vec<u32>,
    waiting: BTreeMap<TimerId, JobId>,
}

impl Driver {
    fn perform(&mut self, job: JobId, next: Move) {
        match next {
            Move::Send => {
                let attempt = &mut self.attempts[job.0 as usize];
                *attempt += 1;
                let operation = self.world.scenario().operation(job);
                self.world.send(job, *attempt, &operation);
            }
            Move::WaitUntil(until) => {
                let timer = self.world.sleep_until(until);
                self.waiting.insert(timer, job);
            }
            Move::Finish(ending) => self.world.finish(job, ending),
        }
    }
}
