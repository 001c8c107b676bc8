//! The client component inside the simulator's virtual world: unmodified, its waits included.
//!
//! The component imports a transport and WASI clocks; here both lead into a [`World`]. A wait of 40 minutes is an
//! event in its queue. Whenever the component has nothing more to do at this instant, the world goes on to the
//! next event, so a run depends on scenario, component and seed alone.

mod clocks;
pub mod convert;
mod driver;
mod virtual_world;

use crate::client::ClientComponent;
use crate::error::Error;
use crate::transport;
use convert::configure;
use headroom_sim::trace::Sink;
use headroom_sim::{Report, Scenario, World};
use virtual_world::{Shared, VirtualState};

/// The name of this strategy in reports and traces.
pub const NAME: &str = "headroom";

/// Runs a scenario with a client component as its one, shared client. `seed` draws what the scenario leaves to
/// chance, and is the component's randomness.
///
/// # Errors
/// If the component is none of the world `client`, or stops; if the run has to be stopped, or its trace cannot be
/// written.
pub fn run(scenario: &Scenario, component: &[u8], seed: u64, trace: Option<Sink>) -> Result<Report, Error> {
    let component = ClientComponent::<VirtualState>::with_linker(component, |linker| {
        transport::add_to_linker(linker)?;
        clocks::add_to_linker(linker)
    })?;
    let shared = Shared::new(World::new(scenario, NAME, true, seed, trace));
    let state = VirtualState::new(shared.clone(), seed);
    let client = component.instantiate_with(state, |config| configure(config, &scenario.client));
    let mut client = driver::complete_at_once(client)?;
    driver::drive(&mut client, &shared, scenario)?;
    drop(client);
    shared.into_world().report().map_err(Error::Run)
}
