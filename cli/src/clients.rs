//! The clients that a scenario can be run with, by name, and how one is run.

use crate::component::{self, Component};
use crate::failure::Failure;
use anyhow::anyhow;
use headroom_cli::native::{self, Native};
use headroom_sim::nearest::nearest;
use headroom_sim::trace::Sink;
use headroom_sim::world::Observer;
use headroom_sim::{Report, Scenario, run, strategy};
use std::path::Path;

/// All of them, ours first.
pub fn names() -> Vec<&'static str> {
    [component::NAME, native::NAME].into_iter().chain(strategy::NAMES).collect()
}

/// Those that are run when nobody says which: the component, and what was written for this kind of work.
pub fn fitting(scenario: &Scenario) -> Vec<&'static str> {
    std::iter::once(component::NAME).chain(strategy::fitting(scenario)).collect()
}

/// The clients of these names.
pub fn named(asked: &[String]) -> Result<Vec<&'static str>, Failure> {
    let names = names();
    let find = |name: &String| {
        if let Some(found) = names.iter().find(|known| *known == name) {
            return Ok(*found);
        }
        let near = nearest(name, names.iter().copied());
        let hint = near.map(|near| format!("did you mean `{near}`? ")).unwrap_or_default();
        Err(Failure::BadInput(anyhow!("unknown strategy `{name}`: {hint}there are {}", listed(&names))))
    };
    asked.iter().map(find).collect()
}

/// What runs them: the component, where it is one of them.
pub struct Runner {
    component: Option<Component>,
    seed: u64,
}

impl Runner {
    /// Reads the component if one of the clients is it: that of `file`, else the one beside the program.
    pub fn new(clients: &[&str], file: Option<&Path>, seed: u64) -> Result<Self, Failure> {
        let is_needed = clients.contains(&component::NAME);
        Ok(Self { component: is_needed.then(|| component::read(file)).transpose()?, seed })
    }

    /// Runs a scenario with a client.
    pub fn run(&self, scenario: &Scenario, client: &'static str, trace: Option<Sink>) -> Result<Report, Failure> {
        self.watched(scenario, client, trace, None)
    }

    /// As [`Runner::run`], and tells the observer how far it has come.
    pub fn watched(
        &self,
        scenario: &Scenario,
        client: &'static str,
        trace: Option<Sink>,
        observer: Option<Observer>,
    ) -> Result<Report, Failure> {
        if let (component::NAME, Some(component)) = (client, &self.component) {
            return component.run(scenario, self.seed, trace, observer);
        }
        let mut make = |node| -> Box<dyn strategy::Strategy> {
            if client == native::NAME {
                return Box::new(Native::new(scenario, native::NAME, self.seed, node));
            }
            // Every name that is not ours is one of the simulator's.
            strategy::builtin(client, run::node_seed(self.seed, node)).unwrap_or_else(|| Box::new(strategy::NoRetry))
        };
        run::watched(scenario, &mut make, self.seed, trace, observer).map_err(|error| Failure::of_run(error, client))
    }
}

/// Names as a sentence has them.
pub fn listed(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
