//! The world `client`: calls carried through to their outcome, thousands at once in one instance.

use crate::bindings::client::{Client as Bindings, ClientPre};
use crate::component::{World, compile, engine};
use crate::error::Error;
use crate::transport::{self, Transport, TransportView};
use crate::types::{CallOptions, Config, Operation, Outcome, Saved, Snapshot, StateError, Verdict};
use std::sync::Arc;
use wasmtime::Store;
use wasmtime::component::{Accessor, Linker, ResourceTable};
use wasmtime_wasi::clocks::{WasiClocksCtx, WasiClocksCtxView, WasiClocksView};
use wasmtime_wasi::random::{WasiRandomCtx, WasiRandomView};

/// Handles that an instance may have. With wasmtime's own limit of 100,000 an instance stops, and all its calls with it, when
/// some 58,000 of them wait (scenario `compromised-user`); this leaves room for ten times as many.
const MOST_HANDLES: usize = 1_000_000;

const WORLD: World = World { name: "client", export: "headroom:forge/retry@0.1.0" };

/// What an instance has: the machine's clocks, its randomness, and the way out.
pub struct ClientState {
    clocks: WasiClocksCtx,
    random: WasiRandomCtx,
    table: ResourceTable,
    transport: Arc<dyn Transport>,
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
pub struct ClientComponent<T: 'static = ClientState>(ClientPre<T>);

impl ClientComponent {
    /// Compiles a component of the world `client` for the machine's clocks and randomness.
    ///
    /// # Errors
    /// [`Error::NotAComponent`] or [`Error::OtherWorld`] if it is none; [`Error::Link`] if it imports more.
    pub fn new(bytes: &[u8]) -> Result<Self, Error> {
        Self::with_linker(bytes, |linker| {
            transport::add_to_linker(linker)?;
            wasmtime_wasi::p3::clocks::add_to_linker(linker)?;
            wasmtime_wasi::p3::random::add_to_linker(linker)
        })
    }

    /// Makes an instance that sends by `transport`. `configure` changes the component's default configuration.
    ///
    /// Waits need a tokio runtime with time enabled, for wasmtime-wasi's clocks sleep by it.
    ///
    /// # Errors
    /// [`Error::Config`] if the configuration is out of range, [`Error::Trap`] if the component stops.
    pub async fn instantiate(
        &self,
        transport: Arc<dyn Transport>,
        configure: impl FnOnce(&mut Config),
    ) -> Result<Client, Error> {
        let (clocks, random, table) = Default::default();
        self.instantiate_with(ClientState { clocks, random, table, transport }, configure).await
    }
}

impl<T: TransportView> ClientComponent<T> {
    /// As [`ClientComponent::new`], with imports of one's own.
    ///
    /// # Errors
    /// As [`ClientComponent::new`]; [`Error::Link`] also if `link` fails.
    pub fn with_linker(bytes: &[u8], link: impl FnOnce(&mut Linker<T>) -> wasmtime::Result<()>) -> Result<Self, Error> {
        let engine = engine()?;
        let component = compile(engine, bytes, &WORLD)?;
        let mut linker = Linker::new(engine);
        link(&mut linker).map_err(Error::Link)?;
        let pre = linker.instantiate_pre(&component).map_err(Error::Link)?;
        Ok(Self(ClientPre::new(pre).map_err(Error::Link)?))
    }

    /// As [`ClientComponent::instantiate`], with a store of one's own.
    ///
    /// # Errors
    /// As [`ClientComponent::instantiate`].
    pub async fn instantiate_with(&self, state: T, configure: impl FnOnce(&mut Config)) -> Result<Client<T>, Error> {
        let mut store = Store::new(self.0.engine(), state);
        store.set_max_component_handles(MOST_HANDLES);
        let bindings = self.0.instantiate_async(&mut store).await.map_err(Error::Trap)?;
        let guest = bindings.headroom_forge_retry();
        let mut config = guest.call_default_config(&mut store).await.map_err(Error::Trap)?;
        configure(&mut config);
        guest.call_configure(&mut store, &config).await.map_err(Error::Trap)?.map_err(Error::Config)?;
        Ok(Client { store, bindings })
    }
}

/// An instance of the client.
pub struct Client<T: 'static = ClientState> {
    store: Store<T>,
    bindings: Bindings,
}

impl<T: TransportView> Client<T> {
    /// Runs `work`, in which any number of calls may be under way at once. They share one limiter.
    ///
    /// # Errors
    /// [`Error::Trap`] if the component stops; what `work` returns is its own.
    pub async fn run<R>(&mut self, work: impl AsyncFnOnce(Caller<'_, T>) -> R) -> Result<R, Error> {
        let bindings = &self.bindings;
        let ran = self.store.run_concurrent(async |accessor| work(Caller { bindings, accessor }).await);
        ran.await.map_err(Error::Trap)
    }
}

/// Makes calls inside of [`Client::run`].
pub struct Caller<'a, T: 'static> {
    bindings: &'a Bindings,
    accessor: &'a Accessor<T>,
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
    /// [`Error::Trap`] if the component stops.
    pub async fn invoke_with_retry(&self, operation: Operation, options: CallOptions) -> Result<Outcome, Error> {
        let guest = self.bindings.headroom_forge_retry();
        guest.call_invoke_with_retry(self.accessor, operation, options).await.map_err(Error::Trap)
    }

    /// Says whether an operation could be sent now, and takes nothing.
    ///
    /// # Errors
    /// [`Error::Trap`] if the component stops.
    pub async fn quota_check(&self, operation: Operation, options: CallOptions) -> Result<Verdict, Error> {
        let guest = self.bindings.headroom_forge_retry();
        guest.call_quota_check(self.accessor, operation, options).await.map_err(Error::Trap)
    }

    /// Tells how many users a tenant has, for what the app grants it.
    ///
    /// # Errors
    /// [`Error::Trap`] if the component stops.
    pub async fn set_users(&self, tenant: String, users: u32) -> Result<(), Error> {
        let guest = self.bindings.headroom_forge_retry();
        guest.call_set_users(self.accessor, tenant, users).await.map_err(Error::Trap)
    }

    /// All that the instance knows, to be shown.
    ///
    /// # Errors
    /// [`Error::Trap`] if the component stops.
    pub async fn status(&self) -> Result<Snapshot, Error> {
        let guest = self.bindings.headroom_forge_retry();
        guest.call_status(self.accessor).await.map_err(Error::Trap)
    }

    /// Writes down what the instance knows, so that a later one can go on with it.
    ///
    /// # Errors
    /// [`Error::Trap`] if the component stops.
    pub async fn save(&self) -> Result<Saved, Error> {
        let guest = self.bindings.headroom_forge_retry();
        guest.call_save(self.accessor).await.map_err(Error::Trap)
    }

    /// Takes in what was saved, or says why not; the instance is then as it was. Belongs before the first call.
    ///
    /// # Errors
    /// [`Error::Trap`] if the component stops.
    pub async fn restore(&self, saved: Vec<u8>) -> Result<Result<(), StateError>, Error> {
        let guest = self.bindings.headroom_forge_retry();
        guest.call_restore(self.accessor, saved).await.map_err(Error::Trap)
    }
}
