//! Drives a strategy through a world, from the first start to the report.

use crate::report::Report;
use crate::scenario::Scenario;
use crate::strategy::{Move, Strategy};
use crate::trace::Sink;
use crate::workload::JobId;
use crate::world::{Event, Observer, RunError, TimerId, World};
use std::collections::BTreeMap;

/// Makes the client of a node, the first being 0; once more after each crash.
pub type MakeStrategy<'a> = dyn FnMut(u32) -> Box<dyn Strategy> + 'a;

/// Runs a scenario to its end, each node with a client of its own. `seed` draws what the scenario leaves to chance; the
/// strategies have seeds of their own.
///
/// # Errors
/// When the run has to be stopped, and when the trace cannot be written.
pub fn run(
    scenario: &Scenario,
    make: &mut MakeStrategy<'_>,
    seed: u64,
    trace: Option<Sink>,
) -> Result<Report, RunError> {
    watched(scenario, make, seed, trace, None)
}

/// As [`run`], and tells the observer how far it has come.
///
/// # Errors
/// As [`run`].
pub fn watched(
    scenario: &Scenario,
    make: &mut MakeStrategy<'_>,
    seed: u64,
    trace: Option<Sink>,
    observer: Option<Observer>,
) -> Result<Report, RunError> {
    let first = make(0);
    let mut world = World::new(scenario, first.name(), seed, trace);
    observer.into_iter().for_each(|observer| world.watch(observer));
    let attempts = vec![0; world.workload().jobs() as usize];
    let clients = BTreeMap::from([(0, first)]);
    let mut driver = Driver { world, make, clients, saved: BTreeMap::new(), attempts, waiting: BTreeMap::new() };
    while let Some(event) = driver.world.next_event() {
        driver.hear(event);
    }
    driver.world.report()
}

/// The seed of a node's client, where that of the run is `seed`; node 0 has the run's own.
#[must_use]
pub const fn node_seed(seed: u64, node: u32) -> u64 {
    // Works and jobs have children below this.
    if node == 0 { seed } else { crate::workload::child(seed, (1 << 48) + node as u64) }
}

struct Driver<'a, 'b> {
    world: World,
    make: &'a mut MakeStrategy<'b>,
    clients: BTreeMap<u32, Box<dyn Strategy>>,
    /// What clients saved when their nodes crashed.
    saved: BTreeMap<u32, Vec<u8>>,
    /// Attempts sent since the last start, by job.
    attempts: Vec<u32>,
    waiting: BTreeMap<TimerId, JobId>,
}

impl Driver<'_, '_> {
    fn hear(&mut self, event: Event) {
        match event {
            Event::Start { node, job } => {
                self.attempts[job.0 as usize] = 0;
                let operation = self.world.workload().operation(job);
                let options = self.world.workload().options(job);
                self.ask(node, job, |client, now| client.start(job, &operation, &options, now));
            }
            Event::Answer { node, job, attempt, result } => self.ask(node, job, |client, now| match &result {
                Ok(answer) => client.answered(job, attempt, answer, now),
                Err(error) => client.failed(job, attempt, error, now),
            }),
            Event::Wake { node, timer } => {
                if let Some(job) = self.waiting.remove(&timer) {
                    self.ask(node, job, |client, now| client.woke(job, now));
                }
            }
            Event::Crash { node } => {
                let state = self.clients.remove(&node).and_then(|client| client.save());
                self.saved.extend(state.map(|state| (node, state)));
            }
            Event::Restart { node, is_state_kept } => {
                let state = self.saved.remove(&node).filter(|_| is_state_kept);
                let mut client = (self.make)(node);
                if let Some(state) = state {
                    client.restore(&state, self.world.clock(node));
                }
                self.clients.insert(node, client);
            }
        }
    }

    fn ask(
        &mut self,
        node: u32,
        job: JobId,
        question: impl FnOnce(&mut dyn Strategy, headroom_model::time::Instant) -> Move,
    ) {
        let client = self.clients.entry(node).or_insert_with(|| (self.make)(node));
        let next = question(client.as_mut(), self.world.clock(node));
        match next {
            Move::Send => {
                let attempt = &mut self.attempts[job.0 as usize];
                *attempt += 1;
                self.world.send(job, *attempt);
            }
            Move::WaitUntil(until) => {
                let timer = self.world.sleep_until(node, until);
                self.waiting.insert(timer, job);
            }
            Move::Finish(ending) => self.world.finish(job, ending),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::Limit;
    use crate::strategy;
    use crate::workload::CallOptions;
    use crate::world::Ending;
    use headroom_model::operation::{Answer, Operation};
    use headroom_model::time::{Instant, Millis};

    fn report(scenario: &str, name: &str) -> Report {
        let scenario = match scenario.split_once('/') {
            Some((base, variant)) => {
                let variants = Scenario::builtin(base).unwrap().variants();
                variants.into_iter().find(|(name, _)| name == variant).unwrap().1
            }
            None => Scenario::builtin(scenario).unwrap(),
        };
        let mut make = |node| strategy::builtin(name, 1 + u64::from(node)).unwrap();
        run(&scenario, &mut make, 1, None).unwrap()
    }

    #[test]
    fn without_retries_a_page_sync_does_what_the_burst_admits() {
        // 50 workers send every 100 ms, 800 times; from the first arrival to the last 79.9 s pass: 100 + 7,990 tokens.
        let none = report("page-sync", "none");
        assert_eq!((none.done, none.lost, none.sent), (8_090, 31_910, 40_000));
        assert_eq!((none.finish_ms, none.ratio, none.refused_by.of(Limit::Burst)), (80_000, None, 31_910));
    }

    #[test]
    fn without_retries_a_rush_gets_one_window_in() {
        // The first of the window leaves it a second later, when everybody has been refused already.
        let none = report("rush", "none");
        assert_eq!((none.done, none.lost, none.refused_by.of(Limit::InvocationRate)), (300, 6_700, 6_700));
    }

    #[test]
    fn the_documented_pseudocode_loses_pages_and_sends_against_what_it_was_told() {
        let docs = report("page-sync", "atlassian-docs");
        assert!(docs.lost > 0 && docs.ratio.is_none() && docs.early > 0, "{docs:?}");
        assert!(docs.finish_ms > 2 * docs.bound_ms, "waits of 1.7 to 2.3 times the delay: {docs:?}");
    }

    #[test]
    fn no_builtin_scenario_is_done_sooner_than_its_bound() {
        for name in [
            "page-sync",
            "permissions-audit",
            "graphql-report",
            "top-of-hour",
            "tier-change",
            "hot-dashboard",
            "svg-macro",
            "compromised-user",
        ] {
            let scenario = Scenario::builtin(name).unwrap();
            let variants = scenario.variants().into_iter().map(|(_, variant)| variant);
            for scenario in std::iter::once(scenario.clone()).chain(variants) {
                let mut make = |_| strategy::builtin("fixed-60s", 1).unwrap();
                let report = run(&scenario, &mut make, 1, None).unwrap();
                assert!(report.ratio.is_none_or(|ratio| ratio >= 1.0), "{}: {report:?}", scenario.name);
            }
        }
    }

    /// Waits a minute before each send, and remembers how many it has begun.
    #[derive(Default)]
    struct Counting {
        begun: u8,
        restored: std::rc::Rc<std::cell::RefCell<Vec<u8>>>,
    }

    impl Strategy for Counting {
        fn name(&self) -> &str {
            "counting"
        }

        fn start(&mut self, _: JobId, _: &Operation, _: &CallOptions, now: Instant) -> Move {
            self.begun += 1;
            Move::WaitUntil(now + Millis::from_secs(40))
        }

        fn answered(&mut self, _: JobId, _: u32, _: &Answer, _: Instant) -> Move {
            Move::Finish(Ending::Done)
        }

        fn woke(&mut self, _: JobId, _: Instant) -> Move {
            Move::Send
        }

        fn save(&self) -> Option<Vec<u8>> {
            Some(vec![self.begun])
        }

        fn restore(&mut self, state: &[u8], _: Instant) {
            self.restored.borrow_mut().extend(state);
        }
    }

    #[test]
    fn a_client_finds_after_a_crash_what_it_saved_if_the_scenario_says_so() {
        // Two jobs of 40 s each; the node crashes after a minute, in the middle of the second.
        for (state, want) in [("saved", vec![2]), ("lost", vec![])] {
            let text = include_str!("../scenarios/page-sync.toml")
                .replace("count = 40_000", "count = 2")
                .replace("workers = 50", "workers = 1");
            let crash = format!("crash = {{ every = \"1 min\", down = \"1 s\", state = \"{state}\" }}");
            let scenario = Scenario::parse("t", &format!("{text}[fleet]\n{crash}\n")).unwrap();
            let restored = std::rc::Rc::default();
            let mut make =
                |_| -> Box<dyn Strategy> { Box::new(Counting { begun: 0, restored: std::rc::Rc::clone(&restored) }) };
            let report = run(&scenario, &mut make, 1, None).unwrap();
            assert_eq!((report.done, report.sent), (2, 2));
            assert_eq!(*restored.borrow(), want, "{state}");
        }
    }

    /// Sends again at once, whatever it is told.
    struct AtOnce;

    impl Strategy for AtOnce {
        fn name(&self) -> &str {
            "at-once"
        }

        fn start(&mut self, _: JobId, _: &Operation, _: &CallOptions, _: Instant) -> Move {
            Move::Send
        }

        fn answered(&mut self, _: JobId, _: u32, _: &Answer, _: Instant) -> Move {
            Move::Send
        }

        fn woke(&mut self, _: JobId, _: Instant) -> Move {
            Move::Send
        }
    }

    #[test]
    fn whoever_retries_at_once_forever_is_stopped() {
        let scenario = Scenario::builtin("graphql-report").unwrap();
        let error = run(&scenario, &mut |_| Box::new(AtOnce), 1, None).unwrap_err();
        assert!(matches!(error, RunError::TooManyEvents(_)) && error.is_bound(), "{error}");
    }

    #[test]
    fn the_sample_of_rfc_130_loses_most_of_a_rush_but_is_never_early() {
        let sample = report("rush/strangers", "rfc130-sample");
        assert!(sample.lost > 6_000 && sample.early == 0, "{sample:?}");
    }
}
