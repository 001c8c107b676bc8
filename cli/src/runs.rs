//! Runs of scenarios with clients, on as many cores as there are, in an order that does not depend on them.

use crate::clients::Runner;
use crate::component;
use crate::failure::Failure;
use headroom_sim::scenario::Each;
use headroom_sim::{Report, Scenario};
use serde::Serialize;
use std::num::NonZeroUsize;
use std::panic::resume_unwind;
use std::sync::{Mutex, PoisonError};
use std::thread;

/// One run.
#[derive(Serialize)]
pub struct Ran {
    /// The scenario, or its variant after a slash.
    pub scenario: String,
    /// What came of it.
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// What came of a run.
#[derive(Serialize)]
#[serde(untagged)]
pub enum Outcome {
    /// It ended.
    Ended(Box<Report>),
    /// It would not have ended.
    Stopped {
        /// The client.
        strategy: &'static str,
        /// Which bound stopped it.
        stopped: String,
    },
}

impl Ran {
    /// The figures of a run that ended.
    pub fn report(&self) -> Option<&Report> {
        match &self.outcome {
            Outcome::Ended(report) => Some(report),
            Outcome::Stopped { .. } => None,
        }
    }
}

/// A scenario and what came of it with each client.
pub type Group<'a> = (&'a Scenario, Vec<&'a Report>);

/// The runs of each of these scenarios.
pub fn by_scenario<'a>(scenarios: &'a [Scenario], runs: &'a [Ran]) -> Vec<Group<'a>> {
    let of = |scenario: &Scenario| {
        let of = runs.iter().filter(|ran| ran.scenario == scenario.name);
        of.filter_map(Ran::report).collect()
    };
    scenarios.iter().map(|scenario| (scenario, of(scenario))).collect()
}

/// Runs each scenario with each client on `jobs` threads. The results are in the order of the pairs, and the same on
/// however many. `tell` hears of each run when it begins and when it has ended.
pub fn all(
    runner: &Runner,
    pairs: &[(&Scenario, &'static str)],
    jobs: NonZeroUsize,
    tell: &(impl Fn(&Scenario, &str, Stage) + Sync),
) -> Result<Vec<Ran>, Failure> {
    let (crowds, mut others): (Vec<_>, Vec<_>) = (0..pairs.len()).partition(|index| is_crowd(pairs[*index]));
    // The component takes longest: what is begun first is not what everybody waits for in the end.
    others.sort_by_key(|index| pairs[*index].1 != component::NAME);
    let (crowds, others) = (Queue::new(crowds), Queue::new(others));
    let work = |is_first: bool| {
        let mut done = Vec::new();
        // Two crowds at once would have more memory mappings than a process may have; the first thread takes them all.
        while let Some(index) = is_first.then(|| crowds.next()).flatten().or_else(|| others.next()) {
            let (scenario, client) = pairs[index];
            tell(scenario, client, Stage::Begun);
            let report = runner.run(scenario, client, None).inspect_err(|_| {
                crowds.clear();
                others.clear();
            })?;
            tell(scenario, client, Stage::Ended);
            let outcome = Outcome::Ended(Box::new(report));
            done.push((index, Ran { scenario: scenario.name.clone(), outcome }));
        }
        Ok(done)
    };
    let done: Vec<Result<_, Failure>> = thread::scope(|scope| {
        let threads: Vec<_> = (0..jobs.get().min(pairs.len())).map(|n| scope.spawn(move || work(n == 0))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap_or_else(|panic| resume_unwind(panic))).collect()
    });
    let mut runs: Vec<(usize, Ran)> = done.into_iter().collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect();
    runs.sort_by_key(|(index, _)| *index);
    Ok(runs.into_iter().map(|(_, ran)| ran).collect())
}

/// Where a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// It has begun.
    Begun,
    /// It is over.
    Ended,
}

/// Whether every user is an instance of the component.
fn is_crowd((scenario, client): (&Scenario, &str)) -> bool {
    client == component::NAME && scenario.fleet.each == Each::User
}

/// What is still to be done, for several threads.
struct Queue(Mutex<std::vec::IntoIter<usize>>);

impl Queue {
    fn new(indices: Vec<usize>) -> Self {
        Self(Mutex::new(indices.into_iter()))
    }

    fn next(&self) -> Option<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).next()
    }

    /// After a failure nothing more is begun.
    fn clear(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Vec::new().into_iter();
    }
}
