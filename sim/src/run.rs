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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::strategy;

    fn report(scenario: &str, name: &str) -> Report {
        let scenario = Scenario::builtin(scenario).unwrap();
        let mut strategy = strategy::builtin(name, 1).unwrap();
        run(&scenario, strategy.as_mut(), false, 1, None).unwrap()
    }

    #[test]
    fn without_retries_a_page_sync_does_what_the_burst_admits() {
        // 50 workers send every 100 ms, 800 times; from the first arrival to the last 79.9 s pass: 100 + 7,990 tokens.
        let none = report("page-sync", "none");
        assert_eq!((none.done, none.lost, none.sent), (8_090, 31_910, 40_000));
        assert_eq!((none.finish_ms, none.ratio, none.refused_by.burst), (80_000, None, 31_910));
    }

    #[test]
    fn without_retries_a_rush_gets_one_window_in() {
        // The first of the window leaves it a second later, when everybody has been refused already.
        let none = report("rush", "none");
        assert_eq!((none.done, none.lost, none.refused_by.invocation_rate), (300, 6_700, 6_700));
    }

    #[test]
    fn the_documented_pseudocode_loses_pages_and_sends_against_what_it_was_told() {
        let docs = report("page-sync", "atlassian-docs");
        assert!(docs.lost > 0 && docs.ratio.is_none() && docs.early > 0, "{docs:?}");
        assert!(docs.finish_ms > 2 * docs.bound_ms, "waits of 1.7 to 2.3 times the delay: {docs:?}");
    }

    #[test]
    fn the_sample_of_rfc_130_loses_most_of_a_rush_but_is_never_early() {
        let sample = report("rush", "rfc130-sample");
        assert!(sample.lost > 6_000 && sample.early == 0, "{sample:?}");
    }
}
