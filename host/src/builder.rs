//! How engines are to be, and what wasmtime has to be told for that.

use crate::cache::Cache;
use crate::engine::Engines;
use crate::error::Error;
use crate::limits::Limits;
use std::path::PathBuf;
use std::time::Duration;
use wasmtime::{Config, Enabled, Engine, EngineWeak, Inlining, PoolingAllocationConfig};

/// What a slot of the pool keeps of its memory when its instance is gone. An instance that made a call has 40 KiB.
const KEPT_BYTES: usize = 64 << 10;

/// Where instances get their memory from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Allocation {
    /// From the machine, each when it is made.
    OnDemand,
    /// From slots that were set aside before, which is several times as fast. Each takes 4 GiB of addresses, not of
    /// memory, so a process that may have few of those (`ulimit -v`) cannot have many.
    Pooled {
        /// Instances at once, of planners and of clients each. One more is [`Error::Full`].
        instances: u32,
    },
}

/// When the engines' epochs go on, by which calls that do not end are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ticks {
    /// A thread for each engine wakes up as often as this. It ends with its engine.
    Every(Duration),
    /// Only by [`Engines::tick`].
    ByHand,
    /// Never, and no code looks for it: a call that does not end, does not end.
    Off,
}

/// How the engines are to be.
///
/// | setting | default |
/// | --- | --- |
/// | [`allocation`](Self::allocation) | [`Allocation::OnDemand`] |
/// | [`limits`](Self::limits) | those of [`Limits::default`] |
/// | [`ticks`](Self::ticks) | [`Ticks::Every`] 10 ms, so that [`Limits::call_ticks`] are a second |
/// | [`inlining`](Self::inlining) | off |
/// | [`cache`](Self::cache) | none: each process compiles |
/// | [`engine`](Self::engine) | two of ours, made when they are first needed |
#[derive(Clone, Debug)]
#[must_use]
pub struct EngineBuilder {
    allocation: Allocation,
    limits: Limits,
    ticks: Ticks,
    inlining: bool,
    cache: Option<PathBuf>,
    engine: Option<Engine>,
}

impl Default for EngineBuilder {
    fn default() -> Self {
        Self {
            allocation: Allocation::OnDemand,
            limits: Limits::default(),
            ticks: Ticks::Every(Duration::from_millis(10)),
            inlining: false,
            cache: None,
            engine: None,
        }
    }
}

impl EngineBuilder {
    /// Where instances get their memory from.
    pub fn allocation(mut self, allocation: Allocation) -> Self {
        self.allocation = allocation;
        self
    }

    /// The bounds of each instance.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// When the epochs go on.
    pub fn ticks(mut self, ticks: Ticks) -> Self {
        self.ticks = ticks;
        self
    }

    /// Puts small functions into those that call them. The fast planner gains next to nothing by it (docs/performance.md),
    /// what was compiled for its size some; compiling takes longer, so it goes well with a cache.
    pub fn inlining(mut self, inlining: bool) -> Self {
        self.inlining = inlining;
        self
    }

    /// Keeps compiled components in this directory, which is made if there is none. Its files are machine code that
    /// this process will run: only those whom you would let run code in it may be able to write there.
    pub fn cache(mut self, directory: impl Into<PathBuf>) -> Self {
        self.cache = Some(directory.into());
        self
    }

    /// An engine of your own, for both worlds. Allocation and ticks are then yours: if it interrupts by epochs,
    /// somebody has to increment them. Clients need one with `Config::concurrency_support`, as wasmtime makes them.
    pub fn engine(mut self, engine: Engine) -> Self {
        self.engine = Some(engine);
        self
    }

    /// What was set.
    ///
    /// # Errors
    /// [`Error::File`] if the cache's directory cannot be made.
    pub fn build(self) -> Result<Engines, Error> {
        let cache = self.cache.as_deref().map(Cache::open).transpose()?;
        Ok(Engines::new(self, cache))
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Concurrency {
    /// One call after the other, each to its end.
    None,
    /// Many calls in one instance.
    Tasks,
}

impl EngineBuilder {
    /// What was set, where no cache was: that alone could fail.
    pub(crate) fn without_cache(self) -> Engines {
        Engines::new(self, None)
    }

    pub(crate) fn limits_set(&self) -> &Limits {
        &self.limits
    }

    pub(crate) fn make(&self, concurrency: Concurrency) -> Result<Engine, Error> {
        if let Some(engine) = &self.engine {
            return Ok(engine.clone());
        }
        let engine = Engine::new(&self.config(concurrency)).map_err(Error::Engine)?;
        if let Ticks::Every(period) = self.ticks {
            start_ticking(&engine, period).map_err(|error| Error::Engine(error.into()))?;
        }
        Ok(engine)
    }

    fn config(&self, concurrency: Concurrency) -> Config {
        let mut config = Config::new();
        if concurrency == Concurrency::None {
            config.concurrency_support(false);
        }
        config.epoch_interruption(self.ticks != Ticks::Off);
        config.compiler_inlining(if self.inlining { Inlining::Yes } else { Inlining::No });
        match self.allocation {
            // Mappings of a process are few (65,530 on Linux), and an instance with a copy-on-write image has four of
            // them, one without two. On demand it is no faster with one.
            Allocation::OnDemand => config.memory_init_cow(false),
            Allocation::Pooled { instances } => config.allocation_strategy(self.pool(instances)),
        };
        config
    }

    fn pool(&self, instances: u32) -> PoolingAllocationConfig {
        let Limits { table_elements, memories, tables, instances: modules, .. } = self.limits;
        let each = |most: usize| instances.saturating_mul(u32::try_from(most).unwrap_or(u32::MAX));
        let mut pool = PoolingAllocationConfig::new();
        // A slot is made as new by writing over what was touched, where the kernel can say what that was (Linux 6.7):
        // 12 µs for an instance instead of 26.
        pool.pagemap_scan(Enabled::Auto).linear_memory_keep_resident(KEPT_BYTES).table_keep_resident(KEPT_BYTES);
        pool.total_component_instances(instances)
            .total_core_instances(each(modules))
            .total_memories(each(memories))
            .total_tables(each(tables))
            .total_stacks(instances)
            .table_elements(table_elements);
        pool
    }
}

/// The thread does not keep the engine alive.
fn start_ticking(engine: &Engine, period: Duration) -> std::io::Result<()> {
    let engine = engine.weak();
    let ticking = move || {
        while tick(&engine) {
            std::thread::sleep(period);
        }
    };
    std::thread::Builder::new().name("headroom-ticks".to_owned()).spawn(ticking).map(drop)
}

/// Whether the engine is still there.
fn tick(engine: &EngineWeak) -> bool {
    engine.upgrade().map(|engine| engine.increment_epoch()).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ticker_goes_on_as_long_as_the_engine_and_no_longer() {
        let engines = Engines::builder().ticks(Ticks::ByHand).build().unwrap();
        let engine = engines.for_planners().unwrap().weak();
        assert!(tick(&engine) && tick(&engine));
        drop(engines);
        assert!(!tick(&engine));
    }
}
