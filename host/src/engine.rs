//! The engines that components are compiled for: one for planners, one for clients.
//!
//! They are two because a planner needs nothing of what makes a client's thousands of calls in one instance possible,
//! and each call to it would pay for that: a fifth of what it costs (docs/performance.md).

use crate::builder::{Concurrency, EngineBuilder};
use crate::cache::Cache;
use crate::component::{Origin, World, check, compile};
use crate::error::Error;
use crate::limits::Limits;
use once_cell::sync::OnceCell;
use std::sync::{Arc, LazyLock};
use wasmtime::Engine;
use wasmtime::component::Component;

/// What components are compiled with and instances are bounded by. Cloning shares it.
///
/// ```
/// use headroom_host::{Allocation, Engines, Limits, read_component};
///
/// let file = std::env::var("HEADROOM_PLANNER")?; // written by `cargo xtask build-guest`
/// let engines = Engines::builder()
///     .allocation(Allocation::Pooled { instances: 100 })
///     .limits(Limits { memory_bytes: 16 << 20, ..Limits::default() })
///     .build()?;
/// let planner = engines.planner(&read_component(file)?)?;
/// let tenants = ["one", "two"].map(|_| planner.instantiate(|config| config.quota = 65_000, 7));
/// assert!(tenants.iter().all(Result::is_ok));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Engines(Arc<Inner>);

struct Inner {
    setup: EngineBuilder,
    cache: Option<Cache>,
    planner: OnceCell<Engine>,
    client: OnceCell<Engine>,
}

impl Engines {
    /// Starts from the defaults.
    pub fn builder() -> EngineBuilder {
        EngineBuilder::default()
    }

    pub(crate) fn new(setup: EngineBuilder, cache: Option<Cache>) -> Self {
        Self(Arc::new(Inner { setup, cache, planner: OnceCell::new(), client: OnceCell::new() }))
    }

    /// Those with all defaults, which this process has once.
    #[must_use]
    pub fn shared() -> &'static Self {
        static SHARED: LazyLock<Engines> = LazyLock::new(|| Engines::builder().without_cache());
        &SHARED
    }

    /// Lets the epochs of both engines go on by one.
    pub fn tick(&self) {
        [&self.0.planner, &self.0.client].into_iter().filter_map(OnceCell::get).for_each(Engine::increment_epoch);
    }

    /// The bounds of each instance.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        self.0.setup.limits_set()
    }

    /// The engine for planners.
    ///
    /// # Errors
    /// [`Error::Engine`] on a machine that wasmtime does not support, or that has no room for the pool.
    pub fn for_planners(&self) -> Result<&Engine, Error> {
        self.0.planner.get_or_try_init(|| self.0.setup.make(Concurrency::None))
    }

    /// The engine for clients.
    ///
    /// # Errors
    /// As [`Engines::for_planners`].
    pub fn for_clients(&self) -> Result<&Engine, Error> {
        self.0.client.get_or_try_init(|| self.0.setup.make(Concurrency::Tasks))
    }

    /// From the cache or compiled; of this world, and no larger than its limits.
    pub(crate) fn load(&self, engine: &Engine, bytes: &[u8], world: &World) -> Result<(Component, Origin), Error> {
        let loaded = match &self.0.cache {
            Some(cache) => cache.load(engine, bytes),
            None => compile(engine, bytes).map(|component| (component, Origin::Compiled)),
        };
        let (component, origin) = loaded.map_err(|error| self.explain(error, bytes, world))?;
        check(&component, world, self.limits())?;
        Ok((component, origin))
    }

    /// The planners' engine does not read what is asynchronous. The clients' does, and can say which world it is of.
    #[cold]
    fn explain(&self, error: Error, bytes: &[u8], world: &World) -> Error {
        if !matches!(error, Error::NotAComponent { .. }) {
            return error;
        }
        let other = self.for_clients().and_then(|engine| compile(engine, bytes));
        other.and_then(|component| check(&component, world, self.limits())).err().unwrap_or(error)
    }
}
