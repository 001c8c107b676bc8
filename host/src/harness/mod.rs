//! The client component inside the simulator's virtual world: unmodified, its waits included.
//!
//! The component imports a transport and WASI clocks; here both lead into a [`World`]. A wait of 40 minutes is an
//! event in its queue. Each node of the fleet has an instance of its own, in a store of its own, with the node's clocks.
//! Whenever the instance that an event is for has nothing more to do at this instant, the world goes on to the next
//! event, so a run depends on scenario, component and seed alone.
//!
//! | module | holds |
//! | --- | --- |
//! | `driver` | from event to event; which instances there are |
//! | `instance` | the life of one instance |
//! | `virtual_world`, `clocks` | what an instance imports |
//! | [`convert`] | types of the WIT to those of model and simulator, and back |

mod clocks;
pub mod convert;
mod driver;
mod instance;
mod virtual_world;

use crate::builder::Ticks;
use crate::client::ClientComponent;
use crate::engine::Engines;
use crate::error::Error;
use crate::transport;
use driver::Driver;
use headroom_sim::trace::Sink;
use headroom_sim::world::Observer;
use headroom_sim::{Report, Scenario, World};
use std::sync::LazyLock;
use virtual_world::{Shared, VirtualState};

/// The name of this strategy in reports and traces.
pub const NAME: &str = "headroom";

/// A compiled client component, to run any number of scenarios with.
pub struct Harness(ClientComponent<VirtualState>);

impl Harness {
    /// Compiles a component of the world `client`.
    ///
    /// # Errors
    /// If it is none.
    pub fn new(component: &[u8]) -> Result<Self, Error> {
        let component = engines().client_with_linker(component, |linker| {
            transport::add_to_linker(linker)?;
            clocks::add_to_linker(linker)
        });
        component.map(Self)
    }

    /// Runs a scenario to its end, each node with an instance of its own. `seed` draws what the scenario leaves to
    /// chance, and is the first node's randomness; see [`headroom_sim::run::node_seed`] for that of the others.
    ///
    /// # Errors
    /// If the component does not take its configuration, or stops; if the run has to be stopped, or its trace cannot be
    /// written.
    pub fn run(&self, scenario: &Scenario, seed: u64, trace: Option<Sink>) -> Result<Report, Error> {
        self.watched(scenario, seed, trace, None)
    }

    /// As [`Harness::run`], and tells the observer how far it has come.
    ///
    /// # Errors
    /// As [`Harness::run`].
    pub fn watched(
        &self,
        scenario: &Scenario,
        seed: u64,
        trace: Option<Sink>,
        observer: Option<Observer>,
    ) -> Result<Report, Error> {
        let mut world = World::new(scenario, NAME, seed, trace);
        observer.into_iter().for_each(|observer| world.watch(observer));
        let world = Shared::new(world);
        Driver::new(&self.0, scenario, seed, world.clone()).run()?;
        world.into_world().report().map_err(Error::Run)
    }
}

/// Without ticks: they are the machine's time, and a run depends on none.
fn engines() -> &'static Engines {
    static ENGINES: LazyLock<Engines> = LazyLock::new(|| Engines::builder().ticks(Ticks::Off).without_cache());
    &ENGINES
}

/// Runs one scenario with a client component: [`Harness::new`] and [`Harness::run`].
///
/// # Errors
/// As those.
pub fn run(scenario: &Scenario, component: &[u8], seed: u64, trace: Option<Sink>) -> Result<Report, Error> {
    Harness::new(component)?.run(scenario, seed, trace)
}
