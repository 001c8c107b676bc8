//! The world `planner`: decisions on request, nothing imported but types.

use crate::bindings::planner::exports::headroom::forge::limiter::{Guest, Step};
use crate::bindings::planner::{Planner as Bindings, PlannerPre};
use crate::component::{Origin, World, check, read_component};
use crate::engine::Engines;
use crate::error::{Cause, Error};
use crate::limits::{Guard, Limits};
use crate::types::{
    Answer, AttemptError, CallOptions, Config, InstantMs, Operation, Saved, Snapshot, StateError, Verdict,
};
use std::path::Path;
use std::sync::Arc;
use wasmtime::component::{Component, Linker, ResourceAny, ResourceType};
use wasmtime::{Engine, Store};

const WORLD: World = World { name: "planner", export: "headroom:forge/limiter" };

/// A compiled planner component. Compiling takes some tenths of a second, instantiating some microseconds.
///
/// `T` is the data of its instances' stores.
pub struct PlannerComponent<T: 'static = Guard> {
    pre: PlannerPre<T>,
    compiled: Arc<Compiled>,
    limits: Limits,
}

struct Compiled {
    component: Component,
    origin: Origin,
}

impl PlannerComponent {
    /// Compiles a component of the world `planner` for the shared engines.
    ///
    /// # Errors
    /// [`Error::NotAComponent`], [`Error::OtherWorld`] or [`Error::OtherVersion`] if it is none; [`Error::Link`] if it
    /// imports a function; [`Error::TooBig`].
    pub fn new(bytes: &[u8]) -> Result<Self, Error> {
        Engines::shared().planner(bytes)
    }

    /// As [`PlannerComponent::new`], of a file.
    ///
    /// # Errors
    /// As [`PlannerComponent::new`]; [`Error::File`] if it cannot be read.
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self, Error> {
        Self::new(&read_component(path)?)
    }

    /// Makes an instance with a limiter. `configure` changes the component's default configuration.
    ///
    /// # Errors
    /// [`Error::Config`] if the configuration is out of range, [`Error::Trap`] if the component stops, [`Error::Full`]
    /// or [`Error::Instantiate`] if there is no room for it.
    pub fn instantiate(&self, configure: impl FnOnce(&mut Config), seed: u64) -> Result<Planner, Error> {
        let mut store = Store::new(self.engine(), Guard::new(self.limits));
        store.limiter(|guard| guard);
        self.instantiate_in(store, configure, seed)
    }
}

impl Engines {
    /// Compiles a component of the world `planner`, or takes it from the cache.
    ///
    /// # Errors
    /// As [`PlannerComponent::new`]; [`Error::File`] if the cache cannot be used.
    pub fn planner(&self, bytes: &[u8]) -> Result<PlannerComponent, Error> {
        let (component, origin) = self.load(self.for_planners()?, bytes, &WORLD)?;
        PlannerComponent::link(Compiled { component, origin }.into(), *self.limits())
    }
}

impl<T: 'static> PlannerComponent<T> {
    fn link(compiled: Arc<Compiled>, limits: Limits) -> Result<Self, Error> {
        // An empty linker: what imports anything but types does not pass.
        let pre = Linker::new(compiled.component.engine()).instantiate_pre(&compiled.component);
        let pre = PlannerPre::new(pre.map_err(Error::Link)?).map_err(Error::Link)?;
        Ok(Self { pre, compiled, limits })
    }

    /// The same component for stores with other data. Nothing is compiled anew.
    ///
    /// # Errors
    /// None that [`PlannerComponent::new`] would not have had.
    pub fn for_stores_of<U: 'static>(&self) -> Result<PlannerComponent<U>, Error> {
        PlannerComponent::link(self.compiled.clone(), self.limits)
    }

    /// The same component for instances with other limits, such as those of one tenant. Nothing is compiled anew.
    ///
    /// # Errors
    /// [`Error::TooBig`] if it does not fit into them.
    pub fn with_limits(&self, limits: Limits) -> Result<Self, Error> {
        check(&self.compiled.component, &WORLD, &limits)?;
        Ok(Self { limits, ..self.clone() })
    }

    /// As [`PlannerComponent::instantiate`], in a store of your own on [`PlannerComponent::engine`]. Its limiter is
    /// yours, see [`Guard`]; the time of a call is bounded all the same.
    ///
    /// # Errors
    /// As [`PlannerComponent::instantiate`]; [`Error::OtherEngine`].
    pub fn instantiate_in(
        &self,
        mut store: Store<T>,
        configure: impl FnOnce(&mut Config),
        seed: u64,
    ) -> Result<Planner<T>, Error> {
        if !Engine::same(store.engine(), self.engine()) {
            return Err(Error::OtherEngine);
        }
        let Limits { handles, call_ticks, .. } = self.limits;
        store.set_max_component_handles(handles);
        store.set_epoch_deadline(call_ticks);
        let bindings = self.pre.instantiate(&mut store).map_err(Error::of_making)?;
        let guest = bindings.headroom_forge_limiter();
        let mut config = guest.call_default_config(&mut store).map_err(Error::of_instance)?;
        configure(&mut config);
        store.set_epoch_deadline(call_ticks);
        let made = guest.limiter().call_constructor(&mut store, &config, seed).map_err(Error::of_instance)?;
        let limiter = made.map_err(Error::Config)?;
        Ok(Planner { store, bindings, limiter, type_of_calls: None, call_ticks, stopped: None })
    }

    /// Whether it was compiled, or where else it came from.
    #[must_use]
    pub fn origin(&self) -> &Origin {
        &self.compiled.origin
    }

    /// The component, to be linked otherwise.
    #[must_use]
    pub fn component(&self) -> &Component {
        &self.compiled.component
    }

    /// The engine that it was compiled for.
    #[must_use]
    pub fn engine(&self) -> &Engine {
        self.compiled.component.engine()
    }
}

impl<T: 'static> Clone for PlannerComponent<T> {
    fn clone(&self) -> Self {
        Self { pre: self.pre.clone(), compiled: self.compiled.clone(), limits: self.limits }
    }
}

/// An instance of the planner with one limiter in it. `T` is the data of its store.
///
/// Each method fails with [`Error::Trap`] if the component stops in it, and from then on with [`Error::Stopped`]. One
/// that takes a [`PlannerCall`] fails with [`Error::NoSuchCall`] if that was ended, and nothing has happened then.
pub struct Planner<T: 'static = Guard> {
    store: Store<T>,
    bindings: Bindings,
    limiter: ResourceAny,
    /// It tells the calls of this instance from those of others. Known once there was one.
    type_of_calls: Option<ResourceType>,
    call_ticks: u64,
    stopped: Option<Cause>,
}

/// An open call. End it with [`Planner::end`]; one that is just dropped stays open in the component.
#[must_use]
#[derive(Clone, Copy, Debug)]
pub struct PlannerCall(ResourceAny);

#[allow(clippy::missing_errors_doc, reason = "said once, at the type")]
impl<T: 'static> Planner<T> {
    /// What beginning this operation would do now. Takes nothing.
    pub fn quota_check(
        &mut self,
        operation: &Operation,
        options: &CallOptions,
        now: InstantMs,
    ) -> Result<Verdict, Error> {
        self.call(|guest, store, limiter| guest.limiter().call_quota_check(store, limiter, operation, options, now))
    }

    /// Tells how many users a tenant has, for what the app grants it.
    pub fn set_users(&mut self, tenant: &str, users: u32) -> Result<(), Error> {
        self.call(|guest, store, limiter| guest.limiter().call_set_users(store, limiter, tenant, users))
    }

    /// All that is known, to be shown.
    pub fn status(&mut self, now: InstantMs) -> Result<Snapshot, Error> {
        self.call(|guest, store, limiter| guest.limiter().call_status(store, limiter, now))
    }

    /// Writes down what the limiter knows.
    pub fn save(&mut self, now: InstantMs) -> Result<Saved, Error> {
        self.call(|guest, store, limiter| guest.limiter().call_save(store, limiter, now))
    }

    /// Takes in what was saved, or says why not.
    pub fn restore(&mut self, saved: &[u8], now: InstantMs) -> Result<Result<(), StateError>, Error> {
        self.call(|guest, store, limiter| guest.limiter().call_restore(store, limiter, saved, now))
    }

    /// Makes one memory of two; the limiter of this instance has no part in it.
    pub fn merge(&mut self, a: &[u8], b: &[u8], now: InstantMs) -> Result<Result<Saved, StateError>, Error> {
        self.call(|guest, store, _| guest.call_merge(store, a, b, now))
    }

    /// Opens a call.
    pub fn begin(
        &mut self,
        operation: &Operation,
        options: &CallOptions,
        now: InstantMs,
    ) -> Result<PlannerCall, Error> {
        let begin =
            |guest: &Guest, store: &mut _, limiter| guest.limiter().call_begin(store, limiter, operation, options, now);
        let call = self.call(begin)?;
        self.type_of_calls = Some(call.ty());
        Ok(PlannerCall(call))
    }

    /// What to do now for a call.
    pub fn next(&mut self, call: PlannerCall, now: InstantMs) -> Result<Step, Error> {
        self.call_of(call, |guest, store| guest.call().call_next(store, call.0, now))
    }

    /// Reports the answer to the attempt on its way.
    pub fn on_response(&mut self, call: PlannerCall, answer: &Answer, now: InstantMs) -> Result<(), Error> {
        self.call_of(call, |guest, store| guest.call().call_on_response(store, call.0, answer, now))
    }

    /// Reports that the attempt on its way brought no answer.
    pub fn on_failure(&mut self, call: PlannerCall, error: &AttemptError, now: InstantMs) -> Result<(), Error> {
        self.call_of(call, |guest, store| guest.call().call_on_failure(store, call.0, error, now))
    }

    /// Ends a call and gives back what it had reserved and not sent.
    pub fn end(&mut self, call: PlannerCall) -> Result<(), Error> {
        self.call_of(call, |_, store| call.0.resource_drop(store))
    }

    /// Why this instance stopped, if it did.
    #[must_use]
    pub fn stopped(&self) -> Option<&Cause> {
        self.stopped.as_ref()
    }

    /// The store's data.
    #[must_use]
    pub fn data(&self) -> &T {
        self.store.data()
    }

    fn call<R>(
        &mut self,
        call: impl FnOnce(&Guest, &mut Store<T>, ResourceAny) -> wasmtime::Result<R>,
    ) -> Result<R, Error> {
        self.make_ready()?;
        call(self.bindings.headroom_forge_limiter(), &mut self.store, self.limiter).map_err(|error| self.stop(error))
    }

    fn call_of<R>(
        &mut self,
        of: PlannerCall,
        call: impl FnOnce(&Guest, &mut Store<T>) -> wasmtime::Result<R>,
    ) -> Result<R, Error> {
        self.make_ready()?;
        if self.type_of_calls != Some(of.0.ty()) {
            return Err(Error::NoSuchCall);
        }
        call(self.bindings.headroom_forge_limiter(), &mut self.store).map_err(|error| self.stop_unless_ended(error))
    }

    /// Gives the next call its time, unless there can be none.
    fn make_ready(&mut self) -> Result<(), Error> {
        if let Some(cause) = &self.stopped {
            return Err(Error::Stopped(cause.clone()));
        }
        self.store.set_epoch_deadline(self.call_ticks);
        Ok(())
    }

    /// wasmtime has no type for a handle that is gone. It finds out before the guest runs, and none of these calls
    /// answers with a handle, so the text can mean nothing else.
    #[cold]
    fn stop_unless_ended(&mut self, error: wasmtime::Error) -> Error {
        let text = error.to_string();
        let is_gone =
            ["unknown handle index", "host-owned resource was already"].iter().any(|gone| text.contains(gone));
        if is_gone { Error::NoSuchCall } else { self.stop(error) }
    }

    #[cold]
    fn stop(&mut self, error: wasmtime::Error) -> Error {
        let cause = Cause::of(error);
        self.stopped = Some(cause.clone());
        Error::Trap(cause)
    }
}
