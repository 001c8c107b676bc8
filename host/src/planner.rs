//! The world `planner`: decisions on request, nothing imported but types.

use crate::bindings::planner::exports::headroom::forge::limiter::Step;
use crate::bindings::planner::{Planner as Bindings, PlannerPre};
use crate::component::{World, compile, engine};
use crate::error::Error;
use crate::types::{
    Answer, AttemptError, CallOptions, Config, InstantMs, Operation, Saved, Snapshot, StateError, Verdict,
};
use wasmtime::Store;
use wasmtime::component::{Linker, ResourceAny};

const WORLD: World = World { name: "planner", export: "headroom:forge/limiter@0.1.0" };

/// A compiled planner component. Compiling takes some tenths of a second, instantiating some microseconds.
#[derive(Clone)]
pub struct PlannerComponent(PlannerPre<()>);

impl PlannerComponent {
    /// Compiles a component of the world `planner`.
    ///
    /// # Errors
    /// [`Error::NotAComponent`] or [`Error::OtherWorld`] if it is none; [`Error::Link`] if it imports a function.
    pub fn new(bytes: &[u8]) -> Result<Self, Error> {
        let engine = engine()?;
        let component = compile(engine, bytes, &WORLD)?;
        // An empty linker: what imports anything but types does not pass.
        let pre = Linker::new(engine).instantiate_pre(&component).map_err(Error::Link)?;
        Ok(Self(PlannerPre::new(pre).map_err(Error::Link)?))
    }

    /// Makes an instance with a limiter. `configure` changes the component's default configuration.
    ///
    /// # Errors
    /// [`Error::Config`] if the configuration is out of range, [`Error::Trap`] if the component stops.
    pub fn instantiate(&self, configure: impl FnOnce(&mut Config), seed: u64) -> Result<Planner, Error> {
        let mut store = Store::new(self.0.engine(), ());
        let bindings = self.0.instantiate(&mut store).map_err(Error::Trap)?;
        let guest = bindings.headroom_forge_limiter();
        let mut config = guest.call_default_config(&mut store).map_err(Error::Trap)?;
        configure(&mut config);
        let made = guest.limiter().call_constructor(&mut store, &config, seed).map_err(Error::Trap)?;
        let limiter = made.map_err(Error::Config)?;
        Ok(Planner { store, bindings, limiter })
    }
}

/// An instance of the planner with one limiter in it. Each method fails with [`Error::Trap`] only.
pub struct Planner {
    store: Store<()>,
    bindings: Bindings,
    limiter: ResourceAny,
}

/// An open call. End it with [`Planner::end`]; one that is just dropped stays open in the component.
#[must_use]
#[derive(Clone, Copy, Debug)]
pub struct PlannerCall(ResourceAny);

#[allow(clippy::missing_errors_doc, reason = "said once, at the type")]
impl Planner {
    /// What beginning this operation would do now. Takes nothing.
    pub fn quota_check(
        &mut self,
        operation: &Operation,
        options: &CallOptions,
        now: InstantMs,
    ) -> Result<Verdict, Error> {
        let guest = self.bindings.headroom_forge_limiter();
        guest.limiter().call_quota_check(&mut self.store, self.limiter, operation, options, now).map_err(Error::Trap)
    }

    /// Tells how many users a tenant has, for what the app grants it.
    pub fn set_users(&mut self, tenant: &str, users: u32) -> Result<(), Error> {
        let guest = self.bindings.headroom_forge_limiter();
        guest.limiter().call_set_users(&mut self.store, self.limiter, tenant, users).map_err(Error::Trap)
    }

    /// All that is known, to be shown.
    pub fn status(&mut self, now: InstantMs) -> Result<Snapshot, Error> {
        let guest = self.bindings.headroom_forge_limiter();
        guest.limiter().call_status(&mut self.store, self.limiter, now).map_err(Error::Trap)
    }

    /// Writes down what the limiter knows.
    pub fn save(&mut self, now: InstantMs) -> Result<Saved, Error> {
        let guest = self.bindings.headroom_forge_limiter();
        guest.limiter().call_save(&mut self.store, self.limiter, now).map_err(Error::Trap)
    }

    /// Takes in what was saved, or says why not.
    pub fn restore(&mut self, saved: &[u8], now: InstantMs) -> Result<Result<(), StateError>, Error> {
        let guest = self.bindings.headroom_forge_limiter();
        guest.limiter().call_restore(&mut self.store, self.limiter, saved, now).map_err(Error::Trap)
    }

    /// Makes one memory of two; the limiter of this instance has no part in it.
    pub fn merge(&mut self, a: &[u8], b: &[u8], now: InstantMs) -> Result<Result<Saved, StateError>, Error> {
        let guest = self.bindings.headroom_forge_limiter();
        guest.call_merge(&mut self.store, a, b, now).map_err(Error::Trap)
    }

    /// Opens a call.
    pub fn begin(
        &mut self,
        operation: &Operation,
        options: &CallOptions,
        now: InstantMs,
    ) -> Result<PlannerCall, Error> {
        let guest = self.bindings.headroom_forge_limiter();
        let call = guest.limiter().call_begin(&mut self.store, self.limiter, operation, options, now);
        call.map(PlannerCall).map_err(Error::Trap)
    }

    /// What to do now for a call.
    pub fn next(&mut self, call: PlannerCall, now: InstantMs) -> Result<Step, Error> {
        let guest = self.bindings.headroom_forge_limiter();
        guest.call().call_next(&mut self.store, call.0, now).map_err(Error::Trap)
    }

    /// Reports the answer to the attempt on its way.
    pub fn on_response(&mut self, call: PlannerCall, answer: &Answer, now: InstantMs) -> Result<(), Error> {
        let guest = self.bindings.headroom_forge_limiter();
        guest.call().call_on_response(&mut self.store, call.0, answer, now).map_err(Error::Trap)
    }

    /// Reports that the attempt on its way brought no answer.
    pub fn on_failure(&mut self, call: PlannerCall, error: &AttemptError, now: InstantMs) -> Result<(), Error> {
        let guest = self.bindings.headroom_forge_limiter();
        guest.call().call_on_failure(&mut self.store, call.0, error, now).map_err(Error::Trap)
    }

    /// Ends a call and gives back what it had reserved and not sent.
    pub fn end(&mut self, call: PlannerCall) -> Result<(), Error> {
        call.0.resource_drop(&mut self.store).map_err(Error::Trap)
    }
}
