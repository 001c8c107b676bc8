//! The world `client`: calls carried through to their outcome, thousands at once in one instance.

use crate::bindings::client::{Client as Bindings, ClientPre};
use crate::component::{Origin, World, read_component};
use crate::engine::Engines;
use crate::error::{Cause, Error};
use crate::limits::{Guard, Limits};
use crate::transport::{self, Transport, TransportView};
use crate::types::{CallOptions, Config, Operation, Outcome, Saved, Snapshot, StateError, Verdict};
use crate::watch::Watch;
use std::path::Path;
use std::sync::{Arc, OnceLock};
use wasmtime::component::{Accessor, Linker, ResourceTable};
use wasmtime::{Engine, Store};
use wasmtime_wasi::clocks::{WasiClocksCtx, WasiClocksCtxView, WasiClocksView};
use wasmtime_wasi::random::{WasiRandomCtx, WasiRandomView};

const WORLD: World = World { name: "client", export: "headroom:forge/retry" };

/// What an instance has: the machine's clocks, its randomness, and the way out.
pub struct ClientState {
    clocks: WasiClocksCtx,
    random: WasiRandomCtx,
    table: ResourceTable,
    transport: Arc<dyn Transport>,
    guard: Guard,
}

impl TransportView for ClientState {
    fn transport(&self) -> Arc<dyn Transport> {
        self.transport.clone()
    }
}

impl WasiClocksView for ClientState {
    fn clocks(&mut self) -> WasiClocksCtxView<'_> {
        WasiClocksCtxView { ctx: &mut self.clocks, table: &mut self.table }
    }
}

impl WasiRandomView for ClientState {
    fn random(&mut self) -> &mut WasiRandomCtx {
        &mut self.random
    }
}

/// A compiled client component. `T` is the state of its instances' stores.
pub struct ClientComponent<T: 'static = ClientState> {
    pre: ClientPre<T>,
    origin: Origin,
    limits: Limits,
}

impl ClientComponent {
    /// Compiles a component of the world `client` for the machine's clocks and randomness, and the shared engines.
    ///
    /// # Errors
    /// [`Error::NotAComponent`], [`Error::OtherWorld`] or [`Error::OtherVersion`] if it is none; [`Error::Link`] if it
    /// imports more; [`Error::TooBig`].
    pub fn new(bytes: &[u8]) -> Result<Self, Error> {
        Engines::shared().client(bytes)
    }

    /// As [`ClientComponent::new`], of a file.
    ///
    /// # Errors
    /// As [`ClientComponent::new`]; [`Error::File`] if it cannot be read.
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self, Error> {
        Self::new(&read_component(path)?)
    }

    /// Makes an instance that sends by `transport`. `configure` changes the component's default configuration.
    ///
    /// Waits need a tokio runtime with time enabled, for wasmtime-wasi's clocks sleep by it.
    ///
    /// # Errors
    /// [`Error::Config`] if the configuration is out of range, [`Error::Trap`] if the component stops, [`Error::Full`]
    /// or [`Error::Instantiate`] if there is no room for it.
    pub async fn instantiate(
        &self,
        transport: Arc<dyn Transport>,
        configure: impl FnOnce(&mut Config),
    ) -> Result<Client, Error> {
        let (clocks, random, table) = Default::default();
        let state = ClientState { clocks, random, table, transport, guard: Guard::new(self.limits) };
        let mut store = Store::new(self.engine(), state);
        store.limiter(|state| &mut state.guard);
        self.instantiate_in(store, configure).await
    }
}

impl Engines {
    /// Compiles a component of the world `client`, or takes it from the cache.
    ///
    /// # Errors
    /// As [`ClientComponent::new`]; [`Error::File`] if the cache cannot be used.
    pub fn client(&self, bytes: &[u8]) -> Result<ClientComponent, Error> {
        self.client_with_linker(bytes, |linker| {
            transport::add_to_linker(linker)?;
            wasmtime_wasi::p3::clocks::add_to_linker(linker)?;
            wasmtime_wasi::p3::random::add_to_linker(linker)
        })
    }

    /// As [`Engines::client`], with imports of one's own.
    ///
    /// # Errors
    /// As [`Engines::client`]; [`Error::Link`] also if `link` fails.
    pub fn client_with_linker<T: TransportView>(
        &self,
        bytes: &[u8],
        link: impl FnOnce(&mut Linker<T>) -> wasmtime::Result<()>,
    ) -> Result<ClientComponent<T>, Error> {
        let engine = self.for_clients()?;
        let (component, origin) = self.load(engine, bytes, &WORLD)?;
        let mut linker = Linker::new(engine);
        link(&mut linker).map_err(Error::Link)?;
        let pre = linker.instantiate_pre(&component).map_err(Error::Link)?;
        Ok(ClientComponent { pre: ClientPre::new(pre).map_err(Error::Link)?, origin, limits: *self.limits() })
    }
}

impl<T: TransportView> ClientComponent<T> {
    /// As [`ClientComponent::new`], with imports of one's own.
    ///
    /// # Errors
    /// As [`ClientComponent::new`]; [`Error::Link`] also if `link` fails.
    pub fn with_linker(bytes: &[u8], link: impl FnOnce(&mut Linker<T>) -> wasmtime::Result<()>) -> Result<Self, Error> {
        Engines::shared().client_with_linker(bytes, link)
    }

    /// As [`ClientComponent::instantiate`], with state of one's own. Nothing bounds its memory.
    ///
    /// # Errors
    /// As [`ClientComponent::instantiate`].
    pub async fn instantiate_with(&self, state: T, configure: impl FnOnce(&mut Config)) -> Result<Client<T>, Error> {
        self.instantiate_in(Store::new(self.engine(), state), configure).await
    }

    /// As [`ClientComponent::instantiate`], in a store of one's own on [`ClientComponent::engine`]. Its limiter is
    /// yours, see [`Guard`]; the time between two waits is bounded all the same.
    ///
    /// # Errors
    /// As [`ClientComponent::instantiate`]; [`Error::OtherEngine`].
    pub async fn instantiate_in(
        &self,
        mut store: Store<T>,
        configure: impl FnOnce(&mut Config),
    ) -> Result<Client<T>, Error> {
        if !Engine::same(store.engine(), self.engine()) {
            return Err(Error::OtherEngine);
        }
        store.set_max_component_handles(self.limits.handles);
        let watch = Watch::over(&mut store, self.limits.call_ticks);
        let made = watch.during(self.pre.instantiate_async(&mut store)).await;
        let bindings = made.map_err(Error::of_making)?;
        let guest = bindings.headroom_forge_retry();
        let default = watch.during(guest.call_default_config(&mut store)).await;
        let mut config = default.map_err(Error::of_instance)?;
        configure(&mut config);
        let configured = watch.during(guest.call_configure(&mut store, &config)).await;
        configured.map_err(Error::of_instance)?.map_err(Error::Config)?;
        Ok(Client { store, bindings, watch, stopped: Stopped::default() })
    }

    /// Whether it was compiled, or where else it came from.
    #[must_use]
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The engine that it was compiled for.
    #[must_use]
    pub fn engine(&self) -> &Engine {
        self.pre.engine()
    }
}

/// An instance of the client.
pub struct Client<T: 'static = ClientState> {
    store: Store<T>,
    bindings: Bindings,
    watch: Watch,
    stopped: Stopped,
}

impl<T: TransportView> Client<T> {
    /// Runs `work`, in which any number of calls may be under way at once. They share one limiter.
    ///
    /// # Errors
    /// [`Error::Trap`] if the component stops, and from then on [`Error::Stopped`]; what `work` returns is its own.
    pub async fn run<R>(&mut self, work: impl AsyncFnOnce(Caller<'_, T>) -> R) -> Result<R, Error> {
        self.stopped.check()?;
        let (bindings, stopped) = (&self.bindings, &self.stopped);
        let ran = self.store.run_concurrent(async |accessor| work(Caller { bindings, accessor, stopped }).await);
        self.watch.during(ran).await.map_err(|error| stopped.stop(error))
    }

    /// Why this instance stopped, if it did.
    #[must_use]
    pub fn stopped(&self) -> Option<&Cause> {
        self.stopped.0.get()
    }
}

/// What stopped an instance first.
#[derive(Default)]
struct Stopped(OnceLock<Cause>);

impl Stopped {
    fn check(&self) -> Result<(), Error> {
        self.0.get().map_or(Ok(()), |cause| Err(Error::Stopped(cause.clone())))
    }

    #[cold]
    fn stop(&self, error: wasmtime::Error) -> Error {
        let cause = Cause::of(error);
        // Several calls may hear of one trap; the first to hear tells.
        let _ = self.0.set(cause.clone());
        Error::Trap(cause)
    }
}

/// Makes calls inside of [`Client::run`].
pub struct Caller<'a, T: 'static> {
    bindings: &'a Bindings,
    accessor: &'a Accessor<T>,
    stopped: &'a Stopped,
}

impl<T> Clone for Caller<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Caller<'_, T> {}

impl<T: TransportView> Caller<'_, T> {
    /// Carries an operation through to its outcome.
    ///
    /// Bound it by a deadline: wasmtime 48 does not cancel a call whose future is dropped, so the component carries it
    /// on to its end and counts it as open until then.
    ///
    /// # Errors
    /// [`Error::Trap`] if the component stops, [`Error::Stopped`] if it did before.
    pub async fn invoke_with_retry(&self, operation: Operation, options: CallOptions) -> Result<Outcome, Error> {
        self.stopped.check()?;
        let guest = self.bindings.headroom_forge_retry();
        guest.call_invoke_with_retry(self.accessor, operation, options).await.map_err(|error| self.stopped.stop(error))
    }

    /// Says whether an operation could be sent now, and takes nothing.
    ///
    /// # Errors
    /// [`Error::Trap`] if the component stops, [`Error::Stopped`] if it did before.
    pub async fn quota_check(&self, operation: Operation, options: CallOptions) -> Result<Verdict, Error> {
        self.stopped.check()?;
        let guest = self.bindings.headroom_forge_retry();
        guest.call_quota_check(self.accessor, operation, options).await.map_err(|error| self.stopped.stop(error))
    }

    /// Tells how many users a tenant has, for what the app grants it.
    ///
    /// # Errors
    /// [`Error::Trap`] if the component stops, [`Error::Stopped`] if it did before.
    pub async fn set_users(&self, tenant: String, users: u32) -> Result<(), Error> {
        self.stopped.check()?;
        let guest = self.bindings.headroom_forge_retry();
        guest.call_set_users(self.accessor, tenant, users).await.map_err(|error| self.stopped.stop(error))
    }

    /// All that the instance knows, to be shown.
    ///
    /// # Errors
    /// [`Error::Trap`] if the component stops, [`Error::Stopped`] if it did before.
    pub async fn status(&self) -> Result<Snapshot, Error> {
        self.stopped.check()?;
        let guest = self.bindings.headroom_forge_retry();
        guest.call_status(self.accessor).await.map_err(|error| self.stopped.stop(error))
    }

    /// Writes down what the instance knows, so that a later one can go on with it.
    ///
    /// # Errors
    /// [`Error::Trap`] if the component stops, [`Error::Stopped`] if it did before.
    pub async fn save(&self) -> Result<Saved, Error> {
        self.stopped.check()?;
        let guest = self.bindings.headroom_forge_retry();
        guest.call_save(self.accessor).await.map_err(|error| self.stopped.stop(error))
    }

    /// Takes in what was saved, or says why not; the instance is then as it was. Belongs before the first call.
    ///
    /// # Errors
    /// [`Error::Trap`] if the component stops, [`Error::Stopped`] if it did before.
    pub async fn restore(&self, saved: Vec<u8>) -> Result<Result<(), StateError>, Error> {
        self.stopped.check()?;
        let guest = self.bindings.headroom_forge_retry();
        guest.call_restore(self.accessor, saved).await.map_err(|error| self.stopped.stop(error))
    }
}
